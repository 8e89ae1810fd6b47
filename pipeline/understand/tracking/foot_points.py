"""Where people stand on the court, and how far off that may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FootPoints:
    """Where the people of n boxes stand on the court; NaN where unknown."""

    position_m: Floats  # (n, 2)
    covariance_m2: Floats  # (n, 2, 2) of the error of the position

    @classmethod
    def unknown(cls, count: int) -> FootPoints:
        """Return the points of `count` boxes where there is no court."""
        return cls(np.full((count, 2), np.nan), np.full((count, 2, 2), np.nan))

    def take(self, rows: NDArray[np.int64]) -> FootPoints:
        """Choose rows (k,), in the order named."""
        return FootPoints(self.position_m[rows], self.covariance_m2[rows])
