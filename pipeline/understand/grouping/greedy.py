"""Greedy assignment of further tracklets to existing groups, under the same cannot-link constraints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
"""Tracklets whose pairs are compared at once."""


def assign_greedily(
    distance: NDArray[np.float64],
    barred: NDArray[np.bool_],
    cannot_link: NDArray[np.bool_],
    max_distance: float,
) -> NDArray[np.int64]:
    """Assign tracklets to existing clusters, the nearest pair first.

    Args:
        distance: (m, k) of each tracklet to each cluster; NaN where unknown, which is never assigned.
        barred: (m, k) a tracklet is surely another person than the cluster.
        cannot_link: (m, m) two of the tracklets are surely two people.
        max_distance: a tracklet that is further from every cluster stays alone.

    Returns:
        (m,) the cluster, or -1.
    """
    cost = np.where(barred | ~(distance <= max_distance), np.inf, distance)  # (m, k)
    chosen = np.full(len(cost), -1, dtype=np.int64)
    if not cost.size:
        return chosen
    nearest = cost.argmin(axis=1)
    best = cost[np.arange(len(cost)), nearest]
    while np.isfinite(best.min()):
        tracklet = int(best.argmin())
        cluster = int(nearest[tracklet])
        chosen[tracklet], best[tracklet] = cluster, np.inf
        excluded = np.flatnonzero(cannot_link[tracklet])
        cost[excluded, cluster] = np.inf
        stale = excluded[(nearest[excluded] == cluster) & np.isfinite(best[excluded])]
        nearest[stale] = cost[stale].argmin(axis=1)
        best[stale] = cost[stale, nearest[stale]]
    return chosen


def barred_groups(
    cannot_link: NDArray[np.bool_], rows: NDArray[np.int64], group: NDArray[np.int64], count: int
) -> NDArray[np.bool_]:
    """Tell which tracklets are surely other people than which groups: a cannot-link of a member binds its group.

    Args:
        cannot_link: (n, n) which tracklets are surely two people.
        rows: (m,) tracklets that are asked for.
        group: (n,) group of each tracklet, from 0; -1 for one that is in none.
        count: groups.

    Returns:
        (m, count) cannot link with a member; False for a group without members.
    """
    result = np.zeros((len(rows), count), dtype=bool)
    order = np.argsort(group, kind="stable")[int((group < 0).sum()) :]
    groups, starts = np.unique(group[order], return_index=True)
    for at in range(0, len(rows) if len(groups) else 0, _BLOCK):
        block = cannot_link[rows[at : at + _BLOCK]][:, order]  # (256, members)
        result[at : at + _BLOCK, groups] = np.logical_or.reduceat(block, starts, axis=1)
    return result
