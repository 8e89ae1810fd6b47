"""Where the person of a tracklet will be on the court: a Kalman filter in metres, of all tracklets at once.

In the picture a step towards the camera is a few pixels, one to the side many times as much, and a camera that shakes moves
everybody; on the court all directions are alike and the camera is gone. How far off a foot is stays a matter of the
picture: a box that ends a little too high puts somebody far from the camera metres back. So noise comes in with the box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.tracking.kalman import student_t

Floats = NDArray[np.float64]

_ACCELERATION = 1.0
"""Spectral density (root) of what drives people, m / s^1.5."""
_FIRST_SPEED = 3.0
"""Standard deviation of speed where there is but one box, m / s."""


@dataclass(frozen=True)
class Feet:
    """Where people stand on the court, of n boxes; NaN where unknown."""

    place_m: Floats  # (n, 2)
    spread_m2: Floats  # (n, 2, 2) covariance of how far off that is

    @classmethod
    def unknown(cls, count: int) -> Feet:
        """There is no court."""
        return cls(np.full((count, 2), np.nan), np.full((count, 2, 2), np.nan))

    def take(self, rows: NDArray[np.int64] | slice) -> Feet:
        """Choose some, in the order named."""
        return Feet(self.place_m[rows], self.spread_m2[rows])

    def known(self) -> NDArray[np.bool_]:
        """Say of which (n,) the place is known."""
        return np.asarray(np.isfinite(self.place_m[:, 0]) & np.isfinite(self.spread_m2).all(axis=(1, 2)))


def begin(feet: Feet) -> tuple[Floats, Floats]:
    """Give the states of tracklets that begin with some boxes.

    Returns:
        Mean (n, 4) of x, y and their velocities, m and m/s; covariance (n, 4, 4); NaN where the place is unknown.
    """
    covariance = np.zeros((len(feet.place_m), 4, 4))
    covariance[:, :2, :2] = feet.spread_m2
    covariance[:, [2, 3], [2, 3]] = _FIRST_SPEED**2
    return np.hstack([feet.place_m, np.zeros_like(feet.place_m)]), covariance


def predict(mean: Floats, covariance: Floats, step_s: float) -> tuple[Floats, Floats]:
    """Predict `step_s` seconds ahead: new mean (n, 4) and covariance (n, 4, 4)."""
    on = np.eye(4)
    on[[0, 1], [2, 3]] = step_s
    noise = np.kron([[step_s**3 / 3, step_s**2 / 2], [step_s**2 / 2, step_s]], np.eye(2)) * _ACCELERATION**2
    return mean @ on.T, on @ covariance @ on.T + noise


def update(mean: Floats, covariance: Floats, feet: Feet) -> tuple[Floats, Floats]:
    """Correct predictions by one box each: new mean (n, 4) and covariance (n, 4, 4).

    A box whose place is unknown corrects nothing; a tracklet whose place was unknown begins with its box.
    """
    known, fresh = feet.known(), np.isnan(mean[:, 0])
    first_mean, first_covariance = begin(feet)
    mean, covariance = (
        np.where(fresh[:, None], first_mean, mean),
        np.where(fresh[:, None, None], first_covariance, covariance),
    )
    rows = np.flatnonzero(known & ~fresh)
    own, seen = covariance[rows], feet.take(rows)
    gain = np.linalg.solve(own[:, :2, :2] + seen.spread_m2, own[:, :2])  # (k, 2, 4)
    mean[rows] += ((seen.place_m - mean[rows, :2])[:, None] @ gain)[:, 0]
    covariance[rows] = own - own[:, :, :2] @ gain
    return mean, covariance


def log_density(mean: Floats, covariance: Floats, feet: Feet, freedom: float) -> Floats:
    """Give the log-density (n, m), 1 / m^2, of boxes where their feet are, see `kalman.student_t`; NaN where unknown."""
    spread = covariance[:, None, :2, :2] + feet.spread_m2[None]
    return student_t(feet.place_m[None] - mean[:, None, :2], spread, freedom)
