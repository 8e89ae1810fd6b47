"""Logistic regression on standardised features, with weights and a ridge, by Newton's method.

It is `make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))` of scikit-learn, whose import takes longer
than all of splitting does on a short clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_RIDGE = 1.0
"""What a squared standardised coefficient costs, twice over: scikit-learn's 1 / C."""
_STEPS, _MIN_STEP = 100, 1e-10
"""Newton's steps at most, and the largest change of a coefficient that ends them."""


@dataclass(frozen=True)
class LogisticRegression:
    """Log-odds that are linear in d features."""

    coefficient: Array
    """(d,)"""
    intercept: float

    @classmethod
    def fit(cls, features: Array, positive: NDArray[np.bool_], weight: Array) -> LogisticRegression:
        """Learn what tells the positive class.

        Args:
            features: (n, d)
            positive: (n,) which rows are of the class.
            weight: (n,) how much each row counts.
        """
        mean, scale = features.mean(axis=0), features.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        rows = np.column_stack([(features - mean) / scale, np.ones(len(features))])  # (n, d + 1)
        ridge = np.append(np.full(features.shape[1], _RIDGE), 0.0)
        sign = np.where(positive, 1.0, -1.0)

        def loss(at: Array) -> float:
            return float(weight @ np.logaddexp(0.0, -sign * (rows @ at)) + 0.5 * ridge @ at**2)

        solution = np.zeros(rows.shape[1])
        for _ in range(_STEPS):
            wrong = 1.0 / (
                1.0 + np.exp(np.clip(sign * (rows @ solution), -700.0, 700.0))
            )  # (n,) probability of the other class
            gradient = ridge * solution - rows.T @ (weight * sign * wrong)
            curvature = (rows.T * (weight * wrong * (1.0 - wrong))) @ rows + np.diag(ridge)
            step, before = np.linalg.solve(curvature, gradient), loss(solution)
            while loss(solution - step) > before and np.abs(step).max() > _MIN_STEP:
                step /= 2.0
            solution = solution - step
            if np.abs(step).max() <= _MIN_STEP:
                break
        coefficient = solution[:-1] / scale
        return cls(coefficient, float(solution[-1] - coefficient @ mean))

    def log_odds(self, features: Array) -> Array:
        """Give the log-odds (n,) of features (n, d)."""
        return np.asarray(features @ self.coefficient + self.intercept)
