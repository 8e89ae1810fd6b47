"""The Kalman filter of DeepSORT for all tracklets at once.

deep-sort-realtime filters one tracklet at a time, which at a dozen people costs most of the tracking's time. The model
is its own: constant velocity in (cx, cy, aspect, height), noise in proportion to the height (Wojke et al., 2017).
"""

from __future__ import annotations

import numpy as np
from deep_sort_realtime.deep_sort.kalman_filter import KalmanFilter
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ASPECT_MOVES, _ASPECT_SPEEDS, _ASPECT_MEASURED = 1e-2, 1e-5, 1e-1
"""Standard deviations of the aspect, as in the library: of its change, of its speed's change, of its measurement."""
_DIAGONAL = np.arange(8)


class StackedFilter(KalmanFilter):  # type: ignore[misc]  # the library has no types
    """Filters n tracklets: `mean` (n, 8) is (cx, cy, aspect, height) and their velocities, `covariance` (n, 8, 8)."""

    def __init__(self) -> None:
        """Take the library's weights."""
        super().__init__()
        place, speed = self._std_weight_position, self._std_weight_velocity
        self._moves_with_height = np.array([place, place, 0, place, speed, speed, 0, speed])
        self._moves = np.array([0, 0, _ASPECT_MOVES, 0, 0, 0, _ASPECT_SPEEDS, 0])
        self._measured_with_height = np.array([place, place, 0, place])
        self._measured = np.array([0, 0, _ASPECT_MEASURED, 0])

    def predict_all(self, mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
        """Predict one frame ahead: new mean (n, 8) and covariance (n, 8, 8)."""
        noise = mean[:, 3:4] * self._moves_with_height + self._moves
        moved, spread = mean.copy(), covariance.copy()
        moved[:, :4] += mean[:, 4:]
        spread[:, :4] += spread[:, 4:]
        spread[:, :, :4] += spread[:, :, 4:]
        spread[:, _DIAGONAL, _DIAGONAL] += noise**2
        return moved, spread

    def update_all(self, mean: Floats, covariance: Floats, measured: Floats) -> tuple[Floats, Floats]:
        """Correct predictions by the boxes `measured` (n, 4): new mean (n, 8) and covariance (n, 8, 8)."""
        seen = covariance[:, :, :4]  # (n, 8, 4)
        gain = np.linalg.solve(self._innovation(mean, covariance), covariance[:, :4])  # (n, 4, 8)
        better = mean + ((measured - mean[:, :4])[:, None] @ gain)[:, 0]
        return better, covariance - seen @ gain

    def distances(self, mean: Floats, covariance: Floats, places: Floats) -> Floats:
        """Give the squared Mahalanobis distance (n, m) of places (m, 2), by position alone."""
        spread = self._innovation(mean, covariance)
        across, along, both = spread[:, 0, 0, None], spread[:, 1, 1, None], spread[:, 0, 1, None]
        dx, dy = (places[None, :, k] - mean[:, k, None] for k in (0, 1))
        squared: Floats = (along * dx**2 - 2 * both * dx * dy + across * dy**2) / (across * along - both**2)
        return squared

    def _innovation(self, mean: Floats, covariance: Floats) -> Floats:
        """Give the covariance (n, 4, 4) of what would be measured."""
        noise = mean[:, 3:4] * self._measured_with_height + self._measured
        spread = covariance[:, :4, :4].copy()
        spread[:, _DIAGONAL[:4], _DIAGONAL[:4]] += noise**2
        return spread


def xyah(ltwh: Floats) -> Floats:
    """Turn boxes (n, 4) left, top, width, height into centre, aspect and height.

    Example:
        >>> xyah(np.array([[10.0, 20, 30, 60]])).tolist()
        [[25.0, 50.0, 0.5, 60.0]]
    """
    centre = ltwh[:, :2] + ltwh[:, 2:] / 2
    return np.column_stack([centre, ltwh[:, 2] / ltwh[:, 3], ltwh[:, 3]])


def corners(mean: Floats) -> Floats:
    """Turn states (n, 8) into boxes (n, 4) x1 y1 x2 y2.

    Example:
        >>> corners(np.array([[25.0, 50, 0.5, 60, 0, 0, 0, 0]])).tolist()
        [[10.0, 20.0, 40.0, 80.0]]
    """
    half = np.column_stack([mean[:, 2] * mean[:, 3], mean[:, 3]]) / 2
    return np.hstack([mean[:, :2] - half, mean[:, :2] + half])
