"""The report: one HTML file that needs no network."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.present.formats import clock, measure, percent, rate, short_list
from pipeline.present.heatmaps import HeatPictures, color_stops
from pipeline.present.labels import Person, people, team_title
from pipeline.present.palette import Color, player_colors
from pipeline.present.results import Results
from pipeline.present.timeline import bars, presence, ticks, time_axis
from pipeline.understand.court import NO_CALIBRATION
from pipeline.understand.timeline import frame_durations


@dataclass(frozen=True)
class Pictures:
    """What the report embeds."""

    teams: Mapping[str, HeatPictures]
    """Heat map of each team."""
    players: Mapping[int, HeatPictures]
    """Heat map of each player."""
    crops: Mapping[int, Sequence[bytes]]
    """Pictures of each person, JPEG."""


def report_html(results: Results, pictures: Pictures, files: Sequence[Path]) -> str:
    """Write the report.

    Args:
        results: the run.
        pictures: heat maps and crops.
        files: the other files of the output directory, relative to it.

    Returns:
        A whole HTML document; everything that comes from a file or a user is escaped.
    """
    environment = Environment(
        loader=PackageLoader("pipeline.present"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(measure=measure, percent=percent, clock=clock, breakable=breakable)
    return environment.get_template("report.html.j2").render(_context(results, pictures, files))


def breakable(text: str) -> Markup:
    """Allow line breaks in a file name behind '_', '-' and '.'; everything else is escaped.

    Example:
        >>> breakable("a_<b>.mp4")
        Markup('a_<wbr>&lt;b&gt;.<wbr>mp4')
    """
    return Markup(re.sub(r"([_\-.]+)", r"\1<wbr>", str(escape(text))))


def _context(results: Results, pictures: Pictures, files: Sequence[Path]) -> dict[str, Any]:
    """Collect what the template shows."""
    persons = people(results.players)
    colors = player_colors(results.players)
    rows = [_person_row(person, results, pictures, colors[person.player_id]) for person in persons]
    players = [row for row in rows if not row["referee"]]
    return {
        "title": results.video.path.name,
        "subtitle": _subtitle(results),
        "tiles": _tiles(results, persons),
        "warnings": [text for text in results.warnings if text != NO_CALIBRATION],
        "metres": results.has_metres,
        "located": bool(len(results.positions)),
        "groups": _groups(players, pictures),
        "players": players,
        "referees": [row for row in rows if row["referee"]],
        "axis": _axis(results, persons),
        "seen": _how_much_seen(results),
        "zones": results.settings.stats,
        "heat_colors": ", ".join(color_stops()),
        "settings": yaml.safe_dump(results.settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
        "facts": _flat(results.facts),
        "files": [path.as_posix() for path in files],
    }


def _person_row(person: Person, results: Results, pictures: Pictures, color: Color) -> dict[str, Any]:
    """Collect what is shown of one person."""
    found = results.player_stats[results.player_stats["player_id"] == person.player_id]
    stats = {str(key): None if pd.isna(value) else value for key, value in found.iloc[0].items()} if len(found) else {}
    heat = pictures.players.get(person.player_id)
    return {
        "id": person.player_id,
        "team": person.team,
        "referee": person.role == "referee",
        "title": person.heading,
        "presence": person.presence,
        "named": person.name is not None,
        "badge": person.badge,
        "color": color.hex,
        "ink": color.ink.hex,
        "stats": {name: stats.get(name) for name in results.player_stats.columns},
        "zones": _zone_shares(stats),
        "heat": _heat(heat),
        "crops": [_data_uri(crop, "jpeg") for crop in pictures.crops.get(person.player_id, ())],
    }


def _groups(players: Sequence[Mapping[str, Any]], pictures: Pictures) -> list[dict[str, Any]]:
    """Group the players by team, those without one last."""
    teams = sorted({row["team"] for row in players if row["team"] is not None})
    groups: list[str | None] = [*teams, *([None] if any(row["team"] is None for row in players) else [])]
    found = []
    for team in groups:
        rows = [row for row in players if row["team"] == team]
        heat = pictures.teams.get(team) if team is not None else None
        title = "All players" if groups == [None] else team_title(team)
        found.append(
            {"title": title, "color": rows[0]["color"] if team is not None else None, "rows": rows, "heat": _heat(heat)}
        )
    return found


def _zone_shares(stats: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Share of the time in each speed zone: (zone, percent, seconds); empty where unknown."""
    zones = {name: stats.get(f"{name}_s") for name in ("walk", "jog", "run", "sprint")}
    known = {name: float(value) for name, value in zones.items() if value is not None}
    total = sum(known.values())
    return [(name, 100 * value / total, value) for name, value in known.items()] if total > 0 else []


