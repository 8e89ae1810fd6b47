"""The middle of a painted line, to a fraction of a pixel."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.court.strokes import find_strokes

ALL = np.ones((72, 128), bool)


def drawn(angle: float, wide: float, dark: bool) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A line through (512.3, 288.6) of a 1024 x 576 picture, painted at four times the size; also its normal."""
    direction = np.array([np.cos(angle), np.sin(angle)])
    large = np.full((576 * 4, 1024 * 4, 3), 170, np.uint8)
    middle = np.array([512.3, 288.6]) * 4 - 0.5
    ends = [np.rint((middle + way * 900 * direction) * 256).astype(int) for way in (-1, 1)]
    color = (40, 40, 40) if dark else (240, 240, 240)
    cv2.line(large, tuple(map(int, ends[0])), tuple(map(int, ends[1])), color, round(wide * 4), cv2.LINE_AA, 8)
    small = cv2.resize(large, (1024, 576), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.array([-direction[1], direction[0]])


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, 2.5])
@pytest.mark.parametrize(("wide", "dark"), [(1.5, False), (4.0, True)])
def test_points_lie_on_the_line(angle: float, wide: float, dark: bool) -> None:
    image, normal = drawn(angle, wide, dark)
    found = find_strokes(image, ALL, 500)
    off = (found.px - [512.3, 288.6]) @ normal
    inner = np.linalg.norm(found.px - [512.3, 288.6], axis=1) < 200
    assert inner.sum() > 20
    assert np.abs(off[inner]).max() < 0.35
    turned = np.abs(np.sin(found.angle[inner] - angle))
    assert np.median(turned) < 0.05


def test_a_larger_picture_gives_px_of_its_own() -> None:
    image, normal = drawn(0.4, 4.0, False)
    twice = np.asarray(cv2.resize(image, (2048, 1152), interpolation=cv2.INTER_CUBIC), np.uint8)
    found = find_strokes(twice, ALL, 500)
    off = (found.px - 2 * np.array([512.3, 288.6])) @ normal
    inner = np.linalg.norm(found.px - [1024.6, 577.2], axis=1) < 400
    assert np.abs(off[inner]).max() < 0.7


def test_only_wanted_cells_speak_and_not_more_than_asked() -> None:
    image, _ = drawn(0.0, 3.0, False)
    wanted = np.zeros((72, 128), bool)
    wanted[:, :64] = True
    found = find_strokes(image, wanted, 500)
    assert len(found.px) > 20
    assert found.px[:, 0].max() < 513
    assert len(find_strokes(image, ALL, 30).px) == 30
    assert len(find_strokes(image, np.zeros((72, 128), bool), 30).px) == 0


def test_a_plain_picture_has_no_lines() -> None:
    assert len(find_strokes(np.full((288, 512, 3), 130, np.uint8), ALL, 100).px) == 0
