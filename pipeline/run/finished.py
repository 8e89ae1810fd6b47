"""Pictures and files made of a finished run when somebody asks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pipeline.errors import InputError
from pipeline.present.exports import ExportName, export
from pipeline.present.heat_maps.heatmaps import figure_bytes
from pipeline.present.heat_maps.subjects import Direction, Subject, picture, player_subject, team_subject
from pipeline.present.on_court import OnCourt
from pipeline.run.loading import context_of, read_run
from pipeline.store import make_directory, write_bytes
from pipeline.tables import TableName

EXPORT_FOLDER = "exports"
MAP_FOLDER = "maps"
_TABLES: tuple[TableName, ...] = ("frames", "players", "positions", "periods", "court")


def on_court(run: Path) -> OnCourt:
    """Read where everybody was in a finished run.

    Raises:
        InputError: the run is not finished, or has no metres.
        TableError: a table of the run is missing or damaged.
    """
    context = context_of(run, names=_TABLES)
    tables = context.tables
    if tables["positions"].empty:
        raise InputError(f"{run} has no positions in metres: the court was neither found nor given (--calibration)")
    return OnCourt(tables["frames"], tables["players"], tables["positions"], tables["periods"], context.registration)


def write_export(run: Path, name: ExportName, out: Path | None = None) -> list[Path]:
    """Write the positions of a finished run in a format of another program.

    Args:
        run: output directory of `courtside analyze`.
        name: which format.
        out: folder; None for `exports` in the run.

    Raises:
        InputError: the run is not finished, or has no metres.
        OutputError: a file cannot be written.
    """
    folder = out or run / EXPORT_FOLDER
    texts = export(on_court(run), name, run.name)
    return [_write(folder / file, text.encode()) for file, text in texts.items()]


def write_map(
    run: Path,
    who: int | str,
    versus: int | str | None = None,
    period: int | None = None,
    direction: Direction = "filmed",
    kind: Literal["png", "svg"] = "png",
    out: Path | None = None,
) -> Path:
    """Draw a heat map of a finished run, or a comparison of two.

    Args:
        run: output directory of `courtside analyze`.
        who: a player by id, or a team by name.
        versus: whom to compare with.
        period: one period; None for all.
        direction: as filmed, or turned so that the team attacks the right basket.
        kind: of the picture.
        out: file; None for one in `maps` in the run, named after what it shows.

    Raises:
        InputError: the run is not finished, or has no such player, team, period or position.
        OutputError: the file cannot be written.
    """
    game = on_court(run)
    subject = _subject(game, who)
    compared = None if versus is None else _subject(game, versus)
    sigma_m = read_run(run).settings.present.heatmap_sigma_m
    figure = picture(game, subject, compared, period, direction, sigma_m)
    parts = [subject.file_stem, *(["versus", compared.file_stem] if compared is not None else [])]
    parts += [
        *([f"period-{period}"] if period is not None else []),
        *(["attacking"] if direction == "attacking" else []),
    ]
    return _write(out or run / MAP_FOLDER / f"{'-'.join(parts)}.{kind}", figure_bytes(figure, kind))


def _subject(game: OnCourt, who: int | str) -> Subject:
    return player_subject(game, who) if isinstance(who, int) else team_subject(game, who)


def _write(path: Path, data: bytes) -> Path:
    """Write a file whole or not at all."""
    make_directory(path.parent)
    write_bytes(path, data)
    return path
