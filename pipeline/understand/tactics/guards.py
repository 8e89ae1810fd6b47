"""Who guards whom in half-court play: a hidden Markov model whose states are the ways to give every defender an attacker of his own.

Where a defender stands is the weighted mean of his man, the ball and the basket, as A. Franks, A. Miller, L. Bornn and K. Goldsberry found
for the NBA (Characterizing the spatial structure of defensive skill in professional basketball, Annals of Applied Statistics 9, 2015). There each
defender's man is inferred by himself; here the five are inferred together, so that no attacker has two defenders while another has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, groupby, permutations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.understand.tactics.chain import Transitions, likeliest_course
from pipeline.understand.tactics.moments import MOMENT_S, Floats, Ints, LiveMoments
from pipeline.understand.tactics.phases import Attacks

MAN, BALL, BASKET = 0.62, 0.11, 0.27
"""Weights of Franks et al."""
SPREAD_M = 1.2
"""Standard deviation of a defender about that place, m."""
UNKNOWN = 1.0
"""What half the squared deviation, in SPREAD_M, of a right pair is on average: stands for a pair of whom somebody is not located."""
FAR = 8.0
"""Half the squared deviation counts no more than this."""
WEIGHT = 0.3
"""Moments one after another are much alike, so each counts so much only."""
KEPT_S = 20.0
"""Two defenders change men about so often."""
SHORTEST_S = 1.0
"""Half-court play that is shorter says nothing."""


@dataclass(frozen=True)
class GuardedSpell:
    """A defender on one attacker, without a break."""

    defender: int
    """Place in `LiveMoments.who`."""
    attacker: int
    first: int
    """Row of the first moment."""
    last: int
    """Row of the last."""
    confidence: float


def find_guards(moments: LiveMoments, attacks: Attacks, court: Court) -> list[GuardedSpell]:
    """Find who guards whom, in order of defenders and time in each stretch of half-court play.

    Args:
        moments: t of them.
        attacks: who attacks in them.
        court: where the baskets are.
    """
    found: list[GuardedSpell] = []
    for rows in _half_courts(moments, attacks):
        attacking = int(attacks.team[rows[0]])
        five, others = (_on_floor(moments, team, rows, court.team_size) for team in (1 - attacking, attacking))
        if len(five) == len(others) == court.team_size:
            found += _spells(moments, rows, five, others, _basket_m(moments, attacking, rows, court))
    return found


def _half_courts(moments: LiveMoments, attacks: Attacks) -> Iterator[Ints]:
    """Yield the rows of each stretch of half-court play of one team."""
    key = np.where(attacks.is_set & (attacks.team >= 0), 2 * moments.stretch + attacks.team, -1)
    for state, group in groupby(range(len(key)), key=lambda row: int(key[row])):
        rows = np.array(list(group), dtype=np.int64)
        if state >= 0 and len(rows) * MOMENT_S >= SHORTEST_S:
            yield rows


def _on_floor(moments: LiveMoments, team: int, rows: Ints, size: int) -> Ints:
    """Return the places in `who` of those of a team who are on the floor for most of some moments, at most `size` of them."""
    share = moments.on_floor[rows].mean(axis=0) * (moments.team == team)
    most = np.argsort(-share, kind="stable")[:size]
    return np.sort(most[share[most] > 0.5])


def _basket_m(moments: LiveMoments, attacking: int, rows: Ints, court: Court) -> Floats:
    """Return where (2,) the attacked basket is."""
    to_right = (moments.way[rows[0]] > 0) == (attacking == 0)
    return np.array([court.length_m - court.basket_m if to_right else court.basket_m, court.width_m / 2])


def _spells(moments: LiveMoments, rows: Ints, five: Ints, others: Ints, basket_m: Floats) -> list[GuardedSpell]:
    """Find who guards whom in one stretch (t,) of half-court play."""
    cost = pair_costs(moments.place_m[rows][:, five], moments.place_m[rows][:, others], moments.ball_m[rows], basket_m)
    given, pair_share = likeliest_pairs(cost)
    spells = []
    for place, defender in enumerate(five):
        start = 0
        for man, group in groupby(given[:, place].tolist()):
            last = start + len(list(group)) - 1
            sure = float(pair_share[start : last + 1, place, man].mean())
            spells.append(GuardedSpell(int(defender), int(others[man]), int(rows[start]), int(rows[last]), sure))
            start = last + 1
    return spells


def pair_costs(defenders_m: Floats, attackers_m: Floats, ball_m: Floats, basket_m: Floats) -> Floats:
    """Say how far each defender is from where he would stand if he guarded each attacker.

    Args:
        defenders_m: (t, k, 2).
        attackers_m: (t, k, 2).
        ball_m: (t, 2); where it is not known, the weights of man and basket are made up to one.
        basket_m: (2,) the attacked basket.

    Returns:
        (t, defender, attacker) half the squared deviation.
    """
    has_ball = np.isfinite(ball_m[:, :1])[:, None]
    whole = np.where(has_ball, 1.0, MAN + BASKET)
    ball = np.where(has_ball, BALL * np.nan_to_num(ball_m)[:, None], 0.0)
    place_m = (MAN * attackers_m + ball + BASKET * basket_m) / whole
    squared = np.sum((defenders_m[:, :, None] - place_m[:, None]) ** 2, axis=3) / SPREAD_M**2
    return np.asarray(np.where(np.isfinite(squared), np.minimum(squared / 2, FAR), UNKNOWN))


def likeliest_pairs(cost: Floats) -> tuple[Ints, Floats]:
    """Give every defender a man of his own, moment by moment.

    Args:
        cost: (t, k, k) of each pair of defender and attacker.

    Returns:
        The attacker (t, k) of each defender in the likeliest course, and the probability (t, k, k) of each pair.
    """
    size = cost.shape[1]
    ways, near = _assignments(size)
    log_fit = -WEIGHT * cost[:, np.arange(size), ways].sum(axis=2)  # (t, s)
    leave = 1 - np.exp(-MOMENT_S / KEPT_S)
    log_ways = np.log(np.append(1 - leave, np.full(near.shape[1] - 1, leave / max(near.shape[1] - 1, 1))))
    log_ways = np.broadcast_to(log_ways, near.shape)
    course, chance = likeliest_course(log_fit, Transitions(near, log_ways, near, log_ways))
    is_pair = (ways[:, :, None] == np.arange(size)).astype(np.float64)  # (s, defender, attacker)
    return ways[course], np.einsum("ts,sda->tda", chance, is_pair)


@cache
def _assignments(size: int) -> tuple[Ints, NDArray[np.int64]]:
    """List all ways to give `size` defenders a man each.

    Returns:
        The men (s, size), and for each way itself and those (s, 1 + pairs) from which two defenders change men to it.
    """
    ways = np.array(list(permutations(range(size))), dtype=np.int64)
    number = {tuple(way): k for k, way in enumerate(ways.tolist())}
    near = []
    for way in ways.tolist():
        reached = [number[tuple(way)]]
        for first, second in combinations(range(size), 2):
            changed = list(way)
            changed[first], changed[second] = changed[second], changed[first]
            reached.append(number[tuple(changed)])
        near.append(reached)
    return ways, np.array(near, dtype=np.int64)
