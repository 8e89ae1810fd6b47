"""Rendered courts: what is said of a picture is true of it."""

import numpy as np
import pytest

from models.court.cameras import Camera, floor_of, pointed, random_camera
from models.court.degrade import degrade
from models.court.floors import BARE, LINE, PX_PER_M, ROOM_M, random_floor
from models.court.scenes import SceneMaker
from models.court.targets import ACROSS, ALONG, INPUT_PX, MARGIN_ACROSS, MARGIN_ALONG, cell_centres, positions, steps
from pipeline.geometry.court import COURTS, markings
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole


def camera(lam: float = 0.0) -> Camera:
    position, target = np.array([13.0, 30.0, 8.0]), np.array([12.0, 6.0, 0.0])
    lens = Lens((256, 144), 256, lam)
    return Camera(position, pointed(position, target, 0.02), 400.0, INPUT_PX, lens)


def test_cameras_are_those_of_the_rest_of_the_project() -> None:
    """Pan, tilt and roll of the pinhole that is fitted later give the same picture."""
    ours = camera()
    pan = np.arctan2(-1.0, 24.0)
    tilt = np.arctan2(8.0, np.hypot(1.0, 24.0))
    same = Pinhole(np.array([pan, tilt, 0.02, 13, 30, 8, np.log(400 / 512)]), INPUT_PX)
    points = np.array([[5.0, 3.0, 0.0], [14.0, 7.5, 2.0], [20.0, 12.0, 1.0]])
    assert np.allclose(ours.project(points), same.project(points))


@pytest.mark.parametrize("lam", [0.0, -0.25])
def test_positions_are_where_the_court_is_drawn(lam: float) -> None:
    ours = camera(lam)
    place, valid, on_court = positions(ours, COURTS["fiba"])
    cells = np.argwhere(on_court)[::40]
    for row, column in cells:
        x, y = place[row, column] * [28.0, 15.0]
        px = ours.lens.distort(ours.project(np.array([[x, y, 0.0]])))[0]
        assert px == pytest.approx([column * 8 + 4, row * 8 + 4], abs=0.01)
    assert valid[on_court].all()
    assert np.isnan(place[~valid]).all()


def test_nothing_is_on_the_floor_above_the_horizon() -> None:
    ours = camera()
    floor = floor_of(ours, cell_centres())
    v = cell_centres()[:, 1]
    horizon = 144 - 400 * np.tan(np.arctan2(8.0, np.hypot(1.0, 24.0)))
    assert np.isnan(floor[v < horizon - 12]).all()
    assert np.isfinite(floor[v > horizon + 12]).all()


def test_steps_reach_from_beyond_one_line_to_beyond_the_other() -> None:
    along, across = steps(ALONG, MARGIN_ALONG), steps(ACROSS, MARGIN_ACROSS)
    assert along[[0, -1]] == pytest.approx([-MARGIN_ALONG, 1 + MARGIN_ALONG])
    assert across[[0, -1]] == pytest.approx([-MARGIN_ACROSS, 1 + MARGIN_ACROSS])
    assert np.diff(along).max() * 28 < 1.2


def test_a_floor_marks_its_own_lines_and_no_others() -> None:
    court = COURTS["nba"]
    floor = random_floor(court, np.random.default_rng(3))
    mask = floor.texture[..., 3]
    assert set(np.unique(mask)) == {BARE, LINE}
    missing = 0
    for line in markings(court):
        at = np.rint((line + ROOM_M) * PX_PER_M).astype(int)
        hit = mask[at[:, 1].clip(0, mask.shape[0] - 1), at[:, 0].clip(0, mask.shape[1] - 1)] == LINE
        missing += hit.mean() < 0.95
    assert missing in (0, 2)  # the no-charge semicircles may be left out


def test_scenes_show_courts_and_differ() -> None:
    maker = SceneMaker(np.random.default_rng(5))
    one, two = maker.scene(), maker.scene()
    for scene in (one, two):
        assert scene.image.shape == (288, 512, 3)
        assert scene.on_court.mean() > 0.05
        assert scene.line.any()
    assert not np.array_equal(one.image, two.image)
    again = SceneMaker(np.random.default_rng(5)).scene()
    assert np.array_equal(again.image, one.image)
    assert np.array_equal(again.line, one.line)


def test_pictures_without_a_court_say_so() -> None:
    scene = SceneMaker(np.random.default_rng(5)).nothing()
    assert not scene.on_court.any()
    assert not scene.line.any()


def test_random_cameras_see_enough_and_stand_on_the_near_side() -> None:
    rng = np.random.default_rng(0)
    court = COURTS["fiba"]
    for _ in range(20):
        drawn = random_camera(court, INPUT_PX, rng)
        _, _, on_court = positions(drawn, court)
        assert on_court.mean() > 0.07
        assert drawn.position[1] > court.width_m - 1.1


def test_degrading_keeps_shape_and_input() -> None:
    rng = np.random.default_rng(1)
    image = rng.integers(0, 255, (90, 160, 3), dtype=np.uint8)
    before = image.copy()
    assert degrade(image, rng).shape == image.shape
    assert np.array_equal(image, before)
