"""What became of the games of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal

from pipeline.choices import CsvDialectName
from pipeline.store import PublishedFiles, make_directory
from pipeline.written_csv import csv_of

SUMMARY = "summary.csv"
"""In the output directory of a batch."""
_WORK = ".batch"
"""Where it is noted that the summary is ours."""


@dataclass(frozen=True)
class GameSummary:
    """One game, as the summary lists it."""

    game: str
    status: Literal["done", "failed", "waiting"]
    players: int | None = None
    minutes: float | None = None
    """Of video that were analysed."""
    seconds: float | None = None
    """On the clock; few where an earlier run had finished most of it."""
    warning: str = ""
    """All warnings, or why it failed."""
    video: str = ""


def write_summary(folder: Path, games: Sequence[GameSummary], dialect: CsvDialectName = "standard") -> Path:
    """Write the summary as CSV, whole or not at all; one that a person changed is kept as summary.yours.csv.

    Args:
        folder: where the games are.
        games: in the order of the lines.
        dialect: separator and decimal sign.

    Raises:
        OutputError: it cannot be written, or a file of that name is not ours.
    """
    text = csv_of([field.name for field in fields(GameSummary)], map(astuple, games), dialect)
    make_directory(folder / _WORK)
    PublishedFiles(folder, folder / _WORK).publish("batch", SUMMARY, text.encode())
    return folder / SUMMARY
