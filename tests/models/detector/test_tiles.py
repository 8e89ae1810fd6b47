"""Tiles of strips, with a detector that finds bright columns."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from models.detector.detection import Boxes, DetectorSettings, Image
from models.detector.tiles import TiledDetector, tile_columns


class BrightColumns:
    """Finds what is bright, from its left to its right, and keeps the sizes of what it saw."""

    class_names = ("player", "referee")

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        self.sizes += [(image.shape[1], image.shape[0]) for image in images]
        return [self._found(image) for image in images]

    def _found(self, image: Image) -> Boxes:
        bright = np.flatnonzero(np.diff(np.concatenate([[0], image[0, :, 0] > 0, [0]]).astype(int)))
        edges = bright.reshape(-1, 2)
        xyxy = np.column_stack([edges[:, 0], np.full(len(edges), 100), edges[:, 1], np.full(len(edges), 190)])
        score = np.linspace(0.9, 0.5, len(edges), dtype=np.float32)
        return Boxes(xyxy.astype(np.float32), score, np.zeros(len(edges), dtype=np.int16))


def picture(width_px: int, height_px: int, people_px: Sequence[int]) -> NDArray[np.uint8]:
    image = np.zeros((height_px, width_px, 3), dtype=np.uint8)
    for left in people_px:
        image[:, left : left + 40] = 255
    return image


def test_everybody_in_a_strip_is_found_once_and_whole() -> None:
    detector = BrightColumns()
    people = [0, 300, 610, 700, 790, 1400, 1900, 2600, 3200]

    (found,) = TiledDetector(detector, DetectorSettings()).detect([picture(3300, 450, people)])

    assert sorted(found.xyxy_px[:, 0].tolist()) == people
    assert np.ptp(found.xyxy_px[:, [0, 2]], axis=1) == pytest.approx(40)
    assert set(detector.sizes) == {(800, 450)}


def test_a_usual_picture_stays_whole() -> None:
    detector = BrightColumns()

    found = TiledDetector(detector, DetectorSettings()).detect(
        [picture(1280, 720, [10, 500]), picture(3300, 450, [20])]
    )

    assert [len(boxes) for boxes in found] == [2, 1]
    assert detector.sizes[0] == (1280, 720)


@pytest.mark.parametrize("size", [(2400, 1000), (720, 1280), (1920, 800), (640, 480)])
def test_wide_films_and_upright_phones_are_no_strips(size: tuple[int, int]) -> None:
    assert tile_columns(*size) == [(0, size[0])]


@pytest.mark.parametrize("width", [2700, 3300, 5000, 7680])
def test_tiles_cover_a_strip_and_overlap(width: int) -> None:
    cut = tile_columns(width, 900)

    assert (cut[0][0], cut[-1][1]) == (0, width)
    assert all(after[0] <= before[1] - 0.35 * 900 + 1 for before, after in itertools.pairwise(cut))
