"""Random views: boxes stay on what they label."""

from pathlib import Path

import numpy as np
import pytest

from models.detector.augment import DetectorAugmentSettings, random_view
from models.detector.classes import BALL, PLAYER
from models.detector.dataset import LabelledImage

_PLAIN = {"hue": 0, "saturation": 0, "brightness": 0, "any_hue": 0, "blur": 0, "jpeg": 0, "noise": 0}


def _frame(labelled: frozenset[int] = frozenset({PLAYER, BALL})) -> tuple[np.ndarray, LabelledImage]:
    """A black frame, stored twice as tall as it is, with one white rectangle 16 x 40 px on a frame of 160 x 90 px."""
    pixels = np.zeros((180, 160, 3), dtype=np.uint8)
    pixels[2 * 30 : 2 * 70, 60:76] = 255
    boxes = np.array([[60, 30, 76, 70]], dtype=np.float32)
    image = LabelledImage(Path("a.jpg"), "game", "clip", 160, 90, boxes, np.array([PLAYER], np.int16), labelled)
    return pixels, image


@pytest.mark.parametrize("side", [1, 2, 3])
def test_boxes_stay_on_what_they_label(side):
    settings = DetectorAugmentSettings.model_validate(
        {**_PLAIN, "rotation_deg": 0, "min_side_px": 1, "min_visible": 0.05}
    )
    rng = np.random.default_rng(side)
    seen = 0
    for _ in range(30):
        view = random_view(lambda count: [_frame()] * count, (320, 192), side, settings, rng)
        assert view.pixels.shape == (192, 320, 3)
        for left, top, right, bottom in view.xyxy_px:
            x, y = (0.15 * (right - left) + 2, 0.15 * (bottom - top) + 2)  # enlarged edges are soft
            inside = view.pixels[int(top + y) : int(bottom - y), int(left + x) : int(right - x)]
            assert inside.size == 0 or inside.min() > 200
            seen += 1
    assert seen > 15


def test_people_hidden_by_the_crop_lose_their_box():
    settings = DetectorAugmentSettings.model_validate({**_PLAIN, "single_zoom": (8.0, 8.0), "min_visible": 0.99})
    rng = np.random.default_rng(0)
    views = [random_view(lambda count: [_frame()] * count, (320, 192), 1, settings, rng) for _ in range(20)]
    assert min(len(view.class_index) for view in views) == 0


def test_a_view_knows_only_what_all_its_frames_label():
    frames = [_frame(), _frame(frozenset({PLAYER})), _frame(), _frame()]
    view = random_view(lambda _: frames, (320, 192), 2, DetectorAugmentSettings(), np.random.default_rng(0))
    assert view.labelled == {PLAYER}


def test_the_same_generator_gives_the_same_view_and_frames_are_left_alone():
    frame = _frame()
    before = frame[0].copy()
    views = [
        random_view(lambda count: [frame] * count, (320, 192), 2, DetectorAugmentSettings(), np.random.default_rng(5))
        for _ in range(2)
    ]
    np.testing.assert_array_equal(views[0].pixels, views[1].pixels)
    np.testing.assert_array_equal(views[0].xyxy_px, views[1].xyxy_px)
    np.testing.assert_array_equal(frame[0], before)
