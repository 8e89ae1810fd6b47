"""Scores against a truth, put into a report that was written before they were known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.present.report.inserting import insert

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
    environment = Environment(
        loader=PackageLoader("pipeline.present"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    shown = environment.get_template("scores.html.j2").render(truth=truth, groups=groups, tables=tables)
    return insert(report, BEGIN, END, shown)
