"""A pinhole camera's numbers, its homographies, and the way back."""

import numpy as np
import pytest

from pipeline.geometry.homography import project
from pipeline.geometry.pinhole import Pinhole, nearest_pinhole

SIZE = (1280, 720)
CAMERAS = [
    [0.0, 0.3, 0.0, 14.0, 30.0, 8.0, 0.3],
    [0.6, 0.42, 0.02, 3.0, 22.0, 7.0, -0.1],
    [-0.4, 0.2, -0.05, 15.0, 42.0, 9.5, 0.9],
]


@pytest.mark.parametrize("values", CAMERAS)
def test_floor_and_world_agree(values: list[float]) -> None:
    camera = Pinhole(np.array(values), SIZE)
    floor = np.array([[5.0, 4.0], [14.0, 7.5], [20.0, 3.0]])
    world = camera.project(np.column_stack([floor, np.zeros(3)]))
    assert np.allclose(project(camera.to_px(), floor), world)
    assert np.allclose(project(camera.to_floor(), world), floor)


def test_axes() -> None:
    """Right along the court is right in the picture, nearer is lower, higher is higher."""
    camera = Pinhole(np.array(CAMERAS[0]), SIZE)
    here, right, nearer, higher = camera.project(np.array([[14, 7, 0], [15, 7, 0], [14, 8, 0], [14, 7, 1.0]]))
    assert right[0] > here[0]
    assert nearer[1] > here[1]
    assert higher[1] < here[1]


def test_beyond_the_horizon_is_nan() -> None:
    camera = Pinhole(np.array(CAMERAS[0]), SIZE)
    horizon = SIZE[1] / 2 - camera.focal_px * np.tan(0.3)
    above = np.array([[640.0, horizon - 20], [640.0, horizon + 20]])
    assert np.isnan(project(camera.to_floor(), above)[:, 0]).tolist() == [True, False]


def test_behind_the_camera_is_nan() -> None:
    assert np.isnan(Pinhole(np.array(CAMERAS[0]), SIZE).project(np.array([[14.0, 40.0, 0.0]]))).all()


@pytest.mark.parametrize("values", CAMERAS)
@pytest.mark.parametrize("sign", [1.0, -2.5])
def test_camera_of_a_homography(values: list[float], sign: float) -> None:
    camera = Pinhole(np.array(values), SIZE)
    floor = np.array([[x, y] for x in (4.0, 9.0, 14.0, 20.0) for y in (2.0, 7.0, 12.0)])
    found = nearest_pinhole(sign * camera.to_px(), SIZE, floor)
    assert found is not None
    assert np.abs(found.values - camera.values).max() < 2  # the focal length is one of 24
    assert np.median(np.linalg.norm(project(found.to_px(), floor) - project(camera.to_px(), floor), axis=1)) < 40


def test_no_camera_sees_a_floor_that_is_a_line() -> None:
    line = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 360.0], [0.0, 0.0, 1.0]])
    assert nearest_pinhole(line, SIZE, np.array([[4.0, 2.0], [9.0, 7.0], [14.0, 12.0]])) is None


def test_heights() -> None:
    """Two metres at 20 m and a focal length of one width are a tenth of the width, seen from the side."""
    camera = Pinhole(np.array([0.0, 0.0, 0.0, 14.0, 30.0, 1.0, 0.0]), SIZE)
    assert camera.heights_px(np.array([[14.0, 10.0]]), 2.0)[0] == pytest.approx(128.0)
