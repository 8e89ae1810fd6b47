"""A roster: who wears which number, from a CSV file with the columns number, name, team."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.user_csv import CsvRow, parse_rows, read_text

COLUMNS = ("number", "name", "team")
_NUMBER = re.compile("00?|[1-9][0-9]?")
_SPREADSHEET = re.compile(r"^#|[.,]0+$")
"""What people and spreadsheets put around a number: #7, 7.0."""


@dataclass(frozen=True)
class RosterEntry:
    """One player."""

    number: str
    """As printed: '0' and '00' differ."""
    name: str
    team: str | None
    """As written in the file; None where the column is empty or absent."""


def read_roster(path: Path) -> tuple[RosterEntry, ...]:
    """Read a roster.

    Args:
        path: CSV with a header; `team` may be absent.

    Raises:
        InputError: the file cannot be read, a column or value is missing, a number is none, or one is given twice in a team.
    """
    entries: dict[tuple[str | None, str], RosterEntry] = {}
    for row in parse_rows(read_text(path, "the roster"), path, COLUMNS, optional=("team",)):
        entry = _entry(row)
        earlier = entries.get((entry.team, entry.number))
        if earlier is not None:
            team = f" of team {entry.team}" if entry.team else ""
            raise InputError(f"{row.where}: number {entry.number}{team} is given twice: {earlier.name}, {entry.name}")
        entries[entry.team, entry.number] = entry
    if not entries:
        raise InputError(f"{path}: no players; expected lines {','.join(COLUMNS)}")
    return tuple(entries.values())


def _entry(row: CsvRow) -> RosterEntry:
    """Read one line; line breaks and other spaces within a name are one space each."""
    name, team = (" ".join(row.cells[column].split()) for column in ("name", "team"))
    number = _SPREADSHEET.sub("", row.cells["number"])
    if not _NUMBER.fullmatch(number):
        raise InputError(
            f"{row.where}: number '{number[:20]}' is not a jersey number (0, 00, or 1 to 99 in the digits 0 to 9)"
        )
    if not name:
        raise InputError(f"{row.where}: number {number} has no name")
    return RosterEntry(number, name, team or None)
