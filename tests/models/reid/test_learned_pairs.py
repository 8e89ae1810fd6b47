"""Siamese twins, dispersion-based clustering, backbones: each learns on made people, resumes, and keeps its promises."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models.clustering.protocol import Labels
from models.encoders.osnet import OSNet
from models.reid import loop
from models.reid.backbones import IMAGENET, MobileNetV2, build_backbone, start_from
from models.reid.data.crops import CropSet
from models.reid.data.settings import PictureSettings
from models.reid.data.splits.people import labelled, unnamed
from models.reid.data.splits.split import Splits, of_games
from models.reid.loop import read_metrics, train_recipe
from models.reid.methods import dispersion
from models.reid.methods.dispersion import first_labels, next_labels
from models.reid.methods.siamese import PairNet, pair_accuracy
from models.reid.recipe import read_recipe, recipe_of
from models.reid.settings import Recipe
from models.reid.validation import vectors_of
from models.reid.weights import load_network
from pipeline.errors import SettingsError, WeightsError

RECIPES = Path(__file__).parents[3] / "configs" / "reid"
BASE = {
    "picture": {"size_px": [32, 16]},
    "data": {"reader": "tracklets", "table": "t", "images": "i", "held_out_games": ["game-2"]},
}
SIAMESE = BASE | {"method": "siamese", "loop": {"epochs": 12}, "learning_rate": 5e-3, "people": 4}
DISPERSION = BASE | {
    "method": "dispersion",
    "backbone": "blocks",
    "dim": 16,
    "rounds": 3,
    "first": {"epochs": 2},
    "later": {"epochs": 1},
    "learning_rate": 0.02,
    "merge": {"share": 0.3, "k1": 6, "k2": 2, "min_samples": 2},
}


@pytest.fixture
def splits(monkeypatch: pytest.MonkeyPatch, make_crops: Callable[..., CropSet]) -> Splits:
    """Made people in three games; every training sees them."""
    crops = make_crops(games=3)
    made = Splits(*(unnamed(of_games(crops, [f"game-{g}"])) for g in range(3)))
    monkeypatch.setattr(loop, "read_splits", lambda *_: made)
    return made


def trained(recipe: dict[str, Any], tmp_path: Path, **changes: Any) -> tuple[Recipe, torch.nn.Module]:
    return load_network(train_recipe(recipe_of(recipe | changes, "made"), tmp_path, tmp_path / "run"))


@pytest.mark.parametrize("name", ["siamese", "dispersion", "cluster_contrast", "attributes"])
def test_recipes_can_be_read_and_have_a_short_variant(name: str) -> None:
    assert read_recipe(RECIPES / f"{name}.yaml", short=True).method == read_recipe(RECIPES / f"{name}.yaml").method


@pytest.mark.parametrize("name", ["siamese", "dispersion", "cluster_contrast"])
def test_short_variants_run(name: str, splits: Splits, tmp_path: Path) -> None:
    published = tmp_path / "weights" / "osnet_x0_25_msmt17.safetensors"
    published.parent.mkdir()
    save_file({key: value.contiguous() for key, value in OSNet().state_dict().items()}, published)
    recipe, network = load_network(
        train_recipe(read_recipe(RECIPES / f"{name}.yaml", short=True), tmp_path, tmp_path / "run")
    )
    assert vectors_of(network, recipe, splits.test.crops).shape == (len(splits.test), 128)


def test_siamese_learns_to_tell_unseen_people_apart(tmp_path: Path, splits: Splits) -> None:
    recipe, network = trained(SIAMESE, tmp_path)
    assert isinstance(network, PairNet)
    metrics = read_metrics(tmp_path / "run" / "pairs" / "metrics.csv")
    assert metrics["contrastive"][-1] < metrics["contrastive"][0]
    assert max(metrics["val/pair_accuracy"]) == pytest.approx(pair_accuracy(network, recipe, splits.validation))
    assert max(metrics["val/pair_accuracy"]) > 0.6


@pytest.mark.parametrize(
    "changes",
    [
        {"merge": "cosine"},
        {"losses": {"contrastive": 1.0, "verification": 0.0, "identity": 1.0}},
        {"losses": {"contrastive": 0.0, "verification": 0.0, "triplet": 1.0}},
    ],
)
def test_siamese_options_train(tmp_path: Path, splits: Splits, changes: dict[str, Any]) -> None:
    _, network = trained(SIAMESE, tmp_path, **changes, loop={"epochs": 1})
    assert network(torch.zeros(2, 3, 32, 16)).shape == (2, 128)
    assert splits


def test_the_verification_unit_is_symmetric() -> None:
    torch.manual_seed(0)
    for merge in ("difference", "cosine"):
        network = PairNet(torch.nn.Identity(), 4, merge)  # type: ignore[arg-type]
        a, b = torch.randn(2, 3, 4)
        torch.testing.assert_close(network.verify(a, b), network.verify(b, a))


@pytest.mark.parametrize("labels", ["dispersion", "released", "sized"])
def test_every_round_merges_a_share_of_the_samples(
    tmp_path: Path, splits: Splits, labels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def noted(*args: Any) -> Labels:
        out = next_labels(*args)
        seen.append(int(out.max()) + 1)
        return out

    monkeypatch.setattr(dispersion, "next_labels", noted)
    trained(DISPERSION, tmp_path, labels=labels)
    n = len(splits.train)
    assert seen == [n - int(0.3 * n), n - 2 * int(0.3 * n)]


def test_unsupervised_training_never_looks_at_identities(tmp_path: Path, splits: Splits) -> None:
    """Wrong identities of the training crops change nothing."""
    people = splits.train
    no_validation = people.select(np.arange(0))
    states = []
    for k, crops in enumerate((people.crops, wrong_identities(people.crops))):
        made = Splits(labelled(crops), no_validation, no_validation)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "read_splits", lambda *_, made=made: made)
            recipe = recipe_of(DISPERSION | {"labels": "jaccard-dbscan", "rounds": 2}, "made")
            states.append(load_network(train_recipe(recipe, tmp_path, tmp_path / str(k)))[1].state_dict())
    assert all(states[0][name].equal(states[1][name]) for name in states[0])


def wrong_identities(crops: CropSet) -> CropSet:
    from dataclasses import replace

    return replace(crops, identity=np.arange(len(crops))[::-1].copy())


def test_constrained_merging_keeps_simultaneous_tracklets_apart(splits: Splits) -> None:
    crops = splits.train.crops
    recipe: Any = recipe_of(DISPERSION | {"samples": "tracklets", "constrained": True}, "made")
    labels = first_labels(crops, "tracklets")
    assert labels.max() + 1 == len(np.unique(crops.identity))
    vectors = np.random.default_rng(0).standard_normal((len(crops), 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    merged = next_labels(vectors, labels, dispersion._cannot_link(crops, True), recipe, 100)
    for scene in np.unique(crops.scene):  # all people of a made clip share its frames
        rows = crops.scene == scene
        assert len(np.unique(merged[rows])) == len(np.unique(labels[rows]))
    assert merged.max() + 1 == 4


def test_a_stopped_clustering_resumes_to_the_same_weights(tmp_path: Path, splits: Splits) -> None:
    recipe = recipe_of(DISPERSION, "made")
    whole = load_network(train_recipe(recipe, tmp_path, tmp_path / "run"))[1].state_dict()
    for late in ("round-02.safetensors", "weights.safetensors", "round-02/last.ckpt"):
        (tmp_path / "run" / late).unlink()
    again = load_network(train_recipe(recipe, tmp_path, tmp_path / "run", resume=True))[1].state_dict()
    assert all(whole[name].equal(again[name]) for name in whole)
    assert splits


def test_backbones_start_from_published_weights(tmp_path: Path) -> None:
    picture = PictureSettings(size_px=(64, 32))
    for name, published in (("osnet", OSNet()), ("resnet34", build_backbone("resnet34", picture, 7))):
        file = tmp_path / f"{name}.safetensors"
        save_file({key: value.contiguous() for key, value in published.state_dict().items()}, file)
        network = build_backbone(name, picture, 16)  # type: ignore[arg-type]
        start_from(network, name, file)  # type: ignore[arg-type]
        assert network.state_dict()["conv1.conv.weight" if name == "osnet" else "conv1.weight"].equal(
            published.state_dict()["conv1.conv.weight" if name == "osnet" else "conv1.weight"]
        )
        assert network.eval()(torch.zeros(1, 3, 64, 32)).shape == (1, 16)
    with pytest.raises(WeightsError, match="resnet34"):
        start_from(build_backbone("resnet34", picture, 7), "resnet34", tmp_path / "osnet.safetensors")
    with pytest.raises(SettingsError, match="blocks"):
        start_from(build_backbone("blocks", picture, 7), "blocks", tmp_path / "osnet.safetensors")
    with pytest.raises(SettingsError, match="channels"):
        build_backbone("osnet", PictureSettings(channels=1), 16)


def test_vectors_are_of_the_length_that_the_recipe_says(splits: Splits) -> None:
    recipe: Any = recipe_of(SIAMESE | {"dim": 24}, "made")
    network = PairNet(build_backbone("blocks", recipe.picture, 24), 24, "difference")
    assert vectors_of(network, recipe, splits.test.crops).shape == (len(splits.test), 24)


def test_mobilenet_starts_from_the_imagenet_weights_of_the_wheel_alone(tmp_path: Path) -> None:
    picture = PictureSettings(size_px=(64, 32))
    network = build_backbone("mobilenetv2", picture, 7)
    assert isinstance(network, MobileNetV2)
    at_random = network.features[0][0].weight.clone()
    with pytest.raises(SettingsError, match="imagenet"):
        start_from(network, "mobilenetv2", tmp_path / "osnet.safetensors")
    start_from(network, "mobilenetv2", tmp_path / IMAGENET)
    assert not torch.equal(network.features[0][0].weight, at_random)
    statistics = network.features[18][1].running_var  # of a trained network, not ones
    assert not torch.equal(statistics, torch.ones_like(statistics))
    assert network(torch.zeros(2, 3, 64, 32)).shape == (2, 7)
