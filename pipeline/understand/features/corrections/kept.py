"""What stays somebody's as far as nothing that was said speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Linked(NamedTuple):
    """Who is one person among n tracklets."""

    group: NDArray[np.int64]
    """(n,) tracklets with the same number are one."""
    kept: Mapping[int, str]
    """Tracklet -> id of the player whose it stays: those of what was asked for that hold."""


def with_kept(
    group: NDArray[np.int64],
    whose: Mapping[int, str],
    kept: Mapping[int, str],
    simultaneous: NDArray[np.bool_],
    different: Sequence[tuple[int, int]],
) -> Linked:
    """Join tracklets to players, one after another, unless one person would be two then.

    Args:
        group: (n,) tracklets with the same number are one person by what was said.
        whose: tracklet -> id of its player, by what was said.
        kept: likewise, as far as nothing speaks against it; the first go before the later.
        simultaneous: (n, n) pairs that share a frame.
        different: pairs that are two people.

    Example:
        Tracklet 1 stays player 7's, whose 0 is; 2 is in the picture together with 1.

        >>> together = np.zeros((3, 3), dtype=bool)
        >>> together[1, 2] = together[2, 1] = True
        >>> with_kept(np.arange(3), {0: "7"}, {1: "7", 2: "7"}, together, [])
        Linked(group=array([0, 0, 1]), kept={1: '7'})
    """
    if not kept:
        return Linked(group, {})
    ids = sorted({*whose.values(), *kept.values()})
    of_whose = {value: tracklet for tracklet, value in whose.items()}
    member = np.flatnonzero(np.isin(group, group[[*whose, *kept]]))  # (m,) tracklets of people who may be joined
    unit = np.full(len(group), -1)
    unit[member] = np.unique(group[member], return_inverse=True)[1]
    count = int(unit.max()) + 1
    unit_of = {value: unit[of_whose[value]] if value in of_whose else count + at for at, value in enumerate(ids)}
    barred = np.zeros((count + len(ids), count + len(ids)), dtype=bool)
    together = np.argwhere(simultaneous[np.ix_(member, member)])  # (k, 2)
    for pairs in (member[together], np.array(different, dtype=np.int64).reshape(-1, 2)):
        i, j = unit[pairs].T
        inside = (i >= 0) & (j >= 0) & (i != j)
        barred[i[inside], j[inside]] = barred[j[inside], i[inside]] = True
    players = np.array(list(unit_of.values()))
    barred[np.ix_(players, players)] |= players[:, None] != players
    root, holds = np.arange(len(barred)), {}
    for tracklet, value in kept.items():
        joined, player = root[unit[tracklet]], root[unit_of[value]]
        if barred[joined, player]:
            continue
        holds[tracklet] = value
        barred[player] |= barred[joined]
        barred[:, player] |= barred[:, joined]
        root[root == joined] = player
    found = group.copy()
    found[member] = group.max() + 1 + root[unit[member]]
    return Linked(np.unique(found, return_inverse=True)[1].astype(np.int64), holds)
