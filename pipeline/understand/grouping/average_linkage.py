"""Average linkage (UPGMA, weighted by tracklet) under cannot-link constraints.

A cannot-link pair has an infinite distance; an average with infinity is infinite, so that a constraint of any member binds the
whole cluster through every merge.

`models.clustering` has average linkage of equal samples down to a number of clusters. Tracklets need more than that: they weigh
as much as their boxes, and the bounds are on players, that is on clusters that were seen for long enough, which is decided
anew at every merge. So this is a second implementation, and the baseline that the joint evidence is compared with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.clustering.protocol import numbered
from pipeline.understand.grouping.problem import GroupingBounds, GroupingProblem


def average_linkage(problem: GroupingProblem, bounds: GroupingBounds) -> NDArray[np.int64]:
    """Cluster tracklets by the mean cosine distance of their embeddings; a `TrackletClusterer`.

    Time is O(n^2) as a rule (row minima are kept; average linkage is reducible, so that a merge changes only rows that
    pointed at the two), memory O(n^2).

    Example:
        >>> vector = np.array([[1.0, 0.0], [0.9, 0.44], [0.9, -0.44]], dtype=np.float32)
        >>> cannot_link = np.array([[False, True, False], [True, False, False], [False, False, False]])
        >>> from scipy import sparse
        >>> nothing = sparse.csr_array((3, 3)), np.zeros((3, 101)), np.zeros((3, 3))
        >>> problem = GroupingProblem(vector, cannot_link, np.ones(3), np.ones(3), *nothing)
        >>> average_linkage(problem, GroupingBounds(0.3, 1, 9, 0.0)).tolist()
        [0, 1, 0]
    """
    if not len(problem):
        return np.zeros(0, dtype=np.int64)
    tree = _Agglomeration(problem, bounds.min_seen_s)
    tree.merge_while(bounds.max_distance, at_least=bounds.min_count, until=0)
    tree.set_uncounted_aside()
    tree.merge_while(np.inf, at_least=bounds.min_count, until=bounds.max_count)
    return numbered(tree.root)


class _Agglomeration:
    """Clusters while they are merged; a cluster lives on in the place of its first member."""

    def __init__(self, problem: GroupingProblem, min_seen_s: float) -> None:
        n = len(problem)
        self.cost = np.where(problem.cannot_link, np.inf, problem.distance())  # (n, n), inf: never
        np.fill_diagonal(self.cost, np.inf)
        self.weight = np.maximum(problem.weight, 1e-9)
        self.seen_s = problem.seen_s.copy()
        self.min_seen_s = min_seen_s
        self.alive = np.ones(n, dtype=bool)
        self.root = np.arange(n)
        self.best, self.nearest = np.full(n, np.inf), np.zeros(n, dtype=np.int64)  # (n,) of each row of `cost`
        self._refresh(np.arange(n))

    def merge_while(self, limit: float, at_least: int, until: int) -> None:
        """Merge the nearest pair until it is too far.

        Args:
            limit: stop when the nearest pair is further than this.
            at_least: do not merge below so many clusters that count.
            until: or stop when at most so many clusters count.
        """
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

    def set_uncounted_aside(self) -> None:
        """Take clusters that were seen too briefly out of any further merge."""
        aside = ~self._counts()
        self.cost[aside] = np.inf
        self.cost[:, aside] = np.inf
        self._refresh(np.arange(len(self.cost)))

    def _counts(self) -> NDArray[np.bool_]:
        """Tell which living clusters are seen for long enough to be somebody (n,)."""
        return self.alive & (self.seen_s >= self.min_seen_s)

    def _forbid(self, i: int, j: int) -> None:
        """Add a cannot-link of two clusters."""
        self.cost[i, j] = self.cost[j, i] = np.inf
        self._refresh(np.array([i, j]))

    def _merge(self, i: int, j: int) -> None:
        """Merge cluster j into cluster i."""
        total = self.weight[i] + self.weight[j]
        average = (self.weight[i] * self.cost[i] + self.weight[j] * self.cost[j]) / total  # inf stays inf
        self.cost[i], self.cost[:, i] = average, average
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
        self.nearest[rows] = self.cost[rows].argmin(axis=1)
        self.best[rows] = self.cost[rows, self.nearest[rows]]
