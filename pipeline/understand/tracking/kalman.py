"""Kalman filter of boxes in the picture, of all tracklets at once (constant velocity, white noise acceleration).

People go on as they went and accelerate at random (white noise acceleration: Bar-Shalom, Li and Kirubarajan, "Estimation
with Applications to Tracking and Navigation", 2001, 6.2.2), in seconds, so that the frame rate does not matter. Lengths of
noise are in heights of the box. The filter of deep-sort-realtime counts frames and expects the next box several times as far from its
prediction as boxes are; measured so, two neighbours stand at the same place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ACCELERATION, _GROWTH, _ASPECT_DRIFT = 1.0, 0.6, 0.3
"""Spectral densities (root) of what drives place and height, heights / s^1.5, and of the aspect's random walk, 1 / s^0.5."""
_PLACE, _HEIGHT, _ASPECT = 0.02, 0.04, 0.1
"""Standard deviations of a measured box: place and height in heights, aspect."""
_FIRST_SPEED, _FIRST_GROWTH = 1.5, 0.2
"""Standard deviations of speed and growth where there is but one box, heights / s."""
_EVEN, _DIAGONAL = np.arange(4), np.arange(8)


def initiate(measured: Floats) -> tuple[Floats, Floats]:
    """Start the states of tracklets with one box (n, 4) each: centre, aspect, height, px.

    Returns:
        Mean (n, 8) of (cx, cy, aspect, height), px, and their velocities per second; covariance (n, 8, 8).
    """
    tall = measured[:, 3:]
    spread = np.hstack([_measured(tall), tall * [_FIRST_SPEED, _FIRST_SPEED, 0.0, _FIRST_GROWTH]])
    covariance = np.zeros((len(measured), 8, 8))
    covariance[:, _DIAGONAL, _DIAGONAL] = spread**2
    return np.hstack([measured, np.zeros_like(measured)]), covariance


def predict(mean: Floats, covariance: Floats, step_s: float) -> tuple[Floats, Floats]:
    """Predict with constant velocity and noise in proportion to the height of the box.

    Args:
        mean: (n, 8) centre, aspect, height and their velocities, px and px/s.
        covariance: (n, 8, 8).
        step_s: how far ahead.

    Returns:
        Mean and covariance of that shape.
    """
    noise = (mean[:, 3:4] * [_ACCELERATION, _ACCELERATION, 0.0, _GROWTH]) ** 2
    moved, spread = mean.copy(), covariance.copy()
    moved[:, :4] += step_s * mean[:, 4:]
    spread[:, :4] += step_s * spread[:, 4:]
    spread[:, :, :4] += step_s * spread[:, :, 4:]
    spread[:, _EVEN, _EVEN] += noise * step_s**3 / 3
    spread[:, _EVEN, _EVEN + 4] += noise * step_s**2 / 2
    spread[:, _EVEN + 4, _EVEN] += noise * step_s**2 / 2
    spread[:, _EVEN + 4, _EVEN + 4] += noise * step_s
    spread[:, 2, 2] += _ASPECT_DRIFT**2 * step_s
    return moved, spread


def update(mean: Floats, covariance: Floats, measured: Floats) -> tuple[Floats, Floats]:
    """Correct predictions by one box each.

    Args:
        mean: (n, 8) predicted.
        covariance: (n, 8, 8) predicted.
        measured: (n, 4) centre, aspect, height.

    Returns:
        New mean and covariance.
    """
    gain = np.linalg.solve(_innovation(mean, covariance), covariance[:, :4])  # (n, 4, 8)
    corrected = mean + ((measured - mean[:, :4])[:, None] @ gain)[:, 0]
    return corrected, covariance - covariance[:, :, :4] @ gain


def log_density(mean: Floats, covariance: Floats, centres: Floats, freedom: float) -> Floats:
    """Compute Student's t log-density of m box centres under n predictions, see `student_t`.

    Args:
        mean: (n, 8) states.
        covariance: (n, 8, 8) of the states.
        centres: (m, 2) px.
        freedom: degrees of freedom.

    Returns:
        (n, m), of 1 / px^2.
    """
    return student_t(centres[None] - mean[:, None, :2], _innovation(mean, covariance)[:, None, :2, :2], freedom)


def student_t(away: Floats, spread: Floats, freedom: float) -> Floats:
    """Compute the log-density of a bivariate Student's t distribution.

    It takes the place of the filter's normal distribution: most boxes lie close to where they are expected, and a few that
    are cut short by somebody in front lie far off.

    Args:
        away: (n, m, 2) from where one is expected.
        spread: (n or 1, m or 1, 2, 2) scale matrix.
        freedom: degrees of freedom.

    Returns:
        (n, m).
    """
    across, along, both = spread[..., 0, 0], spread[..., 1, 1], spread[..., 0, 1]
    dx, dy = away[..., 0], away[..., 1]
    area = across * along - both**2
    squared = (along * dx**2 - 2 * both * dx * dy + across * dy**2) / area
    density: Floats = -np.log(2 * np.pi) - 0.5 * np.log(area) - (freedom + 2) / 2 * np.log1p(squared / freedom)
    return density


def _innovation(mean: Floats, covariance: Floats) -> Floats:
    """Compute the innovation covariance (n, 4, 4): of a box that would be measured."""
    spread = covariance[:, :4, :4].copy()
    spread[:, _EVEN, _EVEN] += _measured(mean[:, 3:4]) ** 2
    return spread


def _measured(tall: Floats) -> Floats:
    """Return the standard deviations (n, 4) of a measured box that is (n, 1) px tall."""
    return np.asarray(tall * [_PLACE, _PLACE, 0.0, _HEIGHT] + [0.0, 0.0, _ASPECT, 0.0])


def xyah(ltwh: Floats) -> Floats:
    """Turn boxes (n, 4) left, top, width, height into centre, aspect and height.

    Example:
        >>> xyah(np.array([[10.0, 20, 30, 60]])).tolist()
        [[25.0, 50.0, 0.5, 60.0]]
    """
    centre = ltwh[:, :2] + ltwh[:, 2:] / 2
    return np.column_stack([centre, ltwh[:, 2] / ltwh[:, 3], ltwh[:, 3]])


def xyxy(mean: Floats) -> Floats:
    """Turn states (n, 8) into boxes (n, 4) x1 y1 x2 y2.

    Example:
        >>> xyxy(np.array([[25.0, 50, 0.5, 60, 0, 0, 0, 0]])).tolist()
        [[10.0, 20.0, 40.0, 80.0]]
    """
    half = np.column_stack([mean[:, 2] * mean[:, 3], mean[:, 3]]) / 2
    return np.hstack([mean[:, :2] - half, mean[:, :2] + half])
