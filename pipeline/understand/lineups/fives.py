"""Which five are on the floor: the likeliest course of line-ups, and how sure it is.

Each player is on the floor or not, in every piece of time. What was seen speaks for it or against it, and every substitution
has a price, which is lower while the ball is dead. That at most five of a team are on the floor ties the players together.
This is a flow through a network, so that its linear program has a whole solution, the best there is; the prices of the
places on the floor that come with it untie the players again, and the doubt about each of them follows by the
forward-backward algorithm (Rabiner, Proceedings of the IEEE 1989) on his own chain of two states.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from pipeline.understand.lineups.sightings import Sightings

Floats = NDArray[np.float64]

CORRELATED_S = 4.0
"""What is seen of somebody in so many seconds is one observation: a tracklet is his, or another's, as a whole."""
SEEN_FALSELY = 0.03
"""Share of the time in which somebody is named who is not on the floor."""
FOUND = (0.3, 0.97)
"""Least and greatest share of a team on the floor that is taken to be in view and named."""
OFF_COURT = 2.0
"""Log-odds that somebody who was seen off the court is not on the floor."""
SUBSTITUTION_DEAD, SUBSTITUTION_LIVE = 3.0, 8.0
"""Minus the log-probability of a substitution within a piece of time while the ball is dead, and while it is in play."""
UNKNOWN = -0.35
"""Log-odds per second of a place on the floor that nobody known takes."""


@dataclass(frozen=True)
class Fives:
    """Who is on the floor, of the p players of a team in t pieces of time."""

    on_floor: NDArray[np.bool_]
    """(p, t)"""
    probability: Floats
    """(p, t) of being on the floor."""


def evidence(seen: Sightings, team_size: int) -> Floats:
    """Weigh what was seen: log-odds (p, t) that somebody is on the floor, besides what the pieces around say.

    Args:
        seen: of a team.
        team_size: so many are on the floor.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.clip(seen.on_s.sum(axis=0) / (team_size * seen.view_s), *FOUND)
    found = np.where(seen.view_s > 0, found, FOUND[0])
    for_it = np.log(found / SEEN_FALSELY)
    against = np.log((1 - found) / (1 - SEEN_FALSELY))
    missed_s = np.maximum(seen.view_s - seen.on_s, 0)
    return np.asarray((seen.on_s * for_it + missed_s * against - seen.off_s * OFF_COURT) / CORRELATED_S)


def likeliest_fives(seen: Sightings, dead: Floats, team_size: int) -> Fives:
    """Find the likeliest course of line-ups of a team.

    Args:
        seen: of the team.
        dead: (t,) probability that the ball is dead.
        team_size: so many are on the floor.
    """
    log_odds = evidence(seen, team_size)
    players, count = log_odds.shape
    unknown = np.full((1, count), UNKNOWN) * seen.view_s / CORRELATED_S
    price = SUBSTITUTION_LIVE + (SUBSTITUTION_DEAD - SUBSTITUTION_LIVE) * np.maximum(dead[1:], dead[:-1])
    on_floor, rent = _best_flow(np.vstack([log_odds, unknown]), price, team_size)
    probability = _forward_backward(log_odds - rent, price / 2)
    return Fives(on_floor[:players] > 0.5, probability)


def _best_flow(log_odds: Floats, price: Floats, team_size: int) -> tuple[Floats, Floats]:
    """Solve the program: who has a place in each piece of time, and what a place costs there.

    Args:
        log_odds: (p, t); the last row is of places that nobody known has, of which there may be several.
        price: (t - 1,) of a substitution.
        team_size: places in all.

    Returns:
        Places (p, t), and their rent (t,).
    """
    players, count = log_odds.shape
    steps = count - 1
    change = sparse.diags_array([-1.0, 1.0], offsets=[0, 1], shape=(steps, count), dtype=np.float64)
    enters = sparse.hstack([sparse.kron(sparse.eye_array(players), change), -sparse.eye_array(players * steps)])
    places = sparse.hstack(
        [sparse.kron(np.ones((1, players)), sparse.eye_array(count)), sparse.csr_array((count, players * steps))]
    )
    most = np.ones(players)
    most[-1] = team_size
    upper = np.concatenate([np.repeat(most, count), np.full(players * steps, np.inf)])
    solve: Any = linprog
    solved = solve(
        np.concatenate([-log_odds.ravel(), np.tile(price, players)]),
        A_ub=sparse.csr_array(enters) if steps else None,
        b_ub=np.zeros(players * steps) if steps else None,
        A_eq=sparse.csr_array(places),
        b_eq=np.full(count, float(team_size)),
        bounds=np.column_stack([np.zeros_like(upper), upper]),
        method="highs",
    )
    return solved.x[: players * count].reshape(players, count), -solved.eqlin.marginals


def _forward_backward(log_odds: Floats, price: Floats) -> Floats:
    """Give the probability (p, t) of being on the floor, of each player by himself.

    Args:
        log_odds: (p, t) of being on the floor, less the rent of a place.
        price: (t - 1,) minus the log-probability of coming in, or of going out.
    """
    players, count = log_odds.shape
    forward, backward = np.zeros((2, players, count)), np.zeros((2, players, count))  # off, on
    forward[1, :, 0] = log_odds[:, 0]
    stay = np.log1p(-np.exp(-np.maximum(price, 1e-3)))
    for piece in range(1, count):
        off, on = forward[:, :, piece - 1]
        change, remain = -price[piece - 1], stay[piece - 1]
        forward[0, :, piece] = np.logaddexp(off + remain, on + change)
        forward[1, :, piece] = np.logaddexp(on + remain, off + change) + log_odds[:, piece]
    for piece in range(count - 2, -1, -1):
        off, on = backward[0, :, piece + 1], backward[1, :, piece + 1] + log_odds[:, piece + 1]
        change, remain = -price[piece], stay[piece]
        backward[0, :, piece] = np.logaddexp(off + remain, on + change)
        backward[1, :, piece] = np.logaddexp(on + remain, off + change)
    total = forward + backward
    return np.asarray(1 / (1 + np.exp(np.clip(total[0] - total[1], -700, 700))))
