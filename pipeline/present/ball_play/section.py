"""The report's section on the ball: box scores, and how much of it is sure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.present.formats import UNKNOWN, percent
from pipeline.present.labels import people, team_title
from pipeline.present.palette import team_colors
from pipeline.present.results import Results

SHOWN = ("pts", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "reb", "touches")
HEADS = {"fg3m": "{beyond}PM", "fg3a": "{beyond}PA", "touches": "Touches"}
"""Of columns that are not called as their name in capitals; `beyond` is what a shot from beyond the arc is worth."""


def ball_section(results: Results, charts: Mapping[str, str], zone_charts: Mapping[str, str]) -> dict[str, Any] | None:
    """Collect the box scores; None where the ball was not followed, or nothing was seen of it that counts.

    Args:
        results: the run.
        charts: shot charts of the teams as data URIs.
        zone_charts: the same of what an attempt from each zone is worth.
    """
    box = results.box_score
    if box.empty or not box["events"].sum():
        return None
    persons = {person.player_id: person for person in people(results.players)}
    colors = team_colors(results.players)
    events = results.ball_events
    inside = 2 if results.registration is None else results.registration.court.points_inside
    heads = [HEADS.get(name, name.upper()).format(beyond=inside + 1) for name in SHOWN]
    teams = []
    for team, rows in box.groupby("team", sort=True):
        of_players = rows.dropna(subset="player_id")
        shown = of_players[of_players["player_id"].isin(list(persons))]
        total = rows[rows["player_id"].isna()]
        teams.append(
            {
                "title": team_title(str(team), results.players),
                "color": colors[str(team)].hex if str(team) in colors else "#888888",
                "chart": charts.get(str(team)),
                "zone_chart": zone_charts.get(str(team)),
                "rows": [
                    _row(row, persons[int(row["player_id"])].code, f"p{int(row['player_id'])}")
                    for row in shown.to_dict("records")
                ]
                + [_row(row, "All", None) for row in total.to_dict("records")],
            }
        )
    return {
        "heads": ["Min", *heads, "Sure"],
        "teams": teams,
        "candidates": int((events["status"] == "candidate").sum()),
        "events": len(events),
    }


def _row(row: Mapping[Any, Any], code: str, anchor: str | None) -> dict[str, Any]:
    """Write a row's cells."""
    minutes = UNKNOWN if pd.isna(row["min"]) else f"{row['min']:.1f}"
    counts = [UNKNOWN if pd.isna(row[name]) else str(int(row[name])) for name in SHOWN]
    sure = UNKNOWN if pd.isna(row["sure_share"]) else percent(row["sure_share"])
    return {"code": code, "anchor": anchor, "cells": [minutes, *counts, sure]}
