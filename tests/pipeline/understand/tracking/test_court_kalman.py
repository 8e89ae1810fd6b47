"""Prediction and correction on the court, of all tracklets at once."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from pipeline.understand.tracking.court_kalman import FootPoints, initiate, log_density, predict, update

FREEDOM = 4.0


def feet(places: ArrayLike) -> FootPoints:
    """People seen from the near side, at places (n, 2): less certain along y than along x."""
    position_m = np.asarray(places, dtype=np.float64)
    return FootPoints(position_m, np.tile(np.diag([0.1**2, 0.5**2]), (len(position_m), 1, 1)))


def run(steps: int, step_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Follow somebody who runs to the right at 4 m/s."""
    mean, covariance = initiate(feet([[0.0, 7.0]]))
    for k in range(1, steps + 1):
        mean, covariance = predict(mean, covariance, step_s)
        mean, covariance = update(mean, covariance, feet([[4.0 * k * step_s, 7.0]]))
    return mean, covariance


@pytest.mark.parametrize("count", [0, 1, 7])
def test_two_half_steps_are_one_step_whatever_the_frame_rate(count: int) -> None:
    mean, covariance = initiate(feet(np.random.default_rng(count).uniform(0, 15, (count, 2))))
    mean[:, 2:] = 3.0
    once = predict(mean, covariance, 0.08)
    twice = predict(*predict(mean, covariance, 0.04), 0.04)
    for single, double in zip(once, twice, strict=True):
        np.testing.assert_allclose(single, double, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("fps", [10, 25, 50])
def test_speed_is_learned_per_second(fps: int) -> None:
    mean, _ = run(2 * fps, 1 / fps)
    np.testing.assert_allclose(mean[0, 2:], [4.0, 0.0], atol=0.1)


def test_the_density_is_one_in_all() -> None:
    mean, covariance = run(20, 0.04)
    step = 0.1
    grid = np.stack(np.meshgrid(*[np.arange(-20.0, 20.0, step)] * 2), axis=-1).reshape(-1, 2)
    around = feet(mean[0, :2] + grid)
    assert np.exp(log_density(mean, covariance, around, FREEDOM)).sum() * step**2 == pytest.approx(1.0, abs=0.01)


def test_a_metre_back_is_likelier_than_a_metre_aside() -> None:
    mean, covariance = run(20, 0.04)
    expected = mean[0, :2]
    aside, back = log_density(mean, covariance, feet(expected + np.eye(2)), FREEDOM)[0]
    assert back > aside + 1.0


def test_a_box_without_feet_corrects_nothing_and_has_no_density() -> None:
    mean, covariance = run(5, 0.04)
    nowhere = FootPoints.unknown(1)
    same = update(mean, covariance, nowhere)
    np.testing.assert_array_equal(same[0], mean)
    np.testing.assert_array_equal(same[1], covariance)
    assert np.isnan(log_density(mean, covariance, nowhere, FREEDOM)).all()


def test_a_tracklet_begins_on_the_court_with_its_first_feet() -> None:
    mean, covariance = predict(*initiate(FootPoints.unknown(2)), 0.04)
    assert np.isnan(log_density(mean, covariance, feet([[3.0, 4.0]]), FREEDOM)).all()
    seen = FootPoints(np.array([[3.0, 4.0], [np.nan, np.nan]]), feet([[0.0, 0.0]] * 2).covariance_m2)
    mean, covariance = update(mean, covariance, seen)
    np.testing.assert_array_equal(mean[0], [3.0, 4.0, 0.0, 0.0])
    assert np.isnan(mean[1, :2]).all()
    density = log_density(mean, covariance, feet([[3.0, 4.0]]), FREEDOM)
    assert np.isfinite(density[:, 0]).tolist() == [True, False]
