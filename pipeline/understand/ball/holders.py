"""Who has the ball: a hidden Markov model whose states are the players, and nobody after either team.

Who has the ball has it before him, between floor and raised hands, and moves with it. An unseen ball stays with whom it was, with growing doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.ball.sightings import BALL_M, PLAYER_M

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AHEAD = 0.17
"""Standard deviation of a held ball from the middle of its holder's box, across, in heights of the box."""
LOW, HIGH = -0.05, 1.12
"""Over the feet: a held ball is hardly lower or higher, in heights of the box."""
BESIDE = 0.08
"""Standard deviation by which it may be all the same."""
DRIFT_PER_S = 1.0
"""Standard deviation of its speed across against the holder's, in heights of the box per second."""
SIZE = 0.35
"""The same of the logarithm of its width against what the holder's height leads to expect."""
REACH_M, USUAL_REACH = 0.4, 1.0
"""Standard deviation of a held ball from its holder's feet, m; and how many of these are taken where that is not known."""
MOST_REACH = 4.0
OVER, OVER_SPREAD = 0.4, 0.35
"""Where it usually is over the feet, and the standard deviation, in heights of the box."""
CORRELATED, CLEARLY = 0.2, 0.3
"""Sightings one after another are much alike: whose of two who stand together it is, each tells only so much; more, that it is far away."""
HIDDEN = 0.1
"""Log-odds, a frame, that a ball that is not seen is held: a body hides it."""
NEAR, FAR = 4.0, 12.0
"""Minus the log-likelihood from which the ball is away from somebody, and the most of it."""
FREE = 1.0
"""Minus the log-likelihood of any place of a ball that nobody has, on the weighed scale."""
ATTACKS = 0.04
"""Log-odds, a frame, that the ball is that team's who attack where the players are."""
HELD_S, FREE_S = 3.0, 0.7
"""How long somebody usually has the ball, and how long nobody has it."""
TAKEN = 0.03
"""Share of the changes that go from hand to hand, without the ball being free."""
CAN_HOLD = 5
"""Each of so many of a team may get a free ball."""
STOLEN, OTHER_TEAM = 0.01, 0.6
"""Share of the balls that go to the other team: of a pass or dribble, and after a shot."""


@dataclass(frozen=True)
class BallSeen:
    """What is seen of the ball and the players in t frames; p players."""

    ball_px: Floats
    """(t, 2); NaN where it was not seen."""
    ball_width_px: Floats
    """(t,)"""
    drift_px_s: Floats
    """(t, p) speed across of the ball against each player; NaN where unknown."""
    reach_m: Floats
    """(t, p) from each player's feet to the ball, if it is at some height of hands or a dribble; NaN where unknown."""
    box: Floats
    """(t, p, 4) of the players; NaN where there is none."""
    team: Ints
    """(p,) 0 or 1."""
    step_s: Floats
    """(t,) since the frame before."""
    begins: NDArray[np.bool_]
    """(t,) frames before which everything may have changed."""
    attack: Floats
    """(t,) from -1, the play is where team 0 attacks, to 1, where team 1 does; 0 where nobody knows."""
    after_shot: NDArray[np.bool_]
    """(t,) frames in which the ball comes off a rim, or through it: either team may get it."""


@dataclass(frozen=True)
class Holders:
    """Who has the ball."""

    state: Ints
    """(t,) place of the player; p and p + 1 for nobody, after either team."""
    probability: Floats
    """(t, p + 2) of each state."""

    @property
    def confidence(self) -> Floats:
        """Probability (t,) of the state."""
        return self.probability[np.arange(len(self.state)), self.state]


