"""What became of the games of a batch."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from pipeline.store import write_bytes

SUMMARY = "summary.csv"
"""In the output directory of a batch."""


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


def write_summary(folder: Path, games: Sequence[GameSummary]) -> Path:
    """Write the summary as CSV, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(GameSummary)], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in asdict(game).items()} for game in games)
    write_bytes(folder / SUMMARY, text.getvalue().encode())
    return folder / SUMMARY
