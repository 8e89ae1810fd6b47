"""The clustering of tracklets into people: what every clusterer is given and has to keep to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.understand.features.appearance_model import Seen

_BLOCK = 256
"""Tracklets whose pairs are judged in one go."""
_UNKNOWN_DISTANCE = 2.0
Rows = NDArray[np.int64] | slice


@dataclass(frozen=True)
class Problem:
    """n tracklets, in order of first box."""

    vector: NDArray[np.float32]  # (n, dim) pooled embedding, unit length; NaN where there is none
    apart: NDArray[np.bool_]  # (n, n) surely two people: never in one cluster, also not through a third tracklet
    weight: NDArray[np.float64]  # (n,) how much a tracklet counts in averages
    seen_s: NDArray[np.float64]  # (n,) time that counts towards being a player: 0 for a certain referee
    seen: Seen | None  # in the game's own space of looks; None where the game shows too little to learn one
    continuation: sparse.csr_array  # (n, n) log-odds that two are one person by place and time; symmetric
    number: NDArray[np.float64]  # (n, texts) log-likelihoods of jersey numbers; 0 where nothing was read
    side: NDArray[np.float64]  # (n, 3) log-likelihoods of team A, team B and the referees; 0 where nothing is known

    def distance(self, rows: Rows = slice(None), columns: Rows = slice(None)) -> NDArray[np.float64]:
        """Give the cosine distances, 0 to 2, of some tracklets to some; one without an embedding is as far as can be."""
        return np.nan_to_num(cosine_distances(self.vector[rows], self.vector[columns]), nan=_UNKNOWN_DISTANCE)

    def take(self, rows: NDArray[np.int64]) -> Problem:
        """Choose tracklets."""
        square = np.ix_(rows, rows)
        return Problem(
            vector=self.vector[rows],
            apart=self.apart[square],
            weight=self.weight[rows],
            seen_s=self.seen_s[rows],
            seen=None if self.seen is None else self.seen.take(rows),
            continuation=self.continuation[rows][:, rows],
            number=self.number[rows],
            side=self.side[rows],
        )


@dataclass(frozen=True)
class Bounds:
    """How far clustering goes."""

    max_distance: float  # clusters further apart stay apart, unless there are too many
    min_count: int  # do not merge below so many clusters
    max_count: int  # merge on beyond max_distance down to so many, as far as the constraints permit
    min_seen_s: float  # clusters seen for less do not count for either


class Clusterer(Protocol):
    """Anything that groups tracklets under the constraints."""

    def __call__(self, problem: Problem, bounds: Bounds) -> NDArray[np.int64]:
        """Give the cluster (n,) of each tracklet, numbered from 0 in order of first member."""
        ...


def cosine_distances(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give 1 - cosine (n, m), 0 to 2, of unit vectors (n, dim) and (m, dim); NaN where a vector is NaN."""
    likeness = one.astype(np.float64) @ other.astype(np.float64).T
    np.subtract(1.0, likeness, out=likeness)  # in place: in a long game one such matrix is half a gigabyte and more
    return np.clip(likeness, 0.0, 2.0, out=likeness)


def assign(
    distance: NDArray[np.float64],
    apart_from_cluster: NDArray[np.bool_],
    apart: NDArray[np.bool_],
    max_distance: float,
) -> NDArray[np.int64]:
    """Give late tracklets to existing clusters, the surest first, under the same constraints.

    Args:
        distance: (m, k) of each tracklet to each cluster; NaN where unknown, which is never assigned.
        apart_from_cluster: (m, k) a tracklet is surely another person than the cluster.
        apart: (m, m) two of the tracklets are surely two people.
        max_distance: a tracklet that is further from every cluster stays alone.

    Returns:
        (m,) the cluster, or -1.
    """
    cost = np.where(apart_from_cluster | ~(distance <= max_distance), np.inf, distance)
    chosen = np.full(len(cost), -1, dtype=np.int64)
    if not cost.size:
        return chosen
    nearest = cost.argmin(axis=1)
    best = cost[np.arange(len(cost)), nearest]
    while np.isfinite(best.min()):
        tracklet = int(best.argmin())
        cluster = int(nearest[tracklet])
        chosen[tracklet], best[tracklet] = cluster, np.inf
        barred = np.flatnonzero(apart[tracklet])
        cost[barred, cluster] = np.inf
        stale = barred[(nearest[barred] == cluster) & np.isfinite(best[barred])]
        nearest[stale] = cost[stale].argmin(axis=1)
        best[stale] = cost[stale, nearest[stale]]
    return chosen


def bound(apart: NDArray[np.bool_], rows: NDArray[np.int64], group: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Tell which tracklets are surely other people than which groups.

    Args:
        apart: (n, n) which tracklets are surely two people.
        rows: (m,) tracklets that are asked for.
        group: (n,) group of each tracklet, from 0; -1 for one that is in none.
        count: groups.

    Returns:
        (m, count) apart from any member; False for a group without members.
    """
    result = np.zeros((len(rows), count), dtype=bool)
    order = np.argsort(group, kind="stable")[int((group < 0).sum()) :]
    groups, starts = np.unique(group[order], return_index=True)
    for at in range(0, len(rows) if len(groups) else 0, _BLOCK):
        block = apart[rows[at : at + _BLOCK]][:, order]
        result[at : at + _BLOCK, groups] = np.logical_or.reduceat(block, starts, axis=1)
    return result


def numbered(root: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number arbitrary labels (n,) from 0 in order of first member; -1, nobody, stays.

    Example:
        >>> numbered(np.array([7, 2, -1, 7, 5])).tolist()
        [0, 1, -1, 0, 2]
    """
    result = np.full(len(root), -1, dtype=np.int64)
    known = root >= 0
    _, first, inverse = np.unique(root[known], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    result[known] = rank[inverse]
    return result
