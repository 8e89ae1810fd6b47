"""How sure it is that a tracklet is its player, and who it would be otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TEMPERATURE = 2.0
"""Log-likelihood ratios are divided by this: evidence of one tracklet errs together. Chosen on rendered games, so that the
tracklets of a confidence are right about as often."""


@dataclass(frozen=True)
class Chances:
    """Who each of n tracklets is."""

    own: NDArray[np.float64]
    """(n,) probability that it is the person it was given to; NaN for a tracklet of nobody."""
    likeliest: NDArray[np.int64]
    """(n,) the likeliest person, from 0; -1 where there is none."""
    likeliest_chance: NDArray[np.float64]
    """(n,) its probability; NaN where there is none."""
    runner_up: NDArray[np.int64]
    """(n,) the next likeliest person; -1 where there is none."""
    runner_up_chance: NDArray[np.float64]
    """(n,)"""

    def of(self, number: NDArray[np.int64]) -> Chances:
        """Number people anew: person p is `number[p]`, and the last of `number` (k + 1,) stands for nobody."""
        likeliest, runner_up = number[self.likeliest], number[self.runner_up]
        return Chances(
            self.own,
            likeliest,
            np.where(likeliest >= 0, self.likeliest_chance, np.nan),
            runner_up,
            np.where(runner_up >= 0, self.runner_up_chance, np.nan),
        )


def posterior(gain: NDArray[np.float64], person_price: float) -> NDArray[np.float64]:
    """Give the probability (n, k + 1) that each tracklet is each person; the last column is somebody new.

    Args:
        gain: (n, k) log-likelihood ratio of each tracklet being each person, given the person's other tracklets; -inf
            where it cannot be.
        person_price: log-odds against somebody new.

    Example:
        >>> posterior(np.array([[4.0, -2.0]]), 4.0).round(2).tolist()
        [[0.94, 0.05, 0.02]]
    """
    new = np.full((len(gain), 1), -person_price)
    scaled = np.concatenate([np.maximum(gain, -1e6), new], axis=1) / _TEMPERATURE
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def chances(probability: NDArray[np.float64], person: NDArray[np.int64]) -> Chances:
    """Sum up who each tracklet is.

    Args:
        probability: (n, k + 1) of each person, and of somebody new.
        person: (n,) whom it was given to, -1 for nobody.

    Example:
        >>> found = chances(np.array([[0.2, 0.7, 0.1], [0.9, 0.0, 0.1]]), np.array([0, -1]))
        >>> found.own.tolist(), found.likeliest.tolist(), found.runner_up.tolist()
        ([0.2, nan], [1, 0], [0, -1])
    """
    n, k = len(probability), probability.shape[1] - 1
    known = np.concatenate([probability[:, :k], np.zeros((n, 2))], axis=1)  # always two columns to choose from
    order = np.argsort(-known, axis=1, kind="stable")[:, :2]
    best = np.take_along_axis(known, order, axis=1)
    there = (order < k) & (best > 0)
    order, best = np.where(there, order, -1), np.where(there, best, np.nan)
    own = np.where(person >= 0, known[np.arange(n), person], np.nan)
    return Chances(own, order[:, 0], best[:, 0], order[:, 1], best[:, 1])
