"""Burnt-in graphics: what stays in its place while the camera moves.

Score bars, tickers and logos lie over the picture and are not of the world. Between two pictures that show different
views their edges are the same, and hardly any edge of the world is: the share of such pairs in which an edge stays
says where graphics are, whatever they look like. A camera that never moves tells nothing, and needs nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError

Image = NDArray[np.uint8]
"""(h, w, 3) BGR."""
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

WIDTH_PX = 320
"""Of the pictures that are compared."""
_EDGE = 24.0
"""Grey levels per px of an edge."""
_SAME_GREY, _SAME_GRADIENT = 12.0, 0.3
"""An edge stays if its grey level differs by less than the first, and its gradient by less than this share of itself."""
_COLUMNS, _ROWS = 8, 6
_CELL_EDGES = 12
"""Px of edges from which a cell of the picture says whether the view is the same."""
_CELL_STAYS = 0.3
"""Share of a cell's edges, below which it shows something else."""
_FEWEST_PAIRS = 8
"""Pairs of different views, below which nothing is said."""
_STAYS = 0.45
"""Share of those pairs in which an edge must stay: graphics that are there two thirds of the time are found."""
_LEAST_ACROSS = 0.25
"""Share of a graphic's edges that must be upright ones, and level ones: a camera that pans leaves its world's level edges
where they are."""
_CLOSING_PX = (17, 9)
"""Letters and borders so near belong to one graphic, px across and down at `WIDTH_PX`."""
_LEAST_AREA = 0.0008
"""Of the picture; what is smaller is chance."""
_BOX_FILLED = 0.4
"""A graphic that fills so much of its bounding box is a box."""


@dataclass(frozen=True, eq=False)
class Graphics:
    """Where graphics lie over the picture."""

    mask: Mask
    """(h, w) of the picture reduced in size."""

    def at(self, width_px: int, height_px: int) -> Mask:
        """Return the mask (height, width) for pictures of a size."""
        resized = cv2.resize(self.mask.astype(np.uint8), (width_px, height_px), interpolation=cv2.INTER_NEAREST)
        return np.asarray(resized > 0)

    def hold(self, points_px: NDArray[np.floating], size_px: tuple[int, int]) -> Mask:
        """Say of points (n, 2) in a picture of a size (width, height) whether they lie on graphics."""
        height, width = self.mask.shape
        cell = np.floor(points_px / np.array(size_px) * (width, height)).astype(np.int64)  # (n, 2)
        cell = np.clip(cell, 0, (width - 1, height - 1))
        return np.asarray(self.mask[cell[:, 1], cell[:, 0]])

    def cover(self, xyxy_px: NDArray[np.floating], size_px: tuple[int, int]) -> Floats:
        """Measure the share (n,) of each box (n, 4), in a picture of a size (width, height), that lies under graphics."""
        height, width = self.mask.shape
        total = cv2.integral(self.mask.astype(np.uint8))  # (h + 1, w + 1)
        scale = np.array([width, height, width, height]) / np.array([*size_px, *size_px])
        low, high = np.floor(xyxy_px * scale)[:, :2], np.ceil(xyxy_px * scale)[:, 2:]
        x1, y1 = np.clip(low, 0, (width - 1, height - 1)).astype(np.int64).T
        x2, y2 = np.clip(high, 1, (width, height)).astype(np.int64).T
        area = np.maximum(x2 - x1, 1) * np.maximum(y2 - y1, 1)
        covered = total[y2, x2] - total[y1, x2] - total[y2, x1] + total[y1, x1]
        return np.asarray(np.clip(covered / area, 0, 1), dtype=np.float32)

    def boxes(self, size_px: tuple[int, int]) -> list[tuple[int, int, int, int]]:
        """List each graphic's x, y, width, height in px of a picture of a size (width, height), the largest first.

        What is no box, such as a frame about the picture, is not among them.
        """
        height, width = self.mask.shape
        across, down = size_px[0] / width, size_px[1] / height
        _, _, stats, _ = cv2.connectedComponentsWithStats(self.mask.astype(np.uint8))
        found = [
            (round(x * across), round(y * down), round(w * across), round(h * down))
            for x, y, w, h, area in stats[1:].tolist()
            if area >= _BOX_FILLED * w * h
        ]
        return sorted(found, key=lambda box: -box[2] * box[3])


