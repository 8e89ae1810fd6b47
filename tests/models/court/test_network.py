"""The court network: shapes, losses, training, and pictures of any size."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.court.finder import CourtFinder, decode, fit_scale, letterboxed
from models.court.network import CourtNet, Logits
from models.court.scenes import SceneMaker
from models.court.targets import ACROSS, ALONG, MARGIN_ACROSS, MARGIN_ALONG
from models.court.train import CourtTrainSettings, _again, losses_of, to_tensors, train_court
from pipeline.errors import WeightsError


def logits_of(along: float, across: float) -> Logits:
    """Logits that say one place everywhere, between two steps in the right shares."""

    def spread(place: float, margin: float, count: int) -> torch.Tensor:
        at = (place + margin) / (1 + 2 * margin) * (count - 1)
        share = torch.full((count,), 1e-9)
        share[int(at)], share[int(at) + 1] = 1 - at % 1, at % 1
        return share.log()[None, :, None, None].expand(1, count, 36, 64)

    return Logits(
        spread(along, MARGIN_ALONG, ALONG),
        spread(across, MARGIN_ACROSS, ACROSS),
        torch.full((1, 36, 64), 3.0),
        torch.full((1, 72, 128), -3.0),
    )


def test_decoding_gives_the_place_back() -> None:
    maps = decode(*(logits[0].numpy() for logits in logits_of(0.31, 0.77)))
    assert maps.place[5, 5] == pytest.approx([0.31, 0.77], abs=1e-4)
    assert maps.sureness.min() > 0.99
    assert maps.court[0, 0] == pytest.approx(0.953, abs=1e-3)


def test_right_logits_cost_less() -> None:
    scene = SceneMaker(np.random.default_rng(2)).scene()
    _, truth = to_tensors([scene])
    cell = np.argwhere(scene.on_court)[20]
    along, across = scene.place[cell[0], cell[1]]
    truth["valid"] = torch.zeros_like(truth["valid"])
    truth["valid"][0, cell[0], cell[1]] = True
    right = losses_of(logits_of(float(along), float(across)), truth)
    wrong = losses_of(logits_of(float(along) * 0.5 + 0.1, float(across)), truth)
    assert right[0] < 0.7 < 2 < wrong[0]
    assert right[1] == wrong[1]


def test_mirrored_scenes_are_still_true() -> None:
    scene = SceneMaker(np.random.default_rng(2)).scene()
    rng = np.random.default_rng(0)
    mirrored = next(
        m for _ in range(30) if not np.array_equal((m := _again(scene, rng)).place, scene.place, equal_nan=True)
    )
    assert np.allclose(mirrored.place[:, ::-1, 0], 1 - scene.place[..., 0], equal_nan=True)
    assert np.array_equal(mirrored.line[:, ::-1], scene.line)


def test_training_writes_weights_that_find(tmp_path: Path) -> None:
    settings = CourtTrainSettings(steps=2, batch=2, kept_scenes=4, checkpoint_steps=1)
    weights = train_court(settings, tmp_path / "run")
    assert weights.stat().st_size < 6_000_000
    finder = CourtFinder(weights, "cpu")
    image = np.random.default_rng(0).integers(0, 255, (540, 1200, 3), dtype=np.uint8)
    seen = finder.sight(image)
    assert seen.place.shape == seen.place_px.shape
    assert seen.line_px.shape[0] == seen.line_angle.shape[0] == seen.line_score.shape[0]
    assert 0 <= seen.court_share <= 1


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match="another network"):
        CourtFinder(tmp_path / "other.safetensors", "cpu")


@pytest.mark.parametrize(("size", "scale"), [((1280, 720), 0.4), ((2400, 1080), 512 / 2400), ((640, 480), 0.6)])
def test_pictures_of_any_shape_fit(size: tuple[int, int], scale: float) -> None:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    assert fit_scale(image) == pytest.approx(scale)
    assert letterboxed(image).shape == (288, 512, 3)


def test_output_cells() -> None:
    with torch.inference_mode():
        out = CourtNet().eval()(torch.zeros(1, 3, 288, 512))
    assert out.along.shape == (1, ALONG, 36, 64)
    assert out.across.shape == (1, ACROSS, 36, 64)
    assert out.court.shape == (1, 36, 64)
    assert out.line.shape == (1, 72, 128)
