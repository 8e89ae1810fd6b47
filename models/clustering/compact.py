"""Agglomerative clustering of tens of thousands of samples: no matrix of all distances, memory grows with n.

The sum of the squared Euclidean distances between two sets follows from their sizes, their sums and their sums of squares, so
average linkage, Ward's and the dispersion criterion need one row per cluster. The smallest distance between two sets (BUC) does not; its row is
taken from the samples of the cluster when it is asked for. The same merges as `merge_clusters`, but for rounding where costs tie.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.clustering.agglomerative import Linkage
from models.clustering.protocol import Floats, Labels, numbered

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Notice = Callable[[int, float], None]
"""Called after a merge with the number of clusters left and what it cost."""

_BLOCK = 64
"""Rows of costs in memory at once: few, so that they stay in the processor's cache."""


def merge_compactly(
    features: Floats,
    linkage: Linkage,
    clusters: int = 1,
    max_cost: float = np.inf,
    moments: sparse.csr_array | None = None,
    notice: Notice | None = None,
) -> Labels:
    """Merge the cheapest pair again and again.

    Time is O(n^2 d) as a rule, memory O(n d).

    Args:
        features: (n, d); distances are squared Euclidean.
        linkage: what a merge costs.
        clusters: stop at so many.
        max_cost: or when the cheapest pair costs more.
        moments: (n, m), in which frames a sample is seen: who is seen in one frame is never one person. None: no constraint.
        notice: for curves over the merges.

    Returns:
        (n,) labels from 0.

    Example:
        >>> from models.clustering.agglomerative import average
        >>> merge_compactly(np.array([[0.0], [1.0], [5.0]]), average, clusters=2).tolist()
        [0, 0, 1]
    """
    if not len(features):
        return np.zeros(0, np.int64)
    tree = _CompactTree(np.asarray(features, np.float64), linkage, moments)
    while tree.count > clusters:
        cost = tree.merge_cheapest(max_cost)
        if cost is None:
            break
        if notice is not None:
            notice(tree.count, cost)
    return numbered(tree.root)


class _CompactTree:
    """Clusters while they merge; a merged one lives on in the place of its smaller number.

    Rows of clusters that are gone are dropped whenever half of all are, which changes numbers but not their order.
    """

    def __init__(self, features: Array, linkage: Linkage, moments: sparse.csr_array | None) -> None:
        n = len(features)
        self.features, self.linkage, self.count = features, linkage, n
        self.square = (features**2).sum(1)
        self.sums, self.squares, self.size = features.copy(), self.square.copy(), np.ones(n)
        self.within = np.zeros(n)  # sums of squared distances over the ordered pairs of members
        self.alive, self.root = np.ones(n, bool), np.arange(n)
        self.members = [np.array([k]) for k in range(n)]
        self.frames = None if moments is None else _Frames(moments)
        self.best, self.nearest = np.full(n, np.inf), np.zeros(n, np.int64)
        self._refresh(np.arange(n))

    def merge_cheapest(self, max_cost: float) -> float | None:
        """Merge the cheapest pair and return its cost; None if there is none within the limit."""
        i = int(self.best.argmin())
        cost = float(self.best[i])
        if not (np.isfinite(cost) and cost <= max_cost):
            return None
        j = int(self.nearest[i])
        self._merge(min(i, j), max(i, j))
        if 2 * self.count < len(self.alive):
            self._drop_dead()
        return cost

    def _merge(self, i: int, j: int) -> None:
        for total in (self.sums, self.squares, self.size):
            total[i] += total[j]
        self.within[i] = 2 * (self.size[i] * self.squares[i] - (self.sums[i] ** 2).sum())
        self.root[self.members[j]] = i
        self.members[i] = np.concatenate([self.members[i], self.members[j]])
        self.members[j] = np.empty(0, np.int64)
        self.alive[j], self.best[j] = False, np.inf
        self.count -= 1
        stale = self.alive & ((self.nearest == i) | (self.nearest == j))
        stale[i] = False
        costs = self._costs(np.array([i]))[0]
        self.best[i], self.nearest[i] = costs.min(), costs.argmin()
        nearer = costs < self.best
        self.best[nearer], self.nearest[nearer] = costs[nearer], i
        self._refresh(np.flatnonzero(stale))

    def _drop_dead(self) -> None:
        kept = np.flatnonzero(self.alive)
        place = np.cumsum(self.alive) - 1
        self.root, self.nearest = place[self.root], place[self.nearest[kept]]
        self.members = [self.members[k] for k in kept]
        self.sums, self.squares, self.size = self.sums[kept], self.squares[kept], self.size[kept]
        self.within, self.best, self.alive = self.within[kept], self.best[kept], self.alive[kept]

    def _refresh(self, rows: Ints) -> None:
        """Find the cheapest partner of some clusters anew."""
        for at in range(0, len(rows), _BLOCK):
            some = rows[at : at + _BLOCK]
            costs = self._costs(some)
            self.nearest[some], self.best[some] = costs.argmin(1), costs.min(1)

    def _costs(self, rows: Ints) -> Array:
        """Return the costs (r, n) of merging some clusters with every one that is there; infinite where that is forbidden."""
        between = self._smallest(rows) if self.linkage.nearest else self._summed(rows)
        within, size = self.within, self.size
        costs = self.linkage.cost(between, within[rows, None], within[None], size[rows, None], size[None])
        costs[:, ~self.alive] = np.inf
        costs[np.arange(len(rows)), rows] = np.inf
        if self.frames is not None:
            for place, row in enumerate(rows):
                costs[place, self.root[self.frames.shared(self.members[row])]] = np.inf
        return costs

    def _summed(self, rows: Ints) -> Array:
        """Return the sums (r, n) of squared distances between members of two clusters."""
        size, squares = self.size[rows, None], self.squares[rows, None]
        sums = size * self.squares + self.size * squares - 2 * self.sums[rows] @ self.sums.T
        return np.asarray(np.maximum(sums, 0.0))

    def _smallest(self, rows: Ints) -> Array:
        """Return the smallest squared distances (r, n) between members of two clusters."""
        out = np.full((len(rows), len(self.alive)), np.inf)
        for place, row in enumerate(rows):
            for at in range(0, len(self.members[row]), _BLOCK):
                some = self.members[row][at : at + _BLOCK]
                apart = self.square[some, None] + self.square - 2 * self.features[some] @ self.features.T
                np.minimum.at(out[place], self.root, np.maximum(apart.min(0), 0.0))
        return out


class _Frames:
    """Who is seen in one frame with whom.

    Args:
        moments: (n, m), in which frames a sample is seen.
    """

    def __init__(self, moments: sparse.csr_array) -> None:
        self._of_sample, self._of_frame = sparse.csr_array(moments), sparse.csc_array(moments)

    def shared(self, samples: Ints) -> Ints:
        """Return the samples that are seen in a frame with some, themselves included; a sample may come twice."""
        return _stored(self._of_frame, _stored(self._of_sample, samples))


def _stored(matrix: sparse.csr_array | sparse.csc_array, lines: Ints) -> Ints:
    """Return where some rows (of a CSC matrix: columns) are not zero, one after the other."""
    begin = matrix.indptr[lines]
    count = matrix.indptr[lines + 1] - begin
    before = np.cumsum(count) - count
    at: Ints = np.repeat(begin - before, count) + np.arange(count.sum())
    return np.asarray(matrix.indices[at], np.int64)
