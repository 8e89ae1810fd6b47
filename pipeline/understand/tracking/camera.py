"""Camera motion compensation: the tracker's Kalman states moved with the camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MAX_ZOOM = 2.0
"""A camera does not zoom by more than this between two analysed frames: such a motion is a wrong estimate."""


def move_states(mean: Floats, covariance: Floats, motion: Floats) -> tuple[Floats, Floats]:
    """Move states from the previous picture into this one.

    The homography is taken as affine at each state's centre: centre and velocity go through it, the height is scaled by
    the square root of its area change, the aspect stays.

    Args:
        mean: (n, 8) centre, aspect, height and their velocities, px and px per second.
        covariance: (n, 8, 8).
        motion: (3, 3), px of the previous frame -> px of this one.

    Returns:
        Mean and covariance in this frame. A state that would go beyond the horizon or be zoomed by more than a camera
        does stays as it is.
    """
    if not len(mean):
        return mean, covariance
    centre, jacobian = _local(motion, mean[:, :2])
    area = jacobian[:, 0, 0] * jacobian[:, 1, 1] - jacobian[:, 0, 1] * jacobian[:, 1, 0]
    usable = np.flatnonzero((area > _MAX_ZOOM**-2) & (area < _MAX_ZOOM**2))
    zoom = np.sqrt(area[usable])
    change = np.tile(np.eye(8), (len(usable), 1, 1))
    change[:, 0:2, 0:2] = change[:, 4:6, 4:6] = jacobian[usable]
    change[:, 3, 3] = change[:, 7, 7] = zoom
    moved, spread = mean.copy(), covariance.copy()
    moved[usable] = (change @ mean[usable, :, None])[:, :, 0]
    moved[usable, :2] = centre[usable]
    spread[usable] = change @ covariance[usable] @ change.transpose(0, 2, 1)
    return moved, spread


def _local(motion: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Return the images (n, 2) of points under a homography, and its derivatives (n, 2, 2) there; NaN beyond the horizon."""
    ahead = points @ motion[:, :2].T + motion[:, 2]
    weight = np.where(ahead[:, 2] / motion[2, 2] < 1e-6, np.nan, ahead[:, 2])
    image = ahead[:, :2] / weight[:, None]
    return image, (motion[:2, :2] - image[:, :, None] * motion[2, :2]) / weight[:, None, None]
