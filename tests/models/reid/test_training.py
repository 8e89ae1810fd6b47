"""Losses against plain second implementations; augmentation; a tiny training that learns."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from models.encoders import load_encoder
from models.encoders.weights import read_weights
from models.reid.augment import augment
from models.reid.crops import CropSet
from models.reid.losses import MaskedSoftmax, hard_triplets
from models.reid.people import unnamed
from models.reid.sampling import CourtSampler
from models.reid.settings import AugmentSettings, ReidSettings, read_settings
from models.reid.train import Report, Trainer, validate
from pipeline.errors import SettingsError


def small_recipe(**train: object) -> ReidSettings:
    options = {"steps": 12, "scenes": 1, "people": 4, "crops": 3, "report_every": 6, "learning_rate": 3e-3, "warmup": 0}
    data = {"table": "t.csv", "images": "i", "held_out_games": ["game-1"]}
    fields = {"head_dim": 8, "crop_size_px": [32, 16], "data": data, "train": options | train}
    return ReidSettings.model_validate(fields)


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
    settings = AugmentSettings(jitter=0.06, p_cut=p, p_low_resolution=p, p_blur=p, p_jpeg=p, p_erase=p, color=0.15 * p)
    before = np.array(crops.pixels)
    first, second = (augment(crops, 3, (48, 24), settings, np.random.default_rng(5)) for _ in range(2))
    assert first.shape == (48, 24, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(crops.pixels, before)


def test_a_short_training_lowers_the_loss_and_ships_what_it_says(
    tmp_path: Path, make_crops: Callable[..., CropSet]
) -> None:
    torch.manual_seed(3)
    people, reports = unnamed(make_crops(games=1)), list[Report]()
    weights = Trainer(small_recipe(), people, None).run(people, tmp_path, reports.append)
    assert reports[-1].softmax < reports[0].softmax
    assert 0 <= reports[-1].mean_ap <= 1
    about = read_weights(weights, "osnet").metadata
    assert about["seed"] == 0
    assert about["data"] == "made"
    assert about["games"] == ["game-0"]
    assert about["settings"]["head_dim"] == 8
    encoder = load_encoder("osnet", weights)
    assert (encoder.dim, encoder.crop_size_px) == (8, (32, 16))
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3


def test_the_same_seed_trains_the_same(make_crops: Callable[..., CropSet]) -> None:
    people = unnamed(make_crops(games=1))
    runs = [Trainer(small_recipe(), people, None) for _ in range(2)]
    assert runs[0].step(0) == runs[1].step(0)
    first, second = (validate(run.average, run.settings, people) for run in runs)
    assert first.everyone == second.everyone
    assert first.auc == second.auc


def test_frozen_parts_stay_as_they_start(make_crops: Callable[..., CropSet]) -> None:
    trainer = Trainer(small_recipe(frozen=["conv1", "conv2"]), unnamed(make_crops(games=1)), None)
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    trainer.step(0)
    moved = {
        name.split(".")[0] for name, value in trainer.network.state_dict().items() if not value.equal(before[name])
    }
    assert moved == {"conv3", "conv4", "conv5", "fc", "head"}


def test_an_unknown_part_or_key_is_refused(tmp_path: Path, make_crops: Callable[..., CropSet]) -> None:
    with pytest.raises(SettingsError, match="no part 'conv9'"):
        Trainer(small_recipe(frozen=["conv9"]), unnamed(make_crops(games=1)), None)
    path = tmp_path / "recipe.yaml"
    path.write_text("data: {table: a, images: b, held_out_games: [c]}\ntrain: {stepps: 3}\n")
    with pytest.raises(SettingsError, match=r"train\.stepps"):
        read_settings(path)


def test_the_shipped_recipe_holds_a_game_out() -> None:
    recipe = read_settings(Path(__file__).parents[3] / "configs" / "reid" / "osnet.yaml")
    assert recipe.data.held_out_games == ("boston-celtics-orlando-magic-game-4",)
    assert recipe.head_dim == 128
