"""Prediction and correction of all tracklets at once."""

import numpy as np
import pytest

from pipeline.geometry.motion import is_motion
from pipeline.understand.tracking.camera import move_states
from pipeline.understand.tracking.kalman import initiate, log_density, predict, update, xyah, xyxy


def boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.column_stack([rng.uniform(0, 1000, (count, 2)), rng.uniform(20, 60, count), rng.uniform(50, 160, count)])


def walk(steps: int, step_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Follow one box, 100 px tall, that goes right by 60 px/s."""
    mean, covariance = initiate(np.array([[0.0, 200, 0.4, 100]]))
    for k in range(1, steps + 1):
        mean, covariance = predict(mean, covariance, step_s)
        mean, covariance = update(mean, covariance, np.array([[60.0 * k * step_s, 200, 0.4, 100]]))
    return mean, covariance


@pytest.mark.parametrize("count", [0, 1, 7])
def test_two_half_steps_are_one_step_whatever_the_frame_rate(count: int) -> None:
    measured = xyah(boxes(np.random.default_rng(count), count))
    mean, covariance = initiate(measured)
    mean[:, 4:6] = 35.0
    once = predict(mean, covariance, 0.08)
    twice = predict(*predict(mean, covariance, 0.04), 0.04)
    for single, double in zip(once, twice, strict=True):
        np.testing.assert_allclose(single, double, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("fps", [10, 25, 50])
def test_speed_is_learned_per_second(fps: int) -> None:
    mean, _ = walk(2 * fps, 1 / fps)
    assert mean[0, 4] == pytest.approx(60, rel=0.05)
    ahead, _ = predict(mean, np.zeros((1, 8, 8)), 0.5)
    assert ahead[0, 0] - mean[0, 0] == pytest.approx(30, rel=0.05)


def test_somebody_who_is_not_seen_may_be_further_away() -> None:
    mean, covariance = walk(50, 0.04)
    expected, near = mean[:, :2], mean[:, :2] + [[60.0, 0]]
    later = mean, predict(mean, covariance, 0.6)[1]
    assert log_density(mean, covariance, expected, 4.0) > log_density(*later, expected, 4.0)
    assert log_density(mean, covariance, near, 4.0) < log_density(*later, near, 4.0)


def test_the_density_is_one_in_all() -> None:
    mean, covariance = walk(20, 0.04)
    grid = np.stack(np.meshgrid(np.arange(-300.0, 300), np.arange(-300.0, 300)), axis=-1).reshape(-1, 2)
    assert np.exp(log_density(mean, covariance, mean[:, :2] + grid, 4.0)).sum() == pytest.approx(1.0, abs=0.01)


def test_boxes_there_and_back() -> None:
    ltwh = boxes(np.random.default_rng(0), 9)
    np.testing.assert_allclose(xyxy(xyah(ltwh)), np.hstack([ltwh[:, :2], ltwh[:, :2] + ltwh[:, 2:]]))


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
