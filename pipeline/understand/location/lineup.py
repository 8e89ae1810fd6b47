"""Line-up, who counts as on court: at most five players of a team at once, three in 3x3, as the rules have it.

While players change, there are more of them on the floor: who comes in is there before who goes has left. Of more than five the
one who leaves first does not count any more. So what does not count is always the end of a stint, nobody counts again
before he has been away, and the rule holds through gaps that are bridged too.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.tables import conform
from pipeline.understand.game import TrackedGame

MARGIN_M = 1.0
"""Who throws the ball in stands so near to the lines; who is further off is not on court (m)."""


def lineup_tracks(
    game: TrackedGame, identities: pd.DataFrame, players: pd.DataFrame, court: Court, max_absence_s: float
) -> pd.DataFrame:
    """Keep the tracklets' boxes that count; those of referees, of people unknown and of players without a team all do.

    Args:
        game: frames, m boxes, foot points and tracklets; where a foot point is unknown a player is taken for on court.
        identities: table `identities`.
        players: table `players`.
        court: its lines, and how many play on it.
        max_absence_s: who is not on court for longer has left.

    Returns:
        Rows of `game.tracks`.
    """
    boxes = _boxes_of_teams(game, identities, players, off_court(game.feet_m, court))
    stint = stints(
        boxes["player_id"].to_numpy(), boxes["time_s"].to_numpy(), boxes["off_court"].to_numpy(), max_absence_s
    )
    spans = (
        boxes.groupby(stint)
        .agg(team=("team", "first"), first=("row", "min"), last=("row", "max"))
        .drop(index=-1, errors="ignore")
    )
    until = np.zeros(len(spans) + 1, dtype=np.int64)
    for team in spans["team"].unique():
        of_team = np.flatnonzero(spans["team"] == team)
        first, last = (spans[name].to_numpy()[of_team] for name in ("first", "last"))
        until[of_team] = counted_until(first, last, court.team_size)
    over = boxes["row"].to_numpy() >= until[stint]
    return conform("tracks", game.tracks[~game.tracks["detection_id"].isin(boxes.loc[over, "detection_id"])])


def off_court(feet_m: NDArray[np.float64], court: Court) -> NDArray[np.bool_]:
    """Say which foot points (m, 2) are known to be off the court by more than `MARGIN_M`: (m,)."""
    beyond = np.maximum(-feet_m, feet_m - [court.length_m, court.width_m]) > MARGIN_M
    return np.asarray(beyond.any(axis=1))


def stints(
    player_id: NDArray[np.int64], time_s: NDArray[np.float64], off_court: NDArray[np.bool_], max_absence_s: float
) -> NDArray[np.int64]:
    """Number the stints of players, each from a first moment on court to a last one before the player is away for long.

    Args:
        player_id: (n,) of each box, rising.
        time_s: (n,) rising for each player.
        off_court: (n,) is known to be off the court.
        max_absence_s: who is not on court for longer has left.

    Returns:
        (n,) from 0; -1 for a box off the court before or after a stint.

    Example:
        >>> off_court = np.array([True, False, True, False, False, True])
        >>> stints(np.ones(6, dtype=int), np.array([0.0, 1, 2, 3, 9, 10]), off_court, max_absence_s=5.0).tolist()
        [-1, 0, 0, 0, 1, -1]
    """
    on = np.flatnonzero(~off_court)
    starts = (np.diff(player_id[on], prepend=-1) != 0) | (np.diff(time_s[on], prepend=-np.inf) > max_absence_s)
    number = np.append(np.cumsum(starts) - 1, -1)  # the last is of nobody
    before = np.searchsorted(on, np.arange(len(player_id)), side="right") - 1
    after = np.searchsorted(on, np.arange(len(player_id)))
    return np.where(number[before] == number[after], number[before], -1)


def counted_until(first: NDArray[np.int64], last: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Say from which moment on each stint (n,) of a team does not count any more.

    A stint is over for the count when `most` others have begun that last longer.

    Args:
        first: (n,) first moment of each.
        last: (n,) last moment.
        most: so many count at once.

    Example:
        >>> counted_until(np.array([0, 0, 20]), np.array([50, 25, 60]), most=2).tolist()
        [51, 20, 61]
    """
    order = np.lexsort((-first, last))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    end = last + 1
    for stint in range(len(first)):
        longer = np.sort(first[rank > rank[stint]])
        if len(longer) >= most:
            end[stint] = min(end[stint], longer[most - 1])
    return end


def _boxes_of_teams(
    game: TrackedGame, identities: pd.DataFrame, players: pd.DataFrame, off_court: NDArray[np.bool_]
) -> pd.DataFrame:
    """Join boxes to the players of teams: detection_id, player_id, team, row, time_s, off_court; by player and time."""
    boxes = game.detections[["detection_id"]].assign(
        row=game.box_frame_row, time_s=game.box_time_s, off_court=off_court
    )
    of_teams = players.loc[players["team"].notna() & (players["role"] == "player"), ["player_id", "team"]]
    joined = game.tracks.merge(identities[["track_id", "player_id"]], on="track_id").merge(of_teams, on="player_id")
    return joined.merge(boxes, on="detection_id").sort_values(["player_id", "row"], kind="stable", ignore_index=True)
