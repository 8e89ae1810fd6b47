"""Constrained clustering that maximises the joint likelihood of all evidence: appearance, numbers, teams, place and time.

The score of a grouping is the sum over people of the log-likelihood of their appearance (PLDA), of their number and of their
team, and of the log-odds that tracklets continue where others ended, less a price for every person. Cannot-links are hard.
People are first merged by agglomerative clustering, the largest gain first; then local search moves single tracklets to where
they fit better, or exchanges two of which one is in the other's way, and people are merged again, until nothing gains any
more; then pairs of people whom only somebody else's tracklets keep from being one are tried as one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.clustering.protocol import numbered
from pipeline.understand.features.appearance_model import discount_context
from pipeline.understand.grouping.agglomerate import agglomerate
from pipeline.understand.grouping.average_linkage import average_linkage
from pipeline.understand.grouping.greedy import barred_groups
from pipeline.understand.grouping.local_search import LocalSearch
from pipeline.understand.grouping.odds import (
    PERSON_PRICE,
    agreement,
    number_probabilities,
    same_shirt,
    team_probabilities,
)
from pipeline.understand.grouping.problem import AppearanceProblem, GroupingBounds, GroupingProblem

Array = NDArray[np.float64]

_BLOCK = 1500
"""Tracklets that are merged at once at first; in a longer game block by block in order of time, then all."""
_MAX_ROUNDS = 6
"""Of local search and merging."""
_MIN_LOG_ODDS_TO_TRY = -30.0
"""Log-odds of being one person, constraints aside, from which on two people are tried as one."""


def joint_clustering(problem: GroupingProblem, bounds: GroupingBounds) -> NDArray[np.int64]:
    """Cluster tracklets by all evidence; a `TrackletClusterer`.

    Memory is that of the (n, n) constraints and of blocks of 1500 tracklets. Where a game shows too little for an appearance
    model, the tracklets are grouped by average linkage.
    """
    n = len(problem)
    if not isinstance(problem, AppearanceProblem) or not n:
        return average_linkage(problem, bounds)
    label = np.arange(n)
    if n > _BLOCK:
        for rows in np.split(np.arange(n), range(_BLOCK, n, _BLOCK)):
            label[rows] = rows[0] + agglomerate(problem.take(rows), np.arange(len(rows)), 0.0, bounds)
        label = numbered(label)
    label = agglomerate(problem, label, 0.0, bounds)
    for _ in range(_MAX_ROUNDS):
        moved, label = LocalSearch(problem, label, bounds).run()
        label = agglomerate(problem, numbered(label), 0.0, bounds)
        if not moved:
            moved, label = _reunited(problem, numbered(label), bounds)
        if not moved:
            break
    return numbered(agglomerate(problem, label, -np.inf, bounds))


def membership(problem: AppearanceProblem, label: NDArray[np.int64], rows: NDArray[np.int64]) -> Array:
    """Give the log-likelihood ratio (m, k) of some tracklets being each person to their being nobody who was seen.

    A tracklet is compared with the person's other tracklets (leave-one-out); -inf where the constraints forbid it.

    Args:
        problem: n tracklets.
        label: (n,) person from 0; -1 for a tracklet that is nobody's so far.
        rows: (m,) the tracklets that are asked for.
    """
    appearance = problem.appearance
    k = int(label.max(initial=-1)) + 1
    assigned = np.flatnonzero(label >= 0)
    member = sparse.csr_array((np.ones(len(assigned)), (assigned, label[assigned])), shape=(len(label), k))
    observed = appearance.mean * appearance.precision[:, None]  # (n, d)
    weighted, precision, number, team = (
        np.asarray(member.T @ values) for values in (observed, appearance.precision, problem.number, problem.team)
    )
    gain: Array = sparse.csr_array(problem.log_odds[rows] @ member).toarray()  # (m, k)
    has_number = np.abs(problem.number).max(axis=1, initial=0.0) > 0
    for at, i in enumerate(rows):
        left_out = np.zeros(k)
        left_out[label[i] : label[i] + 1] = label[i] >= 0
        rest = weighted - left_out[:, None] * observed[i]
        rest_precision = precision - left_out * appearance.precision[i]
        tracklet = discount_context(observed[i], appearance.precision[i])
        gain[at] += appearance.model.log_ratio(*tracklet, *discount_context(rest, rest_precision))
        rest_team = team - left_out[:, None] * problem.team[i]
        gain[at] += agreement(rest_team + problem.team[i]) - agreement(rest_team) - agreement(problem.team[i])
        if has_number[i]:
            rest_number = number - left_out[:, None] * problem.number[i]
            alone = agreement(problem.number[i])
            gain[at] += agreement(rest_number + problem.number[i]) - agreement(rest_number) - alone
    gain[barred_groups(problem.cannot_link, rows, label, k)] = -np.inf
    return np.asarray(gain)


def affinity(problem: AppearanceProblem, label: NDArray[np.int64], count: int) -> Array:
    """Give the log-likelihood ratio (count, count) of two people being one to their being two, constraints aside.

    Args:
        problem: n tracklets.
        label: (n,) person from 0; -1 for nobody.
        count: people.
    """
    appearance = problem.appearance
    assigned = np.flatnonzero(label >= 0)
    member = sparse.csr_array((np.ones(len(assigned)), (label[assigned], assigned)), shape=(count, len(label)))
    observed = appearance.mean * appearance.precision[:, None]  # (n, d)
    weighted, precision, number, team = (
        np.asarray(member @ values) for values in (observed, appearance.precision, problem.number, problem.team)
    )
    weighted, precision = discount_context(weighted, precision)
    alone = agreement(number) + agreement(team)
    log_odds: Array = sparse.csr_array(member @ problem.log_odds @ member.T).toarray() + PERSON_PRICE  # (count, count)
    p_number, p_team = number_probabilities(number), team_probabilities(team)
    for i in range(count):
        log_odds[i] += same_shirt(p_number[i] @ p_number.T, p_team[i] @ p_team.T)
        ratio = appearance.model.log_ratio(weighted, precision, weighted[i], precision[i])
        log_odds[i] += ratio - alone - alone[i]
        log_odds[i] += agreement(number + number[i]) + agreement(team + team[i])
    return log_odds


def _reunited(
    problem: AppearanceProblem, label: NDArray[np.int64], bounds: GroupingBounds
) -> tuple[int, NDArray[np.int64]]:
    """Try as one pairs of people who are two because of a few tracklets that may be somebody else's; count the successes."""
    count = int(label.max()) + 1
    log_odds = np.triu(affinity(problem, label, count), k=1)
    log_odds[np.tril_indices(count)] = -np.inf
    pairs = np.argwhere(log_odds > _MIN_LOG_ODDS_TO_TRY)
    search = LocalSearch(problem, label, bounds)
    order = np.argsort(-log_odds[tuple(pairs.T)], kind="stable")
    done = sum(search.reunite(int(i), int(j)) for i, j in pairs[order])
    return done, numbered(search.label)
