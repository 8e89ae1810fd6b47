"""Range of motion: players and referees move about, benches and spectators stay where they are.

Works without a calibration: in body heights, with the camera's motion taken out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.game import TrackedGame

_WINDOW_S = 5.0
"""The range is taken within windows of so many s: camera motion adds up small errors over longer times."""
_MIN_WINDOW_S = 1.0
"""A shorter window says nothing, s."""


def roaming(
    game: TrackedGame, boxes_px: NDArray[np.float64], frame: NDArray[np.int64], start: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Measure how far each tracklet's foot point ranges in its liveliest five seconds.

    Args:
        game: for its timestamps and the camera's motion, of which the unknown counts as none.
        boxes_px: (boxes, 4) x1 y1 x2 y2, by tracklet and then by frame.
        frame: (boxes,) frame of each box.
        start: (n + 1,) where each tracklet starts.

    Returns:
        (n,) diagonal of the range (5th to 95th percentile) in body heights; NaN for tracklets under a second.
    """
    position = np.searchsorted(game.frame, frame)
    time_s = game.time_s[position]
    foot = np.column_stack([(boxes_px[:, 0] + boxes_px[:, 2]) / 2, boxes_px[:, 3]])  # (boxes, 2)
    height = boxes_px[:, 3] - boxes_px[:, 1]
    path = np.cumsum(_steps(game.motion, foot, position, start), axis=0)  # (boxes, 2) px since the tracklet's first box
    ranges = np.full(len(start) - 1, np.nan)
    for i in range(len(ranges)):
        span = slice(start[i], start[i + 1])
        ranges[i] = _liveliest(path[span], time_s[span]) / max(float(np.median(height[span])), 1e-6)
    return ranges


def _steps(
    motion: NDArray[np.float64], foot: NDArray[np.float64], position: NDArray[np.int64], start: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give each foot point's step (boxes, 2) from the box before, less the camera's motion; 0 at a tracklet's start."""
    is_known: NDArray[np.bool_] = np.asarray(np.isfinite(motion).all(axis=(1, 2)))  # (t,)
    motion = np.where(is_known[:, None, None], motion, np.eye(3))
    follows = np.ones(len(foot), dtype=bool)
    follows[start[:-1]] = False
    now = np.flatnonzero(follows)
    gap = position[now] - position[now - 1]
    carried = np.column_stack([foot[now - 1], np.ones(len(now))])
    for step in range(1, int(gap.max(initial=0)) + 1):  # through every frame between two boxes
        moving = gap >= step
        moved = np.einsum("nij,nj->ni", motion[position[now - 1][moving] + step], carried[moving])
        carried[moving] = moved / moved[:, 2:]
    steps = np.zeros_like(foot)
    steps[now] = foot[now] - carried[:, :2]
    return steps


def _liveliest(path: NDArray[np.float64], time_s: NDArray[np.float64]) -> float:
    """Give the largest range (px) of a path (k, 2) within windows of the tracklet; NaN if none is long enough."""
    window = ((time_s - time_s[0]) // _WINDOW_S).astype(np.int64)
    cuts = np.flatnonzero(np.diff(window)) + 1
    ranges = [
        float(np.hypot(*np.subtract(*np.percentile(points, [95, 5], axis=0))))
        for points, times in zip(np.split(path, cuts), np.split(time_s, cuts), strict=True)
        if times[-1] - times[0] >= _MIN_WINDOW_S
    ]
    return max(ranges, default=float("nan"))
