"""Variants of recipes: that each can be trained at all, and what trainings share."""

import json
from pathlib import Path

from benchmarks.autoencoder import PRETRAINED, RECIPE_JSON, begin
from benchmarks.variants import RECIPES, UNTRAINED, VARIANTS, changed, variant
from models.reid.loop import recorded
from models.reid.methods.autoencoder import AutoencoderRecipe


def test_every_variant_is_a_recipe_of_its_own() -> None:
    for name, lines in VARIANTS.items():
        recipes = [variant(name, line) for line in lines if line != UNTRAINED]
        assert all(one != other for i, one in enumerate(recipes) for other in recipes[:i])


def test_an_autoencoder_takes_over_the_pre_training_of_one_that_clusters_otherwise(tmp_path: Path) -> None:
    recipe, other, seeded = (
        changed(RECIPES / "autoencoder.yaml", changes) for changes in ({}, {"cluster": {"epochs": 3}}, {"seed": 1})
    )
    done = tmp_path / "done"
    done.mkdir()
    (done / PRETRAINED).write_bytes(b"weights")
    (done / RECIPE_JSON).write_text(json.dumps(recorded(recipe)))
    for one in (other, seeded):
        assert isinstance(one, AutoencoderRecipe)
        begin(one, tmp_path / str(one.seed))
    assert (tmp_path / "0" / PRETRAINED).read_bytes() == b"weights"
    assert json.loads((tmp_path / "0" / RECIPE_JSON).read_text()) == recorded(other)
    assert not (tmp_path / "1").exists()
