"""Average precision of scored boxes as COCO defines it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RECALL_POINTS = np.linspace(0.0, 1.0, 101)
"""Shares of the true boxes at which the precision is read."""


def average_precision(outcome: NDArray[np.int8], score: NDArray[np.floating], required: int) -> float:
    """Return the precision interpolated at 101 points of recall, on average (pycocotools `accumulate`).

    Args:
        outcome: (n,) 1 on a true box, 0 on none, -1 not counted.
        score: (n,) confidence.
        required: number of true boxes that have to be found.

    Returns:
        A share in 0..1; NaN when there is nothing to find.

    Example:
        >>> round(average_precision(np.array([1, 0, 1], np.int8), np.array([0.9, 0.8, 0.7]), 2), 3)
        0.835
    """
    if not required:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    counted = outcome[order][outcome[order] >= 0]  # (k,) best score first
    hits = np.cumsum(counted == 1)
    precision = hits / np.arange(1, len(counted) + 1)
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)  # (k + 1,) 0 beyond the last hit
    at = np.searchsorted(hits / required, _RECALL_POINTS, side="left")  # (101,)
    return float(envelope[at].mean())
