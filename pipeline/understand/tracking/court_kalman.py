"""Kalman filter of people on the court, in metres, of all tracklets at once (constant velocity, white noise acceleration).

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
class FootPoints:
    """Where the people of n boxes stand on the court; NaN where unknown."""

    position_m: Floats  # (n, 2)
    covariance_m2: Floats  # (n, 2, 2) of the error of the position

    @classmethod
    def unknown(cls, count: int) -> FootPoints:
        """Return the points of `count` boxes where there is no court."""
        return cls(np.full((count, 2), np.nan), np.full((count, 2, 2), np.nan))

    def take(self, rows: NDArray[np.int64] | slice) -> FootPoints:
        """Choose rows (k,), in the order named."""
        return FootPoints(self.position_m[rows], self.covariance_m2[rows])

    def is_known(self) -> NDArray[np.bool_]:
        """Say of which boxes (n,) the position is known."""
        return np.asarray(np.isfinite(self.position_m[:, 0]) & np.isfinite(self.covariance_m2).all(axis=(1, 2)))


def initiate(feet: FootPoints) -> tuple[Floats, Floats]:
    """Start the states of tracklets with one box each.

    Returns:
        Mean (n, 4) of x, y and their velocities, m and m/s; covariance (n, 4, 4); NaN where the position is unknown.
    """
    covariance = np.zeros((len(feet.position_m), 4, 4))
    covariance[:, :2, :2] = feet.covariance_m2
    covariance[:, [2, 3], [2, 3]] = _FIRST_SPEED**2
    return np.hstack([feet.position_m, np.zeros_like(feet.position_m)]), covariance


def predict(mean: Floats, covariance: Floats, step_s: float) -> tuple[Floats, Floats]:
    """Predict with constant velocity and white-noise acceleration.

    Args:
        mean: (n, 4) of x, y and their velocities, m and m/s.
        covariance: (n, 4, 4).
        step_s: how far ahead.

    Returns:
        Mean and covariance of that shape.
    """
    transition = np.eye(4)
    transition[[0, 1], [2, 3]] = step_s
    noise = np.kron([[step_s**3 / 3, step_s**2 / 2], [step_s**2 / 2, step_s]], np.eye(2)) * _ACCELERATION**2
    return mean @ transition.T, transition @ covariance @ transition.T + noise


def update(mean: Floats, covariance: Floats, feet: FootPoints) -> tuple[Floats, Floats]:
    """Correct predictions by one foot point each.

    A box whose position is unknown corrects nothing; a tracklet whose position was unknown starts with its box.

    Args:
        mean: (n, 4) predicted.
        covariance: (n, 4, 4) predicted.
        feet: n foot points.

    Returns:
        New mean and covariance.
    """
    measured, fresh = feet.is_known(), np.isnan(mean[:, 0])
    first_mean, first_covariance = initiate(feet)
    mean, covariance = (
        np.where(fresh[:, None], first_mean, mean),
        np.where(fresh[:, None, None], first_covariance, covariance),
    )
    rows = np.flatnonzero(measured & ~fresh)
    predicted, points = covariance[rows], feet.take(rows)
    gain = np.linalg.solve(predicted[:, :2, :2] + points.covariance_m2, predicted[:, :2])  # (k, 2, 4)
    mean[rows] += ((points.position_m - mean[rows, :2])[:, None] @ gain)[:, 0]
    covariance[rows] = predicted - predicted[:, :, :2] @ gain
    return mean, covariance


def log_density(mean: Floats, covariance: Floats, feet: FootPoints, freedom: float) -> Floats:
    """Compute Student's t log-density of m foot points under n predictions, see `kalman.student_t`.

    Args:
        mean: (n, 4) states.
        covariance: (n, 4, 4) of the states.
        feet: m points.
        freedom: degrees of freedom.

    Returns:
        (n, m), of 1 / m^2; NaN where either position is unknown.
    """
    spread = covariance[:, None, :2, :2] + feet.covariance_m2[None]
    return student_t(feet.position_m[None] - mean[:, None, :2], spread, freedom)
