"""Passes, turnovers, shots and rebounds of a few seconds put down by hand, and what they add up to."""

import numpy as np
import pandas as pd
import pytest

from pipeline.geometry.court import COURTS
from pipeline.tables import ALL, check, conform
from pipeline.understand.ball_events import BallTables, find_ball_events
from pipeline.understand.ball_events.shot_zones import shot_zones

COURT = COURTS["nba"]
STEP_S = 0.1
TEAMS = {1: "A", 2: "A", 3: "A", 11: "B", 12: "B"}
RIM_X_M = COURT.length_m - COURT.basket_m


def held(player_id, start_s, end_s, x_m=20.0, y_m=5.0):
    times = np.arange(start_s, end_s, STEP_S)
    return pd.DataFrame({"time_s": times, "player_id": player_id, "x_m": x_m, "y_m": y_m, "state": "held"})


def ball_of(*parts):
    table = pd.concat(parts, ignore_index=True)
    table = table.assign(x_px=1.0, y_px=1.0, z_m=np.nan, source="seen", confidence=1.0)
    return conform("ball", table.assign(frame=np.rint(table["time_s"] / STEP_S).astype(int)))


def flights_of(*rows):
    names = ("start_s", "rim_s", "player_id", "x_m", "y_m", "fell_through")
    table = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    return (
        conform("flights", table.assign(rim_x_m=RIM_X_M, seen=10, confidence=0.95, player_confidence=1.0))
        if rows
        else ALL["flights"].empty()
    )


def around(**changed):
    frames = pd.DataFrame({"frame": range(400)}).assign(time_s=lambda f: f["frame"] * STEP_S, shot=0)
    players = conform(
        "players",
        pd.DataFrame(
            {
                "player_id": list(TEAMS),
                "role": "player",
                "team": list(TEAMS.values()),
                "number": None,
                "name": None,
                "color": None,
            }
        ),
    )
    places = pd.concat(
        [
            pd.DataFrame(
                {"player_id": who, "frame": frames["frame"], "time_s": frames["time_s"], "x_m": 20.0 + who / 10}
            )
            for who in TEAMS
        ]
    )
    positions = conform(
        "positions", places.assign(y_m=5.0, speed_mps=2.0, source="seen", position_sd_m=0.1, speed_sd_mps=0.1)
    )
    play = conform(
        "play", pd.DataFrame({"start_s": [0.0], "end_s": 10.5, "state": "live", "by": "clock", "confidence": 1.0})
    )
    tables = {"frames": frames, "players": players, "positions": positions, "play": play}
    empty = {name: ALL[name].empty() for name in ("stints", "clock", "events")}
    return BallTables(**{**tables, **empty, **changed})


def events_of(ball, flights=None, **changed):
    tables = find_ball_events(ball, flights_of() if flights is None else flights, around(**changed), COURT)
    for name, table in tables.items():
        check(name, table)
    return tables


def test_the_ball_goes_round():
    tables = events_of(ball_of(held(1, 0, 3), held(2, 3.5, 6, x_m=24.0), held(11, 6.4, 10)))
    kinds = tables["ball_events"][["kind", "team", "player_id", "partner_id", "status"]].to_numpy().tolist()
    assert kinds == [["pass", "A", 1, 2, "candidate"], ["turnover", "A", 2, 11, "candidate"]]
    assert tables["ball_events"]["length_m"].iloc[0] == pytest.approx(4.0)
    assert tables["touches"]["player_id"].tolist() == [1, 2, 11]
    assert tables["possessions"]["team"].tolist() == ["A", "B"]
    box = tables["box_score"].set_index("player_id", drop=False)
    assert box.loc[[1, 2, 11], ["passes", "tov", "stl"]].isna().all().all()
    assert box.loc[1, "touches"] == 1
    assert box["min"].isna().all()  # no line-ups: nobody knows, of teams neither


def test_somebody_whom_the_ball_passed_has_not_had_it():
    tables = events_of(ball_of(held(1, 0, 3), held(11, 3.1, 3.5), held(2, 3.7, 6)))
    assert tables["ball_events"]["kind"].tolist() == ["pass"]
    assert tables["touches"]["player_id"].tolist() == [1, 2]


