"""The stage `ball_events`: the ball's table -> touches, possessions, events and box score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.geometry.court import Court
from pipeline.tables import ALL, TableName, conform
from pipeline.understand.ball_events.actions import BallAction, GameAround, find_actions
from pipeline.understand.ball_events.box_score import box_score
from pipeline.understand.ball_events.shot_zones import shot_zones
from pipeline.understand.ball_events.touches import find_touches, possessions_table, touches_table

SURE: Mapping[str, float | None] = {"pass": None, "turnover": None, "shot": 0.7, "free-throw": 0.7, "rebound": 0.9}
"""An event of at least this confidence counts: from there on nine of ten were right in rendered games; None: never."""
SURE_RESULT = 0.9
LEAST_FOLLOWED = 0.5
"""Share of the live time in which it is known where the ball is, below which nobody's events are counted."""
NEAR_CLOCK_S = 3.0
"""A clock that was read so near tells the time of an event."""


@dataclass(frozen=True)
class BallTables:
    """The tables that the ball's are read with."""

    frames: pd.DataFrame
    players: pd.DataFrame
    positions: pd.DataFrame
    play: pd.DataFrame
    stints: pd.DataFrame
    clock: pd.DataFrame
    events: pd.DataFrame


def find_ball_events(
    ball: pd.DataFrame, flights: pd.DataFrame, tables: BallTables, court: Court
) -> Mapping[TableName, pd.DataFrame]:
    """Find what is done with the ball.

    Args:
        ball: table `ball`.
        flights: table `flights`.
        tables: of the same game.
        court: with its three-point line.

    Returns:
        Tables `touches`, `possessions`, `ball_events`, `box_score` and `shot_zones`; empty where the ball was not followed. There is no box
        score where that was so for most of the live time: its counts would say 0 of what was not seen.
    """
    names: tuple[TableName, ...] = ("touches", "possessions", "ball_events", "box_score", "shot_zones")
    if ball.empty:
        return {name: ALL[name].empty() for name in names}
    members = tables.players.dropna(subset="team")
    members = members[members["role"] == "player"]
    team_of = dict(zip(members["player_id"].astype(int), members["team"].astype(str), strict=True))
    step_s = float(np.median(np.diff(tables.frames["time_s"].to_numpy()))) if len(tables.frames) > 1 else 0.0
    touches = find_touches(ball, team_of, step_s)
    actions = find_actions(touches, flights, _around(tables, team_of, court))
    last_id = int(tables.events["event_id"].max()) if len(tables.events) else 0
    events = _events_table(actions, tables, last_id)
    turns = touches_table(touches)
    return {
        "touches": turns,
        "possessions": possessions_table(touches),
        "ball_events": events,
        "box_score": box_score(events, turns, tables.stints, team_of, court)
        if _followed(ball, tables) >= LEAST_FOLLOWED
        else ALL["box_score"].empty(),
        "shot_zones": shot_zones(events, court),
    }


def _followed(ball: pd.DataFrame, tables: BallTables) -> float:
    """Measure the share of the live frames, or of all where none is known to be live, with a row of the table `ball`."""
    time_s = tables.frames["time_s"].to_numpy(np.float64)
    is_live = np.zeros(len(time_s), dtype=bool)
    for begin_s, end_s in tables.play.loc[tables.play["state"] == "live", ["start_s", "end_s"]].to_numpy(np.float64):
        is_live |= (time_s >= begin_s) & (time_s < end_s)
    has_ball = tables.frames["frame"].isin(ball["frame"]).to_numpy()
    return float(has_ball[is_live].mean() if is_live.any() else has_ball.mean())


def _around(tables: BallTables, team_of: dict[int, str], court: Court) -> GameAround:
    """Put together what events are judged by."""
    positions = tables.positions[tables.positions["player_id"].isin(list(team_of))]
    points = tables.events[(tables.events["kind"] == "points") & tables.events["team"].notna()]
    scored = tables.clock.dropna(subset=["score_first", "score_second"])
    return GameAround(
        court,
        positions.sort_values("time_s", kind="stable"),
        team_of,
        tables.play[tables.play["state"] == "live"],
        points,
        tables.frames.set_index("frame")["time_s"].reindex(scored["frame"]).to_numpy(np.float64),
    )


def _events_table(actions: list[BallAction], tables: BallTables, last_id: int) -> pd.DataFrame:
    """Make the table `ball_events`: numbered on, with status and what the clock showed."""
    if not actions:
        return ALL["ball_events"].empty()
    table = pd.DataFrame([_row(action) for action in actions])
    table["event_id"] = last_id + 1 + np.arange(len(table))
    table["period"], table["clock_s"] = pd.NA, np.nan
    timed = tables.clock.merge(tables.frames[["frame", "time_s"]], on="frame")
    if len(timed):
        near = np.clip(np.searchsorted(timed["time_s"], table["time_s"]), 0, len(timed) - 1)
        is_near = np.abs(timed["time_s"].to_numpy()[near] - table["time_s"].to_numpy(np.float64)) <= NEAR_CLOCK_S
        for name in ("period", "clock_s"):
            table[name] = timed[name].iloc[near].reset_index(drop=True).where(is_near)
    return conform("ball_events", table)


def _row(action: BallAction) -> dict[str, object]:
    """Write an action as a row."""
    unknown = {
        **dict.fromkeys(("partner_id", "points"), pd.NA),
        **dict.fromkeys(("result", "result_status"), None),
        **dict.fromkeys(("result_confidence", "length_m", "x_m", "y_m", "nearest_opponent_m"), np.nan),
    }
    more = {name: value for name, value in action.more.items() if name in unknown}
    least = SURE[action.kind]
    worth = action.confidence * action.more.get("points_confidence", 1.0)
    row = {
        "time_s": action.time_s,
        "earliest_s": min(action.earliest_s, action.time_s),
        "latest_s": max(action.latest_s, action.time_s),
        "kind": action.kind,
        "team": action.team,
        "player_id": action.player_id,
        "confidence": float(np.clip(worth, 0, 1)),
        "status": "sure" if least is not None and worth >= least else "candidate",
    }
    has_result = more.get("result") is not None
    if has_result:
        row["result_status"] = "sure" if more["result_confidence"] >= SURE_RESULT else "candidate"
    return {**unknown, **more, **row}
