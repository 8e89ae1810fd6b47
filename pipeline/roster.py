"""A roster: who wears which number, from a CSV file with the columns number, name, team."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError

COLUMNS = ("number", "name", "team")


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
        path: CSV in UTF-8 with a header; `team` may be absent.

    Raises:
        InputError: the file cannot be read, a column or value is missing, a number is none, or one is given twice in a team.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read the roster {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the roster {path} is not UTF-8 text; save it as CSV in UTF-8") from error
    return _entries(text, path)


def _entries(text: str, path: Path) -> tuple[RosterEntry, ...]:
    first = text.splitlines()[0] if text.strip() else ""
    reader = csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",")
    header = [(name or "").strip().lower() for name in reader.fieldnames or []]
    missing = [name for name in COLUMNS[:2] if name not in header]
    if missing:
        raise InputError(f"{path}: line 1: no column '{missing[0]}'; expected the header number,name,team")
    reader.fieldnames = header
    entries: dict[tuple[str | None, str], RosterEntry] = {}
    for row in reader:
        entry = _entry(row, f"{path}: line {reader.line_num}")
        if entry is None:
            continue
        if (entry.team, entry.number) in entries:
            other = entries[entry.team, entry.number].name
            team = f" of team {entry.team}" if entry.team else ""
            raise InputError(
                f"{path}: line {reader.line_num}: number {entry.number}{team} is given twice: {other}, {entry.name}"
            )
        entries[entry.team, entry.number] = entry
    if not entries:
        raise InputError(f"{path}: no players; expected lines number,name,team")
    return tuple(entries.values())


def _entry(row: dict[str, str | None], where: str) -> RosterEntry | None:
    """Read one line; None if it is empty."""
    number, name, team = ((row.get(column) or "").strip() for column in COLUMNS)
    if not (number or name or team):
        return None
    if not re.fullmatch(r"\d{1,2}", number):
        raise InputError(f"{where}: number '{number}' is not a jersey number (one or two digits)")
    if not name:
        raise InputError(f"{where}: number {number} has no name")
    return RosterEntry(number, name, team or None)
