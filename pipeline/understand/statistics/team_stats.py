"""Statistics per team: shape, where the play was, and pace."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.geometry.spread import hull_areas, spacings
from pipeline.tables import TEAM_PERIODS, TEAM_STATS, conform
from pipeline.understand.statistics.game_timeline import GameTimeline, content_of
from pipeline.understand.statistics.least import (
    LEAST_ATTACKS,
    LEAST_PACE_S,
    LEAST_PHASE_S,
    LEAST_PLACE_S,
    LEAST_SPEED_S,
    lasts,
)

Floats = NDArray[np.float64]

LEAST_ATTACK_S = 3.0
"""The play is in the attacked half for at least this long, or it was no attack."""


def team_stats(timeline: GameTimeline, court: Court) -> pd.DataFrame:
    """Make the table `team_stats` of a game, or the same of a period: one row per team with located players."""
    players = timeline.located[timeline.located["role"] == "player"]
    rows = [
        timeline.memory.result(
            f"team {team}",
            (content_of(rows), timeline.phases[str(team)]),
            partial(_row, str(team), rows, court, timeline.phases[str(team)], timeline.duration_s),
        )
        | {"seen_s": _seen_s(timeline, str(team)), "unknown_s": _unknown_s(timeline, str(team))}
        for team, rows in players.groupby("team")
    ]
    return conform("team_stats", pd.DataFrame(rows)) if rows else TEAM_STATS.empty()


def team_periods(timeline: GameTimeline, court: Court) -> pd.DataFrame:
    """Make the table `team_periods`: the same per period."""
    tables = [team_stats(of_period, court).assign(period=period) for period, of_period in timeline.by_period()]
    tables = [table for table in tables if len(table)]
    return conform("team_periods", pd.concat(tables, ignore_index=True)) if tables else TEAM_PERIODS.empty()


def _seen_s(timeline: GameTimeline, team: str) -> float:
    """Add up the time that the players of a team were seen, each one's by itself."""
    members = timeline.players.loc[
        (timeline.players["team"] == team) & (timeline.players["role"] == "player"), "player_id"
    ]
    boxes = timeline.present[timeline.present["state"] == "seen"]
    return float(timeline.duration_s[boxes.loc[boxes["player_id"].isin(members), "row"]].sum())


def _unknown_s(timeline: GameTimeline, team: str) -> float:
    """Add up the time that somebody of a team was seen of whom nobody knows who he is."""
    return float(timeline.duration_s[timeline.unknown.loc[timeline.unknown["team"] == team, "row"]].sum())


def _row(team: str, located: pd.DataFrame, court: Court, phase: NDArray[np.int8], duration_s: Floats) -> dict[str, Any]:
    """Sum up one team.

    Args:
        team: its name.
        located: its players.
        court: that is played on.
        phase: (t,) of the team, in every frame.
        duration_s: (t,) that each frame stands for.
    """
    dt, speed = located["dt"].to_numpy(np.float64), located["speed_mps"].to_numpy(np.float64)
    moving = np.isfinite(speed)
    phases = located["phase"].to_numpy()
    return {
        **TEAM_STATS.unknown(),
        "team": team,
        "players": located["player_id"].nunique(),
        "distance_m": float(speed[moving] @ dt[moving]) if moving.any() else np.nan,
        "mean_speed_mps": _mean(speed, dt, moving, LEAST_SPEED_S),
        "offence_speed_mps": _mean(speed, dt, moving & (phases == 1), LEAST_SPEED_S),
        "defence_speed_mps": _mean(speed, dt, moving & (phases == -1), LEAST_SPEED_S),
        **_pace(phase, duration_s),
        **_shape(located, court),
    }


def _mean(values: Floats, weights: Floats, chosen: NDArray[np.bool_], least_s: float) -> float:
    """Average the chosen values by weight; NaN where they weigh too little."""
    total = float(weights[chosen].sum())
    return float(values[chosen] @ weights[chosen]) / total if lasts(total, least_s) else np.nan


def _pace(phase: NDArray[np.int8], duration_s: Floats) -> dict[str, Any]:
    """Sum the time in both halves, and count attacks: unbroken stays of the play in the attacked half."""
    decided = phase != 0
    if not decided.any():
        return {}
    phase, dt = phase[decided], duration_s[decided]
    offence_s, defence_s = (float(dt[phase == sign].sum()) for sign in (1, -1))
    spell = np.cumsum(np.diff(phase, prepend=phase[0]) != 0)
    lasting = np.bincount(spell[phase == 1], dt[phase == 1])
    lasting = lasting[[lasts(attack_s, LEAST_ATTACK_S) for attack_s in lasting]]
    enough = lasts(offence_s + defence_s, LEAST_PACE_S)
    return {
        "offence_s": offence_s,
        "defence_s": defence_s,
        "offence_share": offence_s / (offence_s + defence_s) if enough else np.nan,
        "attacks": len(lasting),
        "attacks_per_min": 60 * len(lasting) / (offence_s + defence_s) if enough else np.nan,
        "attack_s": float(lasting.mean()) if len(lasting) >= LEAST_ATTACKS else np.nan,
    }


def _shape(located: pd.DataFrame, court: Court) -> dict[str, Any]:
    """Average the shape of the team over the time in which exactly as many of it are located as play."""
    size = court.team_size
    whole = located[located.groupby("row")["player_id"].transform("size") == size].sort_values("row")
    if whole.empty:
        return {"shape_s": 0.0}
    place, ahead = (
        whole[list(names)].to_numpy(np.float64).reshape(-1, size, 2)
        for names in (("x_m", "y_m"), ("attack_x_m", "attack_y_m"))
    )
    dt, phase = (whole[name].to_numpy()[::size] for name in ("dt", "phase"))
    spacing, hull = spacings(place), hull_areas(place)
    centroid = ahead.mean(axis=1)
    always, turned = np.ones(len(dt), bool), np.isfinite(centroid[:, 0])
    shape: dict[str, Any] = {"shape_s": float(dt.sum())}
    for name, chosen in (("", always), ("offence_", phase == 1), ("defence_", phase == -1)):
        shape[f"{name}spacing_m"] = _mean(spacing, dt, chosen, LEAST_PLACE_S)
        shape[f"{name}hull_m2"] = _mean(hull, dt, chosen, LEAST_PLACE_S)
    if lasts(min(float(dt[phase == sign].sum()) for sign in (1, -1)), LEAST_PHASE_S) or court.baskets == 1:
        shape["centroid_x_m"], shape["centroid_y_m"] = (
            _mean(centroid[:, k], dt, turned, LEAST_PLACE_S) for k in (0, 1)
        )
    return shape
