"""Camera motion: chained, moved through a lens, believed or not."""

import numpy as np
import pytest

from pipeline.geometry.lens import Lens
from pipeline.geometry.motion import (
    believable,
    chained,
    fit_each,
    is_motion,
    picture_grid,
    project_all,
    since_cut,
    stands_still,
    undistorted_motion,
)

SIZE = (1280, 720)


def shifts(dx, dy=None):
    """Translations (n, 3, 3)."""
    dx = np.asarray(dx, float)
    matrices = np.tile(np.eye(3), (len(dx), 1, 1))
    matrices[:, 0, 2], matrices[:, 1, 2] = dx, 0 if dy is None else dy
    return matrices


def test_a_chain_leads_from_the_first_frame_to_each():
    rng = np.random.default_rng(0)
    steps = np.eye(3) + rng.normal(0, [[1e-3] * 3, [1e-3] * 3, [1e-6] * 3], (6, 3, 3))
    steps[0] = np.nan
    chain = chained(steps)
    point = np.array([[300.0, 200.0]])
    moved = point
    for i in range(1, 6):
        moved = project_all(steps[i : i + 1], moved)[0]
        assert project_all(chain[i : i + 1], point)[0] == pytest.approx(moved)


def test_fitting_moved_grids_gives_the_homographies_back():
    rng = np.random.default_rng(1)
    matrices = np.eye(3) + rng.normal(0, [[1e-2] * 3, [1e-2] * 3, [1e-5] * 3], (4, 3, 3))
    matrices /= matrices[:, 2:, 2:]
    grid = picture_grid(SIZE, 5, 4)
    moved = project_all(matrices, grid)
    moved[2, 0] = np.nan
    fitted = fit_each(grid, moved, (640, 360), 640)
    assert np.isnan(fitted[2]).all()
    for k in (0, 1, 3):
        assert fitted[k] / fitted[k, 2, 2] == pytest.approx(matrices[k], rel=1e-6, abs=1e-9)


def test_without_distortion_motion_stays_as_it_is():
    motion = shifts([3.0, np.nan])
    assert undistorted_motion(motion, Lens(), SIZE) is motion


def test_a_shift_seen_through_a_lens_is_nearly_a_shift():
    lens = Lens((640, 360), 640, -0.1)
    straight = undistorted_motion(shifts([4.0]), lens, SIZE)
    centre = np.array([[640.0, 360.0]])
    assert project_all(straight, centre)[0, 0] == pytest.approx([644, 360], abs=1.0)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (np.eye(3), True),
        (shifts([100.0])[0], True),
        (shifts([400.0])[0], False),
        (np.diag([-1.0, 1.0, 1.0]), False),
        (np.diag([1.3, 1.3, 1.0]), False),
        (np.full((3, 3), np.nan), False),
        (np.array([[1, 0, 0], [0, 1, 0], [-2e-3, 0, 1.0]]), False),
    ],
    ids=["none", "fast pan", "teleport", "mirror", "zoom jump", "unknown", "horizon"],
)
def test_what_a_camera_can_do_in_a_frame(matrix, expected):
    assert believable(matrix[None], np.array([1 / 30]), SIZE).tolist() == [expected]


def test_after_a_hole_more_motion_is_believed():
    assert believable(shifts([400.0]), np.array([0.5]), SIZE).all()


class TestStandingStill:
    time_s = np.arange(600) / 30

    def test_noise_is_still(self):
        noise = np.random.default_rng(0).normal(0, 0.1, (2, 600))
        assert stands_still(chained(shifts(*noise)), self.time_s, SIZE)

    def test_a_slow_pan_is_not(self):
        assert not stands_still(chained(shifts(np.full(600, 0.2))), self.time_s, SIZE)

    def test_a_short_pan_is_not(self):
        steps = np.zeros(600)
        steps[300:330] = 1.0
        assert not stands_still(chained(shifts(steps)), self.time_s, SIZE)

    def test_one_frame_is(self):
        assert stands_still(chained(shifts([0.0])), self.time_s[:1], SIZE)


@pytest.mark.parametrize(("elapsed_s", "furthest_px"), [(0.005, 64), (0.1, 512)])
def test_the_fastest_pan_is_four_widths_a_second_or_a_twentieth_of_one(elapsed_s, furthest_px):
    for dx, expected in ((furthest_px - 1, True), (furthest_px, True), (furthest_px + 1, False)):
        assert believable(shifts([dx]), np.array([elapsed_s]), SIZE).tolist() == [expected]


def test_points_are_spread_over_the_whole_picture():
    assert picture_grid((100, 60), 3, 2).tolist() == [[0, 0], [50, 0], [100, 0], [0, 60], [50, 60], [100, 60]]


def test_points_behind_the_camera_have_no_place():
    matrix = np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]])
    found = project_all(matrix[None], np.array([[50.0, 20], [100, 20], [150, 20]]))[0]
    assert found[0] == pytest.approx([100, 40])
    assert np.isnan(found[1:]).all()


def test_a_motion_is_known_and_moves_anything():
    motions = np.stack([np.eye(3), shifts([0.5])[0], np.full((3, 3), np.nan), np.diag([1.001, 1.001, 1])])
    assert is_motion(motions).tolist() == [False, True, False, True]


def test_motions_are_chained_within_a_shot():
    motions = shifts([9.0, 1.0, 2.0, 4.0, 8.0])
    motions[2] *= 2
    camera = since_cut(motions, np.array([True, True, True, False, True]), np.array([0, 0, 0, 0, 1]))
    assert camera[:, 0, 2].tolist() == [0, 1, 3, 3, 0]
    assert camera[:, 2, 2].tolist() == [1] * 5


@pytest.mark.parametrize(("drift_px", "still"), [(2.9, True), (3.1, False)])
def test_a_standing_camera_drifts_no_more_than_noise_explains_in_a_second(drift_px, still):
    """At 30 frames a second and 1280 px; half of that at 640 px."""
    time_s = np.arange(31) / 30
    chain = chained(shifts(np.full(31, drift_px / 30)))
    assert stands_still(chain, time_s, SIZE) == still
    half = chained(shifts(np.full(31, drift_px / 60)))
    assert stands_still(half, time_s, (640, 360)) == still


@pytest.mark.parametrize(("drift_px", "still"), [(5.9, True), (6.1, False)])
def test_over_four_seconds_twice_as_much_is_noise(drift_px, still):
    time_s = np.arange(121) / 30
    assert stands_still(chained(shifts(np.full(121, drift_px / 120))), time_s, SIZE) == still
