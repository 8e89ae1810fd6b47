"""One team against the other, measure by measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.present.formats import UNKNOWN, clock, measure, percent
from pipeline.present.labels import team_title
from pipeline.present.palette import team_colors
from pipeline.present.results import Results

Row = Mapping[str, Any]
_KMH = 3.6


def teams_section(results: Results) -> dict[str, Any] | None:
    """Collect the comparison; None without statistics of teams. A line that is known of no team is left out."""
    colors = team_colors(results.players)
    table = results.team_stats[results.team_stats["team"].isin(list(colors))]
    if table.empty:
        return None
    rows: list[dict[str, Any]] = [
        {str(key): None if pd.isna(value) else value for key, value in row.items()} for row in table.to_dict("records")
    ]
    lines = [(name, meaning, [cell(row) for row in rows]) for name, meaning, cell in LINES]
    return {
        "names": [
            {"title": team_title(row["team"], results.players), "color": colors[row["team"]].hex} for row in rows
        ],
        "lines": [
            {"name": name, "meaning": meaning, "cells": cells}
            for name, meaning, cells in lines
            if any(cell["text"] != UNKNOWN for cell in cells)
        ],
    }


def _cell(text: str, note: str = "") -> dict[str, str]:
    return {"text": text, "note": note}


def _phases(row: Row, name: str, unit: str, scale: float = 1.0, digits: int = 1) -> dict[str, str]:
    """Write a measure, with what it is in offence and in defence."""
    suffix = name.removeprefix("mean_")
    whole, offence, defence = (
        None if row[key] is None else scale * row[key] for key in (name, f"offence_{suffix}", f"defence_{suffix}")
    )
    if whole is None:
        return _cell(UNKNOWN)
    note = f"offence {measure(offence, digits)}, defence {measure(defence, digits)}"
    return _cell(f"{measure(whole, digits)} {unit}", note if offence is not None and defence is not None else "")


def _single(row: Row, name: str, unit: str, digits: int = 0) -> dict[str, str]:
    """Write a measure."""
    value = row[name]
    return _cell(UNKNOWN if value is None else f"{measure(value, digits)} {unit}")


def _pace(row: Row) -> dict[str, str]:
    """Write how often a team attacks, and for how long."""
    if row["attacks_per_min"] is None:
        return _cell(UNKNOWN)
    long = "" if row["attack_s"] is None else f", {row['attack_s']:.0f} s each"
    count = f"{row['attacks']} attack{'' if row['attacks'] == 1 else 's'}"
    return _cell(f"{row['attacks_per_min']:.1f} / min", f"{count}{long}")


LINES: tuple[tuple[str, str, Callable[[Row], dict[str, str]]], ...] = (
    ("Distance", "all players together", lambda row: _single(row, "distance_m", "m")),
    ("Mean speed", "of a player", lambda row: _phases(row, "mean_speed_mps", "km/h", _KMH)),
    ("In offence", "share of the play in the attacked half", lambda row: _cell(percent(row["offence_share"]))),
    ("Pace", "attacks of 3 s or more", _pace),
    ("Spacing", "mean distance of two team-mates", lambda row: _phases(row, "spacing_m", "m")),
    ("Area", "that the five on court span", lambda row: _phases(row, "hull_m2", "m²", digits=0)),
)


def players_section(players: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Lay the measures of all players side by side, of whom two are shown; None where there are not two.

    Args:
        players: what is shown of each.
    """
    counted = [player for player in players if player["counted"]]
    if len(counted) < 2:
        return None
    lines = []
    for name, meaning, column, scale, write in _COMPARED:
        values = [player["stats"][column] for player in counted]
        if any(value is not None for value in values):
            cells = [
                {"value": None, "text": UNKNOWN}
                if value is None
                else {"value": scale * value, "text": write(scale * value)}
                for value in values
            ]
            lines.append({"name": name, "meaning": meaning, "cells": cells})
    return {"players": [{"id": each["id"], "full": each["presence"]} for each in counted], "lines": lines}


_COMPARED: tuple[tuple[str, str, str, float, Callable[[float], str]], ...] = (
    ("On court", "", "on_court_s", 1, clock),
    ("Distance", "", "distance_m", 1, lambda value: f"{measure(value)} m"),
    ("Pace", "per minute with a position", "distance_per_min_m", 1, lambda value: f"{measure(value)} m"),
    ("Mean speed", "", "mean_speed_mps", _KMH, lambda value: f"{measure(value, 1)} km/h"),
    ("Top speed", "that was held", "top_speed_mps", _KMH, lambda value: f"{measure(value, 1)} km/h"),
    ("Sprints", "", "sprints", 1, measure),
    ("Hard accelerations", "", "accelerations", 1, measure),
    ("Hard decelerations", "", "decelerations", 1, measure),
    ("Running", "distance, not sprinting", "run_m", 1, lambda value: f"{measure(value)} m"),
    ("In offence", "distance", "offence_m", 1, lambda value: f"{measure(value)} m"),
    ("In defence", "distance", "defence_m", 1, lambda value: f"{measure(value)} m"),
    ("In the paint", "share of the time", "paint_share", 1, percent),
    ("Outside three", "share of the time", "three_point_share", 1, percent),
    ("Certainty", "who this is", "confidence", 1, percent),
)
