"""Variants of recipes: that each can be trained at all, and what trainings share."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.autoencoder import PRETRAINED, RECIPE_JSON, begin
from benchmarks.variants import RECIPES, UNTRAINED, VARIANTS, changed, curve, load_last, unseen_frames, variant
from models.reid.data.crops import pack, whole
from models.reid.data.splits.people import labelled
from models.reid.data.splits.split import Splits, reduced
from models.reid.loop import recorded
from models.reid.methods.autoencoder import AutoencoderRecipe
from pipeline.errors import InputError


def test_every_variant_is_a_recipe_of_its_own() -> None:
    for name, lines in VARIANTS.items():
        recipes = [variant(name, line) for line in lines if line != UNTRAINED]
        assert all(one != other for i, one in enumerate(recipes) for other in recipes[:i])


def test_the_last_state_of_a_training_is_read_from_its_checkpoint(tmp_path: Path) -> None:
    network, learned = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    state = {f"network.{name}": value for name, value in learned.state_dict().items()} | {"classes": torch.zeros(3)}
    torch.save({"epoch": 6, "state_dict": state}, tmp_path / "last.ckpt")
    assert load_last(network, tmp_path / "last.ckpt") == 7
    assert torch.equal(network.weight, learned.weight)
    with pytest.raises(InputError, match="no such checkpoint"):
        load_last(network, tmp_path / "first.ckpt")


def test_a_curve_has_a_row_for_each_validation(tmp_path: Path) -> None:
    (tmp_path / "pairs").mkdir()
    (tmp_path / "pairs" / "metrics.csv").write_text("epoch,contrastive,val/mAP\n0,1.25,\n1,0.5,0.25\n")
    assert curve(tmp_path) == [
        "| phase | epoch | contrastive | mAP |",
        "|---|---:|---:|---:|",
        "| pairs | 2 | 0.5 | 25 |",
    ]


def test_the_leaky_split_holds_other_frames_of_the_people_that_were_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = (whole(np.full((8, 4, 3), k, np.uint8), k % 2, tracklet=k % 2, frame=k // 2) for k in range(8))
    people = labelled(pack(pictures, ["clip"], ["game"], "x"))

    def splits(settings: Any, *_: object) -> Splits:
        assert settings.people is not None, "the table beside the recipe: weights say its name alone"
        nobody = people.select(np.arange(0))
        return Splits(reduced(people, None, settings.max_crops), nobody, nobody)

    monkeypatch.setattr("benchmarks.variants.read_splits", splits)
    recipe = variant("siamese", "as in the recipe")
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"max_crops": 3})})
    left = unseen_frames(recipe, tmp_path, tmp_path)
    assert len(left) == 2, "three of the four frames of each were trained on"
    assert sorted(left.crops.identity.tolist()) == [0, 1]


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
