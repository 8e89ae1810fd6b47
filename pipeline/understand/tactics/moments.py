"""The live time in moments a quarter of a second apart: where everybody on the floor is, and the ball."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOMENT_S = 0.25
TEAMS = ("A", "B")
CLOSE_S = 0.6
"""What is known so long before or after holds for a moment."""
SHORTEST_S = 2.0
"""A shorter stretch of live time is left out."""


@dataclass(frozen=True)
class LiveMoments:
    """t moments of live time, in order; p players."""

    time_s: Floats
    """(t,)"""
    stretch: Ints
    """(t,) which stretch of live time each is in."""
    who: Ints
    """(p,) player_ids."""
    team: Ints
    """(p,) 0 for A, 1 for B."""
    on_floor: NDArray[np.bool_]
    """(t, p)"""
    place_m: Floats
    """(t, p, 2); NaN where not located, or not on the floor."""
    way: Floats
    """(t,) 1 where A attacks the right basket, -1 the left, NaN where that is not known."""
    ball_m: Floats
    """(t, 2) where the ball is; NaN where not known."""
    holder: Ints
    """(t,) place in `who` of who holds the ball; -1 nobody, or not known."""
    ball_team: Ints
    """(t,) whose the ball is, 0 or 1; -1 where not known."""

    def of_team(self, team: int) -> Floats:
        """Return the places (t, k, 2) of the k players of a team."""
        return self.place_m[:, self.team == team]

    def spell(self, first: int, last: int) -> tuple[float, float]:
        """Say from when to when some moments are.

        Args:
            first: row of the first.
            last: row of the last.
        """
        return float(self.time_s[first]), float(self.time_s[last] + MOMENT_S)


def read_moments(
    play: pd.DataFrame,
    stints: pd.DataFrame,
    positions: pd.DataFrame,
    periods: pd.DataFrame,
    ball: pd.DataFrame,
    possessions: pd.DataFrame,
    team_of: Mapping[int, str],
    court: Court,
) -> LiveMoments:
    """Put the tables of the same names together, moment by moment.

    Args:
        play: what is live.
        stints: who is on the floor.
        positions: where people are.
        periods: which basket is attacked.
        ball: where it is; may be empty.
        possessions: whose it is; may be empty.
        team_of: teams by player_id.
        court: its size.
    """
    time_s, stretch = _live(play)
    who = np.array(sorted(team_of), dtype=np.int64)
    team = np.array([TEAMS.index(team_of[int(player)]) for player in who], dtype=np.int64)
    on_floor = np.zeros((len(time_s), len(who)), dtype=bool)
    for player, start_s, end_s in stints[["player_id", "start_s", "end_s"]].itertuples(index=False):
        if player in team_of:
            on_floor[(time_s >= start_s) & (time_s < end_s), np.searchsorted(who, player)] = True
    place_m = np.full((len(time_s), len(who), 2), np.nan)
    for player, rows in positions[positions["player_id"].isin(who)].groupby("player_id"):
        column = int(np.searchsorted(who, int(str(player))))
        place_m[:, column] = _nearest(rows[["time_s", "x_m", "y_m"]].to_numpy(np.float64), time_s)
    size_m = np.array([court.length_m, court.width_m])
    inside = ((place_m > -1.0) & (place_m < size_m + 1.0)).all(axis=2)
    place_m[~(on_floor & inside)] = np.nan
    seen = ball[["time_s", "x_m", "y_m", "player_id"]].to_numpy(np.float64, na_value=np.nan)
    at_ball = _nearest(seen, time_s)
    held_by = np.nan_to_num(at_ball[:, 2], nan=-1).astype(np.int64)
    found = np.clip(np.searchsorted(who, held_by), 0, max(len(who) - 1, 0))
    holder = np.where(who[found] == held_by, found, -1) if len(who) else np.full(len(time_s), -1)
    return LiveMoments(
        time_s, stretch, who, team, on_floor, place_m, _ways(time_s, periods), at_ball[:, :2], holder, _whose(time_s, possessions)
    )  # fmt: skip


def _live(play: pd.DataFrame) -> tuple[Floats, Ints]:
    """Return the moments (t,) of live time, and the number (t,) of the stretch that each is in."""
    live = play[(play["state"] == "live") & (play["end_s"] - play["start_s"] >= SHORTEST_S)]
    edges = live[["start_s", "end_s"]].to_numpy(np.float64)
    joined: list[list[float]] = []
    for start_s, end_s in edges.tolist():
        if joined and start_s - joined[-1][1] < MOMENT_S:
            joined[-1][1] = end_s
        else:
            joined.append([start_s, end_s])
    parts = [np.arange(start_s, end_s - MOMENT_S / 2, MOMENT_S) for start_s, end_s in joined]
    number = [np.full(len(part), k) for k, part in enumerate(parts)]
    return (np.concatenate(parts), np.concatenate(number)) if parts else (np.zeros(0), np.zeros(0, np.int64))


def _nearest(rows: Floats, time_s: Floats) -> Floats:
    """Take what is known nearest to each of some times.

    Args:
        rows: (k, 1 + c) a time, and what is known then.
        time_s: (t,).

    Returns:
        (t, c); NaN where nothing is known close by.
    """
    if not len(rows):
        return np.full((len(time_s), rows.shape[1] - 1), np.nan)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    after = np.clip(np.searchsorted(rows[:, 0], time_s), 0, len(rows) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.where(np.abs(rows[before, 0] - time_s) <= np.abs(rows[after, 0] - time_s), before, after)
    found = rows[nearer, 1:].copy()
    found[np.abs(rows[nearer, 0] - time_s) > CLOSE_S] = np.nan
    return found


def _ways(time_s: Floats, periods: pd.DataFrame) -> Floats:
    """Say (t,) which basket team A attacks."""
    way = np.full(len(time_s), np.nan)
    for period in periods.dropna(subset="right_team").to_dict("records"):
        inside = (time_s >= period["start_s"]) & (time_s < period["end_s"])
        way[inside] = 1.0 if period["right_team"] == "A" else -1.0
    return way


def _whose(time_s: Floats, possessions: pd.DataFrame) -> Ints:
    """Say (t,) whose the ball is."""
    whose = np.full(len(time_s), -1, dtype=np.int64)
    for row in possessions.to_dict("records"):
        whose[(time_s >= row["start_s"]) & (time_s < row["end_s"])] = TEAMS.index(str(row["team"]))
    return whose
