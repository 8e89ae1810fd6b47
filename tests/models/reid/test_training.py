"""Losses against plain second implementations; augmentation; a tiny training that learns."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from models.encoders import load_encoder
from models.encoders.osnet import OSNet
from models.encoders.weights import read_encoder_weights
from models.reid import loop
from models.reid.data.augmentation.cutting import augment
from models.reid.data.batches.sampling import CourtSampler
from models.reid.data.crops import CropSet
from models.reid.data.settings import CutSettings
from models.reid.data.splits.people import unnamed
from models.reid.data.splits.split import Splits, of_games
from models.reid.loop import read_metrics, train_recipe
from models.reid.losses.certain_pairs import MaskedSoftmax, hard_triplets
from models.reid.methods import find_method
from models.reid.methods.osnet import start_from
from models.reid.recipe import read_recipe, recipe_of
from models.reid.settings import Recipe
from models.reid.weights import load_network
from pipeline.errors import SettingsError


def small_recipe(**train: object) -> Recipe:
    options = {"steps": 24, "people": 4, "crops": 3, "report_every": 6, "learning_rate": 3e-3, "warmup": 0}
    data = {"reader": "tracklets", "table": "t.csv", "images": "i", "held_out_games": ["game-2"]}
    fields = {"head_dim": 8, "picture": {"size_px": [32, 16]}, "data": data, "train": options | train}
    return recipe_of({"method": "osnet", **fields}, "made")


@pytest.fixture
def made_splits(monkeypatch: pytest.MonkeyPatch, make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops(games=3)
    splits = Splits(*(unnamed(of_games(crops, [f"game-{g}"])) for g in range(3)))
    monkeypatch.setattr(loop, "read_splits", lambda *_: splits)


def random_batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Unit vectors of 4 identities; 0 and 3 may be the same person."""
    torch.manual_seed(0)
    vectors = torch.nn.functional.normalize(torch.randn(12, 5), dim=1)
    identity = torch.arange(12) % 4
    differ = ~torch.eye(4, dtype=torch.bool)
    differ[0, 3] = differ[3, 0] = False
    return vectors, identity, differ


def test_hard_triplets_agree_with_loops() -> None:
    vectors, identity, differ = random_batch()
    terms = []
    for i in range(12):
        to = [float(1 - vectors[i] @ vectors[j]) for j in range(12)]
        furthest = max(to[j] for j in range(12) if j != i and identity[j] == identity[i])
        nearest = min(to[j] for j in range(12) if differ[identity[i], identity[j]])
        terms.append(max(0.0, furthest - nearest + 0.2))
    assert float(hard_triplets(vectors, identity, differ, 0.2)) == pytest.approx(np.mean(terms), abs=1e-5)


def test_softmax_agrees_with_loops_and_leaves_out_uncertain_identities() -> None:
    vectors, identity, differ = random_batch()
    loss = MaskedSoftmax(4, 5, scale=8.0, margin=0.1)
    anchors = torch.nn.functional.normalize(loss.anchors, dim=1).detach()
    terms = []
    for vector, own in zip(vectors, identity.tolist(), strict=True):
        logits = {
            j: 8.0 * (float(vector @ anchors[j]) - 0.1 * (j == own)) for j in range(4) if j == own or differ[own, j]
        }
        terms.append(np.log(sum(np.exp(value) for value in logits.values())) - logits[own])
    assert float(loss(vectors, identity, differ).detach()) == pytest.approx(np.mean(terms), abs=1e-4)


def test_a_batch_without_certain_pairs_has_no_triplet_loss() -> None:
    vectors = torch.eye(3, requires_grad=True)
    loss = hard_triplets(vectors, torch.arange(3), torch.zeros(3, 3, dtype=torch.bool), 0.2)
    loss.backward()
    assert float(loss.detach()) == 0


