"""Average linkage under hard constraints.

Nearest pairs are merged first (UPGMA, weighted by tracklet). A pair that must stay apart has an infinite distance; an
average with infinity is infinite, so that a constraint of any member binds the whole cluster through every merge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.grouping.problem import Bounds, Problem, numbered


def average_linkage(problem: Problem, bounds: Bounds) -> NDArray[np.int64]:
    """Cluster tracklets; a `Clusterer`.

    Time is O(n^2) as a rule (row minima are kept; average linkage is reducible, so that a merge changes only rows that
    pointed at its parts), memory O(n^2).

    Example:
        >>> vector = np.array([[1.0, 0.0], [0.9, 0.44], [0.9, -0.44]], dtype=np.float32)
        >>> apart = np.array([[False, True, False], [True, False, False], [False, False, False]])
        >>> from scipy import sparse
        >>> nothing = sparse.csr_array((3, 3)), np.zeros((3, 101)), np.zeros((3, 3))
        >>> problem = Problem(vector, apart, np.ones(3), np.ones(3), None, *nothing)
        >>> average_linkage(problem, Bounds(0.3, 1, 9, 0.0)).tolist()
        [0, 1, 0]
    """
    if not len(problem.weight):
        return np.zeros(0, dtype=np.int64)
    tree = _Agglomeration(problem, bounds.min_seen_s)
    tree.merge_while(bounds.max_distance, at_least=bounds.min_count, until=0)
    tree.leave_uncounted_aside()
    tree.merge_while(np.inf, at_least=bounds.min_count, until=bounds.max_count)
    return numbered(tree.root)


class _Agglomeration:
    """Clusters while they are merged; a cluster lives on in the place of its first member."""

    def __init__(self, problem: Problem, min_seen_s: float) -> None:
        n = len(problem.weight)
        self.cost = np.where(problem.apart, np.inf, problem.distance())  # (n, n), inf: never
        np.fill_diagonal(self.cost, np.inf)
        self.weight = np.maximum(problem.weight, 1e-9)
        self.seen_s = problem.seen_s.copy()
        self.min_seen_s = min_seen_s
        self.alive = np.ones(n, dtype=bool)
        self.root = np.arange(n)
        self._refresh(np.arange(n))

    def merge_while(self, limit: float, at_least: int, until: int) -> None:
        """Merge the nearest pair until it is further than `limit`, or at most `until` clusters count."""
        counted = int(self._counts().sum())
        while counted > until:
            i = int(self.best.argmin())
            if not self.best[i] <= limit or np.isinf(self.best[i]):
                return
            j = int(self.nearest[i])
            pair = self._counts()[[i, j]]
            if pair.all() and counted <= at_least:
                self._forbid(i, j)
                continue
            self._merge(min(i, j), max(i, j))
            counted += int(self._counts()[min(i, j)]) - int(pair.sum())

    def leave_uncounted_aside(self) -> None:
        """Take clusters that are seen too briefly out of any further merge."""
        aside = ~self._counts()
        self.cost[aside] = np.inf
        self.cost[:, aside] = np.inf
        self._refresh(np.arange(len(self.cost)))

    def _counts(self) -> NDArray[np.bool_]:
        """Tell which living clusters are seen for long enough to be somebody (n,)."""
        return self.alive & (self.seen_s >= self.min_seen_s)

    def _forbid(self, i: int, j: int) -> None:
        """Keep two clusters apart from now on."""
        self.cost[i, j] = self.cost[j, i] = np.inf
        self._refresh(np.array([i, j]))

    def _merge(self, i: int, j: int) -> None:
        """Merge cluster j into cluster i."""
        total = self.weight[i] + self.weight[j]
        joined = (self.weight[i] * self.cost[i] + self.weight[j] * self.cost[j]) / total  # inf stays inf
        self.cost[i], self.cost[:, i] = joined, joined
        self.cost[j], self.cost[:, j] = np.inf, np.inf
        self.cost[i, i] = np.inf
        self.weight[i] = total
        self.seen_s[i] += self.seen_s[j]
        self.alive[j] = False
        self.root[self.root == j] = i
        stale = (self.nearest == i) | (self.nearest == j)
        stale[[i, j]] = True
        self._refresh(np.flatnonzero(stale))

    def _refresh(self, rows: NDArray[np.int64]) -> None:
        """Find the nearest cluster of some rows anew."""
        if not hasattr(self, "best"):
            self.best, self.nearest = np.full(len(self.cost), np.inf), np.zeros(len(self.cost), dtype=np.int64)
        self.nearest[rows] = self.cost[rows].argmin(axis=1)
        self.best[rows] = self.cost[rows, self.nearest[rows]]
