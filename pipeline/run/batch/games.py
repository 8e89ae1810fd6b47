"""Which games a batch holds: the videos of a folder, or the lines of a list."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from pipeline.choices import CourtName
from pipeline.errors import InputError
from pipeline.run import given
from pipeline.user_csv import CsvRow, parse_rows, parse_time_s, read_text, separator_of

COLUMNS = ("video", "out", "court", "calibration", "roster", "corrections", "start", "end", "periods", "scoreboard")
_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".flv", ".mxf")
_GAME_VIDEO = "video.mp4"
"""In the directory of a rendered game."""
_PLAIN_NAME = re.compile(r"[^/\\:*?\"<>|]+")
_NOT_A_NAME = frozenset({".", ".."})


@dataclass(frozen=True)
class BatchGame:
    """One game of a batch. What is None is as the options of the batch say."""

    video: Path
    name: str
    """Of its folder in the batch's output directory."""
    court: CourtName | None = None
    calibration: Path | None = None
    roster: Path | None = None
    corrections: Path | None = None
    start_s: float | None = None
    end_s: float | None = None
    periods_s: tuple[float, ...] | None = None
    """When the periods begin."""
    scoreboard: str | None = None
    """Where it is, as `--scoreboard` says it."""


def games_in(source: Path) -> tuple[BatchGame, ...]:
    """List the games of a batch.

    Args:
        source: a folder with videos or directories of rendered games, a text file with a video per line, or a CSV file with
            a column `video` and any of `out`, `court`, `calibration`, `roster`, `corrections`, `start`, `end`, `periods`,
            `scoreboard`.
            Paths in a file count from where the file is.

    Returns:
        The games, in order of their names or lines. Two that would have one name are told apart by a number.

    Raises:
        InputError: there is no such folder or file, no game in it, or a line says something that cannot be.
    """
    if source.is_dir():
        games = [BatchGame(path, path.name if path.is_dir() else path.stem) for path in _videos_of(source)]
        expected = f"a video ({' '.join(_SUFFIXES)})"
    else:
        games = _listed(source)
        expected = "a line with a video"
    if not games:
        raise InputError(f"{source} holds no game; expected {expected}")
    return tuple(_told_apart(games))


def _videos_of(folder: Path) -> list[Path]:
    """Find the videos and rendered games that lie in a folder itself, in order of their names."""
    try:
        entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror or error}") from error
    return [path for path in entries if (path.is_file() and path.suffix.lower() in _SUFFIXES) or _is_rendered(path)]


def _is_rendered(path: Path) -> bool:
    return path.is_dir() and ((path / _GAME_VIDEO).is_file() or given.is_given(path))


def _listed(path: Path) -> list[BatchGame]:
    """Read a list of games."""
    text = read_text(path, "the list of games")
    first = text.partition("\n")[0].split(separator_of(text))
    if "video" in (name.strip().lower() for name in first):
        return [_game(row, path.parent) for row in parse_rows(text, path, COLUMNS, optional=COLUMNS[1:])]
    lines = (line.strip() for line in text.splitlines())
    videos = [path.parent / line for line in lines if line and not line.startswith("#")]
    return [BatchGame(video, video.name if video.is_dir() else video.stem) for video in videos]


def _game(row: CsvRow, folder: Path) -> BatchGame:
    """Read one line of a CSV list."""
    cells = row.cells
    if not cells["video"]:
        raise InputError(f"{row.where}: no video")
    video = folder / cells["video"]
    name = cells["out"] or (video.name if video.is_dir() else video.stem)
    if _PLAIN_NAME.fullmatch(name) is None or name in _NOT_A_NAME:
        raise InputError(f"{row.where}: out '{name}' is not the name of a folder")
    court: CourtName | None = next((court for court in get_args(CourtName) if court == cells["court"]), None)
    if cells["court"] and court is None:
        raise InputError(
            f"{row.where}: there is no court '{cells['court']}'; there are {', '.join(get_args(CourtName))}"
        )
    calibration, roster, corrections = (
        folder / cells[column] if cells[column] else None for column in ("calibration", "roster", "corrections")
    )
    start_s, end_s = (_time_s(cells[column], f"{row.where}: {column}") for column in ("start", "end"))
    periods_s = [_time_s(text, f"{row.where}: periods") for text in cells["periods"].split()]
    starts_s = tuple(start for start in periods_s if start is not None) or None
    place = cells["scoreboard"] or None
    return BatchGame(video, name, court, calibration, roster, corrections, start_s, end_s, starts_s, place)


def _time_s(text: str, where: str) -> float | None:
    """Read a time; None for an empty cell."""
    if not text:
        return None
    seconds = parse_time_s(text)
    if seconds is None:
        raise InputError(f"{where} '{text}': expected seconds, M:SS or H:MM:SS")
    return seconds


def _told_apart(games: Iterable[BatchGame]) -> list[BatchGame]:
    """Give names that are taken, in capitals or not, a number: game, game-2, game-3."""
    taken: set[str] = set()
    named: list[BatchGame] = []
    for game in games:
        numbered = (f"{game.name}-{count}" for count in itertools.count(2))
        name = next(name for name in itertools.chain([game.name], numbered) if name.casefold() not in taken)
        taken.add(name.casefold())
        named.append(replace(game, name=name))
    return named
