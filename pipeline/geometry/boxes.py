"""Overlap of boxes, each x1 y1 x2 y2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BoxArray = NDArray[np.floating]
"""(..., 4) px."""
_LEAST_UNION = 1e-12
"""In px squared: boxes without an area have no overlap."""


def iou(first: BoxArray, second: BoxArray) -> NDArray[np.float64]:
    """Return the intersection over union (n, m) of boxes (n, 4) and (m, 4), each x1 y1 x2 y2.

    Example:
        >>> iou(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2], [5, 5, 6, 6]])).round(3).tolist()
        [[0.333, 0.0]]
    """
    return iou_of_pairs(first[:, None], second[None])


def iou_of_pairs(first: BoxArray, second: BoxArray) -> NDArray[np.float64]:
    """Return the intersection over union (...) of boxes (..., 4), each with the one in its place, x1 y1 x2 y2."""
    low, high = np.maximum(first[..., :2], second[..., :2]), np.minimum(first[..., 2:], second[..., 2:])
    areas = _area(first[..., 2:] - first[..., :2]) + _area(second[..., 2:] - second[..., :2])
    return _over_union(low, high, areas)


def iou_xywh(first: BoxArray, second: BoxArray) -> NDArray[np.float64]:
    """Return the intersection over union (n, m) of boxes (n, 4) and (m, 4), each left, top, width, height.

    Example:
        >>> iou_xywh(np.array([[0.0, 0, 10, 10]]), np.array([[5.0, 0, 10, 10], [10, 0, 5, 5]])).round(3).tolist()
        [[0.333, 0.0]]
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])  # (n, m, 2)
    high = np.minimum((first[:, :2] + first[:, 2:])[:, None], (second[:, :2] + second[:, 2:])[None])  # (n, m, 2)
    areas = _area(first[:, 2:])[:, None] + _area(second[:, 2:])[None]  # (n, m)
    return _over_union(low, high, areas)


def _over_union(low: NDArray[np.float64], high: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide the intersection, from corners `low` to `high` (..., 2), by the union of boxes of summed `areas` (...)."""
    shared = _area(np.maximum(high - low, 0.0))
    return np.asarray(shared / np.maximum(areas - shared, _LEAST_UNION))


def _area(size: BoxArray) -> NDArray[np.float64]:
    """Multiply widths and heights (..., 2)."""
    return np.asarray(size[..., 0] * size[..., 1])
