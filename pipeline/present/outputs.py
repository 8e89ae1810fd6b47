"""What a run leaves for people: statistics, heat maps, tracks as text, and the report."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.present.ball_play import all_events, shot_chart, zone_chart
from pipeline.present.ball_play.shot_chart import png_bytes
from pipeline.present.crops import Crop, cut_crops
from pipeline.present.csv_tables import coach_table, csv_text, named, rounded
from pipeline.present.embedding_map import embedding_map_of
from pipeline.present.heat_maps.painting import HeatPictures, painter_of
from pipeline.present.heat_maps.subjects import Direction, Subject, map_of, subjects, subtitle
from pipeline.present.jerseys import jersey_colors, with_jersey_colors
from pipeline.present.labels import people, slug, team_title
from pipeline.present.mot import person_boxes, player_mot, tracklet_mot
from pipeline.present.on_court import OnCourt
from pipeline.present.report import Pictures, report_html
from pipeline.present.results import Results
from pipeline.present.workbook import WORKBOOK, workbook_bytes
from pipeline.store import make_directory, output_error

HEATMAP_FOLDER = "heatmaps"
GAME_TABLES = ("efforts", "lineups", "stints", "pairs", "fives")
"""Efforts, line-ups and what follows from them, as CSV files and sheets."""
BALL_TABLES = ("box_score", "touches", "possessions", "shot_zones")
"""The same of the ball; only where it was followed."""
TACTICS_TABLES = ("phases", "guards", "matchups", "team_tactics")
"""The same of tactics; only where it is known who attacked when."""
SHOT_FOLDER = "shots"
MANIFEST = "run.json"
"""Written by `run` beside the other files; the report names it."""


@dataclass(frozen=True)
class Outputs:
    """What was written, and what was found on the way."""

    files: list[Path]
    """In the order in which a person would open them."""
    jersey_colors: dict[str, str]
    """Team -> '#rrggbb', from the pictures of players; empty without any."""
    laid_out: dict[str, Any]
    """The embedding map, for the next report; empty without one."""


def present(results: Results, directory: Path) -> Outputs:
    """Write all outputs of a run into a directory, but for the annotated video.

    Without a court registration there are no heat maps, and the report says why; without pixels, no pictures of players.

    Args:
        results: the run.
        directory: made where missing; nobody looks into it before all is there.

    Raises:
        OutputError: a file cannot be written.
        InputError: the video cannot be read any more.
    """
    tables = _write_tables(results, directory)
    with ThreadPoolExecutor(1, thread_name_prefix="crops") as beside:  # while heat maps are drawn
        coming = beside.submit(_crops, results)
        maps = _write_heat_maps(results, directory / HEATMAP_FOLDER)
        crops = coming.result()
    colors = jersey_colors(crops, results.players)
    results = replace(results, players=with_jersey_colors(results.players, colors))
    shots, charts = _write_shot_charts(results, directory / SHOT_FOLDER)
    zoned, zone_charts = _write_zone_charts(results, directory / SHOT_FOLDER)
    files = [*tables, *maps.files, *shots, *zoned]
    embedding_map = embedding_map_of(results)
    pictures = Pictures(maps.teams, maps.players, crops, charts, zone_charts, embedding_map)
    html = report_html(results, pictures, [*(path.relative_to(directory) for path in files), Path(MANIFEST)])
    return Outputs(
        [_write(directory / "report.html", html), *files], colors, embedding_map.facts() if embedding_map else {}
    )


def _crops(results: Results) -> dict[int, list[Crop]]:
    """Cut the pictures of players, if there are any."""
    return cut_crops(results, results.settings.present.crops_per_player) if results.has_pixels else {}


def _write(path: Path, data: bytes | str) -> Path:
    """Write a file; text is UTF-8."""
    make_directory(path.parent)
    try:
        path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    except OSError as error:
        raise output_error(path, error) from error
    return path


def _parquet(table: pd.DataFrame) -> bytes:
    """Write a table as Parquet."""
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()


def _write_tables(results: Results, directory: Path) -> list[Path]:
    """Write what other programs read."""
    players = results.players
    tables = {
        "player_stats": coach_table(results.player_stats, players),
        "team_stats": rounded(results.team_stats),
        "player_periods": coach_table(results.player_periods, players),
        "team_periods": rounded(results.team_periods),
        "periods": rounded(results.periods),
        **{name: rounded(named(getattr(results, name), players)) for name in (*GAME_TABLES, *_telling(results))},
        "events": rounded(named(all_events(results.events, results.ball_events), players)),
    }
    dialect = results.settings.present.csv_dialect
    return [
        *(_write(directory / f"{name}.csv", csv_text(table, dialect)) for name, table in tables.items()),
        _write(directory / WORKBOOK, workbook_bytes(tables)),
        _write(directory / "positions.parquet", _parquet(results.positions)),
        _write(directory / "boxes.parquet", _parquet(person_boxes(results))),
        _write(directory / "mot.txt", player_mot(results)),
        _write(directory / "tracklets_mot.txt", tracklet_mot(results)),
    ]


def _telling(results: Results) -> tuple[str, ...]:
    """Name the tables of ball and tactics that say something."""
    return tuple(name for name in (*BALL_TABLES, *TACTICS_TABLES) if len(getattr(results, name)))


def _write_shot_charts(results: Results, folder: Path) -> tuple[list[Path], dict[str, bytes]]:
    """Draw the sure shots of each team and player: the files, and the charts of the teams as PNG."""
    events = results.ball_events
    shots = events[(events["kind"] == "shot") & (events["status"] == "sure")]
    files: list[Path] = []
    teams: dict[str, bytes] = {}
    if results.registration is None or shots.empty:
        return files, teams
    court = results.registration.court
    names: dict[tuple[str, Any], tuple[str, str]] = {
        **{("player_id", person.player_id): (person.full, person.file_stem) for person in people(results.players)},
        **{("team", team): (team_title(team, results.players), f"team-{slug(team)}") for team in ("A", "B")},
    }
    for key, of_one in [*_grouped(shots, "team"), *_grouped(shots, "player_id")]:
        title, stem = names[key]
        picture = shot_chart(of_one, court, title)
        if picture is not None:
            data = png_bytes(picture)
            files.append(_write(folder / f"{stem}.png", data))
            if key[0] == "team":
                teams[str(key[1])] = data
    return files, teams


def _write_zone_charts(results: Results, folder: Path) -> tuple[list[Path], dict[str, bytes]]:
    """Draw what an attempt from each zone is worth: the files, and the same by team as PNG."""
    files: list[Path] = []
    teams: dict[str, bytes] = {}
    for team, of_team in results.shot_zones.groupby("team", sort=True):
        assert results.registration is not None  # shots have places only with it
        name = team_title(str(team), results.players)
        picture = zone_chart(of_team, results.registration.court, name)
        if picture is not None:
            teams[str(team)] = png_bytes(picture)
            files.append(_write(folder / f"team-{slug(str(team))}-zones.png", teams[str(team)]))
    return files, teams


def _grouped(shots: pd.DataFrame, column: str) -> list[tuple[tuple[str, Any], pd.DataFrame]]:
    """Part shots by a column."""
    return [((column, who), of_one) for who, of_one in shots.groupby(column, sort=True)]


class _HeatMapFiles:
    """Heat maps written and to be embedded."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.teams: dict[str, HeatPictures] = {}
        self.players: dict[int, HeatPictures] = {}


