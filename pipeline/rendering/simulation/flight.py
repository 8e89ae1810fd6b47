"""The ball in the air: a pass, a shot, and what becomes of a shot at the rim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

G_MPS2 = 9.81
_RADIUS_M = 0.12
_REBOUND_M, _PICKED_UP_M = 2.0, 1.1
"""Height at which a rebound is caught, and a made ball is picked up."""
_IN_NET = 0.6
"""Share of the time after the rim in which a made ball just falls."""


@dataclass(frozen=True)
class ShotOutcome:
    """What becomes of a shot; settled when it leaves the hand."""

    made: bool
    clean: bool
    """Goes in without touching the rim."""
    offensive: bool
    """The shooter's team gets the rebound."""


@dataclass(frozen=True)
class Flight:
    """A pass or a shot."""

    start_m: Array
    """(3,)"""
    end_m: Array
    """(3,) of a shot, the centre of the rim."""
    duration_s: float
    """Until there."""
    age_s: float = 0.0
    outcome: ShotOutcome | None = None
    """None for a pass."""
    gathered_m: Array | None = None
    """(2,) where who gets the ball after the rim is now."""
    gathered_s: float = 1.0
    """From the rim until then."""

    @property
    def is_shot(self) -> bool:
        """Whether it goes to the basket."""
        return self.outcome is not None

    @property
    def is_off_rim(self) -> bool:
        """Whether a shot has reached the rim."""
        return self.is_shot and self.age_s > self.duration_s

    def place_m(self) -> Array:
        """Return where the ball is (3,): on a parabola; behind the rim it falls through the net, or off it to somebody."""
        share = min(1.0, self.age_s / self.duration_s)
        point: Array = self.start_m + (self.end_m - self.start_m) * share
        point[2] += 0.5 * G_MPS2 * self.duration_s**2 * share * (1 - share)
        return self._behind_rim() if self.is_off_rim else point

    def _behind_rim(self) -> Array:
        over_s, rim_m = self.age_s - self.duration_s, self.end_m
        goal_m = rim_m[:2] if self.gathered_m is None else self.gathered_m
        share = min(1.0, over_s / self.gathered_s)
        if self.outcome is not None and self.outcome.made:
            late = max(0.0, (share - _IN_NET) / (1 - _IN_NET))
            height_m = abs(rim_m[2] - 0.5 * G_MPS2 * over_s**2 - _RADIUS_M) + _RADIUS_M
            height_m += (_PICKED_UP_M - height_m) * late
            return np.append(rim_m[:2] + (goal_m - rim_m[:2]) * late, height_m)
        fall_m = 0.5 * G_MPS2 * self.gathered_s**2
        height_m = rim_m[2] + (_REBOUND_M - rim_m[2] + fall_m) * share - fall_m * share**2
        return np.append(rim_m[:2] + (goal_m - rim_m[:2]) * share, height_m)
