"""The crop of a person: how good it is, and the colour of the jersey."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]
"""(n, 4) x1 y1 x2 y2 in px."""

_FULL_HEIGHT_PX = 120.0
"""A person this tall or taller gets full marks for size."""
_SHARP_VARIANCE = 300.0
"""Variance of the Laplacian of a 64 x 128 grey crop that gets full marks for sharpness."""
_TORSO = (0.22, 0.45)
"""Top and bottom of the torso as shares of a standing person's box."""
_GRID, _EDGE, _MIDDLE = (16, 8), 2, slice(4, 12)
"""Columns and rows that a torso is reduced to; columns at each edge; columns in the middle."""
_UNLIKE_BACKGROUND = 10.0
"""Colour difference (CIE76) from which a place of the torso is not what shows beside it."""
_LEAST_FOREGROUND = 0.3
"""If less of the middle than this is unlike the edges, the torso fills the box, and all of the middle counts."""


def crop(image: Image, box: NDArray[np.float32]) -> Image | None:
    """Cut a box (4,) out of an image (h, w, 3); None if nothing of it lies inside."""
    height, width = image.shape[:2]
    x1, y1 = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    x2, y2 = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
    return image[y1:y2, x1:x2] if x2 > x1 and y2 > y1 else None


def uncovered(boxes: Boxes) -> NDArray[np.float32]:
    """Estimate how much of each person is not hidden by others.

    Of two overlapping people the one whose feet are lower in the picture stands nearer and hides the other.

    Returns:
        (n,) share of each box that no nearer box covers, counting the worst one only.

    Example:
        >>> uncovered(np.array([[0, 0, 10, 20], [0, 10, 10, 30]], dtype=np.float32)).tolist()
        [0.5, 1.0]
    """
    if len(boxes) == 0:
        return np.zeros(0, dtype=np.float32)
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = np.clip(boxes[:, 2:] - boxes[:, :2], 1e-6, None).prod(axis=1)
    nearer = boxes[None, :, 3] > boxes[:, None, 3]
    covered = np.where(nearer, shared / area[:, None], 0.0).max(axis=1)
    return np.asarray(1 - np.clip(covered, 0, 1), dtype=np.float32)


def sharpness(image: Image, boxes: Boxes) -> NDArray[np.float32]:
    """Rate how sharp each person's crop is, 0 to 1.

    Args:
        image: (h, w, 3).
        boxes: (n, 4) px.

    Returns:
        (n,).
    """
    return np.array([_sharpness(crop(image, box)) for box in boxes], dtype=np.float32)


def clarity(boxes: Boxes, size_px: tuple[int, int]) -> NDArray[np.float32]:
    """Rate what boxes alone say of how well each person is shown: size x uncovered share x share inside the picture.

    Args:
        boxes: (n, 4) px of all people of a picture.
        size_px: width and height of the picture.

    Returns:
        (n,) 0 to 1.
    """
    width, height = size_px
    size = np.clip((boxes[:, 3] - boxes[:, 1]) / _FULL_HEIGHT_PX, 0, 1)
    inside_high = np.minimum(boxes[:, 2:], [width, height])
    inside = np.clip(inside_high - np.maximum(boxes[:, :2], 0), 0, None).prod(axis=1)
    area = np.clip(boxes[:, 2:] - boxes[:, :2], 1e-6, None).prod(axis=1)
    touching = (boxes[:, 0] <= 1) | (boxes[:, 2] >= width - 1) | (boxes[:, 3] >= height - 1)
    whole = np.where(touching, 0.5, 1.0) * np.clip(inside / area, 0, 1)
    return np.asarray(size * uncovered(boxes) * whole, dtype=np.float32)


def jersey_lab(image: Image, boxes: Boxes) -> NDArray[np.float32]:
    """Measure the jersey: the median colour of each torso, without the floor or wall that shows beside it.

    A runner's box is wide and his torso narrow: what looks like the left or right edge of the box at the same height is
    taken for background, unless hardly anything else is there.

    Args:
        image: (h, w, 3) BGR.
        boxes: (n, 4) px.

    Returns:
        (n, 3) CIE L* (0 to 100), a*, b*; NaN where no torso lies inside the picture.
    """
    colors = np.full((len(boxes), 3), np.nan, dtype=np.float32)
    chests = {row: chest for row, box in enumerate(boxes) if (chest := crop(image, _chest(box))) is not None}
    if chests:
        small = [cv2.resize(chest, _GRID, interpolation=cv2.INTER_AREA) for chest in chests.values()]
        lab = cv2.cvtColor(np.concatenate(small).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
        colors[list(chests)] = _foreground(np.asarray(lab, np.float32).reshape(len(small), _GRID[1], _GRID[0], 3))
    return colors


def _foreground(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the median colour (n, 3) of the middle of each picture (n, rows, columns, 3) that is unlike its edges."""
    edges = [lab[:, :, :_EDGE], lab[:, :, -_EDGE:]]
    samples = [edge.reshape(len(lab), -1, 3) for edge in edges]
    beside = np.stack([_masked_median(of_edge, np.ones(of_edge.shape[:2], bool)) for of_edge in samples], axis=1)
    middle = lab[:, :, _MIDDLE].reshape(len(lab), -1, 3)
    distance = np.linalg.norm(middle[:, :, None] - beside[:, None], axis=3).min(axis=2)  # (n, samples)
    unlike = distance > _UNLIKE_BACKGROUND
    unlike |= (unlike.mean(axis=1) < _LEAST_FOREGROUND)[:, None]
    return _masked_median(middle, unlike)


def _masked_median(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give the median (n, 3) over axis 1 of values (n, samples, 3) where the mask (n, samples) holds, at least once."""
    rising = np.sort(np.where(mask[:, :, None], values, np.inf), axis=1)
    count = mask.sum(axis=1)
    each = np.arange(len(values))
    return np.asarray((rising[each, (count - 1) // 2] + rising[each, count // 2]) / 2, dtype=np.float32)


def _chest(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the part of a person's box (4,) at the height of the torso, (4,)."""
    tall = box[3] - box[1]
    return np.array([box[0], box[1] + _TORSO[0] * tall, box[2], box[1] + _TORSO[1] * tall], dtype=np.float32)


def _sharpness(image: Image | None) -> float:
    """Rate sharpness 0 to 1 by the variance of the Laplacian at a fixed size."""
    if image is None:
        return 0.0
    gray = cv2.cvtColor(cv2.resize(image, (64, 128), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    deviation = cv2.meanStdDev(cv2.Laplacian(gray, cv2.CV_16S))[1]
    return float(min(1.0, deviation[0, 0] / _SHARP_VARIANCE**0.5))
