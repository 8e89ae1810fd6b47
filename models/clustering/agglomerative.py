"""Agglomerative clustering under cannot-link constraints, by any cost that pairwise distances decide.

All costs are functions of five numbers per pair of clusters: the sum of the distances between them, the sums within each,
and their sizes. Sums add up when clusters merge, so every cost is exact after every merge, and no distance is computed twice.
A cannot-link pair has an infinite sum, which stays infinite through every merge: a constraint of one member binds
the whole cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.clustering.protocol import CannotLink, Floats, Labels, numbered, squared_distances

Array = NDArray[np.float64]
LinkageName = Literal["average", "dispersion", "ward", "sized"]


@dataclass(frozen=True)
class Linkage:
    """What it costs to merge two clusters.

    Attributes:
        cost: (between, within_a, within_b, n_a, n_b) -> cost, elementwise; `within` sums both orders of every pair.
        nearest: `between` is the smallest distance between members of the two, not the sum over all pairs.
    """

    cost: Callable[[Array, Array, Array, Array, Array], Array]
    nearest: bool = False


def _average(between: Array, _within_a: Array, _within_b: Array, n_a: Array, n_b: Array) -> Array:
    return between / (n_a * n_b)


def _ward(between: Array, within_a: Array, within_b: Array, n_a: Array, n_b: Array) -> Array:
    centres = between / (n_a * n_b) - within_a / (2 * n_a**2) - within_b / (2 * n_b**2)
    return centres * n_a * n_b / (n_a + n_b)


average = Linkage(_average)
"""Average linkage (UPGMA): the mean distance d_ab between members of the two."""
ward = Linkage(_ward)
"""Growth of the sum of squares (Ward 1963); for squared Euclidean distances."""


def dispersion(penalty: float) -> Linkage:
    """Dispersion criterion D_ab = d_ab + penalty (d_a + d_b).

    Ding, Khan, Tang: "Towards better Validity: Dispersion based Clustering for Unsupervised Person Re-identification",
    arXiv 1906.01308. d_ab is the mean distance between members of the two; d_a is the mean distance within a cluster over
    all ordered pairs, each sample with itself included (as in the released code), so that a single sample has d_a = 0:
    small and tight clusters go first.
    """

    def cost(between: Array, within_a: Array, within_b: Array, n_a: Array, n_b: Array) -> Array:
        return between / (n_a * n_b) + penalty * (within_a / n_a**2 + within_b / n_b**2)

    return Linkage(cost)


def sized(penalty: float) -> Linkage:
    """Smallest distance plus penalty (n_a + n_b): Lin et al., "A Bottom-Up Clustering Approach to Unsupervised Person
    Re-Identification" (BUC), AAAI 2019."""

    def cost(between: Array, _within_a: Array, _within_b: Array, n_a: Array, n_b: Array) -> Array:
        return between + penalty * (n_a + n_b)

    return Linkage(cost, nearest=True)


def linkage_of(name: LinkageName, penalty: float = 0.1) -> Linkage:
    """Return a linkage by name; the penalty is for those that have one."""
    linkages: Mapping[str, Linkage] = {
        "average": average,
        "dispersion": dispersion(penalty),
        "ward": ward,
        "sized": sized(penalty),
    }
    return linkages[name]


@dataclass(frozen=True)
class Agglomerative:
    """Merges the cheapest pair until few enough clusters are left, or all are too far; a `Clusterer`.

    Distances are squared Euclidean, as in the released code of DBC.

    Attributes:
        clusters: how many to end with, constraints permitting.
        linkage: which cost.
        penalty: lambda of the linkages that have one.
        max_cost: pairs that cost more are not merged.
    """

    clusters: int = 1
    linkage: LinkageName = "dispersion"
    penalty: float = 0.1
    max_cost: float = np.inf

    def __call__(self, features: Floats, cannot_link: CannotLink | None = None) -> Labels:
        """Cluster (n, d) features; pairs of `cannot_link` (n, n) never share a cluster."""
        linkage = linkage_of(self.linkage, self.penalty)
        return merge_clusters(squared_distances(features), linkage, self.clusters, self.max_cost, cannot_link)


def merge_clusters(
    distance: Floats,
    linkage: Linkage,
    clusters: int = 1,
    max_cost: float = np.inf,
    cannot_link: CannotLink | None = None,
    start: Labels | None = None,
) -> Labels:
    """Merge the cheapest pair again and again.

    Time is O(n^2) as a rule and O(n^3) at worst, memory O(n^2).

    Args:
        distance: (n, n) symmetric, any kind that the linkage is meant for.
        linkage: what a merge costs.
        clusters: stop at so many.
        max_cost: or when the cheapest pair costs more.
        cannot_link: pairs that must not share a cluster; none if omitted.
        start: clusters to begin with; by default every sample is its own.

    Example:
        The nearest pair is a cannot-link; the third sample joins the nearer of them, and then nobody else can.

        >>> distance = np.array([[0, 1, 3], [1, 0, 2], [3, 2, 0.0]])
        >>> cannot_link = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], bool)
        >>> merge_clusters(distance, average, cannot_link=cannot_link).tolist()
        [0, 1, 1]
    """
    if not len(distance):
        return np.zeros(0, np.int64)
    member = np.arange(len(distance)) if start is None else numbered(start)
    tree = _MergeTree(distance, member, linkage, cannot_link)
    while tree.alive.sum() > clusters and tree.merge_cheapest(max_cost):
        pass
    return numbered(tree.root[member])


