"""Crop quality and kit colour on painted people."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.perceive import crops


def hall_with(boxes: list[tuple[int, int, int, int]], color: tuple[int, int, int]) -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (400, 600, 3), dtype=np.uint8)
    for x1, y1, x2, y2 in boxes:
        width, height = x2 - x1, y2 - y1
        cv2.rectangle(image, (x1 + width // 4, y1 + height // 6), (x2 - width // 4, y1 + height // 2), color, -1)
    return image


@pytest.mark.parametrize(
    ("bgr", "lab"),
    [((255, 255, 255), (100, 0, 0)), ((0, 0, 255), (53.2, 80.1, 67.2)), ((0, 128, 0), (46.2, -51.7, 49.9))],
)
def test_the_jersey_is_the_torso_in_lab(bgr: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    box = (100, 100, 180, 300)

    found = crops.jersey_lab(hall_with([box], bgr), np.array([box], dtype=np.float32))

    assert np.allclose(found[0], lab, atol=1.5)


def _quality(image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """What a crop is rated by."""
    return crops.clarity(boxes, (image.shape[1], image.shape[0])) * crops.sharpness(image, boxes)


def test_the_floor_beside_a_runner_is_not_his_kit() -> None:
    floor, kit = (110, 170, 215), (120, 30, 90)
    image = np.full((400, 600, 3), floor, dtype=np.uint8)
    cv2.ellipse(image, (190, 170), (17, 50), 12, 0, 360, kit, -1)
    cv2.line(image, (190, 220), (120, 300), (40, 40, 40), 14)
    cv2.line(image, (190, 220), (260, 290), (40, 40, 40), 14)
    runner = np.array([[110, 100, 270, 300]], dtype=np.float32)
    wanted = cv2.cvtColor(np.array([[kit]], dtype=np.float32) / 255, cv2.COLOR_BGR2LAB)[0, 0]

    assert np.linalg.norm(crops.jersey_lab(image, runner)[0] - wanted) < 12


def test_a_box_outside_the_picture_has_no_color_and_no_quality() -> None:
    image = hall_with([], (0, 0, 0))
    outside = np.array([[700, 10, 760, 100], [-90, -200, -30, -5]], dtype=np.float32)

    assert np.isnan(crops.jersey_lab(image, outside)).all()
    assert (_quality(image, outside) == 0).all()


def test_quality_falls_with_blur_size_cover_and_border() -> None:
    image = hall_with([], (0, 0, 0))
    whole = np.array([[100, 100, 180, 300]], dtype=np.float32)
    best = _quality(image, whole)[0]
    blurred = cv2.GaussianBlur(image, (0, 0), 4)
    covering = np.array([[100, 100, 180, 300], [110, 150, 190, 350]], dtype=np.float32)

    assert best > 0.9
    assert _quality(np.asarray(blurred, dtype=np.uint8), whole)[0] < 0.5 * best
    assert _quality(image, np.array([[100, 100, 116, 140]], dtype=np.float32))[0] < 0.5 * best
    assert _quality(image, covering)[0] < 0.5 * best
    assert _quality(image, covering)[1] > 0.9
    assert _quality(image, np.array([[0, 100, 80, 300]], dtype=np.float32))[0] < 0.6 * best


def test_nobody() -> None:
    none = np.zeros((0, 4), dtype=np.float32)

    assert _quality(hall_with([], (0, 0, 0)), none).shape == (0,)
    assert crops.jersey_lab(hall_with([], (0, 0, 0)), none).shape == (0, 3)
    assert crops.uncovered(none).shape == (0,)
