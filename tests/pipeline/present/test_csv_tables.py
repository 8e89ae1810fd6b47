"""The tables that a coach reads."""

import io
from collections.abc import Callable

import pandas as pd
import pytest

from pipeline.choices import CsvDialectName
from pipeline.present.csv_tables import coach_table, csv_text, rounded
from pipeline.present.results import Results
from pipeline.written_csv import meant


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype={"number": "string"})


def test_rounded_ordered_and_jersey_numbers_kept_as_printed(make_results: Callable[..., Results]) -> None:
    results = make_results(names={3: 'Anna "Ace" Müller, jr.'})
    table = read(csv_text(coach_table(results.player_stats, results.players)))
    assert list(table.columns[:7]) == ["player_id", "label", "team", "number", "name", "role", "seen_s"]
    assert table["number"].tolist()[:2] == ["0", "00"]
    assert table["distance_m"].iloc[0] == 12.3
    assert table["top_speed_kmh"].iloc[0] == pytest.approx(22.5)
    assert table["role"].tolist() == ["player"] * 10 + ["referee"] * 2
    assert table.loc[table["player_id"] == 3, "name"].item() == 'Anna "Ace" Müller, jr.'


def test_unknown_is_an_empty_cell(make_results: Callable[..., Results]) -> None:
    results = make_results(metres=False)
    text = csv_text(coach_table(results.player_stats, results.players))
    assert "nan" not in text.lower()
    assert "<NA>" not in text
    assert read(text)["distance_m"].isna().all()


def test_nobody_gives_a_header(make_results: Callable[..., Results]) -> None:
    results = make_results(players=0)
    text = csv_text(coach_table(results.player_stats, results.players))
    assert text.count("\n") == 1


FORMULAS = ["=1+1", "+49 1", "-Anna", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1", "Anna;=1"]


@pytest.mark.parametrize("dialect", ["standard", "excel-de"])
@pytest.mark.parametrize("name", FORMULAS)
def test_no_name_is_computed_and_negative_numbers_stay_numbers(
    make_results: Callable[..., Results], name: str, dialect: CsvDialectName
) -> None:
    results = make_results(names={3: name})
    stats = results.player_stats.assign(mean_x_m=-1.5)
    stats.loc[stats["player_id"] == 3, "team"] = "=A"
    style = {"sep": ";", "decimal": ","} if dialect == "excel-de" else {}
    text = csv_text(coach_table(stats, results.players), dialect)
    table = pd.read_csv(io.StringIO(text), dtype={"number": "string"}, **style).set_index("player_id")
    assert meant(table.loc[3, "name"]) == name.replace("\r", "\n")
    assert table.loc[3, "name"] != name
    assert table.loc[3, "team"] == "'=A"
    assert table["mean_x_m"].tolist() == [-1.5] * 12


def test_a_spreadsheet_sees_that_it_is_utf_8_and_a_german_one_its_own_signs() -> None:
    table = pd.DataFrame({"name": ["Dončić", None], "distance_m": [-12.5, float("nan")], "sprints": [3, 4]})
    assert csv_text(table) == "\ufeffname,distance_m,sprints\nDončić,-12.5,3\n,,4\n"
    assert csv_text(table, "excel-de") == "\ufeffname;distance_m;sprints\nDončić;-12,5;3\n;;4\n"


def test_periods_stand_beside_each_other_and_keep_the_order_of_players(make_results: Callable[..., Results]) -> None:
    results = make_results()
    both = pd.concat([results.player_periods, results.player_periods.assign(period=2)], ignore_index=True)
    table = coach_table(both, results.players)
    assert table["period"].tolist() == [1, 2] * 12
    assert list(table.columns[:4]) == ["player_id", "label", "period", "team"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("distance_m", 1.2), ("mean_speed_mps", 1.23), ("paint_share", 1.235), ("spacing_m", 1.23), ("hull_m2", 1.2)],
)
def test_numbers_have_the_decimals_that_the_measurement_carries(name: str, shown: float) -> None:
    assert rounded(pd.DataFrame({name: [1.2346]}))[name].tolist() == [shown]
