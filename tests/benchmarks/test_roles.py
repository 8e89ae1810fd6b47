"""Who is in a rendered game besides those of the truth, and what they are called."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmarks.roles import called_s, true_boxes
from pipeline.rendering import NoiseSettings, render_positions
from pipeline.rendering.settings import RenderSettings


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    settings = RenderSettings(seed=4, seconds=20, fps=5, camera="broadcast", dead_ball_every_s=5)
    return render_positions(settings, NoiseSettings(), tmp_path_factory.mktemp("roles"))


def test_a_game_played_again_has_the_people_of_its_truth_and_the_coaches(game):
    everybody, truth = true_boxes(game), pd.read_parquet(game / "truth.parquet")
    both = truth[truth["visible"] > 0.2].merge(
        everybody, left_on=["frame", "id"], right_on=["frame", "person"], how="left", suffixes=("", "_again")
    )
    assert np.allclose(both[["x", "y"]], both[["x1", "y1"]], atol=0.01)
    assert set(everybody["role"]) == {"player", "referee", "bench", "coach"}
    on_court = everybody[everybody["role"] == "player"].groupby("frame").size()
    assert on_court.max() <= 10


def test_a_tracklet_is_whoever_most_of_its_boxes_show(game):
    everybody = true_boxes(game)
    shown = everybody[everybody["role"].isin(["coach", "player"])].reset_index(drop=True)
    ids = np.arange(len(shown))
    parts = pd.DataFrame({"detection_id": ids, "track_id": shown["person"]})
    names = np.unique(shown["person"])
    tables = {
        "detections": shown[["frame", "x1", "y1", "x2", "y2"]].assign(detection_id=ids),
        "split_tracks": parts,
        "tracklets": pd.DataFrame({"track_id": names, "seen_s": 1.0, "role": "referee"}),
    }
    found = called_s(SimpleNamespace(tables=tables), everybody)
    coaches = shown.loc[shown["role"] == "coach", "person"].nunique()
    assert found.loc["coach", "referee"] == coaches > 0
    assert found.loc["player", "referee"] == len(names) - coaches
    assert found.to_numpy().sum() == len(names)
