"""The truth as the renderer writes it: readable, and of one mind about boxes, court and positions."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluation.found import of_mot
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import read_truth


@pytest.mark.parametrize("camera", ["fixed_game", "broadcast_game"])
def test_the_feet_of_true_boxes_are_at_the_true_positions(camera, request):
    truth = read_truth(request.getfixturevalue(camera))
    people = truth.persons[
        (truth.persons["visible"] > 0.95)
        & truth.persons["frame"].isin(truth.frames["frame"])
        & ~truth.off_court()
        & (truth.persons["y"] + truth.persons["h"] < 355)
    ]
    feet_px = np.column_stack([people["x"] + people["w"] / 2, people["y"] + people["h"]])
    feet_m = truth.court.locate_all(people["frame"].to_numpy(), feet_px)
    error_m = np.linalg.norm(feet_m - people[["x_m", "y_m"]].to_numpy(), axis=1)
    assert len(people) > 50
    assert np.median(error_m) < 0.5


@pytest.mark.parametrize("camera", ["fixed_game", "broadcast_game"])
def test_true_boxes_score_one(camera, request):
    truth = read_truth(request.getfixturevalue(camera))
    boxes, _, _ = truth.boxes()
    scores = score(of_mot("true", boxes), truth)
    assert (scores.players.hota, scores.identity.accuracy) == pytest.approx((1, 1))
    assert 10 <= scores.identity.players_true <= 16  # substitutes play as well


def test_close_ups_are_not_scored(broadcast_game):
    truth = read_truth(broadcast_game)
    kinds = pd.read_parquet(broadcast_game / "frames.parquet").set_index("frame")["kind"]
    assert set(kinds[truth.frames["frame"]]) == {"play"}
    assert len(truth.frames) < len(kinds)
