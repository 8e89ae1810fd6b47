"""Move the tracker's Kalman states with the camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_MAX_ZOOM = 2.0
"""A camera does not zoom by more than this between two analysed frames: such a motion is a wrong estimate."""


class KalmanState(Protocol):
    """What deep-sort-realtime keeps of a tracklet: (cx, cy, aspect, height) and their velocities, px and px per frame."""

    mean: NDArray[np.float64]  # (8,)
    covariance: NDArray[np.float64]  # (8, 8)


def move_states(states: Sequence[KalmanState], motion: NDArray[np.float64]) -> None:
    """Carry states, in place, from the previous picture into this one.

    The homography is taken as affine at each state's centre: centre and velocity go through it, the height is scaled by
    the square root of its area change, the aspect stays.

    Args:
        states: of the previous frame; changed in place. One that would go beyond the horizon or be zoomed by more than
            a camera does stays as it is.
        motion: (3, 3), px of the previous frame -> px of this one; NaN where unknown, which moves nothing.
    """
    if not np.isfinite(motion).all() or np.allclose(motion, np.eye(3), atol=1e-9):
        return
    for state in states:
        centre, jacobian = _local(motion, state.mean[:2])
        area = float(np.linalg.det(jacobian))
        if not (np.isfinite(centre).all() and _MAX_ZOOM**-2 < area < _MAX_ZOOM**2):
            continue
        zoom = area**0.5
        change = np.eye(8)
        change[0:2, 0:2] = change[4:6, 4:6] = jacobian
        change[3, 3] = change[7, 7] = zoom
        state.mean = np.concatenate([centre, (change @ state.mean)[2:]])
        state.covariance = change @ state.covariance @ change.T


def _local(motion: NDArray[np.float64], point: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give a point's image (2,) under a homography, and its derivative (2, 2) there; NaN beyond the horizon."""
    x, y, weight = motion @ np.array([point[0], point[1], 1.0])
    if weight / motion[2, 2] < 1e-6:
        return np.full(2, np.nan), np.full((2, 2), np.nan)
    moved = np.array([x, y]) / weight
    return moved, (motion[:2, :2] - np.outer(moved, motion[2, :2])) / weight
