"""Rows as Markdown, with those of an earlier release beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.footage.measure import Row, row_of
from pipeline.errors import InputError

COLUMNS = (
    "clip", "edit", "recall", "HOTA", "IDF1", "IDF1 against original", "players", "per team", "court", "court error m",
    "numbers right", "cuts false/missed", "in both games", "time", "processor s",
)  # fmt: skip
BESIDE = ("IDF1 before", "recall before", "court before")
FILE = "footage.json"
Earlier = Mapping[tuple[str, str], Row]


def markdown(rows: Sequence[Row], earlier: Earlier | None = None) -> str:
    """Lay the rows out.

    Args:
        rows: one line each.
        earlier: rows of another release by clip and edit.
    """
    columns = [*COLUMNS, *(BESIDE if earlier is not None else ())]
    lines = ["| " + " | ".join(columns) + " |", "|---|---|" + "---:|" * (len(columns) - 2)]
    for row in rows:
        cells = _cells(row)
        if earlier is not None:
            before = earlier.get((row.clip, row.edit))
            cells += [""] * len(BESIDE) if before is None else _beside(before)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Store rows as JSON, for a later `--release`."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


def read_rows(path: Path) -> Earlier:
    """Read stored rows from a file, or from the output folder of an earlier measurement.

    Raises:
        InputError: there are none.
    """
    file = path / FILE if path.is_dir() else path
    try:
        rows = [row_of(values) for values in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{file} holds no rows of benchmarks.footage: {error}") from error
    return {(row.clip, row.edit): row for row in rows}


def _cells(row: Row) -> list[str]:
    """Format a row."""
    return [
        row.clip,
        row.edit,
        *map(_percent, (row.recall, row.hota, row.idf1)),
        "" if row.idf1_change is None else f"{100 * row.idf1_change:+.1f}",
        _of(row.players_found, row.players_true),
        row.per_team,
        _percent(row.court_share),
        "" if row.court_error_m is None else f"{row.court_error_m:.2f}",
        str(row.numbers_given) if row.numbers_right is None else f"{row.numbers_right} of {row.numbers_given}",
        "" if row.false_cuts is None else f"{row.false_cuts}/{row.missed_cuts}",
        "" if row.in_both_games is None else str(row.in_both_games),
        _percent(row.time_share),
        "" if row.seconds is None else f"{row.seconds:.0f}",
    ]


def _beside(row: Row) -> list[str]:
    return [_percent(row.idf1), _percent(row.recall), _percent(row.court_share)]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}"


def _of(count: int, whole: int | None) -> str:
    return str(count) if whole is None else f"{count} of {whole}"
