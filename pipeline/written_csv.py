"""CSV files for people: the dialects of spreadsheets, and text that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.choices import CsvDialectName

BYTE_ORDER_MARK = "\ufeff"
"""Begins the text: without it spreadsheets take UTF-8 for the code page of the country, and accents are lost."""

_BEFORE = r"'*[^\S\t\r\n]*"
_SIGNS = r"=+\-@＝＋－＠"
_LATER = rf"(?={_BEFORE}[{_SIGNS}])"
"""Also within a text: a spreadsheet that is set to another country begins a cell at its own separator."""
_BARE = re.compile(rf"^(?={_BEFORE}[{_SIGNS}\t\r\n])|(?<=[;,\t\r\n]){_LATER}")
_MARKED = re.compile(rf"^'(?={_BEFORE}[{_SIGNS}\t\r\n])|(?<=[;,\t\r\n])'{_LATER}")


@dataclass(frozen=True)
class CsvDialect:
    """How a spreadsheet writes numbers side by side."""

    separator: str
    decimal_sign: str


DIALECTS: Mapping[CsvDialectName, CsvDialect] = MappingProxyType(
    {"standard": CsvDialect(",", "."), "excel-de": CsvDialect(";", ",")}
)


def harmless(text: str) -> str:
    r"""Mark text that a spreadsheet would compute with an apostrophe, as OWASP advises; `meant` takes it off again.

    Line breaks become `\n`: a lone `\r` would end the row.

    Example:
        >>> harmless("=1+1"), harmless("Smith; -Jones"), harmless("O'Neal"), harmless("'=1")
        ("'=1+1", "Smith;' -Jones", "O'Neal", "''=1")
    """
    return _BARE.sub("'", text.replace("\r\n", "\n").replace("\r", "\n"))


def meant(text: str) -> str:
    """Give the text of which `harmless` made this.

    Example:
        >>> meant("'=1+1"), meant("'Neal")
        ('=1+1', "'Neal")
    """
    return _MARKED.sub("", text)


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[object]], dialect: CsvDialectName = "standard") -> str:
    """Write rows as CSV with a byte order mark; text is made harmless, numbers stay numbers, None is an empty cell.

    Args:
        columns: the header.
        rows: cells in the order of the columns.
        dialect: separator and decimal sign.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=DIALECTS[dialect].separator, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value, DIALECTS[dialect]) for value in row] for row in rows)
    return BYTE_ORDER_MARK + text.getvalue()


def _cell(value: object, dialect: CsvDialect) -> object:
    if isinstance(value, str):
        return harmless(value)
    return str(value).replace(".", dialect.decimal_sign) if isinstance(value, float) else value
