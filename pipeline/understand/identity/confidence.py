"""Probability that a tracklet is its player, who it would be otherwise, and how much of it shows one person at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TEMPERATURE = 2.0
"""Log-likelihood ratios are divided by this (temperature scaling): evidence of one tracklet errs together. Chosen on rendered
games, so that the tracklets of a confidence are right about as often."""

_PURE, _PER_DOUBLE_HEIGHT, _PER_LOG_S, _PER_LOG_LOSSES = 1.7, 0.95, 0.7, -1.25
"""Log-odds that a box shows the person of its tracklet: of people 100 px tall who are followed for a second and never lost, more for
twice the height, more for e times the seconds, less for e times one and the losses per second. Fitted to rendered games with small and large people
(`python -m benchmarks.purity`), never to real clips."""
_HEIGHTS_PX = (35.0, 200.0)
"""Heights that the games had: smaller people are taken for as small, larger ones for as large."""


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


def purity(
    height_px: NDArray[np.float64], seen_s: NDArray[np.float64], losses: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give the share of its boxes (n,) in which a tracklet is expected to show one person.

    Where people are small, the tracker and what splits its tracklets confuse them more; a tracklet that is soon over was hardly ever alone in
    the open; and one that is lost and found again may have been found on somebody else.

    Args:
        height_px: (n,) median height of its boxes.
        seen_s: (n,) how long it is seen, s.
        losses: (n,) how often it is lost and found again, see `losses_of`.

    Example:
        >>> few = np.array([0, 0, 4])
        >>> purity(np.array([180.0, 60.0, 60.0]), np.array([10.0, 10.0, 7.0]), few).round(2).tolist()
        [0.98, 0.93, 0.86]
    """
    terms = purity_terms(height_px, seen_s, losses)
    log_odds = _PURE + terms @ np.array([_PER_DOUBLE_HEIGHT, _PER_LOG_S, _PER_LOG_LOSSES])
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def purity_terms(
    height_px: NDArray[np.float64], seen_s: NDArray[np.float64], losses: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give what the log-odds of `purity` are linear in (n, 3); arguments as there."""
    lasts_s = np.maximum(seen_s, 1e-3)
    doubled = np.log2(np.clip(height_px, *_HEIGHTS_PX) / 100.0)
    return np.column_stack([doubled, np.log(lasts_s), np.log1p(losses / lasts_s)])


def losses_of(start: NDArray[np.int64], frame: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count how often each tracklet (n,) is without a box for two steps or more, between boxes.

    Args:
        start: (n + 1,) boxes of tracklet i are `[start[i] : start[i + 1]]`.
        frame: (boxes,) rising within a tracklet.

    Example:
        >>> losses_of(np.array([0, 4, 7]), np.array([0, 2, 4, 10, 0, 2, 4])).tolist()
        [1, 0]
    """
    step = np.diff(frame, prepend=frame[:1])
    step[start[:-1]] = 0
    usual = np.median(step[step > 0]) if (step > 0).any() else 1.0
    return np.diff(np.append(0, np.cumsum(step > 2.5 * usual))[start]).astype(np.int64)


def longest(person: NDArray[np.int64], seen_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which tracklet (n,) makes up most of its person.

    Args:
        person: (n,) from 0; -1 for nobody.
        seen_s: (n,) how long each is seen, s.
    """
    order = np.argsort(-seen_s, kind="stable")
    _, first = np.unique(person[order], return_index=True)
    chosen = np.zeros(len(person), dtype=bool)
    chosen[order[first]] = True
    return chosen & (person >= 0)


def summarised(probability: NDArray[np.float64], person: NDArray[np.int64], main: NDArray[np.bool_]) -> PersonPosterior:
    """Sum up who each tracklet is.

    Args:
        probability: (n, k + 1) of each person, and of somebody new.
        person: (n,) whom it was assigned to, -1 for nobody.
        main: (n,) it makes up most of its person: somebody new would be that person.

    Example:
        >>> alone = np.zeros(2, dtype=bool)
        >>> found = summarised(np.array([[0.2, 0.7, 0.1], [0.9, 0.0, 0.1]]), np.array([0, -1]), alone)
        >>> found.assigned.tolist(), found.likeliest.tolist(), found.runner_up.tolist()
        ([0.2, nan], [1, 0], [0, -1])
    """
    n, k = len(probability), probability.shape[1] - 1
    people = np.concatenate([probability[:, :k], np.zeros((n, 2))], axis=1)  # (n, k + 2): always two to choose from
    people[main, person[main]] += probability[main, k]
    order = np.argsort(-people, axis=1, kind="stable")[:, :2]
    best = np.take_along_axis(people, order, axis=1)
    exists = (order < k) & (best > 0)
    order, best = np.where(exists, order, -1), np.where(exists, best, np.nan)
    assigned = np.where(person >= 0, people[np.arange(n), person], np.nan)
    return PersonPosterior(assigned, order[:, 0], best[:, 0], order[:, 1], best[:, 1])
