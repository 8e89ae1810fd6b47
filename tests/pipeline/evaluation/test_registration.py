"""Court scores of maps that are wrong by a known amount."""

import dataclasses

import numpy as np
import pytest

from pipeline.evaluation.registration import score_registration
from pipeline.evaluation.truth.court import CourtMap, beyond_margin
from pipeline.geometry.court import COURTS
from pipeline.geometry.lens import Lens


def from_above(shift_m: float = 0.0, frames: int = 5) -> CourtMap:
    """A camera right above the court, 40 px to the metre."""
    matrix = np.array([[1 / 40, 0, shift_m], [0, 1 / 40, 0], [0, 0, 1]])
    return CourtMap(COURTS["fiba"], (1120, 600), Lens(), np.arange(frames), np.repeat(matrix[None], frames, axis=0))


def test_the_true_map_has_no_error():
    scores = score_registration(from_above(), from_above(), np.arange(5))
    assert (scores.frames_known, scores.registered_share) == (5, 1)
    assert (scores.error_px_mean, scores.error_m_p95) == pytest.approx((0, 0), abs=1e-9)


def test_a_shifted_map():
    scores = score_registration(from_above(), from_above(shift_m=0.5), np.arange(5))
    assert (scores.error_m_mean, scores.error_m_p95) == pytest.approx((0.5, 0.5))
    assert (scores.error_px_mean, scores.error_px_p95) == pytest.approx((20, 20))


def test_only_analysed_frames_count():
    scores = score_registration(from_above(frames=10), from_above(frames=2), np.array([0, 4, 8]))
    assert (scores.frames_known, scores.frames_registered) == (3, 1)


def test_no_court_found():
    none = dataclasses.replace(from_above(), frames=np.zeros(0, np.int64), matrices=np.zeros((0, 3, 3)))
    scores = score_registration(from_above(), none, np.arange(5))
    assert scores.registered_share == 0
    assert np.isnan(scores.error_m_mean)


def test_a_fixed_camera_is_known_on_every_frame():
    fixed = dataclasses.replace(from_above(frames=1), fixed=True)
    assert score_registration(fixed, from_above(frames=5), np.arange(5)).frames_registered == 5


def test_a_map_that_folds_the_court_is_infinitely_wrong_and_not_a_crash():
    """The horizon runs through the picture: court points beyond it have no place."""
    tilted = from_above()
    tilted.matrices[:, 2] = [0, 1 / 300, -1]
    scores = score_registration(from_above(), tilted, np.arange(5))
    assert scores.error_m_p95 == np.inf


def test_beyond_the_margin():
    points = np.array([[-1.0, 7], [-2.0, 7], [14, 16.6], [np.nan, np.nan]])
    assert beyond_margin(points, COURTS["fiba"], 1.5).tolist() == [False, True, True, False]
