"""Posterior probability that a tracklet is its player, and who it would be otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TEMPERATURE = 2.0
"""Log-likelihood ratios are divided by this (temperature scaling): evidence of one tracklet errs together. Chosen on rendered
games, so that the tracklets of a confidence are right about as often."""


@dataclass(frozen=True)
class PersonPosterior:
    """Who each of n tracklets is."""

    assigned: NDArray[np.float64]
    """(n,) probability that it is the person it was assigned to; NaN for a tracklet of nobody."""
    likeliest: NDArray[np.int64]
    """(n,) the likeliest person, from 0; -1 where there is none."""
    likeliest_probability: NDArray[np.float64]
    """(n,) NaN where there is none."""
    runner_up: NDArray[np.int64]
    """(n,) the next likeliest person; -1 where there is none."""
    runner_up_probability: NDArray[np.float64]
    """(n,) NaN where there is none."""

    def renumbered(self, number: NDArray[np.int64]) -> PersonPosterior:
        """Number people anew: person p is `number[p]`, and the last of `number` (k + 1,) stands for nobody."""
        likeliest, runner_up = number[self.likeliest], number[self.runner_up]
        return PersonPosterior(
            self.assigned,
            likeliest,
            np.where(likeliest >= 0, self.likeliest_probability, np.nan),
            runner_up,
            np.where(runner_up >= 0, self.runner_up_probability, np.nan),
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


def summarised(probability: NDArray[np.float64], person: NDArray[np.int64]) -> PersonPosterior:
    """Sum up who each tracklet is.

    Args:
        probability: (n, k + 1) of each person, and of somebody new.
        person: (n,) whom it was assigned to, -1 for nobody.

    Example:
        >>> found = summarised(np.array([[0.2, 0.7, 0.1], [0.9, 0.0, 0.1]]), np.array([0, -1]))
        >>> found.assigned.tolist(), found.likeliest.tolist(), found.runner_up.tolist()
        ([0.2, nan], [1, 0], [0, -1])
    """
    n, k = len(probability), probability.shape[1] - 1
    people = np.concatenate([probability[:, :k], np.zeros((n, 2))], axis=1)  # (n, k + 2): always two to choose from
    order = np.argsort(-people, axis=1, kind="stable")[:, :2]
    best = np.take_along_axis(people, order, axis=1)
    exists = (order < k) & (best > 0)
    order, best = np.where(exists, order, -1), np.where(exists, best, np.nan)
    assigned = np.where(person >= 0, people[np.arange(n), person], np.nan)
    return PersonPosterior(assigned, order[:, 0], best[:, 0], order[:, 1], best[:, 1])
