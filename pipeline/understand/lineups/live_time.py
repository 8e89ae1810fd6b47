"""When the ball is in play: by the game clock where it was read, else by how fast people move.

With the ball in play somebody always runs; in dead time people walk. A chain of two states joins the seconds: play lasts
for tens of seconds, a dead ball for some. Where the game is not in view, a broadcaster mostly shows something else because
the ball is dead.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.tables import PLAY, conform
from pipeline.understand.lineups.sightings import BIN_S, Floats

FASTEST = 3
"""The mean speed of so many, the fastest on the court, says whether the ball is in play."""
LEAST_LOCATED = 4
"""Fewer people say nothing."""
WALKING_MPS, SPREAD_MPS = 2.1, 0.5
"""Speed of the fastest that speaks neither for play nor for a dead ball, and by how much it has to differ for odds of e, m/s."""
AVERAGED_S = 3
"""Pieces of time over which speeds are averaged."""
MOST_LOG_ODDS = 1.0
"""Of one piece of time: its neighbours are much alike."""
NOBODY_THERE = -1.0
"""Log-odds per second of play while the court is in view and hardly anybody is on it."""
NOT_IN_VIEW = -1.0
"""Log-odds per second of play while something else is shown."""
PLAY_LASTS_S, DEAD_LASTS_S = 35.0, 12.0


def live_probability(
    positions: pd.DataFrame, start_s: Floats, view_s: Floats, located_s: Floats, court: Court
) -> Floats:
    """Say how likely it is (t,) that the ball is in play, by how people move.

    Args:
        positions: table `positions` of players.
        start_s: (t,) pieces of time.
        view_s: (t,) seconds of each with the game in view.
        located_s: (t,) of these, with the court found, so that people on it have a place.
        court: its size.
    """
    fastest = _fastest(positions, start_s, court)
    log_odds = np.clip((fastest - WALKING_MPS) / SPREAD_MPS, -MOST_LOG_ODDS, MOST_LOG_ODDS)
    log_odds = np.where(np.isfinite(log_odds), log_odds, np.where(located_s >= BIN_S / 2, NOBODY_THERE, 0.0))
    return _smoothed(np.where(view_s >= BIN_S / 2, log_odds, NOT_IN_VIEW))


def clock_probability(clock: pd.DataFrame, frames: pd.DataFrame, start_s: Floats) -> Floats:
    """Say the same (t,) by the game clock; NaN where it was not read.

    Args:
        clock: table `clock`.
        frames: table `frames`.
        start_s: (t,) pieces of time.
    """
    timed = clock.dropna(subset="running").merge(frames[["frame", "time_s"]], on="frame")
    if timed.empty or not len(start_s):
        return np.full(len(start_s), np.nan)
    piece = ((timed["time_s"].to_numpy(np.float64) - start_s[0]) / BIN_S + 1e-9).astype(np.int64)
    runs = timed["running"].to_numpy(np.float64)
    count = np.bincount(piece, minlength=len(start_s))
    with np.errstate(invalid="ignore"):
        share = np.bincount(piece, runs, len(start_s)) / count
    return np.asarray(np.where(count > 0, share, np.nan))


def play_table(live: Floats, by_clock: NDArray[np.bool_], start_s: Floats, end_s: float) -> pd.DataFrame:
    """Make the table `play`.

    Args:
        live: (t,) probability that the ball is in play.
        by_clock: (t,) whether the clock says so.
        start_s: (t,) pieces of time.
        end_s: end of the last piece.
    """
    if not len(start_s):
        return PLAY.empty()
    state = live >= 0.5
    first = np.flatnonzero(np.diff(state.astype(np.int8) + 2 * by_clock, prepend=-1))
    ends = [*first[1:], len(start_s)]
    sure = np.where(state, live, 1 - live)
    rows = [
        {
            "start_s": start_s[begin],
            "end_s": end_s if end == len(start_s) else start_s[end],
            "state": "live" if state[begin] else "dead",
            "by": "clock" if by_clock[begin] else "movement",
            "confidence": float(sure[begin:end].mean()),
        }
        for begin, end in zip(first, ends, strict=True)
    ]
    return conform("play", pd.DataFrame(rows))


def _fastest(positions: pd.DataFrame, start_s: Floats, court: Court) -> Floats:
    """Average the speed (t,) of the fastest on the court; NaN where few are located."""
    inside = positions["x_m"].between(0, court.length_m) & positions["y_m"].between(0, court.width_m)
    moving = positions[inside & positions["speed_mps"].notna()]
    if moving.empty:
        return np.full(len(start_s), np.nan)
    piece = ((moving["time_s"].to_numpy(np.float64) - start_s[0]) / BIN_S + 1e-9).astype(np.int64)
    means = moving.groupby([piece, moving["player_id"].to_numpy()])["speed_mps"].mean()
    speeds = pd.DataFrame({"piece": means.index.get_level_values(0), "speed_mps": means.to_numpy()})
    speeds = speeds.sort_values(["piece", "speed_mps"], ascending=[True, False], kind="stable")
    people = speeds.groupby("piece").size()
    top = speeds.groupby("piece").head(FASTEST).groupby("piece")["speed_mps"].mean()
    top = top[people >= LEAST_LOCATED].reindex(np.arange(len(start_s)))
    return np.asarray(top.rolling(AVERAGED_S, center=True, min_periods=1).mean().to_numpy(np.float64))


def _smoothed(log_odds: Floats) -> Floats:
    """Join the pieces (t,) to a chain of two states; the probability (t,) of the second."""
    leave = np.log([BIN_S / DEAD_LASTS_S, BIN_S / PLAY_LASTS_S])  # from dead, from live
    remain = np.log1p(-np.exp(leave))
    count = len(log_odds)
    forward, backward = np.zeros((count, 2)), np.zeros((count, 2))
    for piece in range(count):
        before = forward[piece - 1] if piece else np.zeros(2)
        forward[piece, 0] = np.logaddexp(before[0] + remain[0], before[1] + leave[1])
        forward[piece, 1] = np.logaddexp(before[1] + remain[1], before[0] + leave[0]) + log_odds[piece]
    for piece in range(count - 2, -1, -1):
        dead, live = backward[piece + 1, 0], backward[piece + 1, 1] + log_odds[piece + 1]
        backward[piece, 0] = np.logaddexp(dead + remain[0], live + leave[0])
        backward[piece, 1] = np.logaddexp(live + remain[1], dead + leave[1])
    total = forward + backward
    return np.asarray(1 / (1 + np.exp(total[:, 0] - total[:, 1])))
