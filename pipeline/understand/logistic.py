"""Logistic regression by Newton's method, with both classes equally likely beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RIDGE = 1.0
_STEPS = 30


@dataclass(frozen=True)
class Logistic:
    """`log_odds` of a row x is `offset + x @ weight`."""

    offset: float
    weight: Floats  # (d,)

    def log_odds(self, features: Floats) -> Floats:
        """Give the log-odds (n,) of rows (n, d) to be of the class."""
        return np.asarray(self.offset + features @ self.weight)


def fit_logistic(features: Floats, positive: NDArray[np.bool_]) -> Logistic:
    """Fit it to rows (n, d), some of which are of the class and some not.

    Both classes count as much as there are rows of the class, so that the log-odds are a log-likelihood ratio.

    Example:
        >>> model = fit_logistic(np.array([[0.0], [1], [2], [3]]), np.array([True, True, False, False]))
        >>> (model.log_odds(np.array([[0.0], [1.5], [3]])) > 1e-6).tolist()
        [True, False, False]
    """
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    x = np.column_stack([np.ones(len(features)), (features - middle) / spread])
    share = np.where(positive, 1.0, positive.sum() / (~positive).sum())
    ridge = np.diag([0.0] + [_RIDGE] * features.shape[1])
    weight = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        likely = 1.0 / (1.0 + np.exp(-np.clip(x @ weight, -50, 50)))
        slope = x.T @ (share * (positive - likely)) - ridge @ weight
        bend = (x * (share * likely * (1 - likely))[:, None]).T @ x + ridge
        weight = weight + np.linalg.solve(bend, slope)
    return Logistic(float(weight[0] - (weight[1:] * middle / spread).sum()), weight[1:] / spread)