@pytest.mark.parametrize(("through", "result", "points"), [(0.97, "made", 3), (0.03, "missed", 0), (0.5, None, None)])
def test_a_shot_from_behind_the_line(through, result, points):
    place = (RIM_X_M - 8.0, COURT.width_m / 2)
    ball = ball_of(held(1, 0, 3, *place), held(12, 4.6, 8, x_m=26.0))
    tables = events_of(ball, flights_of((3.0, 4.1, 1, *place, through)))
    shot = tables["ball_events"].iloc[0]
    assert (shot["kind"], shot["player_id"], shot["points"], shot["status"]) == ("shot", 1, 3, "sure")
    assert (shot["result"] if pd.notna(shot["result"]) else None) == result
    assert shot["nearest_opponent_m"] < 5
    rebounds = tables["ball_events"].query("kind == 'rebound'")
    assert (len(rebounds) == 0) == (result == "made")
    if result == "missed":
        assert rebounds.iloc[0][["player_id", "result", "status"]].tolist() == [12, "defensive", "sure"]
    if result is None:
        assert rebounds["status"].tolist() == ["candidate"]
    box = tables["box_score"].set_index("player_id")
    assert box.loc[1, ["fga", "fg3a"]].tolist() == [1, 1]
    assert (None if pd.isna(box.loc[1, "pts"]) else box.loc[1, "pts"]) == points
    assert box.loc[1, ["fgm", "fg3m"]].isna().all() == (points is None)
    assert not (tables["ball_events"]["kind"] == "turnover").any()


def test_in_3x3_a_shot_is_worth_one_or_two():
    court = COURTS["3x3"]
    near, far = ((court.basket_m + away_m, court.width_m / 2) for away_m in (3.0, 8.0))
    ball = ball_of(held(1, 0, 3, *near), held(12, 4.5, 5.5), held(1, 6, 9, *far), held(12, 10.6, 12))
    flights = flights_of((3.0, 4.1, 1, *near, 0.97), (9.0, 10.1, 1, *far, 0.97)).assign(rim_x_m=court.basket_m)
    tables = find_ball_events(ball, flights, around(), court)
    shots = tables["ball_events"].query("kind == 'shot'")
    assert shots[["points", "status"]].to_numpy().tolist() == [[1, "sure"], [2, "sure"]]
    assert tables["box_score"].set_index("player_id").loc[1, ["fgm", "fg3m", "fg3a", "pts"]].tolist() == [2, 1, 1, 3]


def test_the_scoreboard_decides():
    place = (RIM_X_M - 4.0, COURT.width_m / 2)
    frames = np.arange(400)
    clock = pd.DataFrame({"frame": frames, "period": 1, "clock_s": 700 - frames * STEP_S, "running": True})
    clock = conform("clock", clock.assign(shot_clock_s=np.nan, score_first=0, score_second=2, confidence=1.0))
    scored = {
        "event_id": 7,
        "time_s": 6.0,
        "earliest_s": 5.0,
        "latest_s": 6.0,
        "kind": "points",
        "team": "A",
        "points": 2,
    }
    unknown = {
        "player_id": pd.NA,
        "partner_id": pd.NA,
        "period": 1,
        "clock_s": 694.0,
        "confidence": 1.0,
        "status": "sure",
    }
    events = conform("events", pd.DataFrame([{**scored, **unknown}]))
    ball = ball_of(held(1, 0, 3, *place), held(12, 5.6, 8))
    tables = events_of(ball, flights_of((3.0, 4.0, 1, *place, 0.03)), clock=clock, events=events)
    shot = tables["ball_events"].iloc[0]
    assert (shot["result"], shot["points"], shot["event_id"], shot["period"]) == ("made", 2, 8, 1)
    assert shot["clock_s"] == pytest.approx(697.0, abs=0.2)


