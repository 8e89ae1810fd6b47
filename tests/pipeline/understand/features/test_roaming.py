"""How much somebody moves about, whatever the camera does."""

import numpy as np
import pandas as pd
import pytest

from pipeline.tables import ALL, MOTION_COLUMNS
from pipeline.understand.features.roaming import roaming
from pipeline.understand.game import TrackedGame


def make_game(pan_px: float, count: int = 40) -> TrackedGame:
    frames = pd.DataFrame({"frame": np.arange(count) * 2, "time_s": np.arange(count) / 10.0, "shot": 0})
    motion = np.tile(np.eye(3), (count, 1, 1))
    motion[:, 0, 2] = pan_px
    frames[list(MOTION_COLUMNS)] = motion.reshape(-1, 9)
    frames.loc[0, list(MOTION_COLUMNS)] = np.nan
    return TrackedGame.of(frames, ALL["detections"].empty())


@pytest.mark.parametrize("pan_px", [0.0, 12.0])
@pytest.mark.parametrize("every", [1, 3])
def test_the_range_is_in_body_heights_and_free_of_the_camera(pan_px: float, every: int) -> None:
    game = make_game(pan_px)
    number = np.arange(0, 40, every)
    left = pan_px * number
    still = np.column_stack([left, np.full_like(left, 100), left + 40, np.full_like(left, 200.0)])
    walking = still + np.column_stack([5.0 * number, 0 * number, 5.0 * number, 0 * number])
    boxes, frame = np.concatenate([still, walking]), np.tile(number * 2, 2)
    found = roaming(game, boxes, frame, np.array([0, len(number), 2 * len(number)]), np.full(2, 100.0))
    assert found[0] == pytest.approx(0.0, abs=1e-6)
    assert found[1] == pytest.approx(0.9 * 5.0 * (number[-1] - number[0]) / 100, rel=0.01)


def test_less_than_a_second_says_nothing() -> None:
    game = make_game(0.0)
    boxes = np.tile([0.0, 0.0, 10.0, 20.0], (9, 1))
    assert np.isnan(roaming(game, boxes, np.arange(9) * 2, np.array([0, 9]), np.full(1, 20.0))[0])
