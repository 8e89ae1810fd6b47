"""Boxes and places as bytes: what the page would read out of them."""

import numpy as np
import pytest

from pipeline.review.windows import LONGEST_S, WindowSource
from tests.pipeline.review.games import reviewed_game


def read(data):
    """Read a window as the page does."""
    frames, boxes, places, _ = np.frombuffer(data, "<u4", 4)
    at, found = 16, {}
    for name, kind, count in (
        ("time_s", "<f8", frames), ("box", "<u4", frames + 1), ("place", "<u4", frames + 1), ("track", "<i4", boxes),
        ("xyxy", "<f4", 4 * boxes), ("player", "<i4", places), ("xy", "<f4", 2 * places),
    ):  # fmt: skip
        found[name] = np.frombuffer(data, kind, count, at)
        at += found[name].nbytes
    assert at == len(data)
    return found


@pytest.fixture(scope="module")
def source():
    pieces = [
        {"track_id": 1, "player_id": 1, "begin_s": 0, "end_s": 5, "hole_s": (2.0, 2.2)},
        {"track_id": 3, "player_id": 0, "begin_s": 2, "end_s": 4},
    ]
    return WindowSource.of(reviewed_game(pieces, seconds=90, positions=[(1, 21, 3.5, 7.25), (1, 50, 1.0, 2.0)]))


def test_a_window_has_the_boxes_and_places_of_its_frames(source):
    found = read(source.window(2.0, 2.3))
    assert found["time_s"].tolist() == [2.0, 2.1, 2.2]
    assert found["box"].tolist() == [0, 2, 4, 6]
    assert found["track"].tolist() == [-1, 3, -1, 3, 1, 3]  # negative: filled in
    assert found["xyxy"][:4].tolist() == [120.0, 50.0, 160.0, 150.0]
    assert found["place"].tolist() == [0, 0, 1, 1]
    assert found["player"].tolist() == [1]
    assert found["xy"].tolist() == [3.5, 7.25]


def test_windows_side_by_side_are_the_game(source):
    whole = read(source.window(0.0, 10.0))
    parts = [read(source.window(float(k), float(k + 1))) for k in range(10)]
    for name in ("time_s", "track", "xyxy", "player", "xy"):
        assert np.concatenate([part[name] for part in parts]).tolist() == whole[name].tolist()


def test_a_window_is_no_longer_than_allowed(source):
    assert len(read(source.window(0.0, 1e6))["time_s"]) == LONGEST_S * 10


def test_beyond_the_end_there_is_nothing(source):
    assert len(read(source.window(500.0, 510.0))["time_s"]) == 0
