"""A homography of the floor, completed to a camera, shows points above the floor where the camera that made it does."""

import numpy as np
import pytest

from pipeline.geometry.court import COURTS
from pipeline.geometry.projection import in_picture, projections
from pipeline.rendering.camera.views import rig

PLACES_M = np.array([[6.0, 7.5, 3.05], [14.0, 5.0, 1.0], [20.0, 9.0, 0.0]])


@pytest.mark.parametrize("name", ["broadcast", "fixed", "corner", "opposite", "roof"])
def test_points_above_the_floor_are_where_the_camera_shows_them(name):
    from pipeline.rendering.camera.views import aimed_view

    rigged = rig(name, COURTS["fiba"], (1280, 720), None, np.random.default_rng(0))
    view = aimed_view(rigged.position, rigged.target, rigged.focal_px, (1280, 720))
    cameras = projections(view.court_homography(COURTS["fiba"])[None], (1280, 720))
    np.testing.assert_allclose(in_picture(cameras[0], PLACES_M), view.project(PLACES_M)[0], atol=0.01)


def test_what_is_no_camera_is_nan():
    mirrored = np.array([[[0.02, 0, 0], [0, 0.05, 0], [0, 0, 1.0]], np.full((3, 3), np.inf)])
    assert np.isnan(projections(mirrored[:1], (1280, 720))).any()
