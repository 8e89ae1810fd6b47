"""The ball of a rendered game without pixels: with true tracklets, most frames have the right holder, and no ball gives no row."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.geometry.court import COURTS
from pipeline.geometry.lens import Lens
from pipeline.rendering import noise_settings, render_positions
from pipeline.rendering.settings import RenderSettings
from pipeline.tables import ALL, check, conform
from pipeline.understand.ball import BallView, find_ball, stage
from pipeline.understand.game import TrackedGame

COURT = COURTS["nba"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    settings = RenderSettings(
        seconds=60, fps=15, seed=4, court="nba", camera="fixed", lens=0.0, interceptions=0.2, substitutions=False
    )
    noise = noise_settings({"ball_found": 0.95, "miss": 0.0, "miss_hidden": 0.0, "false_boxes": 0.0, "wrong_role": 0.0})
    return render_positions(settings, noise, tmp_path_factory.mktemp("ball"))


def game_of(folder, with_ball=True):
    """Tables in which each true person is a tracklet and a player, at his true place."""
    truth = pd.read_parquet(folder / "truth.parquet").query("role == 'player'").reset_index(drop=True)
    frames, seen = (pd.read_parquet(folder / "perceived" / f"{name}.parquet") for name in ("frames", "detections"))
    unused = dict.fromkeys(("quality", "jersey_l", "jersey_a", "jersey_b"), 1.0)
    people = pd.DataFrame({"frame": truth["frame"], "score": 0.9, "class": "player", **unused})
    people = people.assign(x1=truth["x"], y1=truth["y"], x2=truth["x"] + truth["w"], y2=truth["y"] + truth["h"])
    people["id"] = truth["id"]
    things = seen[seen["class"] == "ball"].drop(columns="detection_id") if with_ball else seen.iloc[:0]
    both = pd.concat([people, things], ignore_index=True).sort_values("frame", kind="stable", ignore_index=True)
    both["detection_id"] = both.index
    persons = both.dropna(subset="id")
    tracks = conform("tracks", persons[["detection_id", "id"]].rename(columns={"id": "track_id"}))
    detections = conform("detections", both.drop(columns="id"))
    ids = np.sort(truth["id"].unique())
    identities = pd.DataFrame({"track_id": ids, "player_id": ids, "confidence": 1.0})
    team = truth.drop_duplicates("id").set_index("id")["team"]
    players = pd.DataFrame({"player_id": ids, "role": "player", "team": team.loc[ids].to_numpy()})
    positions = truth.assign(player_id=truth["id"])[["player_id", "frame", "time_s", "x_m", "y_m"]]
    court = pd.read_parquet(folder / "court.parquet")
    view = BallView(np.ones(len(frames), bool), court, Lens(), COURT, (1280, 720), ALL["periods"].empty())
    return TrackedGame.of(frames, detections, tracks=tracks), view, identities, players, positions


@pytest.fixture(scope="module")
def found(folder):
    return find_ball(*game_of(folder))


def test_tables_are_as_they_should_be(found):
    for name, table in found.items():
        check(name, table)
    ball = found["ball"]
    assert ball["player_id"].notna().equals(ball["state"] == "held")
    assert ball.loc[ball["z_m"].notna(), "state"].eq("flight").all()


def test_who_has_the_ball_is_right_mostly(folder, found):
    truth = pd.read_parquet(folder / "truth_ball.parquet")
    held = found["ball"].dropna(subset="player_id").merge(truth[truth["state"] == "held"], on="frame")
    assert len(held) > 0.6 * (truth["state"] == "held").sum()
    assert (held["player_id"] == held["holder"]).mean() > 0.8


def test_the_ball_is_where_it_is(folder, found):
    truth = pd.read_parquet(folder / "truth_ball.parquet").set_index("frame")
    high = found["ball"].dropna(subset="z_m").set_index("frame")
    assert len(high) > 10
    away_m = np.linalg.norm(high[["x_m", "y_m", "z_m"]] - truth.loc[high.index, ["x_m", "y_m", "z_m"]], axis=1)
    assert np.median(away_m) < 0.6


def test_without_a_ball_nothing_is_said(folder):
    tables = find_ball(*game_of(folder, with_ball=False))
    assert all(table.empty for table in tables.values())


def test_a_way_that_explains_nothing_is_no_shot(folder, monkeypatch):
    """Found in a long game: a throw that the thrower's place speaks for, and the sightings against."""
    found, poor_ones = stage.find_flight, []

    def poor(*arguments):
        flight = found(*arguments)
        if flight is not None:
            poor_ones.append(replace(flight, worth=-0.5 * (len(poor_ones) % 2)))
        return None if flight is None else poor_ones[-1]

    monkeypatch.setattr(stage, "find_flight", poor)
    tables = find_ball(*game_of(folder))
    assert len(poor_ones) > 10
    assert tables["flights"].empty
    assert len(tables["ball"])
