"""Small CSV files that people write: rows with the line that they stand on, for messages."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.untrusted import parse_number

MAX_BYTES = 16 * 2**20
"""A longer file is none that somebody wrote, and is not read."""
MAX_CELL = 4096
"""Characters of a cell: no name is longer, nor a path on most systems."""
_SEPARATORS = ",;\t"
_ENCODINGS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""By the mark at the beginning of the file; without one it is UTF-8."""


@dataclass(frozen=True)
class CsvRow:
    """One row: its cells by column, without spaces around them; '' where a cell is absent."""

    cells: dict[str, str]
    where: str
    """File and line, for messages."""


def read_text(path: Path, what: str) -> str:
    """Read a text file in UTF-8, with or without a byte order mark, or in UTF-16 with one.

    Args:
        path: the file.
        what: what it holds, for messages, such as 'the roster'.

    Raises:
        InputError: it cannot be read, is too long, is in another encoding, or is no text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {what} {path}: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{what} {path} has more than {MAX_BYTES // 2**20} MB; expected a table that somebody wrote")
    encoding = _ENCODINGS.get(data[:2], "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        announced = "UTF-8" if encoding == "utf-8-sig" else "UTF-16, which its first bytes announce"
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{what} {path}: line {line} is not text in {announced}; save it as CSV in UTF-8") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{what} {path}: line {line} holds a NUL; save it as CSV in UTF-8")
    return text


def parse_rows(text: str, path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[CsvRow]:
    r"""Read the rows of a CSV text that has a header; separated by commas, or by semicolons or tabs as some spreadsheets write.

    Args:
        text: the content of the file.
        path: the file, for messages.
        columns: all columns that are read, as the header names them; other columns are passed over.
        optional: those of them that may be absent.

    Returns:
        The rows that are not empty. Header names count without regard to case or spaces around them.

    Raises:
        InputError: the header lacks a column or has it twice, a row or cell is too long, or a quote stays open.

    Example:
        >>> rows = parse_rows("Number; name\n7; Ann\n;\n9;Bo\n", Path("a.csv"), ("number", "name", "team"), ("team",))
        >>> [(row.cells, row.where) for row in rows][1]
        ({'number': '9', 'name': 'Bo', 'team': ''}, 'a.csv: line 4')
    """
    lines = _lines(text.removeprefix("\ufeff"), path)
    _, names = next(lines, ("", []))
    header = [name.strip().lower() for name in names]
    for name in columns:
        if name not in header and name not in optional:
            raise InputError(f"{path}: line 1: no column '{name}'; expected the header {','.join(columns)}")
        if header.count(name) > 1:
            raise InputError(
                f"{path}: line 1: column '{name}' stands there {header.count(name)} times; expected it once"
            )
    rows = []
    for where, values in lines:
        if any(value.strip() for value in values[len(header) :]):
            raise InputError(
                f"{where}: {len(values)} cells under {len(header)} columns; put a cell with a comma of its own in quotes"
            )
        found = dict(zip(header, values, strict=False))
        cells = {name: found.get(name, "").strip() for name in columns}
        long = next((name for name in columns if len(cells[name]) > MAX_CELL), None)
        if long is not None:
            raise InputError(f"{where}: {long} has {len(cells[long])} characters, more than {MAX_CELL}")
        if any(cells.values()):
            rows.append(CsvRow(cells, where))
    return rows


def separator_of(text: str) -> str:
    """Find what separates the cells of a CSV text: what its first line has most of."""
    first = re.split("[\r\n]", text, maxsplit=1)[0]
    return max(_SEPARATORS, key=first.count)


def _lines(text: str, path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield file and line of each row, where it begins, and its cells."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text), strict=True)
    while True:
        where = f"{path}: line {reader.line_num + 1}"
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{where}: a quote that is never closed, or text beside quotes ({error})") from error
        if values is None:
            return
        yield where, values


def parse_time_s(text: str) -> float | None:
    """Read seconds, M:SS or H:MM:SS; None if it is none of these.

    Example:
        >>> parse_time_s("1:02:03.5"), parse_time_s("1:75"), parse_time_s("-1"), parse_time_s("inf")
        (3723.5, None, None, None)
    """
    total = 0.0
    parts = text.strip().split(":")
    for place, part in enumerate(parts):
        value = parse_number(part)
        if value is None or value < 0 or (place > 0 and value >= 60):
            return None
        total = total * 60 + value
    return total if len(parts) <= 3 else None
