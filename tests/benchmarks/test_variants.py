"""Variants of recipes: that each can be trained at all."""

from benchmarks.variants import RECIPES, UNTRAINED, VARIANTS, changed


def test_every_variant_is_a_recipe_of_its_own() -> None:
    for name, variants in VARIANTS.items():
        recipes = [
            changed(RECIPES / f"{name}.yaml", changes) for line, changes in variants.items() if line != UNTRAINED
        ]
        assert all(one != other for i, one in enumerate(recipes) for other in recipes[:i])
