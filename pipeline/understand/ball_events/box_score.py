"""Adding up sure events per player and team, with the columns of a box score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.geometry.court import Court
from pipeline.tables import BOX_SCORE, conform

UNSURE = ("tov", "stl", "passes")
"""Counts of events that are never sure: nothing is said of them."""


def box_score(
    events: pd.DataFrame, touches: pd.DataFrame, stints: pd.DataFrame, team_of: Mapping[int, str], court: Court
) -> pd.DataFrame:
    """Make the table `box_score`: a row per player, and one per team without a player.

    Args:
        events: table `ball_events`.
        touches: table `touches`.
        stints: table `stints`.
        team_of: teams of the players by player_id.
        court: says what a shot from inside the arc is worth.
    """
    if events.empty and touches.empty:
        return BOX_SCORE.empty()
    played_s = stints.groupby("player_id")["live_s"].sum()
    rows = []
    for player_id, team in sorted(team_of.items(), key=lambda entry: (entry[1], entry[0])):
        row = _counts(
            events[events["player_id"] == player_id],
            events[(events["partner_id"] == player_id) & (events["kind"] == "turnover")],
            touches[touches["player_id"] == player_id],
            court,
        )
        minutes = float(played_s.get(player_id, np.nan)) / 60
        rows.append({"team": team, "player_id": player_id, "min": minutes, **row})
    for team in sorted(set(team_of.values())):
        taken = events[(events["kind"] == "turnover") & (events["team"] != team)]
        row = _counts(events[events["team"] == team], taken, touches[touches["team"] == team], court)
        members = [who for who, of_team in team_of.items() if of_team == team]
        minutes = float(played_s[played_s.index.isin(members)].sum(min_count=1)) / 60
        rows.append({"team": team, "player_id": pd.NA, "min": minutes, **row})
    return conform("box_score", pd.DataFrame(rows))


def _counts(events: pd.DataFrame, taken: pd.DataFrame, touches: pd.DataFrame, court: Court) -> dict[str, object]:
    """Count the sure events of somebody, and of the opponents' turnovers those that he took."""
    sure = events[events["status"] == "sure"]
    is_told = sure["result_status"] == "sure"
    is_made = is_told & (sure["result"] == "made")
    shots, throws = sure["kind"] == "shot", sure["kind"] == "free-throw"
    beyond = shots & (sure["points"] > court.points_inside)
    offensive = (sure["kind"] == "rebound") & (sure["result"] == "offensive")
    defensive = (sure["kind"] == "rebound") & (sure["result"] == "defensive")
    results = events[events["kind"].isin(["shot", "free-throw"])]
    certain = len(sure) + int((results["result_status"] == "sure").sum())
    total = len(events) + len(results)
    counts: dict[str, object] = {
        "fgm": _of_told((shots & is_made).sum(), shots, is_told),
        "fga": int(shots.sum()),
        "fg3m": _of_told((beyond & is_made).sum(), beyond, is_told),
        "fg3a": int(beyond.sum()),
        "ftm": _of_told((throws & is_made).sum(), throws, is_told),
        "fta": int(throws.sum()),
        "oreb": int(offensive.sum()),
        "dreb": int(defensive.sum()),
        "reb": int(offensive.sum() + defensive.sum()),
        "tov": int((sure["kind"] == "turnover").sum()),
        "stl": int((taken["status"] == "sure").sum()),
        "pts": int(sure.loc[is_made, "points"].sum()),
        "passes": int((sure["kind"] == "pass").sum()),
        "touches": len(touches),
        "events": total,
        "sure_share": certain / total if total else np.nan,
        "possession_s": float((touches["end_s"] - touches["start_s"]).sum()),
    }
    if any(counts[name] is pd.NA for name in ("fgm", "ftm")):
        counts["pts"] = pd.NA
    return counts | dict.fromkeys(UNSURE, pd.NA)


def _of_told(count: float, attempts: pd.Series, is_told: pd.Series) -> int | pd.api.typing.NAType:
    """Give what came of some attempts; nothing where what became of them is told of none, as 0 would say that all were missed."""
    return pd.NA if attempts.any() and not (attempts & is_told).any() else int(count)
