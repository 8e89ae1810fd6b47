"""Points through a homography, on either side of its horizon, and through a lens."""

import numpy as np
import pytest

from pipeline.geometry.boxes import iou, iou_of_pairs, iou_xywh
from pipeline.geometry.homography import oriented, project
from pipeline.geometry.lens import Lens

TILTED = np.array([[2.0, 0, 10], [0, 4, 20], [0, 0.01, -1]])
"""Its horizon is at v = 100."""


def test_what_lies_beyond_the_horizon_has_no_place() -> None:
    found = project(TILTED, np.array([[5.0, 200], [5, 300], [5, 100], [5, 50]]))
    assert found[:2] == pytest.approx(np.array([[20, 820], [10, 610]]))
    assert np.isnan(found[2:]).all()


def test_a_homography_is_turned_to_where_the_camera_looks() -> None:
    for matrix in (TILTED, -TILTED, 3 * TILTED):
        assert oriented(matrix, np.array([7.0, 300.0])) == pytest.approx(TILTED / 2)
        assert oriented(matrix, np.array([7.0, 50.0])) == pytest.approx(-2 * TILTED)
    across = np.array([[1.0, 0, 0], [0, 1, 0], [0.01, 0.02, 1]])
    assert oriented(across, np.array([100.0, 50.0])) == pytest.approx(across / 3)
    with pytest.raises(ValueError, match="on the horizon"):
        oriented(TILTED, np.array([7.0, 100.0]))


@pytest.mark.parametrize("lam", [-0.3, -0.05, 0.1])
def test_a_lens_moves_points_as_the_division_model_says(lam: float) -> None:
    """A point 0.6 and 0.8 of the scale off the centre is at distance 1."""
    lens = Lens((640, 360), 500, lam)
    source = np.array([[940.0, 760.0]])
    straight = np.array([[640 + 300 / (1 + lam), 360 + 400 / (1 + lam)]])
    assert lens.undistort(source) == pytest.approx(straight)
    assert lens.distort(straight) == pytest.approx(source)
    assert lens.undistort_by(np.array([lam]), source) == pytest.approx(straight)
    assert lens.distort_by(np.array([lam]), straight) == pytest.approx(source)


def test_a_lens_without_distortion_moves_nothing_and_another_cannot_show_everything() -> None:
    points = np.array([[3.0, 4.0]])
    assert Lens((1, 2), 3, 0.0).undistort(points).tolist() == points.tolist()
    assert Lens((1, 2), 3, 0.0).distort(points).tolist() == points.tolist()
    assert np.isnan(Lens((0, 0), 1, 0.3).distort(np.array([[1.0, 0.0]]))).all()
    assert np.isfinite(Lens((0, 0), 1, 0.25).distort(np.array([[1.0, 0.0]]))).all()


def test_overlap_of_boxes_by_hand() -> None:
    """10 by 20 and 12 by 16 px share 6 by 10: 60 of 332."""
    first, second = np.array([[100.0, 50, 110, 70]]), np.array([[104.0, 60, 116, 76], [110, 50, 120, 70]])
    assert iou(first, second) == pytest.approx(np.array([[60 / 332, 0]]))
    assert iou_of_pairs(first[0], second[0]) == pytest.approx(60 / 332)
    sized = np.array([[104.0, 60, 12, 16], [110, 50, 10, 20], [100, 50, 10, 20], [0, 0, 5, 5]])
    assert iou_xywh(np.array([[100.0, 50, 10, 20]]), sized) == pytest.approx(np.array([[60 / 332, 0, 1, 0]]))
    assert iou_xywh(sized[:1], sized[3:]).tolist() == [[0]]
    empty = np.array([[3.0, 3, 3, 3]])
    assert iou(empty, empty).tolist() == [[0]]
