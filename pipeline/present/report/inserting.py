"""Putting a passage into a report that was written before it was known."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import TableError
from pipeline.present.report.policy import visible
from pipeline.store import write_bytes


def insert(report: Path, begin: str, end: str, passage: str) -> bool:
    """Put a passage between two marks of a report, in place of what stands there.

    Args:
        report: `report.html` of a run.
        begin: the mark before it.
        end: the mark behind it.
        passage: HTML.

    Returns:
        False if there is no report, or one without the marks.

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
    before, found, rest = html.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        return False
    changed = f"{before}{begin}\n{visible(passage)}\n{end}{after}"
    if changed != html:
        write_bytes(report, changed.encode())
    return True
