"""The camera's path through a chunk: motions are believed only where one camera can have made them.

A camera has mass: how fast the picture moves changes little from frame to frame. A graphic that sweeps over the picture
does not know that, and for some frames it is most of what is seen. Where a motion is not believed, or a cut may be a flash
or a graphic that passes, the last trusted frame is compared with those that come after it: if it shows the same world, the
time between is bridged; if it does not, the camera's motion stays unknown there, or it was a cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config import ShotSettings
from pipeline.geometry.motion import picture_grid, project_all
from pipeline.perceive.motion import Motion, ReducedFrame, compare, differ

Floats = NDArray[np.float64]

_FASTEST = 2.0
"""Picture widths per second; operators who follow a fast break reach 0.7."""
_JERK, _ACCELERATION = 0.35, 12.0
"""How much that may change: widths per second from one frame to the next, and per second of time between them."""
_BRIDGED_S = 1.0
"""Over so long a time the last trusted frame is looked for."""
_BRIDGE_SPREAD = 0.6
"""Share of the cells with corners, in the frame that is looked for, that must be found again."""
_AS_SPREAD, _OLD_S = 0.9, 0.7
"""A frame replaces the one that is looked for if so many times as much of the world goes on in it, or after so long."""
_FORGOTTEN = 0.98
"""What a frame's share is worth at the next one: not every view has much to follow."""
_BELIEVED_S = 0.3
"""Motions that go on for so long between two frames of unknown motion are believed."""


@dataclass(frozen=True)
class TimedView:
    """A frame as the camera's motion is measured on it."""

    time_s: float
    view: ReducedFrame
    people_px: NDArray[np.float32]
    """(n, 4) boxes of people."""


class CameraPath:
    """Judges the motions of frames as they come.

    Attributes:
        moved: of every frame so far; those of the latest second may still change until `finish`.
    """

    def __init__(self, settings: ShotSettings) -> None:
        self.moved: list[Motion] = []
        self._settings = settings
        self._anchor: _LastTrusted | None = None
        self._velocity: Floats | None = None  # (9, 2) widths per second
        self._latest: TimedView | None = None
        self._open: list[TimedView] = []  # frames since the last trusted one
        self._breaks: list[_Break] = []

    def add(self, seen: TimedView, moved: Motion) -> None:
        """Take the next frame, and its motion from the frame before as it was measured."""
        self.moved.append(moved)
        before, self._latest = self._latest, seen
        if before is None or self._anchor is None:
            self._anchor = _LastTrusted(seen, np.eye(3), seen.time_s, 0.0)
            return
        velocity = _velocity(moved, before, seen)
        goes_on = _goes_on(self._velocity, velocity, seen.time_s - before.time_s)
        self._velocity = self._velocity if velocity is None else velocity
        if goes_on and not self._open:
            self._anchor = self._anchor.moved_on(seen, moved)
            return
        self._open.append(seen)
        if not goes_on:
            self._breaks.append(_Break(len(self._open) - 1, refused=velocity is not None))
        self._try_to_close(self._anchor, seen)

    def finish(self) -> list[Motion]:
        """Judge what is open at the end, and return the motion of every frame."""
        if self._open and self._anchor is not None:
            self._give_up(self._anchor)
        return self.moved

    def _try_to_close(self, anchor: _LastTrusted, now: TimedView) -> None:
        """Bridge the open frames, or give them up after a while."""
        seen = anchor.seen
        bridge = compare(seen.view, now.view, seen.people_px, self._settings, _BRIDGE_SPREAD)
        if bridge.matrix is not None:
            across = Motion(bridge.matrix @ np.linalg.inv(anchor.since), cut=False)
            trusted = TimedView(anchor.until_s, seen.view, seen.people_px)
            if _goes_on(None, _velocity(across, trusted, now), now.time_s - anchor.until_s):
                self._bridge(across, anchor.until_s, now)
                return
        if now.time_s - anchor.until_s > _BRIDGED_S:
            self._give_up(anchor)

    def _bridge(self, across: Motion, since_s: float, now: TimedView) -> None:
        """Spread a motion from the last trusted frame to now evenly over the open frames."""
        assert across.matrix is not None
        before = np.eye(3)
        for row, each in enumerate(self._open, start=len(self.moved) - len(self._open)):
            share = (each.time_s - since_s) / max(now.time_s - since_s, 1e-9)
            total = np.eye(3) + share * (across.matrix / across.matrix[2, 2] - np.eye(3))
            step = total @ np.linalg.inv(before)
            self.moved[row] = Motion(step / step[2, 2], cut=False)
            before = total
        self._velocity = None
        self._close(now)

    def _give_up(self, anchor: _LastTrusted) -> None:
        """Keep what goes on for long between breaks and forget the rest; a graphic may have hidden a cut."""
        first, count = len(self.moved) - len(self._open), len(self._open)
        starts = [each.row for each in self._breaks]
        for each, end in zip(self._breaks, [*starts[1:], count], strict=True):
            self.moved[first + each.row] = Motion(None, cut=self.moved[first + each.row].cut)
            is_short = self._open[end - 1].time_s - self._open[each.row].time_s < _BELIEVED_S
            if end < count and (each.refused or is_short):
                self.moved[first + each.row + 1 : first + end] = [Motion(None, cut=False)] * (end - each.row - 1)
        cut = any(moved.cut for moved in self.moved[first:])
        hidden = not cut and any(each.refused for each in self._breaks)
        if hidden and differ(anchor.seen.view, self._open[-1].view, self._settings):
            self.moved[first + starts[-1]] = Motion(None, cut=True)
        self._close(self._open[-1])

    def _close(self, trusted: TimedView) -> None:
        """Trust a frame and forget what was open."""
        self._anchor, self._open, self._breaks = _LastTrusted(trusted, np.eye(3), trusted.time_s, 0.0), [], []


