"""From homographies of the floor to cameras: where points above the floor are in the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def projections(to_floor: Floats, size_px: tuple[int, int]) -> Floats:
    """Complete homographies to projections of the space above the floor: square pixels, principal point in the middle.

    The focal length is the one by which the floor's axes are most nearly at right angles and equally long (Zhang,
    "A Flexible New Technique for Camera Calibration", 2000, section 3.1).

    Args:
        to_floor: (n, 3, 3) from undistorted px to metres.
        size_px: width, height.

    Returns:
        (n, 3, 4) from metres (x, y, z up, 1) to undistorted px, positive weight in front of the camera; NaN where there is no such
        camera above the floor.
    """
    shift = np.array([[1, 0, -size_px[0] / 2], [0, 1, -size_px[1] / 2], [0, 0, 1.0]])
    floor = shift @ np.linalg.inv(to_floor)  # (n, 3, 3)
    (a, b), rest = (floor[:, :, 0].T, floor[:, :, 1].T), floor[:, :, 2]
    skew = a[0] * b[0] + a[1] * b[1], a[2] * b[2]
    stretch = a[0] ** 2 + a[1] ** 2 - b[0] ** 2 - b[1] ** 2, a[2] ** 2 - b[2] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        focal = np.sqrt(-(skew[0] ** 2 + stretch[0] ** 2) / (skew[0] * skew[1] + stretch[0] * stretch[1]))
        to_ray = np.stack([1 / focal, 1 / focal, np.ones_like(focal)], axis=1)  # (n, 3)
        right, ahead = floor[:, :, 0] * to_ray, floor[:, :, 1] * to_ray
        long = np.linalg.norm(right, axis=1) * np.linalg.norm(ahead, axis=1)
        up = np.cross(right, ahead) / np.sqrt(long)[:, None]
        turned = np.stack([right, ahead, up], axis=2)  # (n, 3, 3)
        place = -np.linalg.solve(_solvable(turned), (rest * to_ray)[:, :, None])[:, :, 0]
        up *= np.sign(place[:, 2:])
        found = np.stack([floor[:, :, 0], floor[:, :, 1], up / to_ray, rest], axis=2)  # (n, 3, 4)
    middle = np.linalg.inv(shift) @ found
    middle[~np.isfinite(focal)] = np.nan
    return np.asarray(middle)


def _solvable(matrices: Floats) -> Floats:
    """Put the identity in place of matrices (n, 3, 3) that have no inverse."""
    whole = np.isfinite(matrices).all(axis=(1, 2), keepdims=True)
    safe = np.where(whole, matrices, np.eye(3))
    volume = np.asarray(np.linalg.det(safe)).reshape(-1, 1, 1)
    return np.asarray(np.where(np.abs(volume) > 1e-300, safe, np.eye(3)))


def in_picture(cameras: Floats, points_m: Floats) -> Floats:
    """Project points (n, 3) by a camera each (n, 3, 4), or by one (3, 4): undistorted px (n, 2), NaN behind the camera."""
    whole = np.column_stack([points_m, np.ones(len(points_m))])
    mapped = np.einsum("...ij,...j->...i", cameras, whole)
    weight = np.where(mapped[:, 2:] > 0, mapped[:, 2:], np.nan)
    return np.asarray(mapped[:, :2] / weight)
