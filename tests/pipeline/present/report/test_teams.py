"""Team against team and period by period."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from pipeline.present.labels import people
from pipeline.present.palette import Color
from pipeline.present.report.people import periods_of, person_row
from pipeline.present.report.teams import teams_section
from pipeline.present.results import Results
from pipeline.tables import conform

RED = Color(220, 40, 40)
Make = Callable[..., Results]


def two_periods(results: Results) -> Results:
    periods = pd.DataFrame({"period": [1, 2], "start_s": [0.0, 0.4], "end_s": [0.4, 0.8], "right_team": ["A", "B"]})
    halves = [results.player_periods.assign(period=period, distance_m=6.0 * period) for period in (1, 2)]
    return replace(
        results,
        periods=conform("periods", periods.assign(agreement=0.9)),
        player_periods=conform("player_periods", pd.concat(halves)),
    )


def test_measures_stand_side_by_side(make_results: Make) -> None:
    section = teams_section(make_results())
    assert section is not None
    assert [team["title"] for team in section["names"]] == ["Team A", "Team B"]
    lines = {line["name"]: line["cells"] for line in section["lines"]}
    assert lines["Distance"][0]["text"] == "60 m"
    assert lines["Mean speed"][1] == {"text": "7.2 km/h", "note": "offence 7.2, defence 7.2"}
    assert lines["In offence"][0]["text"] == "50 %"


def test_what_is_known_of_no_team_is_left_out(make_results: Make) -> None:
    results = make_results()
    unknown = results.team_stats.assign(spacing_m=float("nan"), offence_share=float("nan"))
    section = teams_section(replace(results, team_stats=unknown))
    assert section is not None
    assert {"Spacing", "In offence"}.isdisjoint(line["name"] for line in section["lines"])
    assert teams_section(make_results(metres=False)) is None


def test_periods_are_shown_where_there_are_several(make_results: Make) -> None:
    results = two_periods(make_results())
    assert [period["name"] for period in periods_of(results)] == ["Period 1, 0:00 – 0:00", "Period 2, 0:00 – 0:01"]
    row = person_row(people(results.players)[0], results, RED, None, (), {})
    assert [row["periods"][period]["distance_m"] for period in (1, 2)] == [6.0, 12.0]
    assert periods_of(make_results()) == []


def test_zones_of_the_attacked_basket_need_a_direction(make_results: Make) -> None:
    results = make_results()
    first = people(results.players)[0]
    assert person_row(first, results, RED, None, (), {})["attack"] == []
    shares = {"attack_paint_share": 0.2, "attack_mid_range_share": 0.1, "attack_corner_three_share": 0.1}
    known = results.player_stats.assign(**shares, attack_above_break_share=0.2, backcourt_share=0.4)
    attack = person_row(first, replace(results, player_stats=known), RED, None, (), {})["attack"]
    assert [part["name"] for part in attack] == ["paint", "mid-range", "corner three", "above the break", "own half"]
    assert sum(part["share"] for part in attack) == 1.0