def _subtitle(results: Results) -> str:
    """Say what was analysed in one line."""
    video = results.video
    begin, end = time_axis(results.frames) if len(results.frames) else (results.start_s, results.start_s)
    size = f"{video.width_px} × {video.height_px} px"
    return f"{clock(begin)} to {clock(end)} of {clock(video.duration_s)} · {size} · {rate(video.fps)} frames per second"


def _tiles(results: Results, persons: Sequence[Person]) -> list[tuple[str, str, str]]:
    """Choose the headline facts: (value, name, remark)."""
    players = [person for person in persons if person.role == "player"]
    teams = sorted({person.team for person in players if person.team is not None})
    split = " · ".join(f"{team_title(t)}: {sum(p.team == t for p in players)}" for t in teams)
    referees = len(persons) - len(players)
    tiles = [
        (
            clock(float(frame_durations(results.frames).sum())),
            "analysed",
            f"{len(results.frames):,} frames".replace(",", "\u202f"),
        ),
        (str(len(players)), "player" if len(players) == 1 else "players", split or "no teams told apart"),
        (str(referees), "referee" if referees == 1 else "referees", "not counted as players"),
    ]
    registration = results.registration
    if registration is None or not results.has_metres:
        return [*tiles, ("none", "court calibration", "no metres, no heat maps")]
    share = len(registration.table) / max(len(results.frames), 1)
    court = registration.court.name.upper()
    return [
        *tiles,
        (
            percent(share),
            "of frames on the court plan",
            f"{court} court, {rate(registration.court.length_m)} × {rate(registration.court.width_m)} m",
        ),
    ]


def _axis(results: Results, persons: Sequence[Person]) -> dict[str, Any] | None:
    """Collect the presence rows and the ticks of their axis."""
    if not len(results.frames):
        return None
    begin, end = time_axis(results.frames)
    rows = presence(results.frames, results.detections, results.tracks, results.identities)
    span = max(end - begin, 1e-9)
    frames = results.frames
    cuts = frames.loc[frames["shot"].diff().fillna(0) != 0, "time_s"]
    return {
        "label_characters": min(max([len(p.presence) for p in persons], default=4), 24),
        "bars": {
            who: [(1000 * b.begin, 1000 * (b.end - b.begin), 0.25 + 0.75 * b.confidence) for b in bars(row)]
            for who, row in rows.items()
        },
        "ticks": [(100 * (t - begin) / span, clock(t, tenths=span < 6)) for t in ticks(begin, end)],
        "cuts": [1000 * (t - begin) / span for t in cuts],
    }


def _how_much_seen(results: Results) -> list[tuple[str, str]]:
    """Say how much of the game the numbers rest on: (what, how much)."""
    detections = results.detections
    people_rows = detections[detections["class"].isin(["player", "referee"])]
    linked = results.tracks.merge(results.identities, on="track_id", how="left")
    known = int(linked["player_id"].notna().sum())
    found = [
        ("Boxes of people found", f"{len(people_rows):,}".replace(",", "\u202f")),
        ("of these in a track", _part(len(results.tracks), len(people_rows))),
        ("of these given to a player or referee", _part(known, len(people_rows))),
        ("Camera shots", str(results.frames["shot"].nunique())),
    ]
    if results.registration is not None and results.has_metres:
        table = results.registration.table
        measured = int((table["source"] == "measured").sum())
        found.append(("Frames placed on the court plan", _part(len(table), len(results.frames))))
        found.append(("of these calibrated themselves, not carried by camera motion", str(measured)))
    if len(results.positions):
        bridged = int((results.positions["source"] == "bridged").sum())
        found.append(("Positions bridged over short gaps", _part(bridged, len(results.positions))))
    return found


def _part(count: int, total: int) -> str:
    """Write a count with its share."""
    return f"{count:,} ({percent(count / total)})".replace(",", "\u202f") if total else str(count)


def _flat(facts: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Flatten nested facts to (name, text)."""
    rows: list[tuple[str, str]] = []
    for key, value in facts.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            rows += _flat(value, f"{name} · ")
        elif isinstance(value, float):
            rows.append((name, f"{value:.4g}"))
        else:
            rows.append((name, short_list(value)))
    return rows


def _heat(pictures: HeatPictures | None) -> dict[str, str] | None:
    """Embed a heat map and say what its darkest colour means."""
    if pictures is None:
        return None
    return {"image": _data_uri(pictures.report_png, "png"), "peak": f"{100 * pictures.peak_share_per_m2:.2g} %"}


def _data_uri(data: bytes, kind: str) -> str:
    """Embed a picture."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
