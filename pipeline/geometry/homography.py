"""Homographies between the picture plane and the court plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""(3, 3)."""


def project(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map points (n, 2) by a homography (3, 3).

    Returns:
        (n, 2); NaN for points on or beyond the horizon: those whose homogeneous weight has not the sign that the
        matrix is normalised to (see `oriented`).

    Example:
        >>> project(np.eye(3), np.array([[2.0, 3.0]])).tolist()
        [[2.0, 3.0]]
    """
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    weight = homogeneous[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        mapped = homogeneous[:, :2] / weight[:, None]
    mapped[~(weight > 1e-12)] = np.nan
    return mapped


def oriented(matrix: Matrix, inside: NDArray[np.float64]) -> Matrix:
    """Scale a homography (3, 3) so that `inside` (2,), a point in front of the camera, has homogeneous weight 1.

    With this sign `project` gives NaN beyond the horizon.

    Raises:
        ValueError: `inside` is on the horizon.
    """
    weight = float(matrix[2] @ np.array([inside[0], inside[1], 1.0]))
    if abs(weight) < 1e-12:
        raise ValueError("the reference point lies on the horizon of the homography")
    return matrix / weight
