"""What is shown of each person, and of each team's players."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.present.crops import Crop
from pipeline.present.formats import clock
from pipeline.present.heat_maps.painting import HeatPictures
from pipeline.present.labels import Person, team_title
from pipeline.present.palette import Color, on_white
from pipeline.present.report.evidence import evidence_of
from pipeline.present.report.watching import watching_of
from pipeline.present.results import Results

ATTACK_ZONES = {
    "paint": "paint",
    "mid_range": "mid-range",
    "corner_three": "corner three",
    "above_break": "above the break",
    "backcourt": "own half",
}


def person_row(
    person: Person,
    results: Results,
    color: Color,
    heat: HeatPictures | None,
    crops: Sequence[Crop],
    persons: dict[int, Person],
) -> dict[str, Any]:
    """Collect what is shown of one person.

    Args:
        person: who.
        results: the run.
        color: of this person.
        heat: heat map of this person; None without positions.
        crops: pictures of this person, in order of time.
        persons: everybody by id.
    """
    found = results.player_stats[results.player_stats["player_id"] == person.player_id]
    stats = {str(key): None if pd.isna(value) else value for key, value in found.iloc[0].items()} if len(found) else {}
    per_period = results.player_periods[results.player_periods["player_id"] == person.player_id]
    times = results.time_of
    return {
        "id": person.player_id,
        "team": person.team,
        "referee": person.role == "referee",
        "title": person.heading,
        "presence": person.full,
        "named": person.name is not None,
        "badge": person.code,
        "color": color.hex,
        "ink": color.ink.hex,
        "bar": on_white(color).hex,
        "counted": bool(len(found)),
        "stats": {name: stats.get(name) for name in results.player_stats.columns},
        "zones": _zone_shares(stats),
        "attack": _attack_zones(stats),
        "periods": {row["period"]: row for row in per_period.to_dict("records")},
        "heat": heat_picture(heat),
        "crops": [
            {"image": data_uri(crop.jpeg, "jpeg"), "time": clock(times[crop.frame]), "seconds": times[crop.frame]}
            for crop in crops
            if crop.frame in times
        ],
        **watching_of(person, results, persons),
        "evidence": evidence_of(person, results),
    }


def periods_of(results: Results) -> list[dict[str, Any]]:
    """Name the periods; empty where the game is one."""
    periods = results.periods.to_dict("records")
    return [
        {"number": row["period"], "name": f"Period {row['period']}, {clock(row['start_s'])} – {clock(row['end_s'])}"}
        for row in periods
        if len(periods) > 1
    ]


def groups_of(
    players: Sequence[Mapping[str, Any]], heat: Mapping[str, HeatPictures], table: pd.DataFrame
) -> list[dict[str, Any]]:
    """Group the players by team, those without one last.

    Args:
        players: what is shown of each.
        heat: heat maps of the teams.
        table: `players`.
    """
    teams = sorted({row["team"] for row in players if row["team"] is not None})
    groups: list[str | None] = [*teams, *([None] if any(row["team"] is None for row in players) else [])]
    found = []
    for team in groups:
        rows = [row for row in players if row["team"] == team]
        found.append(
            {
                "title": "All players" if groups == [None] else team_title(team, table),
                "color": rows[0]["color"] if team is not None else None,
                "rows": rows,
                "heat": heat_picture(heat.get(team) if team is not None else None),
            }
        )
    return found


def heat_picture(pictures: HeatPictures | None) -> dict[str, str] | None:
    """Embed a heat map and say what its darkest colour means."""
    if pictures is None:
        return None
    return {"image": data_uri(pictures.report_jpeg, "jpeg"), "peak": f"{100 * pictures.peak_share_per_m2:.2g} %"}


def data_uri(data: bytes, kind: str) -> str:
    """Embed a picture."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _zone_shares(stats: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Share of the time in each speed zone: (zone, percent, seconds); empty where unknown."""
    zones = {name: stats.get(f"{name}_s") for name in ("walk", "jog", "run", "sprint")}
    seconds = {name: float(value) for name, value in zones.items() if value is not None}
    total = sum(seconds.values())
    return [(name, 100 * value / total, value) for name, value in seconds.items()] if total > 0 else []


def _attack_zones(stats: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Shares of the located time by zone of the attacked basket; empty where the direction is unknown."""
    columns = {zone: f"attack_{zone}_share" if zone != "backcourt" else "backcourt_share" for zone in ATTACK_ZONES}
    if any(stats.get(column) is None for column in columns.values()):
        return []
    return [{"zone": zone, "name": ATTACK_ZONES[zone], "share": stats[column]} for zone, column in columns.items()]
