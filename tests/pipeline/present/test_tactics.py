"""The report's section on tactics."""

from dataclasses import replace

import pandas as pd
import pytest

from pipeline.present.report import Pictures, report_html
from pipeline.present.tactics import tactics_section
from pipeline.tables import TEAM_TACTICS, conform


@pytest.fixture
def results(make_results):
    shape = {"spacing_m": 5.4, "hull_m2": 24.0, "ball_side_share": 0.4, "confidence": 0.95}
    phase = {"team": "A", "start_s": 0.0, "end_s": 5.0, "kind": "half-court", "possession": 1, "by": "ball"}
    phases = [phase | shape, {**phase, "team": "B", "start_s": 5.0, "end_s": 20.0, "by": "positions"} | shape]
    game = make_results()
    of_team = {team: game.players.loc[game.players["team"] == team, "player_id"].tolist() for team in "AB"}
    pair = {"player_id": of_team["A"][0], "opponent_id": of_team["B"][0], "distance_m": 1.5, "confidence": 0.95}
    other = {**pair, "opponent_id": of_team["B"][1]}
    guards = [{**pair, "start_s": 5.0, "end_s": 17.0}, {**other, "start_s": 17.0, "end_s": 20.0, "confidence": 0.5}]
    matchups = [
        {**each, "team": "A", "guarded_s": seconds, "share": seconds / 15, "on_ball_s": 1.0}
        for each, seconds in ((pair, 12.0), (other, 3.0))
    ]
    teams = pd.DataFrame([{**TEAM_TACTICS.unknown(), "team": team} for team in "AB"])
    numbers = {"possessions": 1, "offence_s": 10.0, "transition_s": 2.0, "half_court_s": 8.0, "spacing_m": 5.4}
    return replace(
        game,
        phases=conform("phases", pd.DataFrame(phases)),
        guards=conform("guards", pd.DataFrame(guards)),
        matchups=conform("matchups", pd.DataFrame(matchups)),
        team_tactics=conform("team_tactics", teams.assign(**numbers)),
    )


def test_the_section_has_sums_and_a_matrix_of_who_guarded_whom(results):
    section = tactics_section(results)
    assert {line["name"] for line in section["lines"]} == {"Possessions", "Half-court", "Spacing"}
    assert section["by"] == "the ball (25 %) and the players' positions (75 %)"
    assert section["sure"] == "80 %"
    (matrix,) = section["matrices"]
    assert [cell["text"] for cell in matrix["rows"][0]["cells"]] == ["0:12", "0:03"]
    assert [cell["shade"] for cell in matrix["rows"][0]["cells"]] == [100, 25]
    html = report_html(results, Pictures({}, {}, {}), [])
    assert 'id="tactics"' in html
    assert "0:12" in html


def test_without_phases_there_is_no_section(results):
    assert tactics_section(replace(results, phases=results.phases.iloc[:0])) is None
    assert 'id="tactics"' not in report_html(replace(results, phases=results.phases.iloc[:0]), Pictures({}, {}, {}), [])
