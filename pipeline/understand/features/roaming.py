"""Range of motion: players and referees move about, benches and spectators stay where they are.

Works without a calibration: in body heights, with the camera's motion taken out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.game import TrackedGame

_WINDOW_S = 5.0
"""The range is taken within windows of so many s: camera motion adds up small errors over longer times."""
_BLOCK = 1024
"""Windows that are measured at once."""
_MIN_WINDOW_S = 1.0
"""A shorter window says nothing, s."""


def roaming(
    game: TrackedGame,
    boxes_px: NDArray[np.float64],
    frame: NDArray[np.int64],
    start: NDArray[np.int64],
    height_px: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Measure how far each tracklet's foot point ranges in its liveliest five seconds.

    Args:
        game: for its timestamps and the camera's motion, of which the unknown counts as none.
        boxes_px: (boxes, 4) x1 y1 x2 y2, by tracklet and then by frame.
        frame: (boxes,) frame of each box.
        start: (n + 1,) where each tracklet starts.
        height_px: (n,) median height of the boxes of each tracklet.

    Returns:
        (n,) diagonal of the range (5th to 95th percentile) in body heights; NaN for tracklets under a second.
    """
    n = len(start) - 1
    if not n:
        return np.zeros(0)
    position = np.searchsorted(game.frame, frame)
    time_s = game.time_s[position]
    foot = np.column_stack([(boxes_px[:, 0] + boxes_px[:, 2]) / 2, boxes_px[:, 3]])  # (boxes, 2)
    path = np.cumsum(_steps(game.motion, foot, position, start), axis=0)  # (boxes, 2) px since the tracklet's first box
    owner = np.repeat(np.arange(n), np.diff(start))
    window = ((time_s - time_s[start[:-1]][owner]) // _WINDOW_S).astype(np.int64)
    begins = np.flatnonzero((np.diff(owner, prepend=-1) != 0) | (np.diff(window, prepend=-1) != 0))  # (w,)
    ends = np.append(begins[1:], len(owner))
    long = time_s[ends - 1] - time_s[begins] >= _MIN_WINDOW_S
    begins, ends = begins[long], ends[long]
    ranges = np.full(n, np.nan)
    for k in range(0, len(begins), _BLOCK):
        extent = _extents(path, begins[k : k + _BLOCK], ends[k : k + _BLOCK])
        np.fmax.at(ranges, owner[begins[k : k + _BLOCK]], extent)
    return ranges / np.maximum(height_px, 1e-6)


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


def _extents(path: NDArray[np.float64], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give the diagonal (w,) of the range of windows `path[begins[i] : ends[i]]` of a path (boxes, 2), px."""
    count = ends - begins
    offset = np.arange(int(count.max()))
    inside = offset < count[:, None]  # (w, longest)
    points = np.where(inside[..., None], path[np.where(inside, begins[:, None] + offset, 0)], np.inf)
    points = np.sort(points, axis=1)
    return np.asarray(np.hypot(*(_percentile(points, count, 95) - _percentile(points, count, 5)).T))


def _percentile(ordered: NDArray[np.float64], count: NDArray[np.int64], percent: float) -> NDArray[np.float64]:
    """Interpolate the percentile (w, c) of the first `count` (w,) of ordered values (w, longest, c)."""
    place = (count - 1) * (percent / 100)
    below = np.floor(place).astype(np.int64)
    rows, share = np.arange(len(count)), (place - below)[:, None]
    low, high = ordered[rows, below], ordered[rows, np.minimum(below + 1, count - 1)]
    return np.asarray(low + (high - low) * share)