NO_GRAPHICS = Graphics(np.zeros((1, 1), dtype=bool))


def find_graphics(pictures: Sequence[Image]) -> Graphics:
    """Find the graphics that stay over pictures of one video.

    Args:
        pictures: (h, w, 3) each, spread over the time in which graphics are looked for; two dozen are enough.

    Returns:
        Their places; none where the pictures do not show different views.

    Raises:
        InputError: the pictures differ in size.
    """
    if len({picture.shape for picture in pictures}) > 1:
        raise InputError("pictures of different sizes cannot be searched for graphics")
    if len(pictures) < 2:
        return NO_GRAPHICS
    edges = [_Edges.of(picture) for picture in pictures]
    stays = np.zeros(edges[0].gray.shape, dtype=np.int64)
    pairs = 0
    for first, second in itertools.combinations(edges, 2):
        same = first.stays_in(second)
        if _shows_another_view(same, first.strong | second.strong):
            stays += same
            pairs += 1
    if pairs < _FEWEST_PAIRS:
        return NO_GRAPHICS
    upright = np.mean([np.abs(each.across) > np.abs(each.down) for each in edges], axis=0) > 0.5
    return Graphics(_regions(stays >= _STAYS * pairs, upright))


@dataclass(frozen=True, eq=False)
class _Edges:
    """Grey levels and gradients (h, w) of a picture."""

    gray: Floats
    across: Floats
    down: Floats
    strong: Mask

    @staticmethod
    def of(picture: Image) -> _Edges:
        size = (WIDTH_PX, max(1, round(WIDTH_PX * picture.shape[0] / picture.shape[1])))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.float32)
        across, down = (
            np.asarray(cv2.Sobel(gray, cv2.CV_32F, *order, scale=0.25), np.float32) for order in ((1, 0), (0, 1))
        )
        return _Edges(gray, across, down, np.hypot(across, down) > _EDGE)

    def stays_in(self, second: _Edges) -> Mask:
        """Say where (h, w) both have the same edge."""
        change = np.hypot(self.across - second.across, self.down - second.down)
        strength = np.minimum(np.hypot(self.across, self.down), np.hypot(second.across, second.down))
        same = (change < _SAME_GRADIENT * strength) & (np.abs(self.gray - second.gray) < _SAME_GREY)
        return np.asarray(same & self.strong & second.strong)


def _shows_another_view(same: Mask, edges: Mask) -> bool:
    """Say whether two pictures differ in most of the cells that have edges, wherever the same edges are dense."""
    kept, every = (_per_cell(mask) for mask in (same, edges))
    telling = every >= _CELL_EDGES
    return bool(telling.any() and (kept[telling] < _CELL_STAYS * every[telling]).mean() > 0.5)


def _per_cell(mask: Mask) -> NDArray[np.float64]:
    """Count what is true in each cell of the picture."""
    rows, columns = (
        np.linspace(0, size, count, endpoint=False).astype(np.int64)
        for size, count in zip(mask.shape, (_ROWS, _COLUMNS), strict=True)
    )
    counts = np.add.reduceat(np.add.reduceat(mask.astype(np.float64), rows, axis=0), columns, axis=1)
    return np.asarray(counts)


def _regions(staying: Mask, upright: Mask) -> Mask:
    """Join the edges (h, w) that stay to graphics: boxes, where they are boxes.

    Args:
        staying: (h, w).
        upright: (h, w) which edges are upright rather than level.
    """
    kernel = np.ones(_CLOSING_PX[::-1], dtype=np.uint8)
    closed = cv2.morphologyEx(staying.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    count, label, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    mask = np.zeros(staying.shape, dtype=bool)
    for number in range(1, count):
        x, y, width, height, area = stats[number]
        if area < _LEAST_AREA * staying.size:
            continue
        place = np.s_[y : y + height, x : x + width]
        of_graphic = label[place] == number
        share = upright[place][of_graphic & staying[place]].mean()
        if _LEAST_ACROSS <= share <= 1 - _LEAST_ACROSS:
            mask[place] |= of_graphic | (area >= _BOX_FILLED * width * height)
    return mask
