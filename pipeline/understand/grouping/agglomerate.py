"""People are merged bottom up, the two whose being one explains most first, by all evidence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.understand.features.appearance_model import in_context
from pipeline.understand.grouping.odds import PERSON_PRICE, agreement, one_shirt, teams_of, worn_numbers
from pipeline.understand.grouping.problem import Bounds, Problem

Array = NDArray[np.float64]


def merged(problem: Problem, label: NDArray[np.int64], least_gain: float, bounds: Bounds) -> NDArray[np.int64]:
    """Merge people bottom up; with a least gain of -inf only while there are more players than wanted."""
    if not len(label):
        return label
    people = _People(problem, label, bounds.min_seen_s)
    people.merge(least_gain, bounds.min_count, bounds.max_count if np.isneginf(least_gain) else 0)
    return people.root[label]


class _People:
    """k people while they are merged; one lives on in the place of the smaller number."""

    def __init__(self, problem: Problem, label: NDArray[np.int64], min_seen_s: float) -> None:
        assert problem.seen is not None
        n, k = len(label), int(label.max()) + 1
        member = sparse.csr_array((np.ones(n), (label, np.arange(n))), shape=(k, n))
        self.looks = problem.seen.looks
        self.weighted: Array = np.asarray(member @ (problem.seen.place * problem.seen.precision[:, None]))
        self.precision: Array = np.asarray(member @ problem.seen.precision)
        self.number: Array = np.asarray(member @ problem.number)
        self.has_number = np.abs(self.number).max(axis=1, initial=0.0) > 0
        self.side: Array = np.asarray(member @ problem.side)
        self.worn, self.team = worn_numbers(self.number), teams_of(self.side)
        self.link: Array = sparse.csr_array(member @ problem.continuation @ member.T).toarray()
        self.apart = _any_between(member, problem.apart)
        np.fill_diagonal(self.apart, True)
        self.seen_s: Array = np.asarray(member @ problem.seen_s)
        self.min_seen_s = min_seen_s
        self.known = in_context(self.weighted, self.precision)
        self.numbered = agreement(self.number)
        self.sided = agreement(self.side)
        self.alive = np.ones(k, dtype=bool)
        self.root = np.arange(k)
        self.gain = np.stack([self._gains(i) for i in range(k)])
        self.nearest = self.gain.argmax(axis=1)
        self.best = self.gain[np.arange(k), self.nearest]

    def merge(self, least_gain: float, at_least: int, until: int) -> None:
        """Merge the pair that gains most until none gains more than `least_gain`, or at most `until` players are left."""
        counts = self.alive & (self.seen_s >= self.min_seen_s)
        counted = int(counts.sum())
        while counted > until:
            i = int(self.best.argmax())
            if not self.best[i] > max(least_gain, -1e30):
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
        j = np.flatnonzero(self.alive & ~self.apart[i])
        weighted, precision = self.known
        gain[j] = self.looks.log_ratio(weighted[j], precision[j], weighted[i], precision[i])
        gain[j] += self.link[i, j] + PERSON_PRICE
        gain[j] += agreement(self.side[i] + self.side[j]) - self.sided[i] - self.sided[j]
        if self.has_number[i]:
            j = j[self.has_number[j]]
            gain[j] += agreement(self.number[i] + self.number[j]) - self.numbered[i] - self.numbered[j]
            gain[j] += one_shirt(self.worn[j] @ self.worn[i], self.team[j] @ self.team[i])
        return gain

    def _merge(self, i: int, j: int) -> None:
        """Merge person j into person i."""
        for sums in (self.weighted, self.precision, self.number, self.side, self.seen_s, self.link):
            sums[i] += sums[j]
        self.link[:, i] += self.link[:, j]
        self.apart[i] |= self.apart[j]
        self.apart[:, i] |= self.apart[:, j]
        self.has_number[i] |= self.has_number[j]
        self.known[0][i], self.known[1][i] = in_context(self.weighted[i], self.precision[i])
        self.numbered[i] = agreement(self.number[i])
        self.sided[i] = agreement(self.side[i])
        self.worn[i], self.team[i] = worn_numbers(self.number[i : i + 1])[0], teams_of(self.side[i : i + 1])[0]
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
        """Keep two people apart from now on."""
        self.apart[i, j] = self.apart[j, i] = True
        self.gain[i, j] = self.gain[j, i] = -np.inf
        self._refresh(np.array([i, j]))

    def _refresh(self, rows: NDArray[np.int64]) -> None:
        """Find the best partner of some people anew."""
        self.nearest[rows] = self.gain[rows].argmax(axis=1)
        self.best[rows] = self.gain[rows, self.nearest[rows]]


def _any_between(member: sparse.csr_array, apart: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell for groups (k, n) of which pairs (k, k) any two members are apart (n, n)."""
    if member.shape[0] == member.shape[1]:
        return apart.copy()
    between = np.zeros((member.shape[0],) * 2, dtype=bool)
    by_row = [
        np.logical_or.reduce(apart[member.indices[a:b]])
        for a, b in zip(member.indptr[:-1], member.indptr[1:], strict=True)
    ]
    for i, row in enumerate(by_row):
        between[i] = (member @ row.astype(np.float64)) > 0
    return np.asarray(between | between.T)
