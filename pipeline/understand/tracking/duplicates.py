"""Two boxes of one person, once as a player and once as a referee."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.game import TrackedGame


def cross_class_duplicates(game: TrackedGame, person: NDArray[np.bool_], min_iou: float) -> NDArray[np.int64]:
    """Find boxes that sit on a box of the other class with a better score: one person, seen as player and as referee.

    A detector suppresses overlaps within a class only.

    Args:
        game: m boxes.
        person: (m,) which of them are people's.
        min_iou: overlap from which two boxes are one person, above 0.

    Returns:
        Rows (k,) of the boxes to leave out.
    """
    referee = (game.detections["class"] == "referee").to_numpy()
    score = game.detections["score"].to_numpy(np.float64)
    first, second, shared = game.overlapping
    twice = person[first] & person[second] & (referee[first] != referee[second]) & (shared >= min_iou)
    first, second = first[twice], second[twice]
    as_referee, as_player = np.where(referee[first], (first, second), (second, first))
    return np.asarray(np.where(score[as_referee] < score[as_player], as_referee, as_player))
