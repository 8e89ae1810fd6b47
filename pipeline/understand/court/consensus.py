"""What several fits of one camera agree on: support, lens, and the place of the camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera_fitting.evidence import Aligned
from pipeline.geometry.pinhole import X, Z

Floats = NDArray[np.float64]
LENS_SD = 0.02
"""Standard deviation of lambda up to which the lens counts as known."""
LEAST_FITS = 5
"""Fewer do not agree on a place."""
MAX_SPREAD_M = 2.5, 4.0
"""Spread of the places up to which they agree: along the court and upwards together, and across the court."""


def support(fit: Aligned) -> float:
    """Rate a fit: line points that agree, fewer where they are off."""
    return fit.inliers * fit.inlier_share


def mean_support(fits: Sequence[Aligned]) -> float:
    """Average `support` over fits; 0 without any."""
    return sum(support(fit) for fit in fits) / max(1, len(fits))


def mean_share(fits: Sequence[Aligned]) -> float:
    """Average the share of line points that lie on lines of the court; 0 without any fit."""
    return sum(fit.inlier_share for fit in fits) / max(1, len(fits))


def middle_lens(fits: Sequence[Aligned]) -> float:
    """Return the middle lambda, each fit weighted by what it knows of the lens; 0 where that is little."""
    if not fits:
        return 0.0
    lam = np.array([fit.lens.lam for fit in fits])
    weight = np.array([1 / max(fit.covariance[7, 7], 1e-6) for fit in fits])
    order = lam.argsort()
    middle = float(lam[order][np.searchsorted(weight[order].cumsum(), weight.sum() / 2)])
    return middle if weight.sum() > 1 / LENS_SD**2 else 0.0


def common_place(fits: Sequence[Aligned]) -> Aligned | None:
    """Return a fit with the camera position that the fits agree on (robust: weighted median and MAD), or None if they do not."""
    if len(fits) < LEAST_FITS:
        return None
    places = np.array([fit.camera.position_m for fit in fits])
    sd = np.array([np.sqrt(np.diag(fit.covariance)[X : Z + 1]) for fit in fits]) + 0.05
    middle = np.array([_weighted_median(places[:, k], 1 / sd[:, k] ** 2) for k in range(3)])
    spread = 1.4826 * np.median(np.abs(places - middle), axis=0)
    if np.linalg.norm(spread[[0, 2]]) > MAX_SPREAD_M[0] or spread[1] > MAX_SPREAD_M[1]:
        return None
    values = fits[0].camera.values.copy()
    values[X : Z + 1] = middle
    covariance = np.eye(8)
    covariance[X : Z + 1, X : Z + 1] = np.diag(np.maximum(spread / 2, 0.15) ** 2)
    return replace(fits[0], camera=fits[0].camera.with_values(values), covariance=covariance)


def _weighted_median(values: Floats, weight: Floats) -> float:
    """Take the median of values (n,) with weights (n,)."""
    order = values.argsort()
    return float(values[order][np.searchsorted(weight[order].cumsum(), weight.sum() / 2)])
