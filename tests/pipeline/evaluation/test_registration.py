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


def test_the_edge_of_the_picture_is_in_it():
    """At 40 px to the metre the court fills the picture, its lines on the edge: 29 by 16 points are measured."""
    points = np.array([[0.0, 0], [28, 15], [-0.01, 5], [28.01, 5], [5, -0.01], [5, 15.01], [14, 7.5]])
    seen = from_above().picture(0, points)
    assert np.isfinite(seen[:, 0]).tolist() == [True, True, False, False, False, False, True]
    assert seen[6] == pytest.approx((560, 300))
    assert from_above().anywhere(0, points[3:4]) == pytest.approx(np.array([[1120.4, 200]]))


def test_at_the_margin_is_not_beyond_it():
    points = np.array([[-1.5, 7], [29.5, 7], [14, -1.5], [14, 16.5], [29.6, 7], [14, -1.6]])
    assert beyond_margin(points, COURTS["fiba"], 1.5).tolist() == [False] * 4 + [True] * 2


def test_a_frame_has_its_own_map_or_none():
    moving = dataclasses.replace(from_above(frames=2), frames=np.array([3, 7]))
    moving.matrices[1, 0, 2] = 1.0
    assert [moving.matrix(frame) is None for frame in (2, 3, 5, 7, 8)] == [True, False, True, False, True]
    px = np.array([[40.0, 80]] * 4)
    located = moving.locate_all(np.array([7, 3, 5, 7]), px)
    assert located == pytest.approx(np.array([[2.0, 2], [1, 2], [np.nan, np.nan], [2, 2]]), nan_ok=True)
    assert moving.locate_all(np.zeros(0, np.int64), px[:0]).shape == (0, 2)
    assert np.isnan(moving.anywhere(5, px)).all()


def test_the_worst_twentieth_and_the_mean_are_over_all_points_of_all_frames():
    """Nine frames are right and one is off by a metre: a tenth of the points."""
    found = from_above(frames=10)
    found.matrices[4, 0, 2] = 1.0
    scores = score_registration(from_above(frames=10), found, np.arange(10))
    assert (scores.error_m_mean, scores.error_m_p95) == pytest.approx((0.1, 1.0))
    assert (scores.error_px_mean, scores.error_px_p95) == pytest.approx((4.0, 40.0))


def test_of_many_frames_six_hundred_are_measured_evenly_spread():
    many, half = from_above(frames=1200), from_above(frames=600)
    scores = score_registration(many, half, np.arange(1200))
    assert (scores.frames_known, scores.frames_registered, scores.registered_share) == (600, 300, 0.5)
    assert score_registration(from_above(frames=600), half, np.arange(600)).frames_known == 600
    assert np.isnan(score_registration(many, half, np.arange(0)).registered_share)
