"""All tracklets at once are filtered as one by one by the library."""

import numpy as np
import pytest
from deep_sort_realtime.deep_sort.kalman_filter import KalmanFilter

from pipeline.understand.camera import is_motion, move_states
from pipeline.understand.kalman import StackedFilter, corners, xyah


def boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.column_stack([rng.uniform(0, 1000, (count, 2)), rng.uniform(20, 60, count), rng.uniform(50, 160, count)])


@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_same_as_one_by_one(count: int) -> None:
    rng = np.random.default_rng(count)
    one, all_ = KalmanFilter(), StackedFilter()
    measured = xyah(boxes(rng, count))
    states = [one.initiate(box) for box in measured]
    mean, covariance = (
        np.array([state[k] for state in states]).reshape(shape) for k, shape in ((0, (-1, 8)), (1, (-1, 8, 8)))
    )
    for _ in range(4):
        states = [one.predict(*state) for state in states]
        mean, covariance = all_.predict_all(mean, covariance)
        places = xyah(boxes(rng, 5))
        distance = all_.distances(mean, covariance, places[:, :2])
        for k, state in enumerate(states):
            np.testing.assert_allclose(distance[k], one.gating_distance(*state, places, True), rtol=1e-9)
        measured = measured + rng.normal(0, 0.01, measured.shape) * measured
        states = [one.update(*state, box) for state, box in zip(states, measured, strict=True)]
        mean, covariance = all_.update_all(mean, covariance, measured)
        for k, state in enumerate(states):
            np.testing.assert_allclose(mean[k], state[0], rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(covariance[k], state[1], rtol=1e-7, atol=1e-9)


def test_boxes_there_and_back() -> None:
    ltwh = boxes(np.random.default_rng(0), 9)
    np.testing.assert_allclose(corners(xyah(ltwh)), np.hstack([ltwh[:, :2], ltwh[:, :2] + ltwh[:, 2:]]))


def test_a_camera_that_shifts_and_zooms_moves_states_likewise() -> None:
    mean = np.array([[100.0, 50, 0.4, 80, 3, -2, 0, 1], [400.0, 300, 0.5, 120, 0, 5, 0, 0]])
    covariance = np.tile(np.diag(np.arange(1.0, 9)), (2, 1, 1))
    motion = np.array([[1.5, 0, 30], [0, 1.5, -10], [0, 0, 1]])
    moved, spread = move_states(mean, covariance, motion)
    np.testing.assert_allclose(moved[0], [180, 65, 0.4, 120, 4.5, -3, 0, 1.5])
    np.testing.assert_allclose(moved[1], [630, 440, 0.5, 180, 0, 7.5, 0, 0])
    scale = np.array([1.5, 1.5, 1, 1.5, 1.5, 1.5, 1, 1.5])
    np.testing.assert_allclose(spread[1], np.diag(np.arange(1.0, 9) * scale**2))


def test_a_motion_that_no_camera_makes_leaves_states_where_they_are() -> None:
    mean = np.array([[100.0, 50, 0.4, 80, 3, -2, 0, 1]])
    covariance = np.eye(8)[None]
    for motion in (np.diag([3.0, 3, 1]), np.array([[1.0, 0, 0], [0, 1, 0], [-0.02, 0, 1]])):
        moved, spread = move_states(mean, covariance, motion)
        np.testing.assert_array_equal(moved, mean)
        np.testing.assert_array_equal(spread, covariance)


def test_what_is_a_motion() -> None:
    motions = np.tile(np.eye(3), (3, 1, 1))
    motions[1] = np.nan
    motions[2, 0, 2] = 4.0
    assert is_motion(motions).tolist() == [False, False, True]
