"""Two boxes of one person, once as a player and once as a referee."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou


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
