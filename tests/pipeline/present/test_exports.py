"""Exports are read back by what the formats say, and hold what the tables held."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.geometry.court import COURTS
from pipeline.present.exports import export
from pipeline.present.on_court import OnCourt
from pipeline.present.results import Results
from pipeline.rendering.simulation.playback import read_trajectories

COURT = COURTS["fiba"]


@pytest.fixture
def game(make_results: Callable[..., Results]) -> OnCourt:
    """The made-up game; player 2 is missing for a third of it."""
    results = make_results(names={3: "Anna, the Ace Müller"})
    known = results.on_court
    assert known is not None
    gone = (known.positions["player_id"] == 2) & known.positions["frame"].between(8, 15)
    return OnCourt(known.frames, known.players, known.positions[~gone], known.periods, known.registration, 1.5)


def true_place(game: OnCourt, player: int, times_s: np.ndarray) -> np.ndarray:
    rows = game.positions[game.positions["player_id"] == player]
    return np.column_stack([np.interp(times_s, rows["time_s"], rows[name]) for name in ("x_m", "y_m")])


def test_sportvu_is_read_back_by_the_renderer(game: OnCourt, tmp_path: Path) -> None:
    (text,) = export(game, "sportvu", "game").values()
    (tmp_path / "sportvu.json").write_text(text)
    read = read_trajectories(tmp_path / "sportvu.json", COURT)
    assert read.teams[0].shape[1:] == read.teams[1].shape[1:] == (5, 2)
    assert np.diff(read.time_s) == pytest.approx(0.04)
    for team, first in ((0, 1), (1, 6)):
        players = [p["playerid"] for p in json.loads(text)["events"][0][("home", "visitor")[team]]["players"]]
        assert sorted(players) == list(range(first, first + 5))
        order = [row[1] for row in json.loads(text)["events"][0]["moments"][0][5] if row[0] == team + 1]
        for k, player in enumerate(order):
            found = read.teams[team][:, k]
            here = np.isfinite(found[:, 0])
            assert found[here] == pytest.approx(true_place(game, player, read.time_s)[here], abs=0.002)
            assert here.all() == (player != 2)
    assert np.isnan(read.ball).all()


def test_moments_of_sportvu_have_its_six_fields_and_say_nothing_that_is_not_known(game: OnCourt) -> None:
    event = json.loads(export(game, "sportvu", "game")["sportvu.json"])["events"][0]
    quarter, time_ms, game_clock, shot_clock, nothing, (ball, *rows) = event["moments"][5]
    assert (quarter, time_ms, game_clock) == (1, 200, 0.56)
    assert [shot_clock, nothing] == [None, None]
    assert ball == [-1, -1, None, None, None]
    assert {len(row) for row in rows} == {5}
    assert -1 not in {row[0] for row in rows}


def test_a_moment_of_sportvu_with_nobody_still_has_the_ball_first(game: OnCourt) -> None:
    early = game.positions[game.positions["frame"] < 5]
    empty = OnCourt(game.frames, game.players, early, game.periods, game.registration, 1.5)
    moments = json.loads(export(empty, "sportvu", "game")["sportvu.json"])["events"][0]["moments"]
    assert len(moments[0][5]) > 1
    assert moments[-1][5] == [[-1, -1, None, None, None]]


def test_an_event_that_says_its_size_in_the_older_way_is_played_back(game: OnCourt, tmp_path: Path) -> None:
    data = json.loads(export(game, "sportvu", "game")["sportvu.json"])
    size_ft = [data.pop("court_length_ft"), data.pop("court_width_ft")]
    (tmp_path / "older.json").write_text(json.dumps(data | {"court_ft": size_ft}))
    (tmp_path / "newer.json").write_text(export(game, "sportvu", "game")["sportvu.json"])
    older, newer = (read_trajectories(tmp_path / name, COURT) for name in ("older.json", "newer.json"))
    assert np.array_equal(older.teams[0], newer.teams[0], equal_nan=True)


def read_metrica(text: str) -> tuple[list[str], pd.DataFrame]:
    """Read a file as the format's description says: three heads, then period, frame, time and column pairs, ball last."""
    lines = list(csv.reader(io.StringIO(text)))
    ids = lines[1][3:-2:2]
    rows = [[float(cell) for cell in line] for line in lines[3:]]
    assert {len(line) for line in lines} == {3 + 2 * len(ids) + 2}
    names = ["period", "frame", "time", *(f"{axis}{who}" for who in ids for axis in "xy"), "ball_x", "ball_y"]
    return ids, pd.DataFrame(rows, columns=names)