def test_who_stands_at_the_line_has_a_free_throw():
    place = (COURT.length_m - COURT.free_throw_m - 0.2, COURT.width_m / 2)
    game = around()
    positions = game.positions.assign(x_m=place[0], y_m=place[1], speed_mps=0.1)
    ball = ball_of(held(1, 0, 3, *place), held(12, 5.6, 8))
    tables = events_of(ball, flights_of((3.0, 4.0, 1, *place, 0.98)), positions=positions)
    assert tables["ball_events"].iloc[0][["kind", "points"]].tolist() == ["free-throw", 1]
    counts = tables["box_score"].set_index("player_id").loc[1, ["ftm", "fta", "fga", "fgm", "pts"]]
    assert counts.isna().tolist() == [True, False, False, False, True]  # 0 of 1 would say that it was missed
    assert counts[["fta", "fga", "fgm"]].tolist() == [1, 0, 0]


@pytest.mark.parametrize("fell_through", [np.nan, 0.02, 0.98])
def test_without_the_score_nothing_is_said_of_what_becomes_of_a_free_throw(fell_through):
    """Between two of them the shooter gets it back: that is no rebound, and no sign of a miss."""
    place = (COURT.length_m - COURT.free_throw_m - 0.2, COURT.width_m / 2)
    positions = around().positions.assign(x_m=place[0], y_m=place[1], speed_mps=0.1)
    ball = ball_of(held(1, 0, 3, *place), held(1, 5.0, 8, *place))
    events = events_of(ball, flights_of((3.0, 4.0, 1, *place, fell_through)), positions=positions)["ball_events"]
    assert events["kind"].tolist() == ["free-throw"]
    assert events["result"].isna().all()


def test_points_are_not_told_while_those_of_free_throws_are_not():
    """A missed shot and a free throw of which nobody knows what became: 0 points would be made up."""
    far, line = (RIM_X_M - 8.0, COURT.width_m / 2), (COURT.length_m - COURT.free_throw_m - 0.2, COURT.width_m / 2)
    game = around()
    at_line = game.positions["time_s"] > 7.0
    positions = game.positions.assign(speed_mps=0.1)
    positions.loc[at_line, ["x_m", "y_m"]] = line
    ball = ball_of(held(1, 0, 3, *far), held(12, 4.6, 6, x_m=26.0), held(1, 8.0, 9.5, *line))
    tables = events_of(ball, flights_of((3.0, 4.1, 1, *far, 0.03), (9.5, 10.4, 1, *line, 0.98)), positions=positions)
    assert tables["ball_events"].query("player_id == 1")["kind"].tolist() == ["shot", "free-throw"]
    counts = tables["box_score"].set_index("player_id").loc[1, ["fga", "fgm", "fta", "ftm", "pts"]]
    assert counts[["fga", "fgm", "fta"]].tolist() == [1, 0, 1]
    assert counts[["ftm", "pts"]].isna().all()


def test_a_dead_ball_is_handed_on_without_a_pass():
    dead = around().play.assign(state="dead")
    later = dead.assign(start_s=40.0, end_s=50.0, state="live")
    play = conform("play", pd.concat([dead, later], ignore_index=True))
    tables = events_of(ball_of(held(1, 0, 3), held(2, 3.5, 6)), play=play)
    assert tables["ball_events"].empty


def test_no_ball_no_events():
    tables = events_of(ALL["ball"].empty())
    assert all(table.empty for table in tables.values())


def test_there_is_no_box_score_of_a_ball_that_was_hardly_followed():
    """Its zeros would be counts of what nobody saw."""
    tables = events_of(ball_of(held(1, 0, 2), held(2, 2.5, 4)))
    assert len(tables["touches"]) == 2
    assert tables["box_score"].empty


def zone_shots(team, x_m, y_m, made, missed, points):
    rows = pd.DataFrame({"result": ["made"] * made + ["missed"] * missed})
    return rows.assign(team=team, x_m=x_m, y_m=y_m, points=points)


def zones_of(*parts, **changed):
    rows = pd.concat(parts, ignore_index=True)
    unknown = {**ALL["ball_events"].unknown(), "kind": "shot", "status": "sure", "result_status": "sure"}
    rows = rows.assign(**{name: value for name, value in {**unknown, **changed}.items() if name not in rows})
    timed = rows.assign(event_id=np.arange(1, len(rows) + 1), time_s=1.0, earliest_s=1.0, latest_s=1.0)
    return shot_zones(conform("ball_events", timed.assign(confidence=1.0, result_confidence=1.0)), COURT)


