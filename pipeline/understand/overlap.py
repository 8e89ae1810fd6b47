"""Overlap of boxes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the intersection over union (n, m) of boxes (n, 4) and (m, 4), each x1 y1 x2 y2.

    Example:
        >>> iou(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2], [5, 5, 6, 6]])).round(3).tolist()
        [[0.333, 0.0]]
    """
    return iou_of_pairs(one[:, None], other[None])


def iou_of_pairs(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the intersection over union (...) of boxes (..., 4) each with the one in its place, x1 y1 x2 y2."""
    low, high = np.maximum(one[..., :2], other[..., :2]), np.minimum(one[..., 2:], other[..., 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    area = (one[..., 2:] - one[..., :2]).prod(axis=-1) + (other[..., 2:] - other[..., :2]).prod(axis=-1)
    return np.asarray(shared / np.maximum(area - shared, 1e-12))


def cross_class_duplicates(
    frame: NDArray[np.int64],
    corners: NDArray[np.float64],
    score: NDArray[np.float64],
    referee: NDArray[np.bool_],
    min_iou: float,
) -> NDArray[np.bool_]:
    """Find boxes that sit on a box of the other class with a better score: one person, seen as player and as referee.

    A detector suppresses overlaps within a class only.

    Args:
        frame: (n,), ascending.
        corners: (n, 4) x1 y1 x2 y2, px.
        score: (n,).
        referee: (n,) class of the box.
        min_iou: overlap from which two boxes are one person.

    Returns:
        (n,) True for the boxes to leave out.
    """
    double = np.zeros(len(frame), dtype=bool)
    for start, end in pairwise([*np.searchsorted(frame, np.unique(frame)), len(frame)]):
        here = np.arange(start, end)
        one, other = here[referee[here]], here[~referee[here]]
        if not len(one) or not len(other):
            continue
        for i, j in zip(*np.nonzero(iou(corners[one], corners[other]) >= min_iou), strict=True):
            double[one[i] if score[one[i]] < score[other[j]] else other[j]] = True
    return double
