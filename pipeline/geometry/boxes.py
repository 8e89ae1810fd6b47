"""Overlap of boxes, each x1 y1 x2 y2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def iou(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the intersection over union (n, m) of every pair of boxes (n, 4) and (m, 4); 0 for boxes without area.

    Example:
        >>> iou(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2], [5, 5, 6, 6]])).round(3).tolist()
        [[0.333, 0.0]]
    """
    return iou_of_pairs(first[:, None], second[None])  # (n, m)


def iou_of_pairs(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the intersection over union (...) of boxes (..., 4), each with the one in its place.

    Example:
        >>> iou_of_pairs(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2]])).round(3).tolist()
        [0.333]
    """
    low, high = np.maximum(first[..., :2], second[..., :2]), np.minimum(first[..., 2:], second[..., 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)  # (...)
    area = (first[..., 2:] - first[..., :2]).prod(axis=-1) + (second[..., 2:] - second[..., :2]).prod(axis=-1)
    return np.asarray(shared / np.maximum(area - shared, 1e-12))
