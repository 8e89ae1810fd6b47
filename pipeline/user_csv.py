"""Small CSV files that people write: rows with the line that they stand on, for messages."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.untrusted import parse_number


@dataclass(frozen=True)
class CsvRow:
    """One row: its cells by column, without spaces around them; '' where a cell is absent."""

    cells: dict[str, str]
    where: str
    """File and line, for messages."""


def read_text(path: Path, what: str) -> str:
    """Read a file of UTF-8 text, with or without a byte order mark.

    Args:
        path: the file.
        what: what it holds, for messages, such as 'the roster'.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {what} {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{what} {path} is not UTF-8 text; save as CSV in UTF-8") from error


def parse_rows(text: str, path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[CsvRow]:
    r"""Read the rows of a CSV text that has a header; separated by commas, or by semicolons as some spreadsheets write.

    Args:
        text: the content of the file.
        path: the file, for messages.
        columns: all columns that are read, as the header names them; other columns are passed over.
        optional: those of them that may be absent.

    Returns:
        The rows that are not empty. Header names count without regard to case or spaces around them.

    Raises:
        InputError: the header lacks a column.

    Example:
        >>> rows = parse_rows("Number; name\n7; Ann\n;\n9;Bo\n", Path("a.csv"), ("number", "name", "team"), ("team",))
        >>> [(row.cells, row.where) for row in rows][1]
        ({'number': '9', 'name': 'Bo', 'team': ''}, 'a.csv: line 4')
    """
    lines = text.splitlines()
    first = lines[0] if lines else ""
    reader = csv.DictReader(lines, delimiter=";" if first.count(";") > first.count(",") else ",")
    header = [(name or "").strip().lower() for name in reader.fieldnames or []]
    missing = [name for name in columns if name not in header and name not in optional]
    if missing:
        raise InputError(f"{path}: line 1: no column '{missing[0]}'; expected the header {','.join(columns)}")
    reader.fieldnames = header
    rows = []
    for row in reader:
        cells = {name: (row.get(name) or "").strip() for name in columns}
        if any(cells.values()):
            rows.append(CsvRow(cells, f"{path}: line {reader.line_num}"))
    return rows


def parse_time_s(text: str) -> float | None:
    """Read seconds, M:SS or H:MM:SS; None if it is none of these.

    Example:
        >>> parse_time_s("1:02:03.5"), parse_time_s("1:75"), parse_time_s("-1")
        (3723.5, None, None)
    """
    numbers = [parse_number(part.strip()) for part in text.split(":")]
    values = [number for number in numbers if number is not None]
    if len(values) < len(numbers):
        return None
    in_range = all(0 <= value < 60 for value in values[1:]) and all(value >= 0 for value in values)
    if len(values) > 3 or not in_range:
        return None
    total = 0.0
    for value in values:
        total = total * 60 + value
    return total
