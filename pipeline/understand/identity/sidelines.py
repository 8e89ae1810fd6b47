"""Who is beside the court: coaches, and substitutes who wait to come in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.understand.features.evidence import TrackletEvidence

Array = NDArray[np.float64]

_BEYOND_M = 0.3
"""Feet are beyond a side line from here on: who stands on it seems to be so far off it at times."""
_NEARLY_ALWAYS = 0.9
"""Share of the time that somebody is beyond a side line who stays there; a player comes back, a referee walks about it."""


@dataclass(frozen=True)
class Beside:
    """For how long n tracklets, or n people, are beside the court."""

    placed_s: Array
    """(n,) time with feet whose place on the court is known."""
    beyond_s: Array
    """(n,) part of it beyond a side line."""

    def of_groups(self, group: NDArray[np.int64], count: int) -> Beside:
        """Add up the time of tracklets that are one person; `group` (n,) from 0, -1 for nobody."""
        member = group >= 0
        return Beside(*(_summed(group[member], part[member], count) for part in (self.placed_s, self.beyond_s)))

    def stays(self, least_s: float) -> NDArray[np.bool_]:
        """Tell who (n,) is beyond a side line nearly always, and for `least_s` or more.

        Example:
            >>> Beside(np.array([20.0, 20.0, 2.0]), np.array([19.5, 15.0, 2.0])).stays(least_s=10.0).tolist()
            [True, False, False]
        """
        return np.asarray((self.beyond_s >= least_s) & (self.beyond_s >= _NEARLY_ALWAYS * self.placed_s))


def beside(evidence: TrackletEvidence, feet_m: Array, court: Court) -> Beside:
    """Measure for how long each tracklet is beyond a side line.

    The end lines do not count: a referee stands behind the one that is attacked.

    Args:
        evidence: of n tracklets.
        feet_m: (m, 2) foot points on the court by row of detections, m; NaN where unknown.
        court: whose lines they are.
    """
    y_m = feet_m[evidence.row, 1]
    beyond = (y_m < -_BEYOND_M) | (y_m > court.width_m + _BEYOND_M)
    owner = np.repeat(np.arange(len(evidence)), evidence.boxes())
    return Beside(*(_summed(owner, part * evidence.step_s, len(evidence)) for part in (np.isfinite(y_m), beyond)))


def _summed(group: NDArray[np.int64], value: Array, count: int) -> Array:
    return np.asarray(np.bincount(group, weights=value, minlength=count), dtype=np.float64)
