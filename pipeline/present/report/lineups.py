"""Who played with whom for how long, and who came in for whom."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.present.formats import UNKNOWN, clock, percent
from pipeline.present.labels import Person, people, team_title
from pipeline.present.palette import team_colors
from pipeline.present.results import Results
from pipeline.tables import FIVE_COLUMNS

MOST_FIVES = 8
"""Of a team, that are listed."""
SHORTEST_S = 5.0
"""Fives that were together for less are not."""


def lineups_section(results: Results) -> dict[str, Any] | None:
    """Collect line-ups and substitutions; None where nobody is known to be on the floor."""
    persons = {person.player_id: person for person in people(results.players)}
    colors = team_colors(results.players)
    teams = [_team(team, colors[team].hex, results, persons) for team in ("A", "B") if team in colors]
    teams = [team for team in teams if team["fives"]]
    if not teams:
        return None
    changes = results.events[results.events["kind"] == "substitution"]
    return {
        "teams": teams,
        "scored": bool(results.fives["points_for"].notna().any()),
        "by": " and ".join(sorted(results.play["by"].unique())),
        "substitutions": len(changes),
        "candidates": int((changes["status"] == "candidate").sum()),
    }


def _team(team: str, color: str, results: Results, persons: dict[int, Person]) -> dict[str, Any]:
    """Describe the fives of a team, the longest together first."""
    of_team = results.fives[(results.fives["team"] == team) & (results.fives["together_s"] >= SHORTEST_S)]
    shown = of_team.sort_values("together_s", ascending=False, kind="stable").head(MOST_FIVES)
    return {
        "title": team_title(team, results.players),
        "color": color,
        "fives": [_five(row, persons) for row in shown.to_dict("records")],
        "more": len(of_team) - len(shown),
    }


def _five(row: dict[Any, Any], persons: dict[int, Person]) -> dict[str, Any]:
    found = [persons[int(row[name])] for name in FIVE_COLUMNS if not pd.isna(row[name]) and int(row[name]) in persons]
    unknown = len(FIVE_COLUMNS) - sum(not pd.isna(row[name]) for name in FIVE_COLUMNS)
    return {
        "people": [(person.player_id, person.code, person.heading) for person in found],
        "unknown": unknown,
        "together": clock(row["together_s"]),
        "live": clock(row["live_s"]),
        "times": int(row["times"]),
        "plus_minus": _difference(row["points_for"], row["points_against"]),
        "confidence": percent(row["confidence"]),
    }


def _difference(points_for: Any, points_against: Any) -> str:
    """Write points for less points against."""
    if pd.isna(points_for) or pd.isna(points_against):
        return UNKNOWN
    return f"{int(points_for) - int(points_against):+d} ({int(points_for)}:{int(points_against)})"
