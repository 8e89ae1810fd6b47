"""What is done with the ball, as people and programs get it."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.geometry.court import COURTS
from pipeline.present import outputs
from pipeline.present.ball_play import all_events, ball_section, shot_chart, told_by_a_shot, zone_chart
from pipeline.present.ball_play.shot_chart import HEAD_PX, shot_line
from pipeline.present.exports import GameEvents, export_events
from pipeline.tables import ALL, BALL_EVENTS, BOX_SCORE, EVENTS, conform

COURT = COURTS["nba"]


def ball_event(number, time_s, kind, player_id, **more):
    row = {**BALL_EVENTS.unknown(), "event_id": number, "time_s": time_s, "earliest_s": time_s, "latest_s": time_s + 1}
    return {**row, "kind": kind, "team": "A", "player_id": player_id, "confidence": 0.9, "status": "sure", **more}


@pytest.fixture(scope="module")
def ball_events():
    made = {"result": "made", "result_status": "sure", "points": 3, "x_m": 20.0, "y_m": 7.0}
    rows = [
        ball_event(2, 5.0, "pass", 1, partner_id=2),
        ball_event(3, 9.0, "shot", 2, **made),
        ball_event(4, 20.0, "shot", 1, **{**made, "result": "missed", "points": 2, "x_m": 5.0}),
        ball_event(5, 22.0, "rebound", 1, result="offensive", status="candidate"),
    ]
    return conform("ball_events", pd.DataFrame(rows))


@pytest.fixture(scope="module")
def every(ball_events):
    points = {**EVENTS.unknown(), "event_id": 1, "time_s": 12.0, "earliest_s": 11.0, "latest_s": 12.0, "kind": "points"}
    points |= {"team": "A", "points": 3, "confidence": 0.9, "status": "sure"}
    return all_events(conform("events", pd.DataFrame([points])), ball_events)


def test_all_events_stand_in_order_of_time(every):
    assert every["kind"].tolist() == ["pass", "shot", "points", "shot", "rebound"]
    assert set(BALL_EVENTS.names) <= set(every.columns)
    assert every["result"].isna().tolist() == [True, False, True, False, False]
    nothing = all_events(ALL["events"].empty(), ALL["ball_events"].empty())
    assert nothing.empty
    assert nothing.columns.tolist() == every.columns.tolist()


def test_points_of_a_seen_shot_are_told_once(every):
    assert told_by_a_shot(every).tolist() == [False, False, True, False, False]


def game_of(events):
    players = pd.DataFrame({"player_id": [1, 2], "role": "player", "team": "A", "number": ["4", "7"]})
    tables = {name: ALL[name].empty() for name in ("lineups", "stints", "play")}
    return GameEvents(
        players=conform("players", players.assign(name=None, color=None)), events=events, title="game", **tables
    )


def test_exports_say_who_shot_and_whether_it_went_in(every):
    game = game_of(every)
    sportscode = export_events(game, "sportscode")["sportscode.xml"]
    assert "<code>Shot A</code>" in sportscode
    assert "<text>missed</text>" in sportscode
    subtitles = export_events(game, "srt")["events.srt"]
    assert "3-point shot made" in subtitles
    assert "offensive rebound (?)" in subtitles
    actions = json.loads(export_events(game, "nba")["playbyplay.json"])["game"]["actions"]
    assert [(action["actionType"], action["subType"], action["personId"]) for action in actions] == [
        ("3pt", "made", 2),
        ("2pt", "missed", 1),
    ]


def test_a_shot_chart_turns_all_shots_to_the_right_basket(ball_events):
    shots = ball_events[ball_events["kind"] == "shot"]
    picture = shot_chart(shots, COURT, "Team A")
    metre_px = picture.shape[1] / ((COURT.length_m + 2.0) / 2)
    left_m = COURT.length_m / 2
    empty = shot_chart(shots.assign(x_m=COURT.length_m - 0.5, y_m=0.5), COURT, "Team A")
    for x, y in ((20.0, 7.0), (COURT.length_m - 5.0, COURT.width_m - 7.0)):
        column, row = round((x - left_m) * metre_px), HEAD_PX + round((y + 1.0) * metre_px)
        patch = (slice(row - 14, row + 15), slice(column - 14, column + 15))
        assert np.abs(picture[patch].astype(int) - empty[patch]).max() > 60
    assert shot_line(shots, COURT) == "1 of 2 made · from three 1 of 1"
    assert shot_line(shots.assign(points=shots["points"] - 1), COURTS["3x3"]) == "1 of 2 made · from two 1 of 1"
    assert shot_chart(shots.assign(x_m=np.nan), COURT, "Team A") is None


def test_players_of_one_name_have_a_chart_each_and_teams_are_called_as_the_roster_does(
    ball_events, make_results, tmp_path
):
    results = make_results(names={1: "Ada Ray", 2: "Ada Ray"})
    box = pd.DataFrame({name: [0] for name in BOX_SCORE.names}).assign(team="A", player_id=pd.NA, events=1)
    results = replace(
        results,
        players=results.players.assign(team_name=results.players["team"].map({"A": "Hawks", "B": "Owls"})),
        ball_events=ball_events,
        box_score=conform("box_score", box),
    )
    files, of_teams = outputs._write_shot_charts(results, tmp_path)
    assert len({path.name for path in files}) == len(files) == 3
    assert list(of_teams) == ["A"]
    assert [team["title"] for team in ball_section(results, {}, {})["teams"]] == ["Hawks"]


def test_a_zone_chart_colours_the_zones_that_are_known():
    rows = [
        {"team": "A", "zone": zone, "worth": 2, "attempts": 9, "made": 5, "points_per_attempt": 1.1}
        | {"expected_points": points, "low_points": 0.8, "high_points": 1.4}
        for zone, points in (("paint", 1.4), ("mid_range", np.nan))
    ]
    table = conform("shot_zones", pd.DataFrame(rows))
    picture = zone_chart(table, COURT, "Team A")
    nothing = zone_chart(table.assign(zone=["backcourt", "mid_range"]), COURT, "Team A")
    metre_px = picture.shape[1] / ((COURT.length_m + 2.0) / 2)

    def at(chart, x, y):
        return chart[HEAD_PX + round((y + 1) * metre_px), round((x - COURT.length_m / 2) * metre_px)].astype(int)

    inside, beside = (COURT.length_m - 5.5, COURT.width_m / 2 + 0.5), (COURT.length_m - 5.5, COURT.width_m / 2 + 4)
    assert np.abs(at(picture, *inside) - at(nothing, *inside)).max() > 60
    assert np.abs(at(picture, *beside) - at(nothing, *beside)).max() <= 2
    assert zone_chart(table.assign(expected_points=np.nan), COURT, "Team A") is None
    assert zone_chart(table, COURTS["3x3"], "Team A") is None
