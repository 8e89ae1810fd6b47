"""Exports are loaded by the programs they are for, and everybody is where he was: nothing mirrored, nobody taken for the ball."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kloppy import metrica

from pipeline.geometry.court import COURTS, FOOT_M
from pipeline.present.exports import ExportName, export
from pipeline.present.on_court import OnCourt
from pipeline.present.results import Results
from pipeline.rendering.simulation.playback import read_trajectories
from pipeline.tables import conform

COURT = COURTS["fiba"]
NEAR_M = 0.01
GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "exporting.md"
FLOODLIGHT = """
import json, sys
from floodlight.io.kinexon import get_meta_data, read_position_data_csv, read_teamsheets_from_csv
_, _, rate, first_ms = get_meta_data(sys.argv[1])
teams = read_position_data_csv(sys.argv[1])
sheets = read_teamsheets_from_csv(sys.argv[1])
players = [list(sheet.teamsheet.sort_values("xID")["player"]) for sheet in sheets]
places = [[[None if value != value else value for value in row] for row in team.xy.tolist()] for team in teams]
print(json.dumps({"rate": rate, "first_ms": int(first_ms), "players": players, "xy": places}))
"""


def place_m(player: int, time_s: np.ndarray) -> np.ndarray:
    """Where a player is: all in one quarter of the court, so that whatever is mirrored or swapped is metres away."""
    return np.column_stack([1.0 + 0.9 * player + 0.5 * time_s, 0.5 + 0.4 * player + 0.25 * time_s])


@pytest.fixture
def game(make_results: Callable[..., Results]) -> OnCourt:
    """Ten players who walk on lines of their own, two periods; player 2 comes late, with a name that needs care."""
    made = make_results(names={2: 'Søren "Ace" O,Neill; jr.\n'}).on_court
    assert made is not None
    positions = made.positions.copy()
    for player, rows in positions.groupby("player_id").groups.items():
        positions.loc[rows, ["x_m", "y_m"]] = place_m(int(player), positions.loc[rows, "time_s"].to_numpy())
    positions = positions[(positions["player_id"] != 2) | (positions["frame"] >= 12)]
    halves = pd.concat([made.periods.assign(end_s=0.4), made.periods.assign(period=2, start_s=0.4)], ignore_index=True)
    return OnCourt(made.frames, made.players, positions, halves, made.registration, 1.5)


def written(game: OnCourt, name: ExportName, folder: Path) -> list[Path]:
    paths = [folder / file for file in export(game, name, "game")]
    for path, text in zip(paths, export(game, name, "game").values(), strict=True):
        path.write_bytes(text.encode())
    return paths


@pytest.mark.filterwarnings("ignore:Unclosed file <kloppy:ResourceWarning")
@pytest.mark.parametrize("coordinates", [None, "metrica"])
def test_kloppy_puts_everybody_where_he_was(game: OnCourt, tmp_path: Path, coordinates: str | None) -> None:
    home, away = written(game, "kloppy", tmp_path)
    dataset = metrica.load_tracking_csv(
        home_data=str(home), away_data=str(away), **({"coordinates": coordinates} if coordinates else {})
    )
    assert dataset.metadata.frame_rate == 25
    assert [period.id for period in dataset.metadata.periods] == [1, 2]
    assert [len(team.players) for team in dataset.metadata.teams] == [5, 5]
    seen: dict[int, int] = {}
    for frame in dataset.records:
        for who, place in frame.players_coordinates.items():
            number = who.jersey_no
            true = place_m(number, np.array([(frame.frame_id - 1) / 25]))[0]
            assert [place.x * COURT.length_m, place.y * COURT.width_m] == pytest.approx(true, abs=NEAR_M)
            assert who.team.ground.value == ("home" if number <= 5 else "away")
            seen[number] = seen.get(number, 0) + 1
        assert frame.ball_coordinates is None
    assert seen == {number: len(dataset) if number != 2 else len(dataset) - 10 for number in range(1, 11)}


def code_of_the_guide(word: str) -> str:
    """The block of Python of docs/guide/exporting.md that has a word."""
    (code,) = (
        block for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S) if word in block
    )
    return code


@pytest.mark.filterwarnings("ignore:Unclosed file <kloppy:ResourceWarning")
@pytest.mark.parametrize(
    ("name", "word", "columns"),
    [("kloppy", "kloppy", ("home_3_x", "home_3_y")), ("sportvu", "sportvu.json", ("x_ft", "y_ft"))],
)
def test_the_code_of_the_guide_loads_metres(
    game: OnCourt,
    name: ExportName,
    word: str,
    columns: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written(game, name, tmp_path)
    monkeypatch.chdir(tmp_path)
    made: dict[str, pd.DataFrame] = {}
    exec(code_of_the_guide(word), {}, made)  # noqa: S102
    table = made["table"] if name == "kloppy" else made["players"][made["players"]["player_id"] == 3]
    scale = [COURT.length_m, COURT.width_m] if name == "kloppy" else FOOT_M
    assert table[list(columns)].to_numpy(np.float64)[0] * scale == pytest.approx([3.7, 1.7], abs=NEAR_M)


def test_the_code_of_the_guide_loads_floodlight(game: OnCourt, tmp_path: Path) -> None:
    python = Path(python_with_floodlight()).absolute()
    written(game, "floodlight", tmp_path)
    said_of = 'k = 2 * names.index("P3 #4")\nprint(*team_a.xy[0, k : k + 2], team_b.xy.shape, rate_hz, first_ms)'
    program = f"{code_of_the_guide('floodlight')}\n{said_of}"
    said = subprocess.run([python, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert said.split() == ["3.7", "1.7", "(20,", "10)", "25", "0"]


def python_with_floodlight() -> str:
    """Find a Python that has floodlight: it wants pandas 2, so that it has an environment of its own."""
    named = os.environ.get("FLOODLIGHT_PYTHON")
    if named:
        return named
    if find_spec("floodlight") is None:
        pytest.skip("no floodlight here: make export-test installs it beside, and runs this test")
    return sys.executable


def test_floodlight_puts_everybody_where_he_was(game: OnCourt, tmp_path: Path) -> None:
    python = python_with_floodlight()
    (path,) = written(game, "floodlight", tmp_path)
    read = json.loads(subprocess.run([python, "-c", FLOODLIGHT, path], check=True, capture_output=True).stdout)
    assert (read["rate"], read["first_ms"]) == (25, 0)
    times_s = np.arange(len(read["xy"][0])) / read["rate"]
    found = {}
    for names, places in zip(read["players"], read["xy"], strict=True):
        for k, name in enumerate(names):
            found[int(name.split()[0].removeprefix("P"))] = np.array(places, np.float64)[:, 2 * k : 2 * k + 2]
    assert sorted(found) == list(range(1, 11))
    for player, xy in found.items():
        here = np.isfinite(xy[:, 0])
        assert xy[here] == pytest.approx(place_m(player, times_s)[here], abs=NEAR_M)
        assert here.all() == (player != 2)
    assert "P2 #00 Søren Ace O Neill jr." in read["players"][0]


def test_readers_of_sportvu_find_the_ball_first_and_a_clock_that_runs_down(game: OnCourt, tmp_path: Path) -> None:
    (path,) = written(game, "sportvu", tmp_path)
    table = pd.read_json(path)  # as the viewers of the format load it: what is no list is the same in every row
    assert len(table) == 2
    assert table["court_length_ft"].tolist() == [pytest.approx(COURT.length_m / FOOT_M, abs=1e-4)] * 2
    for number, event in enumerate(table["events"], start=1):
        moments = event["moments"]
        clocks_s = [moment[2] for moment in moments]
        assert clocks_s == pytest.approx([0.04 * k for k in range(len(moments))][::-1], abs=1e-6)
        for quarter, time_ms, _, shot_clock, _, (ball, *players) in moments:
            assert quarter == number
            assert shot_clock is None
            assert ball == [-1, -1, None, None, None]
            assert len(players) == (10 if time_ms >= 400 else 9)
            for team, player, x_ft, y_ft, z_ft in players:
                assert team == (1 if player <= 5 else 2)
                assert [x_ft * FOOT_M, y_ft * FOOT_M] == pytest.approx(
                    place_m(player, np.array([time_ms / 1000]))[0], abs=NEAR_M
                )
                assert z_ft == 0


def test_a_table_of_sportvu_has_no_place_for_the_ball(game: OnCourt, tmp_path: Path) -> None:
    (path,) = written(game, "sportvu", tmp_path)
    rows = [
        [*row, moment[2]]
        for event in json.loads(path.read_text(encoding="utf-8"))["events"]
        for moment in event["moments"]
        for row in moment[5]
    ]
    table = pd.DataFrame(rows, columns=["team_id", "player_id", "x_loc", "y_loc", "radius", "game_clock"])
    ball = table[table["team_id"] == -1]
    assert len(ball) == 20
    assert ball[["x_loc", "y_loc", "radius"]].isna().all().all()
    assert table["game_clock"].min() == 0


@pytest.fixture
def with_ball(game: OnCourt) -> OnCourt:
    """The ball is held until 0.3 s, then thrown; it is not seen from 0.6 s on."""
    frames = game.frames[game.frames["time_s"] < 0.6 - 1e-6]
    thrown = (frames["time_s"] >= 0.3 - 1e-6).to_numpy()
    ball = frames[["frame", "time_s"]].assign(
        x_px=1.0,
        y_px=1.0,
        x_m=2.0 + 3.0 * frames["time_s"],
        y_m=4.0,
        z_m=np.where(thrown, 2.0 + frames["time_s"], np.nan),
        state=np.where(thrown, "flight", "held"),
        player_id=pd.array(np.where(thrown, None, 3), dtype="Int64"),
        source="seen",
        confidence=0.9,
    )
    return replace(game, ball=conform("ball", ball))


def test_readers_of_sportvu_see_the_ball_where_it_was_followed(with_ball: OnCourt, tmp_path: Path) -> None:
    (path,) = written(with_ball, "sportvu", tmp_path)
    seen = []
    for event in pd.read_json(path)["events"]:  # as the viewers of the format do it: the first row is the ball
        for _, time_ms, _, _, _, (ball, *players) in event["moments"]:
            assert ball[:2] == [-1, -1]
            assert all(player[0] != -1 and player[4] == 0 for player in players)
            time_s = time_ms / 1000
            place = np.array(ball[2:], np.float64) * FOOT_M
            if time_s > 0.56 + 1e-6:
                assert np.isnan(place).all()
            else:
                assert place[:2] == pytest.approx([2.0 + 3.0 * time_s, 4.0], abs=NEAR_M)
                assert np.isnan(place[2]) if time_s < 0.3 - 1e-6 else place[2] == pytest.approx(2 + time_s, abs=NEAR_M)
                seen.append(time_s)
    assert len(seen) >= 14
    read = read_trajectories(path, COURT)  # the first event is the first period
    assert np.isfinite(read.ball[:, :2]).all()


@pytest.mark.filterwarnings("ignore:Unclosed file <kloppy:ResourceWarning")
def test_kloppy_sees_the_ball_where_it_was_followed(with_ball: OnCourt, tmp_path: Path) -> None:
    home, away = written(with_ball, "kloppy", tmp_path)
    frames = metrica.load_tracking_csv(home_data=str(home), away_data=str(away)).records
    for frame in frames:
        time_s = (frame.frame_id - 1) / 25
        if frame.ball_coordinates is None:
            assert time_s > 0.5
        else:
            place = frame.ball_coordinates.x * COURT.length_m, frame.ball_coordinates.y * COURT.width_m
            assert place == pytest.approx((2.0 + 3.0 * time_s, 4.0), abs=NEAR_M)
    assert sum(frame.ball_coordinates is not None for frame in frames) >= 14
