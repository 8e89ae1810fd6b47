"""The page as a whole: what each section of the template is given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.present.ball_play import ball_section
from pipeline.present.crops import Crop
from pipeline.present.embedding_map import EmbeddingMap
from pipeline.present.formats import clock, measure, percent
from pipeline.present.heat_maps.colors import color_stops
from pipeline.present.heat_maps.painting import HeatPictures
from pipeline.present.report.embedding_map import embedding_map_figure
from pipeline.present.report.facts import flat, how_much_seen, subtitle, tiles, title
from pipeline.present.report.lineups import lineups_section
from pipeline.present.report.people import ATTACK_ZONES, data_uri, groups_of, periods_of, person_row
from pipeline.present.report.policy import restricted
from pipeline.present.report.shots import shots_section
from pipeline.present.report.teams import players_section, teams_section
from pipeline.present.report.time import time_section
from pipeline.present.results import Results
from pipeline.present.tactics import tactics_section
from pipeline.understand.court import NO_CALIBRATION


@dataclass(frozen=True)
class Pictures:
    """What the report embeds."""

    teams: Mapping[str, HeatPictures]
    """Heat map of each team."""
    players: Mapping[int, HeatPictures]
    """Heat map of each player."""
    crops: Mapping[int, Sequence[Crop]]
    """Pictures of each person, in order of time."""
    shot_charts: Mapping[str, bytes] = field(default_factory=dict)
    """Of each team, PNG."""
    zone_charts: Mapping[str, bytes] = field(default_factory=dict)
    """What an attempt from each zone is worth, likewise."""
    embedding_map: EmbeddingMap | None = None
    """None where too few tracklets are there."""


def report_html(results: Results, pictures: Pictures, files: Sequence[Path]) -> str:
    """Write the report.

    Args:
        results: the run.
        pictures: heat maps and crops.
        files: the other files of the output directory, relative to it.

    Returns:
        A whole HTML document; everything that comes from a file or a user is escaped, and its policy lets nothing else run.
    """
    environment = _environment()
    return restricted(environment.get_template("report.html.j2").render(_context(results, pictures, files)))


@cache
def _environment() -> Environment:
    """Compile the templates once for all reports."""
    environment = Environment(
        loader=PackageLoader("pipeline.present"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(measure=measure, percent=percent, clock=clock, breakable=breakable)
    return environment


def breakable(text: str) -> Markup:
    """Allow line breaks in a file name behind '_', '-' and '.'; everything else is escaped.

    Example:
        >>> breakable("a_<b>.mp4")
        Markup('a_<wbr>&lt;b&gt;.<wbr>mp4')
    """
    return Markup(re.sub(r"([_\-.]+)", r"\1<wbr>", str(escape(text))))  # noqa: S704  escaped first


def _uris(charts: Mapping[str, bytes]) -> dict[str, str]:
    """Write PNG pictures as data URIs."""
    return {team: data_uri(png, "png") for team, png in charts.items()}


def _context(results: Results, pictures: Pictures, files: Sequence[Path]) -> dict[str, Any]:
    """Collect what the template shows."""
    persons = results.persons
    rows = [
        person_row(
            person,
            results,
            results.colors[person.player_id],
            pictures.players.get(person.player_id),
            pictures.crops.get(person.player_id, ()),
            {each.player_id: each for each in persons},
        )
        for person in persons
    ]
    players = [row for row in rows if not row["referee"]]
    return {
        "title": title(results),
        "subtitle": subtitle(results),
        "tiles": tiles(results, persons),
        "warnings": [text for text in results.warnings if text != NO_CALIBRATION],
        "metres": results.has_metres,
        "located": bool(len(results.positions)),
        "groups": groups_of(players, pictures.teams, results.players),
        "periods": periods_of(results),
        "teams": teams_section(results),
        "compared": players_section(players),
        "lineups": lineups_section(results),
        "ball": ball_section(results, _uris(pictures.shot_charts), _uris(pictures.zone_charts)),
        "tactics": tactics_section(results),
        "attack_zones": ATTACK_ZONES,
        "players": players,
        "referees": [row for row in rows if row["referee"]],
        "time": time_section(results, persons),
        "shots": shots_section(results),
        "embedding_map": embedding_map_figure(pictures.embedding_map, results.players, results.frames),
        "seen": how_much_seen(results),
        "zones": results.settings.stats,
        "heat_colors": ", ".join(color_stops()),
        "settings": yaml.safe_dump(results.settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
        "facts": flat(results.facts),
        "files": [path.as_posix() for path in files],
    }
