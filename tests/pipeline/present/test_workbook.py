"""The workbook is read back with another library: numbers, units, text that stays text, the same bytes each time."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline.present.ball_play import all_events
from pipeline.present.csv_tables import coach_table, named, rounded
from pipeline.present.results import Results
from pipeline.present.workbook import workbook_bytes
from pipeline.tables import ALL

SHEETS = ["player_stats", "team_stats", "player_periods", "team_periods", "periods", "columns"]
NAMES = {3: '=HYPERLINK("http://example.org")', 4: "Dončić", 5: "@A", 6: "http://example.org"}


def tables_of(results: Results) -> dict[str, pd.DataFrame]:
    return {
        "player_stats": coach_table(results.player_stats, results.players),
        "team_stats": rounded(results.team_stats),
        "player_periods": coach_table(results.player_periods, results.players),
        "team_periods": rounded(results.team_periods),
        "periods": rounded(results.periods),
    }


@pytest.fixture
def tables(make_results: Callable[..., Results]) -> dict[str, pd.DataFrame]:
    return tables_of(make_results(names=NAMES))


def test_every_table_has_a_sheet_with_units_that_stay_in_view(tables: dict[str, pd.DataFrame]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(tables)))
    assert book.sheetnames == SHEETS
    for name, table in tables.items():
        sheet = book[name]
        head, units = ([cell.value or "" for cell in row] for row in sheet.iter_rows(max_row=2))
        assert head == list(table.columns)
        unit = dict(zip(head, units, strict=True))
        assert {unit[column] for column in head if column.endswith("_s")} <= {"s"}
        assert {unit[column] for column in head if column.endswith("_mps")} <= {"m/s"}
        assert {unit[column] for column in head if column.endswith(("_share", "confidence", "agreement"))} <= {"%"}
        assert sheet.freeze_panes in {"F3", "B3", "C3"}
        assert sheet.auto_filter.ref == f"A2:{sheet.cell(2 + len(table), len(head)).coordinate}"
        widths = {k: d.width for d in sheet.column_dimensions.values() for k in range(d.min, d.max + 1)}
        assert all(widths[cell.column] > len(cell.value) for cell in sheet[1])
    unit = {row[0].value: row[1].value for row in zip(book["player_stats"][1], book["player_stats"][2], strict=True)}
    assert (unit["top_speed_kmh"], unit["distance_per_min_m"], unit["sprints"]) == ("km/h", "m/min", "")


def test_the_last_sheet_says_what_columns_mean(tables: dict[str, pd.DataFrame]) -> None:
    meanings = pd.read_excel(io.BytesIO(workbook_bytes(tables)), sheet_name="columns").set_index(["table", "column"])
    assert len(meanings) == sum(len(table.columns) for table in tables.values())
    assert meanings["meaning"].notna().all()
    assert meanings.loc[("team_stats", "hull_m2"), "unit"] == "m²"


def test_every_column_of_the_events_is_explained() -> None:
    events = named(all_events(ALL["events"].empty(), ALL["ball_events"].empty()), ALL["players"].empty())
    meanings = pd.read_excel(io.BytesIO(workbook_bytes({"events": events})), sheet_name="columns").set_index("column")
    assert meanings.loc["result", "meaning"] == "of a shot: made, missed; of a rebound: offensive, defensive"
    assert "what a shot is worth by its place, made or not" in meanings.loc["points", "meaning"]
    assert meanings.loc[["result_confidence", "x_m", "nearest_opponent_m"], "unit"].tolist() == ["%", "m", "m"]
    of_people = meanings.index[meanings["meaning"] == "what the person before is called"]
    assert of_people.tolist() == ["player_name", "partner_name"]


def test_numbers_are_numbers_and_text_is_text(tables: dict[str, pd.DataFrame]) -> None:
    tables["player_stats"].loc[0, "mean_x_m"] = -1.5
    tables["player_stats"].loc[1, "mean_x_m"] = float("inf")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_bytes(tables)))["player_stats"]
    cells = {sheet.cell(1, place).value: place for place in range(1, sheet.max_column + 1)}
    rows = {sheet.cell(row, 1).value: row for row in range(3, sheet.max_row + 1)}
    assert sheet.cell(3, cells["mean_x_m"]).value == -1.5
    assert sheet.cell(4, cells["mean_x_m"]).value is None
    assert sheet.cell(3, cells["distance_m"]).number_format == "0.0"
    assert sheet.cell(3, cells["confidence"]).number_format == "0.0%"
    assert sheet.cell(3, cells["player_id"]).number_format == "0"
    for player, name in NAMES.items():
        cell = sheet.cell(rows[player], cells["name"])
        assert (cell.value, cell.data_type, cell.hyperlink) == (name, "s", None)
        assert cell.quotePrefix == name.startswith(("=", "@"))
    assert [sheet.cell(row, cells["number"]).value for row in (3, 4)] == ["0", "00"]


def test_a_sheet_reads_back_as_its_table(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        read = pd.read_excel(io.BytesIO(workbook_bytes(tables)), sheet_name=name, skiprows=[1], dtype={"number": str})
        pd.testing.assert_frame_equal(
            read.astype(object).where(read.notna(), None),
            table.astype(object).where(table.notna(), None),
            check_dtype=False,
            check_column_type=False,
        )


def test_nobody_gives_sheets_with_heads(make_results: Callable[..., Results]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(tables_of(make_results(players=0)))))
    assert book["player_stats"].max_row == 2


def test_the_same_tables_are_the_same_bytes_at_any_time_and_in_any_process(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    data = workbook_bytes(tables)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01T00:00:00Z" in file.read("docProps/core.xml")
    tables["periods"].to_parquet(tmp_path / "periods.parquet")
    program = (
        "import sys, pandas as pd; from pipeline.present.workbook import workbook_bytes;"
        "sys.stdout.buffer.write(workbook_bytes({'periods': pd.read_parquet(sys.argv[1])}))"
    )
    command = [sys.executable, "-c", program, tmp_path / "periods.parquet"]
    assert subprocess.run(command, check=True, capture_output=True).stdout == workbook_bytes(
        {"periods": tables["periods"]}
    )
