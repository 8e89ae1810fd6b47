"""All tables of statistics in one workbook, `statistics.xlsx`: a sheet for each, numbers as numbers, text as text."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.present.ball_play import event_columns
from pipeline.present.csv_tables import digits_of
from pipeline.schema import Column
from pipeline.tables import ALL, EVENTS
from pipeline.written_csv import harmless

WORKBOOK = "statistics.xlsx"
CREATED = datetime(2000, 1, 1)
"""Stands in every workbook: the same tables give the same bytes."""
HEADER_ROWS = 2
"""Names of columns as in the CSV files, and units."""
FIXED_COLUMNS = 5
"""At most so many stay in view when one scrolls to the right: who it is."""
LONGEST_TEXT = 32_767
"""Characters of a cell that a spreadsheet keeps."""
FILTER_BUTTON = 2
"""Characters that the button of the filter covers beside the unit."""
WIDEST_COLUMN = 40
"""Characters; longer text is cut in the view."""
NAMING = ("player_id", "label", "period", "team", "team_name", "number", "name", "role")
_SHOWN_BY = {
    "top_speed_kmh": ("km/h", "top_speed_mps in km/h"),
    "label": ("", "what the video, the report and the commands call this person"),
    "team_name": ("", "what the roster calls the team"),
}
"""Unit and meaning of columns that only people's tables have."""


class _Formats:
    """Formats of cells, made once for a workbook."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.name = book.add_format({"bold": True, "bg_color": "#E8EEF4"})
        self.unit = book.add_format({"italic": True, "font_color": "#555555", "bg_color": "#E8EEF4", "bottom": 1})
        self.text = book.add_format({"num_format": "@"})
        self.marked = book.add_format({"num_format": "@", "quote_prefix": True})
        self._numbers: dict[str, Format] = {}

    def number(self, shown: str) -> Format:
        """Give the format of a column of numbers."""
        if shown not in self._numbers:
            self._numbers[shown] = self.book.add_format({"num_format": shown})
        return self._numbers[shown]


def workbook_bytes(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Write tables as an Office Open XML workbook, and what their columns mean.

    Args:
        tables: as in the CSV files, by the name of the sheet, which is that of their schema.

    Returns:
        The file: per table a sheet with a row of names and a row of units that stay in view, a filter over all rows,
        and at the end the sheet `columns`. Unknown is an empty cell; the same tables give the same bytes.
    """
    stream = io.BytesIO()
    with Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": "Statistics", "created": CREATED})
        formats = _Formats(book)
        for name, table in tables.items():
            _write_sheet(book.add_worksheet(name), table, _columns_of(name), formats)
        _write_sheet(book.add_worksheet("columns"), _meanings(tables), None, formats)
    return stream.getvalue()


def _columns_of(name: str) -> dict[str, Column]:
    if name == EVENTS.name:
        return event_columns()
    return {column.name: column for column in next(table for table in ALL.values() if table.name == name).columns}


def unit_of(column: str, schema: Mapping[str, Column]) -> str:
    """Name the unit of a column as a person reads it; '' where it has none."""
    if column in _SHOWN_BY:
        return _SHOWN_BY[column][0]
    unit = schema[column].unit.replace("m2", "m²") if column in schema else ""
    return "%" if not unit and _is_share(column) else unit


def _is_share(column: str) -> bool:
    return column.endswith(("share", "confidence", "agreement"))


def _shown(column: str) -> str:
    """Give the number format of a column, as spreadsheets write it."""
    if _is_share(column):
        return "0.0%"
    digits = digits_of(column)
    return "0." + "0" * digits if digits else "0"


def _write_sheet(sheet: Worksheet, table: pd.DataFrame, schema: Mapping[str, Column] | None, formats: _Formats) -> None:
    """Write one table: names, units if it has any, rows."""
    first_row = 1 if schema is None else HEADER_ROWS
    for place, name in enumerate(map(str, table.columns)):
        values, unit = table[name].tolist(), "" if schema is None else unit_of(name, schema)
        sheet.write_string(0, place, name, formats.name)
        if schema is not None:
            sheet.write_string(1, place, unit, formats.unit)
        style = formats.number(_shown(name)) if is_numeric_dtype(table[name]) else formats.text
        for row, value in enumerate(values, start=first_row):
            _write_cell(sheet, (row, place), value, style, formats.marked)
        longest = max((len(str(value)) for value in values if not pd.isna(value)), default=0)
        width = max(longest, len(name), len(unit) + FILTER_BUTTON) + 2
        sheet.set_column(place, place, min(width, WIDEST_COLUMN), style)
    fixed = sum(name in NAMING for name in table.columns[:FIXED_COLUMNS])
    sheet.freeze_panes(first_row, fixed)
    if len(table):
        sheet.autofilter(first_row - 1, 0, first_row - 1 + len(table), len(table.columns) - 1)


def _write_cell(sheet: Worksheet, at: tuple[int, int], value: Any, style: Format, marked: Format) -> None:
    """Write a value; text that a spreadsheet would compute when somebody edits it is marked as text."""
    if isinstance(value, str):
        sheet.write_string(*at, value[:LONGEST_TEXT], style if harmless(value) == value else marked)
    elif not pd.isna(value) and math.isfinite(value):
        sheet.write_number(*at, value, style)


def _meaning(column: str, schema: Mapping[str, Column]) -> str:
    """Say what a column means; one that is not of the schema says what the people of another are called."""
    if column in _SHOWN_BY:
        return _SHOWN_BY[column][1]
    return schema[column].meaning if column in schema else "what the person before is called"


def _meanings(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """List what every column means, by table."""
    rows = []
    for name, table in tables.items():
        schema = _columns_of(name)
        for column in map(str, table.columns):
            rows.append((name, column, unit_of(column, schema), _meaning(column, schema)))
    return pd.DataFrame(rows, columns=["table", "column", "unit", "meaning"])
