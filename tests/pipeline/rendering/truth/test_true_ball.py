"""The ball of a rendered game: where it is, who has it, what is done with it, and what a detector sees of it."""

import numpy as np
import pandas as pd
import pytest

from pipeline.geometry.court import COURTS, beyond_three_point
from pipeline.rendering import noise_settings, render_positions
from pipeline.rendering.settings import RenderSettings

RIM_HEIGHT_M = 3.05


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    settings = RenderSettings(
        seconds=150, fps=10, seed=4, court="nba", pull_ups=0.7, interceptions=0.3, camera="fixed", width_px=1920
    )
    folder = render_positions(settings, noise_settings({"ball_found": 0.9}), tmp_path_factory.mktemp("ball"))
    read = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("truth_ball", "truth_events", "truth")}
    return {**read, "detections": pd.read_parquet(folder / "perceived" / "detections.parquet")}


def test_held_ball_is_with_its_holder(game):
    held = (
        game["truth_ball"]
        .query("state == 'held'")
        .merge(game["truth"], left_on=["frame", "holder"], right_on=["frame", "id"], suffixes=("", "_holder"))
    )
    away_m = np.hypot(held.x_m - held.x_m_holder, held.y_m - held.y_m_holder)
    assert away_m.quantile(0.9) < 0.6
    assert held.z_m.between(0.1, 1.5).mean() > 0.9


def test_shots_reach_the_rim(game):
    ball = game["truth_ball"]
    ends = ball[(ball["state"] == "shot") & (ball["state"].shift(-1) == "loose")]
    assert len(ends) >= 5
    assert (ends["z_m"] - RIM_HEIGHT_M).abs().max() < 1.0
    assert ball.loc[ball["state"] == "shot", "z_m"].max() > RIM_HEIGHT_M + 0.5


def test_a_basket_is_worth_what_the_place_of_the_shot_says(game):
    events = game["truth_events"]
    shots = events[events["kind"] == "shot"]
    far = beyond_three_point(COURTS["nba"], shots[["x_m", "y_m"]].to_numpy())
    assert 0 < far.sum() < len(far)
    ends = events[events["kind"].isin(["made", "missed"])]
    assert len(ends) in (len(shots), len(shots) - 1)
    worth = np.where(far, 3, 2)[: len(ends)]
    assert (ends["points"] == np.where(ends["kind"] == "made", worth, 0)).all()


def test_a_ball_taken_away_changes_teams(game):
    lost = game["truth_events"].query("kind == 'turnover'")
    assert len(lost) >= 3
    team = game["truth"].drop_duplicates("id").set_index("id")["team"]
    assert (team.loc[lost["id"]].to_numpy() != team.loc[lost["partner"]].to_numpy()).all()
    passes = game["truth_events"].query("kind == 'pass'")
    assert (team.loc[passes["id"]].to_numpy() == team.loc[passes["partner"]].to_numpy()).all()


def test_candidates_are_found_as_asked_for(game):
    seen = game["detections"]
    ball = seen[seen["class"] == "ball"]
    assert 0.5 < ball["frame"].nunique() / len(game["truth_ball"]) < 1.0
    assert ball["score"].between(0.25, 0.75).mean() > 0.95
    width_px = ball["x2"] - ball["x1"]
    assert 5 < width_px.median() < 25
    assert (seen["class"] == "rim").any()
