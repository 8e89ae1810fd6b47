"""Which candidates are the ball: the best chain over time, with frames in which it is not seen.

A dynamic program over candidates (Viterbi): what speaks for each candidate by itself, less the price of the way from the one before, of the
frames between in which nothing was found, and of a beginning anew somewhere else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.ball.sightings import BallCandidates
from pipeline.understand.game import TrackedGame

Ints = NDArray[np.int64]

LONGEST_GAP_S = 1.0
"""Longer without the ball, and it is found anew."""
FASTEST_MPS = 22.0
SLACK_M, USUAL_MPS = 0.25, 5.0
"""Usual way of the ball between two frames: so many metres, and so many per second."""
MISSED = 0.25
"""Price of a frame without it between two others."""
ANEW = 3.5
"""Price of a new beginning."""


def linked(found: BallCandidates, game: TrackedGame) -> tuple[Ints, Ints]:
    """Choose at most one candidate a frame.

    Args:
        found: n candidates.
        game: frames, and how the camera moves.

    Returns:
        Chosen candidates (k,) in order of time, and which chain (k,) each is in: within one the ball is not lost for long.
    """
    count = len(found.row)
    best, before = np.zeros(count), np.full(count, -1, np.int64)
    follows = np.zeros(count, np.bool_)
    top_value, top_at = np.zeros(count + 1), np.full(count + 1, -1, np.int64)  # best of those before a candidate
    shot, step_s = game.shot[found.frame_row], max(game.step_s, 1e-3)
    first = np.searchsorted(found.time_s, found.time_s - LONGEST_GAP_S)
    same_frame = np.searchsorted(found.frame_row, found.frame_row)
    for k in range(count):
        start, end = int(first[k]), int(same_frame[k])
        value, link = top_value[end] - ANEW, top_at[end]
        if end > start:
            price = _way(found, game, slice(start, end), k, step_s)
            price[shot[start:end] != shot[k]] = np.inf
            reached = best[start:end] - price
            nearest = int(np.argmax(reached))
            if reached[nearest] > value:
                value, link, follows[k] = reached[nearest], start + nearest, True
        best[k], before[k] = value + found.log_odds[k], link
        better = best[k] > top_value[k]
        top_value[k + 1], top_at[k + 1] = (best[k], k) if better else (top_value[k], top_at[k])
    chosen, at = [], int(top_at[count])
    while at >= 0:
        chosen.append(at)
        at = int(before[at])
    path = np.array(chosen[::-1], dtype=np.int64)
    return path, np.cumsum(~follows[path]) if len(path) else path


def _way(found: BallCandidates, game: TrackedGame, earlier: slice, later: int, step_s: float) -> NDArray[np.float64]:
    """Price the ways from earlier candidates (m,) to a later one, the camera's motion taken off."""
    camera = game.camera[found.frame_row[later]]
    still = found.still_px[earlier]
    moved = np.column_stack([still, np.ones(len(still))]) @ camera.T
    way_m = np.hypot(*(moved[:, :2] / moved[:, 2:] - found.px[later]).T) / found.px_per_m[later]
    gap_s = found.time_s[later] - found.time_s[earlier]
    price = 0.5 * (way_m / (SLACK_M + USUAL_MPS * gap_s)) ** 2 + MISSED * np.maximum(gap_s / step_s - 1, 0)
    price[way_m > SLACK_M + FASTEST_MPS * gap_s] = np.inf
    return np.asarray(price)
