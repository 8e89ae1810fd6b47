"""The report's section on tactics: possessions, spacing, and matrices of who guarded whom for how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from pipeline.present.formats import UNKNOWN, clock, measure, percent
from pipeline.present.labels import Person, people, team_title
from pipeline.present.palette import team_colors
from pipeline.present.results import Results

SURE = 0.9
"""From this confidence on who guards whom was right in nine of ten moments of rendered games."""
LEAST_S = 1.0
"""A cell with less is left empty."""
Row = Mapping[Any, Any]


def tactics_section(results: Results) -> dict[str, Any] | None:
    """Collect phases and matchups; None where it is not known who attacked when.

    Args:
        results: the run.
    """
    rows = results.team_tactics.to_dict("records")
    colors = team_colors(results.players)
    if results.phases.empty or any(row["team"] not in colors for row in rows):
        return None
    persons = {person.player_id: person for person in people(results.players)}
    lines = [(name, meaning, [cell(row) for row in rows]) for name, meaning, cell in _LINES]
    matrices = [_matrix(str(row["team"]), results, persons) for row in rows]
    return {
        "names": [
            {"title": team_title(row["team"], results.players), "color": colors[row["team"]].hex} for row in rows
        ],
        "lines": [
            {"name": name, "meaning": meaning, "cells": cells}
            for name, meaning, cells in lines
            if any(text != UNKNOWN for text in cells)
        ],
        "matrices": [
            {**matrix, "title": team_title(str(row["team"]), results.players), "color": colors[row["team"]].hex}
            for matrix, row in zip(matrices, rows, strict=True)
            if matrix is not None
        ],
        "by": _told_by(results.phases),
        "sure": percent(_sure_share(results.guards)),
    }


def _told_by(phases: pd.DataFrame) -> str:
    """Say in words what told who attacks."""
    words = {"ball": "the ball", "positions": "the players' positions"}
    shares = (phases["end_s"] - phases["start_s"]).groupby(phases["by"]).sum()
    return " and ".join(f"{words[str(by)]} ({percent(part / shares.sum())})" for by, part in shares.items())


def _sure_share(guards: pd.DataFrame) -> float | None:
    """Measure the share of the guarded time whose confidence is high."""
    length_s = guards["end_s"] - guards["start_s"]
    return float(length_s[guards["confidence"] >= SURE].sum() / length_s.sum()) if len(guards) else None


def _matrix(team: str, results: Results, persons: Mapping[int, Person]) -> dict[str, Any] | None:
    """Lay out whom the defenders of a team guarded for how long; None where nobody did."""
    found = results.matchups[(results.matchups["team"] == team) & (results.matchups["guarded_s"] >= LEAST_S)]
    seconds = found.pivot_table(index="player_id", columns="opponent_id", values="guarded_s", aggfunc="sum")
    order = list(persons)
    defenders = [who for who in order if who in seconds.index]
    opponents = [who for who in order if who in seconds.columns]
    if not defenders or not opponents:
        return None
    longest = float(seconds.max().max())
    return {
        "heads": [{"id": who, "code": persons[who].code} for who in opponents],
        "rows": [
            {
                "id": who,
                "code": persons[who].code,
                "cells": [_cell(seconds.loc[who, opponent], longest) for opponent in opponents],
            }
            for who in defenders
        ],
    }


def _cell(seconds: Any, longest: float) -> dict[str, Any]:
    """Write a cell: minutes, and how dark it is from 0 to 100."""
    if pd.isna(seconds):
        return {"text": "", "shade": 0}
    return {"text": clock(float(seconds)), "shade": round(100 * float(seconds) / longest)}


def _text(row: Row, name: str, write: Callable[[float], str]) -> str:
    return UNKNOWN if pd.isna(row[name]) else write(float(row[name]))


_LINES: tuple[tuple[str, str, Callable[[Row], str]], ...] = (
    ("Possessions", "attacks of 2 s or more", lambda row: _text(row, "possessions", measure)),
    ("Pace", "possessions of a team in the minutes of a game", lambda row: _text(row, "pace", lambda v: measure(v, 1))),
    ("Possession", "mean length", lambda row: _text(row, "possession_s", lambda v: f"{measure(v, 1)} s")),
    ("Transition", "share of the attacking time", lambda row: _text(row, "transition_share", percent)),
    ("Half-court", "time", lambda row: _text(row, "half_court_s", clock)),
    ("Spacing", "mean distance of two attackers, half-court", lambda row: _text(row, "spacing_m", lambda v: f"{measure(v, 1)} m")),
    ("Area", "that the five attackers span, half-court", lambda row: _text(row, "hull_m2", lambda v: f"{measure(v)} m²")),
    ("Ball side", "share of those without the ball, half-court", lambda row: _text(row, "ball_side_share", percent)),
)  # fmt: skip
