"""Two boxes of one person, once as a player and once as a referee."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou


def cross_class_duplicates(
    frame: NDArray[np.int64],
    xyxy_px: NDArray[np.float64],
    score: NDArray[np.float64],
    referee: NDArray[np.bool_],
    min_iou: float,
) -> NDArray[np.bool_]:
    """Find boxes that sit on a box of the other class with a better score: one person, seen as player and as referee.

    A detector suppresses overlaps within a class only.

    Args:
        frame: (n,), ascending.
        xyxy_px: (n, 4).
        score: (n,).
        referee: (n,) class of the box.
        min_iou: overlap from which two boxes are one person.

    Returns:
        (n,) True for the boxes to leave out.
    """
    duplicate = np.zeros(len(frame), dtype=bool)
    for start, end in pairwise([*np.searchsorted(frame, np.unique(frame)), len(frame)]):
        rows = np.arange(start, end)
        referees, players = rows[referee[rows]], rows[~referee[rows]]
        if not len(referees) or not len(players):
            continue
        for i, j in zip(*np.nonzero(iou(xyxy_px[referees], xyxy_px[players]) >= min_iou), strict=True):
            duplicate[referees[i] if score[referees[i]] < score[players[j]] else players[j]] = True
    return duplicate