def test_batches_hold_people_of_one_court_with_several_crops_each(make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops(people=6)
    rows = CourtSampler(crops, scenes=2, people=5, per_person=3).draw(np.random.default_rng(0))
    identity = crops.identity[rows].reshape(10, 3)
    assert (identity == identity[:, :1]).all()
    assert len(np.unique(identity)) == 10
    assert len(np.unique(crops.scene[rows])) == 2


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_augmented_crops_keep_the_size_and_follow_the_seed(make_crops: Callable[..., CropSet], p: float) -> None:
    crops = make_crops()
    settings = CutSettings(
        jitter=0.06, p_cut=p, p_low_resolution=p, p_blur=p, p_jpeg=p, p_erase=p, p_person=p, color=0.15 * p
    )
    before = np.array(crops.pixels)
    first, second = (augment(crops, 3, (48, 24), settings, np.random.default_rng(5)) for _ in range(2))
    assert first.shape == (48, 24, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(crops.pixels, before)


@pytest.mark.usefixtures("made_splits")
def test_a_short_training_lowers_the_loss_and_ships_what_it_says(tmp_path: Path) -> None:
    train_recipe(small_recipe(), tmp_path, tmp_path)
    metrics = read_metrics(tmp_path / "tuning" / "metrics.csv")
    assert metrics["softmax"][-1] < metrics["softmax"][0]
    assert all(0 <= value <= 1 for value in metrics["val/mAP"])
    about = read_encoder_weights(tmp_path / "encoder.safetensors", "osnet").metadata
    assert about["seed"] == 0
    assert about["data"] == "made"
    assert about["games"] == ["game-0"]
    assert about["settings"]["head_dim"] == 8
    encoder = load_encoder("osnet", tmp_path / "encoder.safetensors")
    assert (encoder.dim, encoder.crop_size_px) == (8, (32, 16))


@pytest.mark.usefixtures("made_splits")
def test_frozen_parts_stay_as_they_start(tmp_path: Path) -> None:
    recipe = small_recipe(frozen=["conv1", "conv2"], steps=1)
    torch.manual_seed(recipe.seed)
    before = find_method("osnet", "").build(recipe).state_dict()
    after = load_network(train_recipe(recipe, tmp_path, tmp_path))[1].state_dict()
    moved = {name.split(".")[0] for name, value in after.items() if not value.equal(before[name])}
    assert moved == {"conv3", "conv4", "conv5", "fc", "head"}


@pytest.mark.usefixtures("made_splits")
def test_trainings_on_stored_views_share_what_the_first_stage_sees(tmp_path: Path) -> None:
    options = {"frozen": ["conv1", "conv2"], "steps": 2, "report_every": 2, "views": 4}
    train_recipe(small_recipe(**options), tmp_path, tmp_path / "first")
    (store,) = (tmp_path / "cache").glob("views-*/crops.hash")
    made = store.stat()
    train_recipe(small_recipe(**options, triplet_weight=0, contrastive_weight=1), tmp_path, tmp_path / "second")
    assert [*(tmp_path / "cache").glob("views-*/crops.hash")] == [store]
    assert (store.stat().st_size, store.stat().st_mtime_ns) == (made.st_size, made.st_mtime_ns)
    assert set(read_metrics(tmp_path / "second" / "tuning" / "metrics.csv")) >= {"softmax", "contrastive"}
    with pytest.raises(SettingsError, match=r"train\.frozen"):
        train_recipe(small_recipe(views=4, steps=1), tmp_path, tmp_path / "third")


@pytest.mark.usefixtures("made_splits")
def test_a_training_goes_on_from_an_encoder_with_its_head(tmp_path: Path) -> None:
    train_recipe(small_recipe(steps=1), tmp_path, tmp_path / "first")
    again = OSNet(head_dim=8)
    start_from(again, "first/encoder.safetensors", tmp_path)
    first = read_encoder_weights(tmp_path / "first" / "encoder.safetensors", "osnet").state
    assert all(again.state_dict()[name].equal(value.float()) for name, value in first.items())


@pytest.mark.usefixtures("made_splits")
def test_an_unknown_part_or_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no part 'conv9'"):
        train_recipe(small_recipe(frozen=["conv9"]), tmp_path, tmp_path)
    with pytest.raises(SettingsError, match=r"train\.stepps"):
        small_recipe(stepps=3)


def test_the_shipped_recipe_holds_a_game_out() -> None:
    recipe = read_recipe(Path(__file__).parents[3] / "configs" / "reid" / "osnet.yaml")
    assert recipe.data.held_out_games == ("boston-celtics-orlando-magic-game-4",)
    assert recipe.head_dim == 128