def test_few_attempts_are_drawn_to_what_such_shots_bring():
    middle = COURT.width_m / 2
    paint = zone_shots("A", RIM_X_M - 1, middle, 5, 0, 2)
    mid = zone_shots("A", RIM_X_M - 1, middle + 4, 10, 20, 2)
    left = zone_shots("B", COURT.basket_m + 1, middle, 12, 12, 2)
    three = zone_shots("B", RIM_X_M - 9, middle, 3, 3, 3)
    zones = zones_of(paint, mid, left, three).set_index(["team", "zone"])
    assert zones["attempts"].to_dict() == {
        ("A", "mid_range"): 30,
        ("A", "paint"): 5,
        ("B", "above_break"): 6,
        ("B", "paint"): 24,
    }
    all_twos = 2 * (27 + 1) / (59 + 2)
    five_of_five = zones.loc[("A", "paint")]
    assert five_of_five["points_per_attempt"] == 2.0
    assert all_twos < five_of_five["expected_points"] < 2.0
    assert five_of_five["low_points"] < five_of_five["expected_points"] < five_of_five["high_points"]
    width = zones["high_points"] - zones["low_points"]
    assert width[("A", "paint")] > width[("B", "paint")]
    threes = zones.loc[("B", "above_break")]  # six threes in the whole game: nothing is expected
    assert threes["points_per_attempt"] == 1.5
    assert np.isnan(threes["expected_points"])


def test_zones_of_few_attempts_are_empty_and_unknown_ends_do_not_count():
    paint = zone_shots("A", RIM_X_M - 1, COURT.width_m / 2, 2, 2, 2)
    mid = zone_shots("B", RIM_X_M - 1, COURT.width_m / 2 + 4, 10, 10, 2)
    zones = zones_of(paint, mid).set_index("zone")
    assert zones["expected_points"].isna().to_dict() == {"paint": True, "mid_range": False}
    assert zones_of(paint, mid, result_status="candidate").empty
    assert zones_of(paint, mid, status="candidate").empty


def test_zones_that_agree_are_drawn_together_more():
    middle = COURT.width_m / 2
    alike = zones_of(
        zone_shots("A", RIM_X_M - 1, middle, 15, 15, 2), zone_shots("A", RIM_X_M - 1, middle + 4, 15, 15, 2)
    )
    apart = zones_of(zone_shots("A", RIM_X_M - 1, middle, 27, 3, 2), zone_shots("A", RIM_X_M - 1, middle + 4, 3, 27, 2))
    assert (alike["expected_points"] - 1).abs().max() < 0.01
    spread = (apart["high_points"] - apart["low_points"]) / (alike["high_points"] - alike["low_points"])
    assert (apart["expected_points"] - apart["points_per_attempt"]).abs().max() < 0.15
    assert (spread > 1).any()


def test_who_has_the_ball_next_helps_to_say_whether_a_shot_went_in():
    shot = (5.0, 6.0, 1, RIM_X_M - 5, 7.0)
    result = {}
    for through in (0.9, 0.97, np.nan, 0.25):
        for player, whose in ((2, "same"), (11, "other")):
            ball = ball_of(held(1, 0, 5), held(player, 6.5, 9))
            events = events_of(ball, flights_of((*shot, through)))["ball_events"].set_index("kind")
            result[through, whose] = events.loc["shot", "result"]
    assert result[0.97, "other"] == "made"
    assert result[0.25, "same"] == "missed"  # an offensive rebound
    for unsure in ((0.9, "other"), (0.97, "same"), (np.nan, "other"), (np.nan, "same"), (0.25, "other")):
        assert pd.isna(result[unsure])


def test_whom_the_ball_passes_under_the_rim_has_no_rebound():
    shot = (5.0, 6.0, 1, RIM_X_M - 5, 7.0, 0.0)
    ball = ball_of(held(1, 0, 5), held(2, 6.2, 6.7), held(11, 7.0, 9))
    rebounds = events_of(ball, flights_of(shot))["ball_events"].query("kind == 'rebound'")
    assert rebounds[["player_id", "result"]].to_numpy().tolist() == [[11, "defensive"]]
    alone = events_of(ball_of(held(1, 0, 5), held(2, 6.2, 6.7)), flights_of(shot))["ball_events"]
    assert alone.query("kind == 'rebound'")["player_id"].tolist() == [2]
