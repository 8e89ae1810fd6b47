"""Trails: where people have just been, in picture px that move along with the camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.homography import Matrix, project
from pipeline.present.annotated_video.canvas import tint
from pipeline.present.palette import Color
from pipeline.video import Planes

LONGEST_HOLE_S = 0.3
"""A trail is not drawn across a longer absence."""

_FRACTION_BITS = 4
"""Of OpenCV's fixed-point coordinates."""


class Trails:
    """Recent points of several people on the moving picture, forgotten after `length_s`."""

    def __init__(self, length_s: float) -> None:
        """Start with no points."""
        self.length_s = length_s
        self._points = np.empty((0, 2))
        self._ids = np.empty(0, np.int64)
        self._times = np.empty(0)
        self._jump_px = np.empty(0)

    def move(self, motion: Matrix) -> None:
        """Carry all points by the camera's motion (3, 3) since the previous frame; NaN, as at a cut, forgets them."""
        if not np.isfinite(motion).all():
            self._keep(np.zeros(len(self._ids), bool))
        elif len(self._ids):
            self._points = project(motion, self._points)
            self._keep(~np.isnan(self._points[:, 0]))

    def add(
        self, time_s: float, ids: NDArray[np.int64], points: NDArray[np.float64], jump_px: NDArray[np.float64]
    ) -> None:
        """Add points and drop those that are too old.

        Args:
            time_s: of the frame.
            ids: (n,) people.
            points: (n, 2) where they are.
            jump_px: (n,) a step to this point that is longer was made by somebody else: the trail begins anew.
        """
        self._keep(np.asarray(self._times >= time_s - self.length_s))
        self._points = np.vstack([self._points, points])
        self._ids = np.append(self._ids, ids)
        self._times = np.append(self._times, np.full(len(ids), time_s))
        self._jump_px = np.append(self._jump_px, jump_px)

    def lines(self) -> dict[int, NDArray[np.float64]]:
        """Return each person's trail (n, 2), oldest first, smoothed; it begins after the last hole."""
        return paths(self._ids, self._times, self._points, self._jump_px)

    def _keep(self, kept: NDArray[np.bool_]) -> None:
        self._points, self._ids = self._points[kept], self._ids[kept]
        self._times, self._jump_px = self._times[kept], self._jump_px[kept]


def paths(
    ids: NDArray[np.int64],
    times_s: NDArray[np.float64],
    points: NDArray[np.float64],
    jump: NDArray[np.float64] | float,
    window: int = 9,
) -> dict[int, NDArray[np.float64]]:
    """Return each person's latest points (m, 2), without a hole in time or a jump, smoothed.

    They are averaged over a sliding window that shrinks at the ends, so that both ends stay.

    Args:
        ids: (n,) people.
        times_s: (n,) rising.
        points: (n, 2).
        jump: longest step, one for all or (n,) for the step to each point; in the unit of the points.
        window: points averaged, odd.

    Example:
        >>> paths(np.zeros(3, int), np.arange(3) / 10, np.array([[0.0, 0], [1, 3], [2, 0]]), 9.0)[0].tolist()
        [[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]]
        >>> still, ids = np.zeros((4, 2)), np.zeros(4, int)
        >>> len(paths(ids, np.array([0.0, 0.1, 0.9, 1.0]), still, 1.0)[0])
        2
        >>> len(paths(ids, np.arange(4) / 10, still + [[0], [0], [0], [9]], 1.0)[0])
        1
    """
    if not len(ids):
        return {}
    order = np.argsort(ids, kind="stable")
    ids, times_s, points = ids[order], times_s[order], points[order]
    longest = np.broadcast_to(jump, order.shape)[order][1:]
    steps = np.diff(points, axis=0)
    breaks = (np.diff(ids) != 0) | (np.diff(times_s) > LONGEST_HOLE_S) | (np.hypot(steps[:, 0], steps[:, 1]) > longest)
    begins = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    ends = np.append(begins[1:], len(ids))
    place = np.arange(len(ids))
    lengths = ends - begins
    reach = np.minimum(place - np.repeat(begins, lengths), np.repeat(ends, lengths) - 1 - place)
    reach = np.minimum(reach, window // 2)
    total = np.concatenate([np.zeros((1, 2)), np.cumsum(points, axis=0)])
    averaged = (total[place + reach + 1] - total[place - reach]) / (2 * reach + 1)[:, None]  # (n, 2)
    return {int(ids[begin]): averaged[begin:end] for begin, end in zip(begins, ends, strict=True)}  # the last one stays


def draw_trails(
    planes: Planes, lines: list[tuple[NDArray[np.float64], Color]], thickness_px: float, opacity: float
) -> None:
    """Draw trails (n, 2) px in place, tapering towards the oldest point.

    Args:
        planes: drawn on in place.
        lines: trails (n, 2) px, the oldest point first, with their colours.
        thickness_px: at the newest point.
        opacity: 0 to 1.
    """
    by_color: dict[Color, list[NDArray[np.float64]]] = {}
    for line, color in lines:
        if len(line) > 1:
            by_color.setdefault(color, []).append(line)
    for color, of_color in by_color.items():
        _draw_trails(planes, of_color, color, thickness_px, opacity)


def _draw_trails(
    planes: Planes, lines: list[NDArray[np.float64]], color: Color, thickness_px: float, opacity: float
) -> None:
    """Draw trails (n, 2) px of one colour in place."""
    points, limits = np.concatenate(lines), np.array(planes.size_px)
    margin = int(thickness_px) + 2
    low = np.clip(np.floor(points.min(axis=0)).astype(int) - margin, 0, limits) // 2 * 2
    high = np.clip(np.ceil(points.max(axis=0)).astype(int) + margin, 0, limits)
    width, height = (high - low + 1) // 2 * 2
    if width < 2 or height < 2:
        return
    mask = np.zeros((height, width), np.uint8)
    fixed = [np.rint((line - low - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32) for line in lines]
    halves = [line[: len(line) // 2 + 1] for line in fixed], [line[len(line) // 2 :] for line in fixed]
    for share, part in zip((0.4, 1.0), halves, strict=True):
        cv2.polylines(mask, part, False, 255, max(1, round(thickness_px * share)), cv2.LINE_AA, _FRACTION_BITS)
    tint(planes, mask, (int(low[0]), int(low[1])), color, opacity)