def _write_heat_maps(results: Results, folder: Path) -> _HeatMapFiles:
    """Draw one heat map per team and per player who has positions, and of several periods one per team and period."""
    maps, game = _HeatMapFiles(), results.on_court
    if game is not None:
        painter, sigma_m = painter_of(game.court), results.settings.present.heatmap_sigma_m
        direction: Direction = "attacking" if game.teams_switch_ends else "filmed"

        def draw(shown: OnCourt, subject: Subject, period: int | None, name: str) -> HeatPictures | None:
            heat = map_of(shown, subject, sigma_m, direction)
            if heat is None:
                return None
            drawn = painter.paint(heat, subject.title, subtitle(subject, heat, period, direction))
            maps.files.append(_write(folder / f"{name}.png", drawn.file_png))
            return drawn

        found = subjects(game)
        for subject in found:
            drawn = draw(game, subject, None, subject.file_stem)
            if drawn is not None and not subject.is_team:
                maps.players[subject.members[0]] = drawn
            elif drawn is not None and subject.team is not None:
                maps.teams[subject.team] = drawn
        for period in game.periods["period"] if len(game.periods) > 1 else ():
            one_period = game.during(period)
            for subject in found:
                if subject.is_team:
                    draw(one_period, subject, period, f"{subject.file_stem}-period-{period}")
    return maps
