"""Packed scenes: boxes of a cluster that stand together are one group."""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.clustering import NOISE
from models.reid.shelf import cluster_shelf, draw_shelf, join_boxes, neighbours_alike, read_shelf
from pipeline.errors import InputError


def row_of(xs: list[int], y: int = 0) -> np.ndarray:
    """Boxes of 10 x 20 px."""
    return np.array([[x, y, x + 10, y + 20] for x in xs])


def test_small_gaps_are_closed_and_large_ones_are_not() -> None:
    boxes = row_of([0, 13, 26, 60])
    groups = join_boxes(boxes, np.zeros(4, np.int64), reach=0.5)
    assert sorted(group.members for group in groups) == [(0, 1, 2), (3,)]
    first = next(group for group in groups if len(group.members) == 3)
    assert first.contour.min(0).tolist() == [0, 0]
    assert first.contour.max(0).tolist() == [35, 19]


def test_another_cluster_between_does_not_join() -> None:
    groups = join_boxes(row_of([0, 11, 22]), np.array([0, 1, NOISE]))
    assert sorted(group.members for group in groups) == [(0,), (1,)]
    assert join_boxes(np.zeros((0, 4), np.int64), np.zeros(0, np.int64)) == ()


def test_neighbours_of_another_row_do_not_count() -> None:
    boxes = np.vstack([row_of([0, 12]), row_of([0, 12], y=50)])
    assert neighbours_alike(boxes, np.array([0, 0, 1, 2])) == 0.5
    assert math.isnan(neighbours_alike(row_of([0]), np.array([0])))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three red and three blue products side by side."""
    picture = np.zeros((40, 100, 3), np.uint8)
    boxes = {}
    for k in range(6):
        picture[5:35, 5 + 15 * k : 17 + 15 * k] = (0, 0, 200) if k < 3 else (200, 0, 0)
        boxes[f"box{k}"] = {"x1": 5 + 15 * k, "x2": 17 + 15 * k, "y1": 5, "y2": 35}
    cv2.imwrite(str(tmp_path / "shelf.png"), picture)
    (tmp_path / "shelf.json").write_text(json.dumps(boxes))
    return tmp_path


def test_a_shelf_is_clustered_and_drawn(folder: Path) -> None:
    shelf = read_shelf(folder)
    crops = shelf.crops()
    vectors = np.stack([crops.person(row).mean((0, 1)) for row in range(6)]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = cluster_shelf(vectors, shelf.boxes, lambda v: (v[:, 0] > v[:, 2]).astype(np.int64))
    assert [group.members for group in found.groups] == [(0, 1, 2), (3, 4, 5)]
    assert found.neighbours == pytest.approx(5 / 6), "one of six stands beside another"
    assert found.silhouette == pytest.approx(1)
    drawn = draw_shelf(shelf, found)
    assert drawn.shape == shelf.picture.shape
    assert not np.array_equal(drawn[20, 18], drawn[20, 64]), "the gap within a group has the group's colour"


def test_a_wrong_shelf_is_said(folder: Path) -> None:
    (folder / "shelf.json").write_text('{"a": {"x1": 90, "x2": 300, "y1": 0, "y2": 9}}')
    with pytest.raises(InputError, match="does not lie in the picture"):
        read_shelf(folder)
    (folder / "shelf.json").write_text('{"a": {"x1": 90}}')
    with pytest.raises(InputError, match="expected boxes"):
        read_shelf(folder)
    (folder / "shelf.json").unlink()
    with pytest.raises(InputError, match="no shelf"):
        read_shelf(folder)
