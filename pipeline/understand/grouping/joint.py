"""The grouping of tracklets that explains all evidence best: appearance, numbers, place and time together.

The score of a grouping is the sum over people of the log-likelihood of their appearance (`looks`), of their number and of
their side (`sides`), of the log-odds that tracklets go on where others ended (`continuation`), less a price for every person. Cannot-links
are hard. People are first merged bottom up, by the largest gain; then single tracklets go where they fit better, or change
places with the one that is in their way, and people are merged again, until nothing gains any more; then two whom only
somebody else's tracklets keep apart are tried as one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.understand.features.appearance_model import in_context
from pipeline.understand.grouping.agglomerate import merged
from pipeline.understand.grouping.average_linkage import average_linkage
from pipeline.understand.grouping.local_search import Sweep
from pipeline.understand.grouping.odds import PERSON_PRICE, agreement, one_shirt, teams_of, worn_numbers
from pipeline.understand.grouping.problem import Bounds, Problem, bound, numbered

Array = NDArray[np.float64]

_BLOCK = 1500
"""Tracklets that are merged in one go at first; in a longer game those of a time first, then all."""
_MOST_SWEEPS = 6
_WORTH_A_TRY = -30.0
"""Log-odds of being one person, whatever forbids it, from which on two people are tried as one."""


def joint_evidence(problem: Problem, bounds: Bounds) -> NDArray[np.int64]:
    """Cluster tracklets by all evidence; a `Clusterer`.

    Memory is that of the (n, n) constraints and of blocks of 1500 tracklets. Where a game shows too little for a model
    of looks, the tracklets are grouped by average linkage.
    """
    n = len(problem.weight)
    if problem.seen is None or not n:
        return average_linkage(problem, bounds)
    label = np.arange(n)
    if n > _BLOCK:
        for rows in np.split(np.arange(n), range(_BLOCK, n, _BLOCK)):
            label[rows] = rows[0] + merged(problem.take(rows), np.arange(len(rows)), 0.0, bounds)
        label = numbered(label)
    label = merged(problem, label, 0.0, bounds)
    for _ in range(_MOST_SWEEPS):
        moved, label = Sweep(problem, label, bounds).run()
        label = merged(problem, numbered(label), 0.0, bounds)
        if not moved:
            moved, label = _reunited(problem, numbered(label), bounds)
        if not moved:
            break
    return numbered(merged(problem, label, -np.inf, bounds))


def membership(problem: Problem, label: NDArray[np.int64], rows: NDArray[np.int64]) -> Array:
    """Give the log-likelihood ratio (m, k) of some tracklets being each person to their being nobody who was seen.

    A tracklet is judged by the person's other tracklets; -inf where the constraints forbid it.

    Args:
        problem: n tracklets, with `seen`.
        label: (n,) person from 0; -1 for a tracklet that is nobody's so far.
        rows: (m,) the tracklets that are asked for.
    """
    seen = problem.seen
    assert seen is not None
    k = int(label.max(initial=-1)) + 1
    given = np.flatnonzero(label >= 0)
    member = sparse.csr_array((np.ones(len(given)), (given, label[given])), shape=(len(label), k))
    own = seen.place * seen.precision[:, None]
    weighted, precision, number, side = (
        np.asarray(member.T @ part) for part in (own, seen.precision, problem.number, problem.side)
    )
    gain: Array = sparse.csr_array(problem.continuation[rows] @ member).toarray()
    has_number = np.abs(problem.number).max(axis=1, initial=0.0) > 0
    for at, i in enumerate(rows):
        without = np.zeros(k)
        without[label[i] : label[i] + 1] = label[i] >= 0
        rest, weight = weighted - without[:, None] * own[i], precision - without * seen.precision[i]
        one, other = in_context(own[i], seen.precision[i]), in_context(rest, weight)
        gain[at] += seen.looks.log_ratio(*one, *other)
        known = side - without[:, None] * problem.side[i]
        gain[at] += agreement(known + problem.side[i]) - agreement(known) - agreement(problem.side[i])
        if has_number[i]:
            read = number - without[:, None] * problem.number[i]
            gain[at] += agreement(read + problem.number[i]) - agreement(read) - agreement(problem.number[i])
    gain[bound(problem.apart, rows, label, k)] = -np.inf
    return np.asarray(gain)


def affinity(problem: Problem, label: NDArray[np.int64], count: int) -> Array:
    """Give the log-likelihood ratio (count, count) of two people being one to their being two, whatever forbids it.

    Args:
        problem: n tracklets, with `seen`.
        label: (n,) person from 0; -1 for nobody.
        count: people.
    """
    seen = problem.seen
    assert seen is not None
    given = np.flatnonzero(label >= 0)
    member = sparse.csr_array((np.ones(len(given)), (label[given], given)), shape=(count, len(label)))
    own = seen.place * seen.precision[:, None]
    weighted, precision, number, side = (
        np.asarray(member @ part) for part in (own, seen.precision, problem.number, problem.side)
    )
    weighted, precision = in_context(weighted, precision)
    alone = agreement(number) + agreement(side)
    odds: Array = sparse.csr_array(member @ problem.continuation @ member.T).toarray() + PERSON_PRICE
    worn, team = worn_numbers(number), teams_of(side)
    for one in range(count):
        odds[one] += one_shirt(worn[one] @ worn.T, team[one] @ team.T)
        odds[one] += seen.looks.log_ratio(weighted, precision, weighted[one], precision[one]) - alone - alone[one]
        odds[one] += agreement(number + number[one]) + agreement(side + side[one])
    return odds


def _reunited(problem: Problem, label: NDArray[np.int64], bounds: Bounds) -> tuple[int, NDArray[np.int64]]:
    """Try two as one who are kept apart by a few tracklets that may be somebody else's; return how many became one."""
    count = int(label.max()) + 1
    odds = np.triu(affinity(problem, label, count), k=1)
    odds[np.tril_indices(count)] = -np.inf
    pairs = np.argwhere(odds > _WORTH_A_TRY)
    sweep = Sweep(problem, label, bounds)
    done = sum(sweep.reunite(int(i), int(j)) for i, j in pairs[np.argsort(-odds[tuple(pairs.T)], kind="stable")])
    return done, numbered(sweep.label)
