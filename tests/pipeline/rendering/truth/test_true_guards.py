"""Who guards whom, and when a team brings the ball up, in the truth of a rendered game."""

import numpy as np
import pandas as pd
import pytest

from pipeline.rendering import NoiseSettings, RenderSettings, render_positions


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    settings = RenderSettings(seconds=90, fps=5, seed=5, dead_ball_every_s=30, camera="fixed", switches=0.5)
    folder = render_positions(settings, NoiseSettings(), tmp_path_factory.mktemp("true"))
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("truth_guards", "frames", "truth")}


def test_everybody_of_the_defence_has_one_man_while_the_others_attack(game):
    guards, frames = game["truth_guards"], game["frames"]
    team_of = game["truth"].dropna(subset="team").drop_duplicates("id").set_index("id")["team"]
    for row in frames.iloc[::7].to_dict("records"):
        now = guards[(guards["start_s"] <= row["time_s"]) & (guards["end_s"] > row["time_s"])]
        if pd.isna(row["attack"]):
            assert now.empty
        elif row["time_s"] < frames["time_s"].iloc[-1]:
            assert now["id"].nunique() == now["partner"].nunique() == 5
            assert set(now["partner"].map(team_of)) == {row["possession"]}
            assert set(now["id"].map(team_of)) == {"AB".replace(row["possession"], "")}


def test_men_are_changed_and_defenders_are_near_theirs(game):
    guards = game["truth_guards"]
    assert guards.groupby("id")["partner"].nunique().max() >= 2
    places = game["truth"].set_index(["frame", "id"])[["x_m", "y_m"]]
    half_court = game["frames"].loc[game["frames"]["attack"] == "half-court"].iloc[::5]
    gaps = []
    for frame, time_s in half_court[["frame", "time_s"]].itertuples(index=False):
        now = guards[(guards["start_s"] <= time_s) & (guards["end_s"] > time_s)]
        gaps += [
            np.hypot(*(places.loc[(frame, who)] - places.loc[(frame, man)]))
            for who, man in now[["id", "partner"]].itertuples(index=False)
        ]
    assert np.median(gaps) < 3


def test_without_switches_nobody_changes_men(tmp_path):
    settings = RenderSettings(seconds=10, fps=5, seed=5, camera="fixed")
    guards = pd.read_parquet(render_positions(settings, NoiseSettings(), tmp_path / "g") / "truth_guards.parquet")
    assert guards.groupby("id")["partner"].nunique().max() == 1
