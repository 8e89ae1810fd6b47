"""Who is on the floor, what happens and what the scoreboard shows, in the truth of a rendered game."""

import numpy as np
import pandas as pd
import pytest

from pipeline.rendering import NoiseSettings, RenderSettings, render_positions


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    settings = RenderSettings(seconds=90, fps=5, seed=5, dead_ball_every_s=12, stint_s=20, camera="broadcast")
    folder = render_positions(settings, NoiseSettings(), tmp_path_factory.mktemp("true"))
    return {
        name: pd.read_parquet(folder / f"{name}.parquet")
        for name in ("truth_events", "truth_stints", "frames", "truth")
    }


def test_five_of_each_team_are_on_the_floor_all_the_time(game):
    stints = game["truth_stints"]
    for time_s in np.arange(0.1, 89, 0.7):
        on = stints[(stints["start_s"] <= time_s) & (stints["end_s"] > time_s)]
        assert on.groupby("team").size().tolist() == [5, 5]


def test_who_comes_in_steps_over_the_line_then(game):
    stints = game["truth_stints"].dropna(subset="partner")
    assert len(stints) >= 2
    ordered = game["truth_events"][game["truth_events"]["kind"] == "substitution"]
    for person, partner, start_s in stints[["id", "partner", "start_s"]].itertuples(index=False):
        of_order = ordered[(ordered["id"] == person) & (ordered["time_s"] <= start_s + 0.01)].iloc[-1]
        assert of_order["partner"] == partner
        assert 0.3 < start_s - of_order["time_s"] < 16


def test_points_add_up_to_the_score_and_the_clock_runs_in_live_time_alone(game):
    frames, events = game["frames"], game["truth_events"]
    for team, column in (("A", "score_a"), ("B", "score_b")):
        gained = events.loc[(events["team"] == team) & (events["time_s"] > 0), "points"].sum()
        assert frames[column].iloc[-1] - frames[column].iloc[0] == pytest.approx(gained)
    passed = -frames["clock_s"].diff().fillna(0)
    assert (passed >= -1e-9).all()
    assert passed.sum() == pytest.approx(frames["live"].sum() / 5, abs=2.0)
    assert not passed[~frames["live"] & ~frames["live"].shift(1, fill_value=True)].any()
    assert frames["shot_clock_s"].between(0, 24).all()


def test_events_say_who(game):
    events = game["truth_events"]
    shots, passes = events[events["kind"] == "shot"], events[events["kind"] == "pass"]
    assert len(shots) >= 3
    assert shots["id"].notna().all()
    assert (passes["id"] != passes["partner"]).all()
    assert set(events["kind"]) >= {"shot", "pass", "substitution", "rebound"}