@dataclass(frozen=True)
class _Break:
    """An open frame, by its number, that does not go on from the frame before."""

    row: int
    refused: bool
    """A motion was measured that no camera makes."""


@dataclass(frozen=True)
class _LastTrusted:
    """A frame that shows the world well, and the camera's motion from it to the last trusted frame."""

    seen: TimedView
    since: Floats
    """(3, 3)."""
    until_s: float
    """Time of the last trusted frame."""
    spread: float
    """Share of the picture's cells that agree on the motion into a frame like it."""

    def moved_on(self, seen: TimedView, moved: Motion) -> _LastTrusted:
        """Take a trusted frame: in place of this one, if it shows as much of the world or this one is old."""
        if moved.spread >= _AS_SPREAD * self.spread or seen.time_s - self.seen.time_s > _OLD_S:
            return _LastTrusted(seen, np.eye(3), seen.time_s, max(moved.spread, _FORGOTTEN * self.spread))
        assert moved.matrix is not None
        since = moved.matrix @ self.since
        return _LastTrusted(self.seen, since / since[2, 2], seen.time_s, self.spread)


def _velocity(moved: Motion, before: TimedView, now: TimedView) -> Floats | None:
    """Return how fast nine places of the picture move (9, 2), widths per second; None where it is unknown or a flip."""
    if moved.matrix is None or np.linalg.det(moved.matrix) <= 0:
        return None
    height, width = before.view.gray.shape
    size = (round(width / before.view.scale), round(height / before.view.scale))
    grid = picture_grid(size, 3, 3)
    shift = (project_all(moved.matrix[None], grid)[0] - grid) / size[0]
    return np.asarray(shift / max(now.time_s - before.time_s, 1e-3))


def _goes_on(before: Floats | None, now: Floats | None, elapsed_s: float) -> bool:
    """Say whether a camera that moved at one velocity (9, 2) can move at another after a time; None is unknown."""
    if now is None or not np.isfinite(now).all() or np.linalg.norm(now, axis=1).max() > _FASTEST:
        return False
    if before is None:
        return True
    return bool(np.linalg.norm(now - before, axis=1).max() <= _JERK + _ACCELERATION * elapsed_s)
