"""What the ball network learns from: boxes follow their balls through scale, crop, mirror and stretch; held-out games stay out."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from models.ball import train
from models.ball.network import BallHead
from models.ball.samples import BallSampler, BallSampleSettings, StoredFrame
from models.ball.train import BallTrainSettings, rescaled
from models.detector.dataset import LabelledImage

PLAIN = BallSampleSettings(crop_px=(192, 192), pasted=0.0, degraded=0.0)


def frame_of(stored_px: tuple[int, int] = (640, 640)) -> StoredFrame:
    """A dark frame that is stored stretched, with a bright ball."""
    image = np.full((stored_px[1], stored_px[0], 3), 20, np.uint8)
    cv2.ellipse(image, (384, 256), (8, 14), 0, 0, 360, (30, 120, 240), -1)  # px from 376 to 393, and from 242 to 271
    squeeze = 360 / stored_px[1]
    return StoredFrame(image, (640, 360), np.array([[376, 242 * squeeze, 393, 271 * squeeze]]))


def bright_box(image: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(image[..., 2] > 120)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def test_boxes_are_where_balls_are_drawn() -> None:
    sampler = BallSampler([frame_of()], PLAIN, np.random.default_rng(1))
    seen = 0
    for _ in range(40):
        sample = sampler.draw()
        assert sample.image.shape == (192, 192, 3)
        whole = sample.asked & (sample.xyxy_px >= 1).all(axis=1) & (sample.xyxy_px <= 191).all(axis=1)
        if whole.any():
            seen += 1
            assert sample.xyxy_px[0] == pytest.approx(bright_box(sample.image), abs=1.5)
    assert seen > 15


def test_a_ball_that_is_cut_off_is_not_asked_for() -> None:
    settings = PLAIN.model_copy(update={"on_ball": 0.0, "crop_px": (64, 64), "scale": (1.0, 1.0001)})
    sampler = BallSampler([frame_of()], settings, np.random.default_rng(2))
    for _ in range(300):
        sample = sampler.draw()
        for box, asked in zip(sample.xyxy_px, sample.asked, strict=True):
            shown = np.clip(box, 0, 64)
            share = np.prod(shown[2:] - shown[:2]) / np.prod(box[2:] - box[:2])
            assert asked == (share >= settings.least_visible)
            assert share > 0


def test_pasted_balls_have_boxes() -> None:
    empty = StoredFrame(np.full((360, 640, 3), 20, np.uint8), (640, 360), np.zeros((0, 4)))
    settings = PLAIN.model_copy(update={"pasted": 1.0, "scale": (0.8, 1.5)})
    sampler = BallSampler([frame_of(), empty, empty, empty], settings, np.random.default_rng(3))
    pasted = 0
    for _ in range(60):
        sample = sampler.draw()
        if len(sample.xyxy_px) == 1 and sample.asked[0]:
            box = sample.xyxy_px[0].round().astype(int)
            inside = np.clip(box, 0, 192)
            bright = sample.image[..., 2] > 60
            assert bright[inside[1] : inside[3], inside[0] : inside[2]].mean() > 0.3
            bright[max(inside[1] - 3, 0) : inside[3] + 3, max(inside[0] - 3, 0) : inside[2] + 3] = False
            assert not bright.any()
            pasted += 1
    assert pasted > 40


def test_scores_are_rescaled_in_the_weights() -> None:
    head = BallHead().eval()
    features = torch.rand(1, 64, 16, 16), torch.rand(1, 128, 8, 8), torch.rand(1, 64, 8, 8)
    before = head(*features).detach()
    head.load_state_dict(rescaled(head.state_dict(), 2.0, 0.5))
    after = head(*features).detach()
    assert torch.allclose(after[:, 0], 2 * before[:, 0] + 0.5, atol=1e-4)
    assert torch.equal(after[:, 1:], before[:, 1:])


def test_games_that_are_held_out_are_not_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def image(game: str, clip: str) -> LabelledImage:
        return LabelledImage(tmp_path / clip, game, clip, 640, 360, np.zeros((0, 4)), np.zeros(0), frozenset())

    held, learned, watched = image("celtics", "a"), image("knicks", "b"), image("knicks", "c")
    monkeypatch.setattr(train, "read_coco", lambda _: [held, learned, watched])
    monkeypatch.setattr(train, "read_voc", lambda *_: [])
    settings = BallTrainSettings(held_out_games=("celtics",), chosen_on=("c",))
    assert train._real_images(settings, tmp_path) == ([learned], [watched])
