"""Prediction and correction of all tracklets at once, in the picture and on the court."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry.motion import is_motion
from pipeline.understand.tracking.kalman import COURT, PICTURE, SHAPE, MeasuredBoxes, States, step_noise

FREEDOM = 4.0
TALL_PX = 100.0


def boxes_at(centre_px: object, feet_m: object = None, tall_px: object = TALL_PX, aspect: float = 0.4) -> MeasuredBoxes:
    """Boxes about centres (n, 2) of people seen from the near side: their feet are less certain along y than along x."""
    centre = np.asarray(centre_px, dtype=np.float64)
    tall = np.broadcast_to(np.asarray(tall_px, dtype=np.float64), len(centre))
    size = np.column_stack([aspect * tall, tall])
    feet = np.full(centre.shape, np.nan) if feet_m is None else np.asarray(feet_m, dtype=np.float64)
    covariance_m2 = np.tile(np.diag([0.1**2, 0.5**2]), (len(centre), 1, 1))
    return MeasuredBoxes.of(np.hstack([centre - size / 2, size]), feet, covariance_m2)


def random_boxes(count: int) -> MeasuredBoxes:
    rng = np.random.default_rng(count)
    tall_px = rng.uniform(50, 160, count)
    return boxes_at(rng.uniform(0, 1000, (count, 2)), rng.uniform(0, 15, (count, 2)), tall_px)


def walk(steps: int, step_s: float) -> States:
    """Follow somebody, 100 px tall, who goes right by 60 px/s and 4 m/s."""
    states = States.of_boxes(boxes_at([[0.0, 200]], [[0.0, 7.0]]))
    for k in range(1, steps + 1):
        states.predict(step_s, step_noise(step_s))
        states.update(np.array([0]), boxes_at([[60.0 * k * step_s, 200]], [[4.0 * k * step_s, 7.0]]))
    return states


def copied(states: States) -> States:
    return states.take(np.arange(len(states)))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_two_half_steps_are_one_step_whatever_the_frame_rate(count: int) -> None:
    once = States.of_boxes(random_boxes(count))
    once.mean[2:] = 3.0
    once.mean[3, SHAPE] = 0.0  # noise grows with the height
    twice = copied(once)
    once.predict(0.08, step_noise(0.08))
    for _ in range(2):
        twice.predict(0.04, step_noise(0.04))
    np.testing.assert_allclose(once.mean, twice.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(once.covariance, twice.covariance, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("fps", [10, 25, 50])
def test_speed_is_learned_per_second(fps: int) -> None:
    states = walk(2 * fps, 1 / fps)
    assert states.mean[2, PICTURE, 0] == pytest.approx(60, rel=0.05)
    np.testing.assert_allclose(states.mean[2:, COURT, 0], [4.0, 0.0], atol=0.1)
    before = states.mean[0, PICTURE, 0]
    states.predict(0.5, step_noise(0.5))
    assert states.mean[0, PICTURE, 0] - before == pytest.approx(30, rel=0.05)


def test_covariances_stay_symmetric_however_long_a_tracklet_lasts() -> None:
    boxes = random_boxes(6)
    states = States.of_boxes(boxes)
    pan = np.array([[1.01, 0.02, 3.0], [-0.015, 0.99, -2.0], [2e-5, 1e-5, 1.0]])
    for motion in [pan, np.linalg.inv(pan)] * 100:
        states.predict(0.5, step_noise(0.5))
        states.move(motion)
        states.update(np.arange(6), boxes)
    covariance = np.moveaxis(states.covariance, (0, 1), (2, 3))  # (3, n, 4, 4)
    np.testing.assert_allclose(covariance, covariance.swapaxes(2, 3), rtol=1e-6, atol=1e-6)
    assert np.linalg.eigvalsh(covariance).min() > -1e-9  # the growth of the aspect is known to be none


def test_a_correction_is_that_of_the_textbook() -> None:
    """Gain K = P H' (H P H' + R)^-1 of each plane by itself, by matrices."""
    states = States.of_boxes(random_boxes(5))
    states.predict(0.1, step_noise(0.1))
    covariance = states.covariance
    covariance[0, 1] = covariance[1, 0] = 0.1 * covariance[0, 0]  # what a turning camera leaves
    before, boxes = copied(states), random_boxes(5)
    states.update(np.arange(5), boxes)
    for i in range(5):
        for plane in (PICTURE, SHAPE, COURT):
            mean, spread = before.mean[:, plane, i], before.covariance[:, :, plane, i]
            tall = before.mean[1, SHAPE, i]
            noise = {PICTURE: [(0.02 * tall) ** 2] * 2, SHAPE: [0.01, (0.04 * tall) ** 2], COURT: [0.01, 0.25]}[plane]
            gain = spread[:, :2] @ np.linalg.inv(spread[:2, :2] + np.diag(noise))
            away = boxes.place[:, plane, i] - mean[:2]
            np.testing.assert_allclose(states.mean[:, plane, i], mean + gain @ away)
            np.testing.assert_allclose(
                states.covariance[:, :, plane, i], spread - gain @ spread[:2], rtol=1e-9, atol=1e-9
            )


def test_somebody_who_is_not_seen_may_be_further_away() -> None:
    states = walk(50, 0.04)
    later = copied(states)
    later.mean[2:, PICTURE] = 0.0
    later.predict(0.6, step_noise(0.6))
    expected = states.mean[:2, PICTURE].T
    for place, is_less in ((expected, False), (expected + np.array([60.0, 0]), True)):
        densities = [at.log_density(boxes_at(place), FREEDOM)[0, 0, 0] for at in (states, later)]
        assert bool(densities[0] < densities[1]) is is_less


def test_the_density_in_the_picture_is_one_in_all() -> None:
    states = walk(20, 0.04)
    grid = np.stack(np.meshgrid(np.arange(-300.0, 300), np.arange(-300.0, 300)), axis=-1).reshape(-1, 2)
    density = np.exp(states.log_density(boxes_at(states.mean[:2, PICTURE].T + grid), FREEDOM)[0])
    assert density.sum() == pytest.approx(1.0, abs=0.01)


def test_the_density_on_the_court_is_one_in_all() -> None:
    states, step = walk(20, 0.04), 0.1
    grid = np.stack(np.meshgrid(*[np.arange(-20.0, 20.0, step)] * 2), axis=-1).reshape(-1, 2)
    around = boxes_at(np.zeros(grid.shape), states.mean[:2, COURT].T + grid)
    assert np.exp(states.log_density(around, FREEDOM)[1]).sum() * step**2 == pytest.approx(1.0, abs=0.01)


def test_a_metre_back_is_likelier_than_a_metre_aside() -> None:
    states = walk(20, 0.04)
    aside, back = states.log_density(boxes_at(np.zeros((2, 2)), states.mean[:2, COURT].T + np.eye(2)), FREEDOM)[1, 0]
    assert back > aside + 1.0


def test_a_box_without_feet_corrects_nothing_on_the_court_and_has_no_density_there() -> None:
    states = walk(5, 0.04)
    before, nowhere = copied(states), boxes_at([[20.0, 200.0]])
    states.update(np.array([0]), nowhere)
    np.testing.assert_array_equal(states.mean[:, COURT], before.mean[:, COURT])
    np.testing.assert_array_equal(states.covariance[:, :, COURT], before.covariance[:, :, COURT])
    assert states.mean[0, PICTURE, 0] > before.mean[0, PICTURE, 0]
    in_picture, on_court = states.log_density(nowhere, FREEDOM)
    assert np.isfinite(in_picture).all()
    assert np.isnan(on_court).all()


def test_a_tracklet_begins_on_the_court_with_its_first_feet() -> None:
    centre = np.zeros((2, 2))
    states = States.of_boxes(boxes_at(centre))
    states.predict(0.04, step_noise(0.04))
    somewhere = boxes_at([[0.0, 0.0]], [[3.0, 4.0]])
    assert np.isnan(states.log_density(somewhere, FREEDOM)[1]).all()
    states.update(np.arange(2), boxes_at(centre, [[3.0, 4.0], [np.nan, np.nan]]))
    np.testing.assert_array_equal(states.mean[:, COURT, 0], [3.0, 4.0, 0.0, 0.0])
    assert np.isnan(states.mean[:2, COURT, 1]).all()
    assert np.isfinite(states.log_density(somewhere, FREEDOM)[1, :, 0]).tolist() == [True, False]


def test_boxes_there_and_back() -> None:
    rng = np.random.default_rng(0)
    xyxy = rng.uniform(0, 500, (9, 2))[:, [0, 1, 0, 1]] + np.hstack([np.zeros((9, 2)), rng.uniform(20, 160, (9, 2))])
    unknown = np.full((9, 2), np.nan), np.full((9, 2, 2), np.nan)
    states = States.of_boxes(MeasuredBoxes.of(np.hstack([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]]), *unknown))
    np.testing.assert_allclose(states.xyxy(), xyxy)


def two_people() -> States:
    mean = np.full((4, 3, 2), 2.0)
    mean[:, PICTURE] = np.array([[100.0, 50, 3, -2], [400.0, 300, 0, 5]]).T
    mean[:, SHAPE] = np.array([[0.4, 80, 0, 1], [0.5, 120, 0, 0]]).T
    covariance = np.zeros((4, 4, 3, 2))
    covariance[range(4), range(4)] = np.arange(1.0, 5)[:, None, None]
    return States(mean, covariance)


def test_a_camera_that_shifts_and_zooms_moves_states_likewise() -> None:
    states = two_people()
    states.move(np.array([[1.5, 0, 30], [0, 1.5, -10], [0, 0, 1]]))
    np.testing.assert_allclose(states.mean[:, PICTURE].T, [[180, 65, 4.5, -3], [630, 440, 0, 7.5]])
    np.testing.assert_allclose(states.mean[:, SHAPE].T, [[0.4, 120, 0, 1.5], [0.5, 180, 0, 0]])
    np.testing.assert_allclose(states.mean[:, COURT], 2.0)
    one = np.diag(np.arange(1.0, 5))
    np.testing.assert_allclose(states.covariance[:, :, PICTURE, 1], 1.5**2 * one)
    np.testing.assert_allclose(states.covariance[:, :, SHAPE, 1], one * np.array([1, 1.5, 1, 1.5]) ** 2)
    np.testing.assert_allclose(states.covariance[:, :, COURT, 1], one)


def test_a_camera_that_turns_exchanges_the_axes() -> None:
    states = two_people()
    states.move(np.array([[0.0, -1, 500], [1, 0, 0], [0, 0, 1]]))
    np.testing.assert_allclose(states.mean[:, PICTURE].T, [[450, 100, 2, 3], [200, 400, -5, 0]], atol=1e-9)
    np.testing.assert_allclose(states.covariance[:, :, PICTURE, 0], np.diag([2.0, 1, 4, 3]), atol=1e-9)


@pytest.mark.parametrize(
    "motion", [np.diag([3.0, 3, 1]), *(np.array([[1.0, 0, 0], [0, 1, 0], [k, 0, 1]]) for k in (-0.02, -0.01))]
)
def test_a_motion_that_no_camera_makes_leaves_states_where_they_are(motion: np.ndarray) -> None:
    states = two_people().take(np.array([0]))  # at x = 100: beyond the horizon, and on it
    before = copied(states)
    states.move(motion)
    np.testing.assert_array_equal(states.mean, before.mean)
    np.testing.assert_array_equal(states.covariance, before.covariance)


def test_what_is_a_motion() -> None:
    motions = np.tile(np.eye(3), (3, 1, 1))
    motions[1] = np.nan
    motions[2, 0, 2] = 4.0
    assert is_motion(motions).tolist() == [False, False, True]