def test_kloppy_reads_two_files_of_the_same_frames(game: OnCourt) -> None:
    texts = export(game, "kloppy", "game")
    assert list(texts) == ["kloppy_home.csv", "kloppy_away.csv"]
    tables = []
    for text, first in zip(texts.values(), (1, 6), strict=True):
        ids, table = read_metrica(text)
        assert sorted(map(int, ids)) == list(range(first, first + 5))
        for who in ids:
            share = table[[f"x{who}", f"y{who}"]].to_numpy() * [1, -1] + [0, 1]  # kloppy takes y off 1
            found = share * [COURT.length_m, COURT.width_m]
            here = np.isfinite(found[:, 0])
            times = (table["frame"].to_numpy() - 1) / 25
            assert found[here] == pytest.approx(true_place(game, int(who), times)[here], abs=0.001)
            assert here.all() == (who != "2")
        tables.append(table)
    assert (tables[0][["period", "frame"]] == tables[1][["period", "frame"]]).all().all()
    assert tables[0]["frame"].tolist() == list(range(1, len(tables[0]) + 1))
    assert tables[0][["ball_x", "ball_y"]].isna().all().all()
    assert all(text.isascii() for text in texts.values())


def test_floodlight_reads_one_row_per_player_and_moment(game: OnCourt) -> None:
    text = export(game, "floodlight", "game")["floodlight.csv"]
    heads, *lines = (line.split(",") for line in text.splitlines())
    assert {len(line) for line in lines} == {len(heads)}, "a name must not bring a comma of its own"
    column = {name: heads.index(name) for name in ("ts in ms", "full name", "group name", "x in m", "y in m")}
    assert max(column.values()) < len(heads) - 1
    times = sorted({int(line[column["ts in ms"]]) for line in lines})
    assert set(np.diff(times)) == {40}
    names = {line[column["full name"]] for line in lines}
    assert len(names) == 10
    mine = [line for line in lines if line[column["full name"]].startswith("P7 ")]
    found = np.array([[float(line[column[name]]) for name in ("x in m", "y in m")] for line in mine])
    seconds = np.array([int(line[column["ts in ms"]]) for line in mine]) / 1000
    assert found == pytest.approx(true_place(game, 7, seconds), abs=0.001)
    assert {line[column["group name"]] for line in lines} == {"Team A", "Team B"}


@pytest.mark.parametrize("name", ["sportvu", "kloppy", "floodlight"])
def test_an_export_of_nobody_is_refused(name: str, game: OnCourt) -> None:
    nobody = OnCourt(game.frames, game.players.iloc[:0], game.positions.iloc[:0], game.periods, game.registration, 1.5)
    with pytest.raises(InputError, match="nothing to export"):
        export(nobody, name, "game")  # type: ignore[arg-type]


@pytest.fixture
def without_teams(game: OnCourt) -> OnCourt:
    """A training game in one kit, in which the team of two players alone could be told."""
    players = game.players.assign(team=[None, "A", "B", *[None] * (len(game.players) - 3)])
    return OnCourt(game.frames, players, game.positions, game.periods, game.registration, game.max_gap_s)


def test_players_whose_team_is_not_known_are_in_every_export(without_teams: OnCourt) -> None:
    players = without_teams.players.query("role == 'player'")
    wanted = {row.player_id: {"A": 1, "B": 2}.get(str(row.team), 0) for row in players.itertuples()}
    assert sorted(wanted.values())[-2:] == [1, 2]

    event = json.loads(export(without_teams, "sportvu", "game")["sportvu.json"])["events"][0]
    listed = {
        p["playerid"]: event[side]["teamid"] for side in ("home", "visitor", "no_team") for p in event[side]["players"]
    }
    moving = {row[1]: row[0] for moment in event["moments"] for row in moment[5][1:]}
    assert listed == moving == wanted

    texts = export(without_teams, "kloppy", "game")
    assert list(texts) == ["kloppy_home.csv", "kloppy_away.csv", "kloppy_no_team.csv"]
    ids = [set(map(int, read_metrica(text)[0])) for text in texts.values()]
    assert ids == [{who for who, team in wanted.items() if team == number} for number in (1, 2, 0)]

    table = pd.read_csv(io.StringIO(export(without_teams, "floodlight", "game")["floodlight.csv"]))
    groups = dict(zip(table["sensor id"], table["group id"], strict=True))
    assert groups == wanted
    assert set(table.loc[table["group id"] == 0, "group name"]) == {"No team"}


def test_a_stall_of_the_file_is_bridged_and_a_hole_is_not(game: OnCourt) -> None:
    def left_out(pause_s: float) -> OnCourt:
        frames, positions = (
            table.assign(time_s=table["time_s"] + pause_s * (table["frame"] >= 10))
            for table in (game.frames, game.positions)
        )
        periods = game.periods.assign(end_s=game.periods["end_s"] + pause_s)
        return OnCourt(frames, game.players, positions, periods, game.registration, game.max_gap_s)

    def known(given: OnCourt) -> np.ndarray:
        moments = json.loads(export(given, "sportvu", "game")["sportvu.json"])["events"][0]["moments"]
        return np.array([any(row[1] == 1 for row in moment[5]) for moment in moments])

    assert known(left_out(0.7)).all()
    missing_s = float((~known(left_out(3.0))).sum()) / 25
    assert missing_s == pytest.approx(3.0, abs=0.1)
