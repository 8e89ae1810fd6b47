"""The annotated clips: the court that decides who is left out is the court that the annotators saw."""

import numpy as np
import pytest

from benchmarks.truth_clips import CLIPS, read_truth_clip
from models.detector.classes import PLAYER
from pipeline.errors import InputError


def test_players_of_the_fixed_camera_stand_on_the_court(real_data):
    frames = list(read_truth_clip(real_data, "novellara_lugo"))
    assert len(frames) == 75
    players = [frame.xyxy_px[frame.class_index == PLAYER] for frame in frames]
    for frame, boxes in zip(frames, players, strict=True):
        assert frame.on_court(boxes, 1.0).all()
    beyond_the_horizon = np.array([[600.0, 0.0, 620.0, 40.0]])
    assert not frames[0].on_court(beyond_the_horizon, 1.0).any()
    assert frames[0].on_court(np.empty((0, 4)), 1.0).shape == (0,)


def test_a_missing_clip_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"truth\.csv"):
        next(read_truth_clip(tmp_path, next(iter(CLIPS))))
