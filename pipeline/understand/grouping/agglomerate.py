"""Agglomerative clustering by all evidence: the two people whose being one gains most log-likelihood are merged first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.understand.features.appearance_model import discount_context
from pipeline.understand.grouping.odds import (
    PERSON_PRICE,
    agreement,
    number_probabilities,
    same_shirt,
    team_probabilities,
)
from pipeline.understand.grouping.problem import AppearanceProblem, GroupingBounds

Array = NDArray[np.float64]


def agglomerate(
    problem: AppearanceProblem, label: NDArray[np.int64], min_gain: float, bounds: GroupingBounds
) -> NDArray[np.int64]:
    """Merge people, the pair that gains most first.

    Args:
        problem: n tracklets.
        label: (n,) person of each tracklet at the start, from 0 without gaps.
        min_gain: stop when no pair gains more; with -inf people are merged only while there are more players than wanted.
        bounds: on the number of players.

    Returns:
        (n,) person of each tracklet, not renumbered.
    """
    if not len(label):
        return label
    people = _MergedPeople(problem, label, bounds.min_seen_s)
    people.merge(min_gain, bounds.min_count, bounds.max_count if np.isneginf(min_gain) else 0)
    return people.root[label]


class _MergedPeople:
    """k people while they are merged; a merged person takes the place of the smaller number."""

    def __init__(self, problem: AppearanceProblem, label: NDArray[np.int64], min_seen_s: float) -> None:
        n, k = len(label), int(label.max()) + 1
        member = sparse.csr_array((np.ones(n), (label, np.arange(n))), shape=(k, n))
        appearance = problem.appearance
        self.model = appearance.model
        self.weighted: Array = np.asarray(member @ (appearance.mean * appearance.precision[:, None]))  # (k, d)
        self.precision: Array = np.asarray(member @ appearance.precision)  # (k,)
        self.number: Array = np.asarray(member @ problem.number)  # (k, 101)
        self.has_number = np.abs(self.number).max(axis=1, initial=0.0) > 0
        self.team: Array = np.asarray(member @ problem.team)  # (k, 3)
        self.p_number, self.p_team = number_probabilities(self.number), team_probabilities(self.team)
        self.log_odds: Array = sparse.csr_array(member @ problem.log_odds @ member.T).toarray()  # (k, k)
        self.cannot_link = _any_between(member, problem.cannot_link)  # (k, k)
        np.fill_diagonal(self.cannot_link, True)
        self.seen_s: Array = np.asarray(member @ problem.seen_s)  # (k,)
        self.min_seen_s = min_seen_s
        self.discounted = discount_context(self.weighted, self.precision)
        self.appearance = self.model.log_evidence(*self.discounted)  # (k,)
        self.number_agreement = agreement(self.number)
        self.team_agreement = agreement(self.team)
        self.alive = np.ones(k, dtype=bool)
        self.root = np.arange(k)
        self.gain = np.stack([self._gains(i) for i in range(k)])  # (k, k)
        self.nearest = self.gain.argmax(axis=1)
        self.best = self.gain[np.arange(k), self.nearest]

    def merge(self, min_gain: float, at_least: int, until: int) -> None:
        """Merge the pair that gains most until none gains enough.

        Args:
            min_gain: stop when none gains more.
            at_least: do not merge players below so many.
            until: or stop when so many players are left.
        """
        counts = self.alive & (self.seen_s >= self.min_seen_s)
        counted = int(counts.sum())
        while counted > until:
            i = int(self.best.argmax())
            if not self.best[i] > max(min_gain, -1e30):
                return
            j = int(self.nearest[i])
            both = self.seen_s[i] >= self.min_seen_s and self.seen_s[j] >= self.min_seen_s
            if (both and counted <= at_least) or (until and not both):
                self._forbid(i, j)
                continue
            before = int(self.seen_s[i] >= self.min_seen_s) + int(self.seen_s[j] >= self.min_seen_s)
            self._merge(min(i, j), max(i, j))
            counted += int(self.seen_s[min(i, j)] >= self.min_seen_s) - before

    def _gains(self, i: int) -> NDArray[np.float32]:
        """Give the gain (k,) of merging person i with every other; -inf where it is forbidden."""
        gain = np.full(len(self.alive), -np.inf, dtype=np.float32)
        j = np.flatnonzero(self.alive & ~self.cannot_link[i])
        weighted, precision = self.discounted
        joint = self.model.log_evidence(weighted[j] + weighted[i], precision[j] + precision[i])
        gain[j] = joint - self.appearance[j] - self.appearance[i]
        gain[j] += self.log_odds[i, j] + PERSON_PRICE
        gain[j] += agreement(self.team[i] + self.team[j]) - self.team_agreement[i] - self.team_agreement[j]
        if self.has_number[i]:
            j = j[self.has_number[j]]
            gain[j] += agreement(self.number[i] + self.number[j]) - self.number_agreement[i] - self.number_agreement[j]
            gain[j] += same_shirt(self.p_number[j] @ self.p_number[i], self.p_team[j] @ self.p_team[i])
        return gain

    def _merge(self, i: int, j: int) -> None:
        """Merge person j into person i."""
        for sums in (self.weighted, self.precision, self.number, self.team, self.seen_s, self.log_odds):
            sums[i] += sums[j]
        self.log_odds[:, i] += self.log_odds[:, j]
        self.cannot_link[i] |= self.cannot_link[j]
        self.cannot_link[:, i] |= self.cannot_link[:, j]
        self.has_number[i] |= self.has_number[j]
        self.discounted[0][i], self.discounted[1][i] = discount_context(self.weighted[i], self.precision[i])
        self.appearance[i] = self.model.log_evidence(self.discounted[0][i], self.discounted[1][i])
        self.number_agreement[i] = agreement(self.number[i])
        self.team_agreement[i] = agreement(self.team[i])
        self.p_number[i] = number_probabilities(self.number[i : i + 1])[0]
        self.p_team[i] = team_probabilities(self.team[i : i + 1])[0]
        self.alive[j] = False
        self.root[self.root == j] = i
        self.gain[j], self.gain[:, j], self.best[j] = -np.inf, -np.inf, -np.inf
        gain = self._gains(i)
        self.gain[i], self.gain[:, i] = gain, gain
        stale = self.alive & ((self.nearest == i) | (self.nearest == j))
        better = self.alive & (gain > self.best)
        self.nearest[better], self.best[better] = i, gain[better]
        self._refresh(np.union1d(np.flatnonzero(stale), [i]))

    def _forbid(self, i: int, j: int) -> None:
        """Add a cannot-link of two people."""
        self.cannot_link[i, j] = self.cannot_link[j, i] = True
        self.gain[i, j] = self.gain[j, i] = -np.inf
        self._refresh(np.array([i, j]))

    def _refresh(self, rows: NDArray[np.int64]) -> None:
        """Find the best partner of some people anew."""
        self.nearest[rows] = self.gain[rows].argmax(axis=1)
        self.best[rows] = self.gain[rows, self.nearest[rows]]


def _any_between(member: sparse.csr_array, cannot_link: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell for groups (k, n) which pairs (k, k) have members that cannot link (n, n)."""
    if member.shape[0] == member.shape[1]:
        return cannot_link.copy()
    between = np.zeros((member.shape[0],) * 2, dtype=bool)
    by_row = [
        np.logical_or.reduce(cannot_link[member.indices[a:b]])
        for a, b in zip(member.indptr[:-1], member.indptr[1:], strict=True)
    ]
    for i, row in enumerate(by_row):
        between[i] = (member @ row.astype(np.float64)) > 0
    return np.asarray(between | between.T)
