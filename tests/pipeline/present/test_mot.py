"""MOT text: players only, frames from 1, boxes on skipped source frames only where they are certain."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.present.mot import fill_steps, mot_text, player_mot, tracklet_mot
from pipeline.present.results import Results


def rows_of(text: str) -> np.ndarray:
    return np.array([[float(v) for v in line.split(",")] for line in text.splitlines()]).reshape(-1, 10)


def boxes(track: list[int], frame: list[int]) -> pd.DataFrame:
    x = 10.0 * np.array(frame, float)
    return pd.DataFrame({"track_id": track, "frame": frame, "x1": x, "y1": 5.0, "x2": x + 20, "y2": 45.0, "score": 0.5})


def analysed(numbers: list[int], shot: list[int] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"frame": numbers, "shot": shot or [0] * len(numbers)})


def test_only_players_with_their_stable_id(make_results: Callable[..., Results]) -> None:
    results = make_results()
    text = player_mot(results)
    rows = rows_of(text)
    assert len(rows) == 10 * len(results.frames)
    assert set(rows[:, 1]) == set(range(1, 11))
    assert rows[:, 0].min() == 1
    assert (rows[:, 7:] == -1).all()
    assert (np.lexsort([rows[:, 1], rows[:, 0]]) == np.arange(len(rows))).all()


def test_tracklets_leave_out_those_that_are_mostly_referee(make_results: Callable[..., Results]) -> None:
    results = make_results()
    detections = results.detections.copy()
    flicker = (detections["class"] == "referee") & (detections["frame"] % 5 == 0)
    detections.loc[flicker, "class"] = "player"
    assert set(rows_of(tracklet_mot(replace(results, detections=detections)))[:, 1]) == set(range(1, 11))


def test_one_skipped_frame_is_filled_between_neighbours() -> None:
    filled = fill_steps(boxes([1, 1, 1], [0, 2, 4]), analysed([0, 2, 4]))
    assert filled["frame"].tolist() == [0, 1, 2, 3, 4]
    assert filled["x1"].tolist() == [0, 10, 20, 30, 40]


@pytest.mark.parametrize(
    ("track", "frame", "numbers", "shot"),
    [
        ([1, 1], [0, 4], [0, 2, 4], None),  # analysed at 2 without finding the person
        ([1, 2], [0, 2], [0, 2, 4], None),  # another tracklet
        ([1, 1], [0, 2], [0, 2, 4], [0, 1, 1]),  # a cut between
        ([1, 1], [2, 8], [0, 2, 8, 10], None),  # a hole of damaged frames
        ([1, 1], [0, 1], [0, 1, 2], None),  # nothing was skipped
    ],
)
def test_nothing_is_filled_where_it_is_not_certain(
    track: list[int], frame: list[int], numbers: list[int], shot: list[int] | None
) -> None:
    assert fill_steps(boxes(track, frame), analysed(numbers, shot))["frame"].tolist() == frame


def test_every_fourth_frame_analysed_fills_three() -> None:
    filled = fill_steps(boxes([3, 3], [4, 8]), analysed([0, 4, 8]))
    assert filled["frame"].tolist() == [4, 5, 6, 7, 8]
    assert np.allclose(filled["x2"] - filled["x1"], 20)


def test_an_id_appears_once_per_frame() -> None:
    twice = boxes([1, 2], [0, 0]).assign(id=7, score=[0.4, 0.8], x1=[1.0, 2.0])
    rows = rows_of(mot_text(twice))
    assert len(rows) == 1
    assert rows[0, 2] == 2.0


def test_nobody_gives_an_empty_file(make_results: Callable[..., Results]) -> None:
    results = make_results(players=0)
    none = results.tracks.iloc[:0]
    assert player_mot(replace(results, tracks=none)) == ""
    assert tracklet_mot(replace(results, tracks=none)) == ""
