"""Who attacks, on the way or in the half-court: a hidden Markov model over moments of live time.

Its states are the two teams, each in transition or in the half-court. What speaks for a state is where the centre of all players is,
as the team attacks, how fast it moves there, and whose the ball is where it was followed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.understand.tactics.chain import Transitions, likeliest_course
from pipeline.understand.tactics.moments import MOMENT_S, Floats, Ints, LiveMoments

LEAST_LOCATED = 5
"""Fewer players say nothing about where the play is."""
AVERAGED_S = 1.0
"""The centre's speed is that over so long."""
CENTRE = ((-0.24, 0.42), (0.63, 0.15))
"""Mean and standard deviation of the centre, in halves of the court from the half-way line towards the attacked basket: in transition, in the half-court."""
SPEED_MPS = ((2.9, 1.4), (0.5, 1.1))
"""The same of its speed towards that basket."""
WEIGHT = 0.3
"""Moments one after another are much alike, so each counts so much only."""
BALL_LOG_ODDS = 4.0
"""What speaks for the team that is said to have the ball."""
TRANSITION_S, HALF_COURT_S = 4.5, 14.0
"""Usual lengths."""
LOST_ON_WAY = 0.12
"""Share of the transitions that end with the ball lost."""
KEPT = 0.02
"""Share of half-court play after which the same team brings the ball up again."""
STATES = 4
"""A in transition, A in the half-court, B in transition, B in the half-court."""


@dataclass(frozen=True)
class Attacks:
    """Who attacks and how, in t moments."""

    team: Ints
    """(t,) 0 or 1; -1 where it is not known which basket is whose."""
    is_set: NDArray[np.bool_]
    """(t,) half-court, not transition."""
    confidence: Floats
    """(t,) of team and kind."""


def find_attacks(moments: LiveMoments, court: Court) -> Attacks:
    """Find who attacks.

    Args:
        moments: t of them.
        court: with two baskets.
    """
    count = len(moments.time_s)
    team, is_set, confidence = np.full(count, -1, np.int64), np.zeros(count, bool), np.full(count, np.nan)
    log_fit, transitions = _fits(moments, court), Transitions.between_all(np.log(_ways()))
    for number in np.unique(moments.stretch):
        rows = np.flatnonzero((moments.stretch == number) & np.isfinite(moments.way))
        if len(rows):
            state, chance = likeliest_course(log_fit[rows], transitions)
            team[rows], is_set[rows] = state // 2, state % 2 == 1
            confidence[rows] = chance[np.arange(len(rows)), state]
    return Attacks(team, is_set, confidence)


def centre_m(moments: LiveMoments, court: Court) -> Floats:
    """Return where the centre (t,) of the players is along the court, from the half-way line, positive where A attacks; NaN of few.

    Args:
        moments: t of them.
        court: its size.
    """
    x_m = moments.place_m[:, :, 0] - court.length_m / 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        of_teams = np.stack([np.nanmean(x_m[:, moments.team == team], axis=1) for team in (0, 1)])
        centre = np.nanmean(of_teams, axis=0)
    enough = np.isfinite(x_m).sum(axis=1) >= LEAST_LOCATED
    return np.asarray(np.where(enough, centre * moments.way, np.nan))


def _fits(moments: LiveMoments, court: Court) -> Floats:
    """Say what speaks for each state (t, 4), as logarithms."""
    centre = centre_m(moments, court)
    lag = max(1, round(AVERAGED_S / MOMENT_S / 2))
    speed = np.full(len(centre), np.nan)
    if len(centre) > 2 * lag:
        same = moments.stretch[2 * lag :] == moments.stretch[: -2 * lag]
        speed[lag:-lag] = np.where(same, (centre[2 * lag :] - centre[: -2 * lag]) / (2 * lag * MOMENT_S), np.nan)
    log_fit = np.zeros((len(centre), STATES))
    for team, sign in ((0, 1.0), (1, -1.0)):
        for kind in (0, 1):
            state = log_fit[:, 2 * team + kind]
            state += WEIGHT * _log_normal(sign * centre / (court.length_m / 2), *CENTRE[kind])
            state += WEIGHT * _log_normal(sign * speed, *SPEED_MPS[kind])
            state += WEIGHT * BALL_LOG_ODDS * (moments.ball_team == team)
    return log_fit


def _log_normal(values: Floats, mean: float, deviation: float) -> Floats:
    """Return the log-density (t,) of a normal distribution with heavy ends; 0 of what is not known."""
    squared = np.minimum(((values - mean) / deviation) ** 2, 9.0)
    return np.asarray(np.where(np.isfinite(values), -0.5 * squared - np.log(deviation), 0.0))


def _ways() -> Floats:
    """Return the probabilities (4, 4) of going from each state (row) to each (column) within a moment."""
    leave, end = 1 - np.exp(-MOMENT_S / TRANSITION_S), 1 - np.exp(-MOMENT_S / HALF_COURT_S)
    ways = np.full((STATES, STATES), 1e-6)
    for team in (0, 1):
        moving, at_basket, lost = 2 * team, 2 * team + 1, 2 * (1 - team)
        ways[moving, moving], ways[moving, at_basket] = 1 - leave, leave * (1 - LOST_ON_WAY)
        ways[moving, lost] = leave * LOST_ON_WAY
        ways[at_basket, at_basket], ways[at_basket, lost] = 1 - end, end * (1 - KEPT)
        ways[at_basket, moving] = end * KEPT
    return np.asarray(ways / ways.sum(axis=1, keepdims=True))
