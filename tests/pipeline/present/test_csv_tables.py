"""The tables that a coach reads."""

import io
from collections.abc import Callable

import pandas as pd
import pytest

from pipeline.present.csv_tables import coach_table, csv_text, rounded
from pipeline.present.results import Results


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype={"number": "string"})


def test_rounded_ordered_and_jersey_numbers_kept_as_printed(make_results: Callable[..., Results]) -> None:
    results = make_results(names={3: 'Anna "Ace" Müller, jr.'})
    table = read(csv_text(coach_table(results.player_stats, results.players)))
    assert list(table.columns[:6]) == ["player_id", "team", "number", "name", "role", "seen_s"]
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


def test_periods_stand_beside_each_other_and_keep_the_order_of_players(make_results: Callable[..., Results]) -> None:
    results = make_results()
    both = pd.concat([results.player_periods, results.player_periods.assign(period=2)], ignore_index=True)
    table = coach_table(both, results.players)
    assert table["period"].tolist() == [1, 2] * 12
    assert list(table.columns[:3]) == ["player_id", "period", "team"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("distance_m", 1.2), ("mean_speed_mps", 1.23), ("paint_share", 1.235), ("spacing_m", 1.23), ("hull_m2", 1.2)],
)
def test_numbers_have_the_decimals_that_the_measurement_carries(name: str, shown: float) -> None:
    assert rounded(pd.DataFrame({name: [1.2346]}))[name].tolist() == [shown]
