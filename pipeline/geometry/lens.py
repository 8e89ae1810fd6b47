"""A one-parameter lens: the division model (Fitzgibbon, "Simultaneous linear estimation of multiple view geometry
and lens distortion", CVPR 2001).

With d = (p - c) / s for a pixel p, the undistorted point is u = d / (1 + lambda |d|^2), and c + s u in px.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(n, 2)."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lens:
    """Centre and scale in px, and the division model's lambda (0: no distortion)."""

    center_px: tuple[float, float] = (0.0, 0.0)
    scale_px: float = 1.0
    lam: float = 0.0

    def undistort(self, points_px: Points) -> Points:
        """Map source px (n, 2) to undistorted px (n, 2)."""
        return np.array(points_px, dtype=np.float64) if self.lam == 0 else self.undistort_by(self.lam, points_px)

    def undistort_by(self, lam: float | Floats, points_px: Floats) -> Floats:
        """Map source px (..., 2) to undistorted px (..., 2) with other lambdas (...), which broadcast."""
        d = (points_px - np.array(self.center_px)) / self.scale_px
        u = d / (1 + np.asarray(lam) * np.sum(d * d, axis=-1))[..., None]
        undistorted: Floats = u * self.scale_px + np.array(self.center_px)
        return undistorted

    def distort(self, points_px: Points) -> Points:
        """Map undistorted px (n, 2) to source px (n, 2); NaN where no source px maps there.

        Solves lambda r_u r_d^2 - r_d + r_u = 0 for the root that tends to r_u as lambda tends to 0.

        Example:
            >>> lens = Lens((640, 360), 640, -0.2)
            >>> p = np.array([[100.0, 50.0]])
            >>> bool(np.allclose(lens.distort(lens.undistort(p)), p))
            True
        """
        return np.array(points_px, dtype=np.float64) if self.lam == 0 else self.distort_by(self.lam, points_px)

    def distort_by(self, lam: float | Floats, points_px: Floats) -> Floats:
        """Map undistorted px (..., 2) to source px (..., 2) with other lambdas (...), which broadcast."""
        u = (points_px - np.array(self.center_px)) / self.scale_px
        root = 1 - 4 * np.asarray(lam) * np.sum(u * u, axis=-1)
        with np.errstate(invalid="ignore"):
            d = u * (2 / (1 + np.sqrt(root)))[..., None]
        distorted: Floats = d * self.scale_px + np.array(self.center_px)
        return distorted
