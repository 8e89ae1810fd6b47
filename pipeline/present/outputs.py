"""Everything a run leaves for people: statistics, heat maps, tracks as text, the video and the report."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from pipeline.errors import OutputError
from pipeline.present.annotated_video.annotate import Progress, annotate, collect_crops, output_size
from pipeline.present.crops import CropCollector, choose_crops
from pipeline.present.csv_tables import coach_table, csv_text, rounded
from pipeline.present.heat_maps.heatmaps import HeatPictures, heat_pictures
from pipeline.present.heat_maps.subjects import Direction, Subject, map_of, subjects, subtitle
from pipeline.present.mot import player_mot, tracklet_mot
from pipeline.present.on_court import OnCourt
from pipeline.present.report import Pictures, report_html
from pipeline.present.results import Results
from pipeline.store import make_directory, write_bytes
from pipeline.video import Frame, VideoWriter, chunks, read_chunks

HEATMAP_FOLDER = "heatmaps"
MANIFEST = "run.json"
"""Written by `run` beside the other files; the report names it."""


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


def present(results: Results, directory: Path, progress: Progress = no_progress) -> list[Path]:
    """Write all outputs of a run into a directory.

    Without a court registration there are no heat maps, and the report says why; without pixels, no video and no
    pictures of players. Files of an earlier run with other
    players are removed from the heat map folder.

    Args:
        results: the run.
        directory: made where missing.
        progress: told the frames done and in all while the video is read.

    Returns:
        The files written, in the order in which a person would open them.

    Raises:
        OutputError: a file cannot be written.
        InputError: the video cannot be read any more.
    """
    tables = _write_tables(results, directory)
    collector = CropCollector(choose_crops(results, results.settings.present.crops_per_player))
    with ThreadPoolExecutor(1, thread_name_prefix="heat-maps") as beside:  # while pictures are encoded
        coming = beside.submit(_write_heat_maps, results, directory / HEATMAP_FOLDER)
        video = _write_video(results, directory / "annotated.mp4", collector, progress)
        maps = coming.result()
    files = [*video, *tables, *maps.files]
    pictures = Pictures(maps.teams, maps.players, collector.crops)
    html = report_html(results, pictures, [*(path.relative_to(directory) for path in files), Path(MANIFEST)])
    return [_write(directory / "report.html", html), *files]


def _write(path: Path, data: bytes | str) -> Path:
    """Write a file whole or not at all; text is UTF-8."""
    make_directory(path.parent)
    write_bytes(path, data.encode("utf-8") if isinstance(data, str) else data)
    return path


def _write_tables(results: Results, directory: Path) -> list[Path]:
    """Write what other programs read."""
    stream = io.BytesIO()
    results.positions.to_parquet(stream, index=False)
    players = results.players
    tables = {
        "player_stats": coach_table(results.player_stats, players),
        "team_stats": rounded(results.team_stats),
        "player_periods": coach_table(results.player_periods, players),
        "team_periods": rounded(results.team_periods),
        "periods": rounded(results.periods),
    }
    return [
        *(_write(directory / f"{name}.csv", csv_text(table)) for name, table in tables.items()),
        _write(directory / "positions.parquet", stream.getvalue()),
        _write(directory / "mot.txt", player_mot(results)),
        _write(directory / "tracklets_mot.txt", tracklet_mot(results)),
    ]


class _HeatMapFiles:
    """Heat maps written and to be embedded."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.teams: dict[str, HeatPictures] = {}
        self.players: dict[int, HeatPictures] = {}


def _write_heat_maps(results: Results, folder: Path) -> _HeatMapFiles:
    """Draw one heat map per team and per player who has positions, and of several periods one per team and period."""
    maps, game = _HeatMapFiles(), results.on_court
    sigma_m = results.settings.present.heatmap_sigma_m
    if game is not None:
        direction: Direction = "attacking" if game.teams_switch_ends else "filmed"
        for subject in subjects(game):
            drawn = _draw(game, subject, None, direction, sigma_m)
            if drawn is None:
                continue
            if not subject.is_team:
                maps.players[subject.members[0]] = drawn
            elif subject.team is not None:
                maps.teams[subject.team] = drawn
            maps.files.append(_write(folder / f"{subject.file_stem}.png", drawn.file_png))
        maps.files += _write_periods(game, folder, direction, sigma_m)
    _remove_old(folder, set(maps.files))
    return maps


def _write_periods(game: OnCourt, folder: Path, direction: Direction, sigma_m: float) -> list[Path]:
    """Draw each team in each period where there are several."""
    if len(game.periods) < 2:
        return []
    files = []
    teams = [subject for subject in subjects(game) if subject.is_team]
    for period in game.periods["period"]:
        one_period = game.during(period)
        for subject in teams:
            drawn = _draw(one_period, subject, period, direction, sigma_m)
            if drawn is not None:
                files.append(_write(folder / f"{subject.file_stem}-period-{period}.png", drawn.file_png))
    return files


def _draw(
    game: OnCourt, subject: Subject, period: int | None, direction: Direction, sigma_m: float
) -> HeatPictures | None:
    """Draw a heat map; None where there is no position."""
    heat = map_of(game, subject, sigma_m, direction)
    if heat is None:
        return None
    return heat_pictures(heat, game.court, subject.title, subtitle(subject, heat, period, direction))


def _remove_old(folder: Path, kept: set[Path]) -> None:
    """Remove heat maps of an earlier run."""
    try:
        for path in folder.glob("*.png"):
            if path not in kept:
                path.unlink()
    except OSError as error:
        raise OutputError(f"cannot tidy {folder}: {error.strerror or error}") from error


def _write_video(results: Results, path: Path, collector: CropCollector, progress: Progress) -> list[Path]:
    """Write the annotated video and collect crops; where none is wanted, read only as far as crops are needed."""
    if not len(results.frames) or not results.has_pixels:
        return []
    video, settings = results.video, results.settings.present
    if not settings.video:
        collect_crops(results, _source(results), collector, progress)
        return []
    size_px = output_size(video.width_px, video.height_px, settings.video_height_px)
    with VideoWriter(path, *size_px, fps=_fps(results), sound_from=video, start_s=results.start_s) as writer:
        annotate(results, _source(results), writer, size_px, collector, progress)
    return [path]


def _source(results: Results) -> Iterator[Frame]:
    """Decode the frames that were analysed."""
    video = results.settings.video
    return read_chunks(
        results.video, chunks(results.video, results.start_s, results.end_s, video.chunk_s, video.max_fps)
    )


def _fps(results: Results) -> float:
    """Rate of the analysed frames."""
    times: pd.Series[float] = results.frames["time_s"]
    return 1.0 / float(times.diff().median()) if len(times) > 1 else results.video.fps
