"""Time beside the court, that of coaches and of substitutes who wait to come in; and time within its lines, that of nobody else but players and referees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.game import TrackedGame

Array = NDArray[np.float64]

_BEYOND_M = 0.3
"""Feet are beyond a side line from here on, m: those of somebody who stands on it seem to be so far off at times."""
_WITHIN_M, _WITHIN_S = (1.0, 2.0), 3.0
"""Feet so far within the end lines and the side lines, for so long, are a player's or a referee's: coaches step onto the
court for a moment."""
_NEARLY_ALWAYS = 0.9
"""Share of the time that somebody is beyond a side line who stays there; a player comes back, a referee walks about it."""


@dataclass(frozen=True)
class SidelineTime:
    """For how long n tracklets, or n people, are beside the court."""

    placed_s: Array
    """(n,) time with feet whose position on the court is known."""
    beyond_s: Array
    """(n,) part of it beyond a side line."""
    within_s: Array
    """(n,) part of it well within the lines."""

    def of_groups(self, group: NDArray[np.int64], count: int) -> SidelineTime:
        """Add up the time of tracklets that are one person; `group` (n,) from 0, -1 for nobody."""
        member = group >= 0
        sums = (
            _summed(group[member], values[member], count) for values in (self.placed_s, self.beyond_s, self.within_s)
        )
        return SidelineTime(*sums)

    def stays(self, least_s: float) -> NDArray[np.bool_]:
        """Tell who (n,) is beyond a side line nearly always, and for `least_s` or more.

        Example:
            >>> time = SidelineTime(np.array([20.0, 20.0, 2.0]), np.array([19.5, 15.0, 2.0]), np.zeros(3))
            >>> time.stays(least_s=10.0).tolist()
            [True, False, False]
        """
        return np.asarray((self.beyond_s >= least_s) & (self.beyond_s >= _NEARLY_ALWAYS * self.placed_s))

    def plays(self) -> NDArray[np.bool_]:
        """Tell who (n,) is nearly always well within the lines, as no bench and no spectator is, however little he moves."""
        return np.asarray((self.within_s >= _WITHIN_S) & (self.within_s >= _NEARLY_ALWAYS * self.placed_s))


def sideline_time(game: TrackedGame, evidence: TrackletEvidence, court: Court) -> SidelineTime:
    """Measure for how long each tracklet is beyond a side line, and well within the lines.

    The end lines do not count: a referee stands behind the one that is attacked.

    Args:
        game: with feet on the court.
        evidence: of its n tracklets.
        court: whose lines they are.
    """
    feet_m = game.feet_m[evidence.row]  # (boxes, 2)
    y_m = feet_m[:, 1]
    within = ((feet_m > _WITHIN_M) & (feet_m < (court.length_m, court.width_m) - np.array(_WITHIN_M))).all(axis=1)
    beyond = (y_m < -_BEYOND_M) | (y_m > court.width_m + _BEYOND_M)
    owner = np.repeat(np.arange(len(evidence)), evidence.boxes())
    sums = (
        _summed(owner, np.asarray(where * evidence.step_s, np.float64), len(evidence))
        for where in (np.isfinite(y_m), beyond, within)
    )
    return SidelineTime(*sums)


def _summed(group: NDArray[np.int64], value: Array, count: int) -> Array:
    return np.asarray(np.bincount(group, weights=value, minlength=count), dtype=np.float64)