class _MergeTree:
    """Clusters while they merge; a merged one lives on in the place of its smaller number."""

    def __init__(self, distance: Floats, member: Labels, linkage: Linkage, cannot_link: CannotLink | None) -> None:
        belongs = sparse.csr_array((np.ones(len(member)), (member, np.arange(len(member)))))  # (k, n)
        sums = np.asarray(belongs @ (belongs @ np.asarray(distance, np.float64)).T)  # (k, k), ordered pairs
        self.within = sums.diagonal().copy()  # (k,)
        self.size = np.bincount(member).astype(np.float64)  # (k,)
        self.between = _smallest(distance, member) if linkage.nearest else sums  # (k, k)
        if cannot_link is not None:
            forbidden = np.asarray(
                belongs @ (belongs @ cannot_link.astype(np.float32)).T
            )  # (k, k) number of such pairs
            self.between[forbidden > 0] = np.inf
        self.sums = sums if linkage.nearest else self.between
        np.fill_diagonal(self.between, np.inf)
        self.linkage = linkage
        self.alive = np.ones(len(self.size), bool)
        self.root = np.arange(len(self.size))
        self.best = np.empty(len(self.size))
        self.nearest = np.zeros(len(self.size), np.int64)
        self._refresh(np.arange(len(self.size)))

    def merge_cheapest(self, max_cost: float) -> bool:
        """Merge the cheapest pair; return False if there is none within the limit."""
        i = int(self.best.argmin())
        if not (np.isfinite(self.best[i]) and self.best[i] <= max_cost):
            return False
        j = int(self.nearest[i])
        self.merge(min(i, j), max(i, j))
        return True

    def costs(self, rows: NDArray[np.int64]) -> Array:
        """Return the costs (r, k) of merging some clusters with every other."""
        return self.linkage.cost(
            self.between[rows], self.within[rows, None], self.within[None], self.size[rows, None], self.size[None]
        )

    def _refresh(self, rows: NDArray[np.int64]) -> None:
        """Find the cheapest partner of some clusters anew."""
        costs = self.costs(rows)
        self.nearest[rows] = costs.argmin(1)
        self.best[rows] = costs.min(1)

    def merge(self, i: int, j: int) -> None:
        """Merge cluster j into cluster i."""
        self.within[i] += self.within[j] + 2 * self.sums[i, j]
        self.size[i] += self.size[j]
        self._join(i, j)
        self.between[:, i] = self.between[i]
        self.between[j] = self.between[:, j] = np.inf
        self.between[i, i] = np.inf
        self.alive[j] = False
        self.best[j] = np.inf
        self.root[self.root == j] = i
        stale = self.alive & ((self.nearest == i) | (self.nearest == j))
        stale[i] = True
        self._refresh(np.flatnonzero(stale))
        costs = self.costs(np.array([i]))[0]  # a merge can make the merged cluster the cheapest partner of others
        nearer = self.alive & (costs < self.best)
        self.best[nearer], self.nearest[nearer] = costs[nearer], i

    def _join(self, i: int, j: int) -> None:
        """Let row i stand for both clusters."""
        if not self.linkage.nearest:
            self.between[i] += self.between[j]
            return
        self.sums[i] += self.sums[j]
        self.sums[:, i] = self.sums[i]
        forbidden = np.isinf(self.between[i]) | np.isinf(self.between[j])
        self.between[i] = np.where(forbidden, np.inf, np.minimum(self.between[i], self.between[j]))


def _smallest(distance: Floats, member: Labels) -> Array:
    """Return the smallest distance between members of any two clusters (k, k)."""
    order = np.argsort(member, kind="stable")
    first = np.searchsorted(member[order], np.arange(member.max() + 1))
    rows = np.minimum.reduceat(np.asarray(distance, np.float64)[np.ix_(order, order)], first, axis=0)
    return np.minimum.reduceat(rows, first, axis=1)


def merge_round(
    distance: Floats,
    labels: Labels,
    linkage: Linkage,
    merges: int,
    cannot_link: CannotLink | None = None,
    stale: bool = False,
) -> Labels:
    """Take one step of merging, as between two rounds of training.

    Args:
        distance: (n, n) of the samples.
        labels: (n,) the clusters so far.
        linkage: what a merge costs.
        merges: how many.
        cannot_link: pairs of samples that must not share a cluster.
        stale: as the released code of DBC does it, rank the pairs once by their cost before the step and go down the list, with a
            pair skipped when one of the two is gone; else costs are exact after every merge.

    Example:
        0 and 1 merge first. By the stale list 2 then joins what 0 has become, for it was near 1; exactly, it is nearer to 3.

        >>> at = np.array([0.0, 1.0, 2.2, 3.5])
        >>> distance = abs(at[:, None] - at)
        >>> merge_round(distance, np.arange(4), average, 2).tolist()
        [0, 0, 1, 1]
    """
    labels = numbered(labels)
    count = int(labels.max(initial=-1)) + 1
    if not stale:
        return merge_clusters(distance, linkage, max(count - merges, 1), cannot_link=cannot_link, start=labels)
    tree = _MergeTree(distance, labels, linkage, cannot_link)
    costs = np.triu(tree.costs(np.arange(count)), 1)
    costs[np.tril_indices(count)] = np.inf
    done = 0
    for flat in np.argsort(costs, axis=None, kind="stable"):
        i, j = divmod(int(flat), count)
        if done == merges or not np.isfinite(costs[i, j]):
            break
        if tree.alive[i] and tree.alive[j] and np.isfinite(tree.between[i, j]):
            tree.merge(i, j)
            done += 1
    return numbered(tree.root[labels])