def likelihoods(seen: BallSeen) -> Floats:
    """Say how well each place of the ball fits each state: log-likelihoods (t, p + 2), nobody last."""
    box = seen.box
    tall = box[:, :, 3] - box[:, :, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        across = (seen.ball_px[:, None, 0] - (box[:, :, 0] + box[:, :, 2]) / 2) / tall
        over = (box[:, :, 3] - seen.ball_px[:, None, 1]) / tall
        outside = np.maximum(np.maximum(LOW - over, over - HIGH), 0) / BESIDE
        drift = np.nan_to_num(seen.drift_px_s / tall / DRIFT_PER_S)
        odd = np.log(seen.ball_width_px[:, None] / (tall * BALL_M / PLAYER_M)) / SIZE
        fits = (
            -0.5 * ((across / AHEAD) ** 2 + outside**2)
            - np.minimum(0.5 * drift**2, 4.0)
            - np.minimum(0.5 * odd**2, 2.0)
        )
    cost = np.minimum(np.nan_to_num(-fits, nan=FAR), FAR)
    weighed = CORRELATED * np.minimum(cost, NEAR) + CLEARLY * np.maximum(cost - NEAR, 0)
    whole = -np.column_stack([weighed, np.full((len(fits), 2), FREE)])
    unseen = np.append(np.zeros(fits.shape[1]), [-HIDDEN] * 2)
    side = ATTACKS * np.where(np.append(seen.team, [0, 1]) == 1, seen.attack[:, None], -seen.attack[:, None])
    return np.where(np.isfinite(seen.ball_px[:, :1]), whole, unseen) + side


def find_holders(seen: BallSeen) -> Holders:
    """Find the likeliest course (Viterbi), and the probability of each frame's states (forward and backward)."""
    log_fit = likelihoods(seen)
    frames, states = log_fit.shape
    steps = [
        (float(step_s), bool(after)) for step_s, after in zip(np.round(seen.step_s, 3), seen.after_shot, strict=True)
    ]
    ways = {step: _transitions(step[0], seen.team, OTHER_TEAM if step[1] else STOLEN) for step in set(steps)}
    with np.errstate(divide="ignore"):
        log_ways = {step: np.log(way) for step, way in ways.items()}
    fit = np.exp(log_fit - log_fit.max(axis=1, keepdims=True))
    value, source = np.zeros((frames, states)), np.zeros((frames, states), np.int64)
    forward, backward = np.full((frames, states), 1 / states), np.full((frames, states), 1 / states)
    for k in range(frames):
        if k and not seen.begins[k]:
            reached = value[k - 1][:, None] + log_ways[steps[k]]
            source[k] = reached.argmax(axis=0)
            value[k] = reached.max(axis=0)
            forward[k] = forward[k - 1] @ ways[steps[k]]
        elif k:
            source[k], value[k] = value[k - 1].argmax(), value[k - 1].max()
        value[k] += log_fit[k]
        forward[k] *= fit[k]
        forward[k] /= forward[k].sum()
    for k in range(frames - 2, -1, -1):
        if not seen.begins[k + 1]:
            backward[k] = ways[steps[k + 1]] @ (backward[k + 1] * fit[k + 1])
            backward[k] /= backward[k].sum()
    state = np.zeros(frames, np.int64)
    for k in range(frames - 1, -1, -1):
        state[k] = value[k].argmax() if k == frames - 1 else source[k + 1, state[k + 1]]
    both = forward * backward
    return Holders(state, both / both.sum(axis=1, keepdims=True))


def goes_away(seen: BallSeen) -> NDArray[np.bool_]:
    """Say in which frames (t,) a ball that was with somebody is away from all."""
    log_fit = likelihoods(seen)
    is_seen = np.isfinite(seen.ball_px[:, 0])
    away = log_fit[is_seen, :-2].max(axis=1, initial=-np.inf) < log_fit[is_seen, -1]
    found = np.zeros(len(log_fit), np.bool_)
    found[np.flatnonzero(is_seen)] = away & ~np.append(False, away[:-1])
    return found


def _transitions(step_s: float, team: Ints, stolen: float) -> Floats:
    """Return the probabilities (s, s) of going from each state (row) to each (column) within a step.

    Args:
        step_s: seconds.
        team: (p,) of the players; states are these, and the ball free that each of two teams had.
        stolen: share of the balls that go to the other team.
    """
    people = len(team)
    leave, settle = 1 - np.exp(-step_s / HELD_S), 1 - np.exp(-step_s / FREE_S)
    among = np.where(team[:, None] == np.arange(2)[None], 1 - stolen, stolen)  # (p, 2)
    ways = np.zeros((people + 2, people + 2))
    same = np.where(team[:, None] == team[None], 1 - stolen, stolen) * (1 - np.eye(people))
    ways[:people, :people] = leave * TAKEN * same / max(people - 1, 1)
    ways[np.arange(people), people + team] = leave * (1 - TAKEN)
    ways[people:, :people] = settle * among.T / CAN_HOLD
    ways[np.arange(people + 2), np.arange(people + 2)] = 1 - np.append(np.full(people, leave), [settle] * 2)
    return ways
