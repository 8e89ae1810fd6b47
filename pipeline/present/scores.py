"""Scores against a truth, put into a report that was written before they were known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.errors import TableError
from pipeline.store import write_bytes

BEGIN, END = "<!-- scores -->", "<!-- /scores -->"
"""What stands between them in the report is replaced."""


@dataclass(frozen=True)
class ScoreTable:
    """A table of texts: `lines` have as many cells as `columns`; the first is what the line is about."""

    title: str
    columns: Sequence[str]
    lines: Sequence[Sequence[str]]


def add_scores(report: Path, truth: str, groups: Sequence[ScoreTable], tables: Sequence[ScoreTable]) -> bool:
    """Write scores into a report, in place of those that it has.

    Args:
        report: `report.html` of a run.
        truth: against what was scored.
        groups: scores by subject, shown side by side; three columns: score, value, unit.
        tables: shown below each other.

    Returns:
        False if there is no report, or one without a place for scores.

    Raises:
        TableError: the report cannot be read.
        OutputError: it cannot be written.
    """
    if not report.is_file():
        return False
    try:
        html = report.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{report} cannot be read ({error}); remove it and run courtside analyze again") from error
    before, begin, rest = html.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        return False
    environment = Environment(
        loader=PackageLoader("pipeline.present"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    shown = environment.get_template("scores.html.j2").render(truth=truth, groups=groups, tables=tables)
    write_bytes(report, f"{before}{BEGIN}\n{shown}\n{END}{after}".encode())
    return True
