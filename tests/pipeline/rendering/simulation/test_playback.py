"""Given trajectories are played back exactly."""

import json

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.geometry.court import COURTS
from pipeline.present.csv_tables import csv_text
from pipeline.rendering import RenderSettings, render_game
from pipeline.rendering.simulation.cast import Cast
from pipeline.rendering.simulation.playback import Trajectories, play_back, read_sportvu, read_trajectories

COURT = COURTS["nba"]


def walkers(seconds=2.0):
    """Five against five who walk 1.5 m/s to the right side by side; the last of team B sits for the first half."""
    time_s = np.arange(0, seconds + 1e-9, 0.04)
    lanes = np.arange(1, 11).reshape(2, 5) * 1.3
    teams = []
    for team in range(2):
        x = 5 + team + 1.5 * time_s
        teams.append(np.stack([np.column_stack([x, np.full(len(x), lane)]) for lane in lanes[team]], axis=1))
    teams[1][time_s < seconds / 2, 4] = np.nan
    ball = np.column_stack([5.3 + 1.5 * time_s, np.full(len(time_s), 1.3), np.full(len(time_s), 1.0)])
    return Trajectories(time_s, (teams[0], teams[1]), ball)


def test_people_are_where_the_trajectories_say():
    settings = RenderSettings(fps=10, players_per_team=6)
    moments = list(play_back(walkers(), COURT, Cast(6, 2), settings, np.random.default_rng(0)))
    assert [round(m.time_s, 6) for m in moments] == [round(k / 10, 6) for k in range(21)]
    last = moments[-1]
    np.testing.assert_allclose(last.bodies.position[:5, 0], 8.0)
    np.testing.assert_allclose(last.bodies.velocity[:5, 0], 1.5)
    assert last.facts.seated.tolist() == [False] * 5 + [True] + [False] * 5 + [True] + [False] * 4
    assert moments[0].facts.seated[10]
    assert not last.facts.seated[10]
    assert last.facts.attacking == 0


def test_a_playback_is_rendered_until_it_ends(tmp_path):
    settings = RenderSettings(seconds=60, fps=5, width_px=320, height_px=180, camera="fixed", court="nba", crowd=0)
    folder = render_game(settings, tmp_path, given=walkers())
    truth = pd.read_parquet(folder / "truth.parquet")
    assert truth.frame.nunique() == 10
    one = truth[truth.id == 1]
    np.testing.assert_allclose(one.x_m, 5 + 1.5 * one.time_s, atol=1e-6)


def test_too_many_people_are_refused():
    given = walkers()
    wide = Trajectories(given.time_s, (np.repeat(given.teams[0], 2, axis=1), given.teams[1]), given.ball)
    with pytest.raises(InputError, match="players_per_team"):
        next(play_back(wide, COURT, Cast(6, 2), RenderSettings(), np.random.default_rng(0)))


def test_a_sportvu_event_is_read(real_data):
    given = read_sportvu(real_data / "trajectories" / "event_mia_dal" / "event.json", COURT)
    assert given.teams[0].shape[1:] == (5, 2)
    assert np.median(np.diff(given.time_s)) == pytest.approx(0.04, abs=0.005)
    paths = np.linalg.norm(np.diff(np.concatenate(given.teams, axis=1), axis=0), axis=2)
    speed = paths / np.diff(given.time_s)[:, None]
    assert np.median(speed) < 4


@pytest.mark.parametrize("text", ["", "{}", '{"events": []}', json.dumps({"events": [{"moments": []}]})])
def test_another_file_is_refused(tmp_path, text):
    (tmp_path / "event.json").write_text(text)
    with pytest.raises(InputError, match=r"event\.json"):
        read_sportvu(tmp_path / "event.json", COURT)


def test_a_table_of_positions_is_played_back(tmp_path):
    """Two players walk; one is away for two seconds and sits meanwhile. Nobody knows the ball."""
    times = np.arange(0, 6, 0.2)
    one = pd.DataFrame({"player_id": 1, "team": "A", "time_s": times, "x_m": 5 + times, "y_m": 4.0})
    two = pd.DataFrame({"player_id": 9, "team": "B", "time_s": times, "x_m": 20 - times, "y_m": 8.0})
    two = two[(two.time_s < 2) | (two.time_s > 4)]
    pd.concat([one, two]).to_csv(tmp_path / "walk.csv", index=False)
    given = read_trajectories(tmp_path / "walk.csv", COURT)
    moments = list(play_back(given, COURT, Cast(6, 2), RenderSettings(fps=10), np.random.default_rng(0)))
    assert len(moments) == pytest.approx(58, abs=2)
    for moment in moments[::5]:
        np.testing.assert_allclose(moment.bodies.position[0], [5 + moment.time_s, 4.0], atol=0.01)
        assert np.isfinite(moment.focus).all()
    assert [moments[k].facts.seated[6] for k in (10, 30, 50)] == [False, True, False]
    assert np.isnan(moments[0].ball).all()


def test_a_run_is_played_back_and_painted_without_a_ball(tmp_path):
    times = np.arange(0, 1, 0.1)
    table = pd.DataFrame({"player_id": 1, "time_s": times, "x_m": 14.0 + times, "y_m": 7.0})
    table.to_parquet(tmp_path / "positions.parquet")
    pd.DataFrame({"player_id": [1], "team": ["A"]}).to_csv(tmp_path / "player_stats.csv", index=False)
    settings = RenderSettings(camera="fixed", fps=5, width_px=320, height_px=180, crowd=0, seconds=0.4)
    folder = render_game(settings, tmp_path / "game", given=read_trajectories(tmp_path, COURT))
    truth = pd.read_parquet(folder / "truth.parquet")
    players = truth[truth.role == "player"]
    np.testing.assert_allclose(players.x_m, [14.0, 14.2], atol=0.01)
    assert "ball" not in set(pd.read_parquet(folder / "truth_objects.parquet")["class"])


@pytest.mark.parametrize("dialect", ["standard", "excel-de"])
def test_a_run_is_played_back_whatever_spreadsheet_its_tables_are_for(tmp_path, dialect):
    table = pd.DataFrame({"player_id": [1, 1, 2, 2], "time_s": [0.0, 0.1] * 2, "x_m": [1.0, 1.1, 5.0, 5.1], "y_m": 7.0})
    table.to_parquet(tmp_path / "positions.parquet")
    players = pd.DataFrame({"player_id": [2, 1], "team": ["A", "B"], "name": ["=1", "a;b"], "seen_s": 1.5})
    (tmp_path / "player_stats.csv").write_text(csv_text(players, dialect), encoding="utf-8")
    read = read_trajectories(tmp_path, COURT)
    assert [team[0].tolist() for team in read.teams] == [[[5.0, 7.0]], [[1.0, 7.0]]]


@pytest.mark.parametrize("text", ["", "player_id,team,time_s\n1,A,0\n", "player_id,team,time_s,x_m,y_m\n1,C,0,1,1\n"])
def test_a_table_of_another_kind_is_refused(tmp_path, text):
    (tmp_path / "walk.csv").write_text(text)
    with pytest.raises(InputError, match=r"walk\.csv"):
        read_trajectories(tmp_path / "walk.csv", COURT)
