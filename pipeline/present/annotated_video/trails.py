"""Trails: where people have just been, in picture px that move along with the camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.homography import Matrix, project
from pipeline.present.annotated_video.sprites import Picture
from pipeline.present.palette import Color

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
        found = {}
        for who in np.unique(self._ids):
            of_person = self._ids == who
            first = unbroken(self._times[of_person], self._points[of_person], self._jump_px[of_person])
            found[int(who)] = smooth_line(self._points[of_person][first:])
        return found

    def _keep(self, kept: NDArray[np.bool_]) -> None:
        self._points, self._ids = self._points[kept], self._ids[kept]
        self._times, self._jump_px = self._times[kept], self._jump_px[kept]


def unbroken(times_s: NDArray[np.float64], points: NDArray[np.float64], jump: NDArray[np.float64] | float) -> int:
    """Return the first place after which there is neither a hole in time nor a jump.

    Args:
        times_s: (n,) rising.
        points: (n, 2).
        jump: longest step, one for all or (n,) for the step to each point; in the unit of the points.

    Example:
        >>> still = np.zeros((4, 2))
        >>> unbroken(np.array([0.0, 0.1, 0.9, 1.0]), still, 1.0), unbroken(np.arange(4) / 10, still + [[0], [0], [0], [9]], 1.0)
        (2, 3)
    """
    steps = np.hypot(*np.diff(points, axis=0).T)
    longest = np.broadcast_to(jump, times_s.shape)[1:]
    breaks = np.flatnonzero((np.diff(times_s) > LONGEST_HOLE_S) | (steps > longest))
    return int(breaks[-1]) + 1 if len(breaks) else 0


def smooth_line(points: NDArray[np.float64], window: int = 9) -> NDArray[np.float64]:
    """Average points (n, 2) over a sliding window that shrinks at the ends, so that both ends stay.

    Example:
        >>> smooth_line(np.array([[0.0, 0], [1, 3], [2, 0]])).tolist()
        [[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]]
    """
    place = np.arange(len(points))
    reach = np.minimum(np.minimum(place, place[::-1]), window // 2)
    total = np.vstack([np.zeros((1, 2)), np.cumsum(points, axis=0)])
    averaged: NDArray[np.float64] = (total[place + reach + 1] - total[place - reach]) / (2 * reach + 1)[:, None]
    return averaged


def draw_trails(
    image: Picture, lines: list[tuple[NDArray[np.float64], Color]], thickness_px: float, opacity: float
) -> None:
    """Draw trails (n, 2) px in place, tapering towards the oldest point.

    Args:
        image: (h, w, 3) BGR, drawn on in place.
        lines: trails (n, 2) px, the oldest point first, with their colours.
        thickness_px: at the newest point.
        opacity: 0 to 1.
    """
    long = [(line, color) for line, color in lines if len(line) > 1]
    ground, corner = _around(image, [line for line, _ in long], int(thickness_px) + 2)
    if not ground.size:
        return
    layer = ground.copy()
    for line, color in long:
        fixed = np.rint((line - corner - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32)
        for share, half in ((0.4, fixed[: len(fixed) // 2 + 1]), (1.0, fixed[len(fixed) // 2 :])):
            width = max(1, round(thickness_px * share))
            cv2.polylines(layer, [half], False, color.bgr, width, cv2.LINE_AA, _FRACTION_BITS)
    ground[:] = cv2.addWeighted(layer, opacity, ground, 1 - opacity, 0)


def _around(image: Picture, lines: list[NDArray[np.float64]], margin_px: int) -> tuple[Picture, NDArray[np.float64]]:
    """Return the view of a picture that holds all lines (n, 2), and its corner (2,) in px."""
    height, width = image.shape[:2]
    points = np.vstack([np.empty((0, 2)), *lines])
    if not len(points):
        return image[:0, :0], np.zeros(2)
    limits = np.array([width, height])
    low = np.clip(np.floor(points.min(axis=0)).astype(int) - margin_px, 0, limits)
    high = np.clip(np.ceil(points.max(axis=0)).astype(int) + margin_px, 0, limits)
    return image[low[1] : high[1], low[0] : high[0]], low.astype(np.float64)
