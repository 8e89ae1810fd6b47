"""Tracklets are cut where the kit changes for good, and nowhere else."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config import TrackSettings
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.split import most_likely_sides, split_at_kit_changes

RED, WHITE = (45.0, 55.0, 35.0), (90.0, 0.0, 0.0)
FPS = 25


def scene(kits: dict[int, list[tuple[float, float, float]]], noise: float = 3.0) -> tuple[pd.DataFrame, ...]:
    """Tables of tracklets whose kits are given box by box: frames, detections, tracks."""
    rng = np.random.default_rng(0)
    rows = [(frame, track, kit) for track, of_track in kits.items() for frame, kit in enumerate(of_track)]
    count = len(rows)
    lab = np.array([kit for *_, kit in rows]) + rng.normal(0, noise, (count, 3))
    detections = pd.DataFrame({"detection_id": np.arange(count), "frame": [frame for frame, *_ in rows]})
    detections = detections.assign(x1=0.0, y1=0.0, x2=40.0, y2=100.0, score=0.9, quality=0.8, **{"class": "player"})
    detections[["kit_l", "kit_a", "kit_b"]] = lab
    tracks = pd.DataFrame({"detection_id": np.arange(count), "track_id": [track for _, track, _ in rows]})
    length = max(len(of_track) for of_track in kits.values())
    frames = pd.DataFrame({"frame": np.arange(length), "time_s": np.arange(length) / FPS, "shot": 0})
    return (
        conform("frames", frames.assign(**dict.fromkeys(MOTION_COLUMNS, np.nan))),
        conform("detections", detections),
        conform("tracks", tracks),
    )


def split(*tables: pd.DataFrame, **settings: float | None) -> list[list[int]]:
    """Number the parts of each tracklet in order."""
    frames, detections, tracks = tables
    found = split_at_kit_changes(frames, detections, tracks, TrackSettings(**settings))
    assert (found["detection_id"] == tracks["detection_id"]).all()
    return [
        found["track_id"].to_numpy()[tracks["track_id"] == track].tolist() for track in sorted(set(tracks["track_id"]))
    ]


def test_a_change_for_good_is_a_cut() -> None:
    tables = scene({1: [RED] * 50, 2: [WHITE] * 50, 3: [RED] * 30 + [WHITE] * 30})

    first, second, third = split(*tables)

    assert set(first) == {1}
    assert set(second) == {2}
    assert third[:29] == [3] * 29
    assert third[31:] == [4] * 29


def test_somebody_in_front_for_a_moment_is_no_cut() -> None:
    tables = scene({1: [RED] * 50, 2: [WHITE] * 50, 3: [RED] * 25 + [WHITE] * 6 + [RED] * 25})

    assert set(split(*tables)[2]) == {3}


def test_there_and_back_gives_three_parts() -> None:
    tables = scene({1: [RED] * 50, 2: [WHITE] * 50, 3: [RED] * 30 + [WHITE] * 30 + [RED] * 30})

    third = split(*tables)[2]

    assert [third[10], third[45], third[80]] == [3, 4, 5]


@pytest.mark.parametrize("kits", [{1: [RED] * 40, 2: [RED] * 40}, {1: [RED] * 40}, {1: [(np.nan,) * 3] * 20}])
def test_without_two_kits_nothing_is_cut(kits: dict[int, list[tuple[float, float, float]]]) -> None:
    assert [set(parts) for parts in split(*scene(kits))] == [{track} for track in kits]


def test_it_can_be_switched_off() -> None:
    tables = scene({1: [RED] * 50, 2: [WHITE] * 50, 3: [RED] * 30 + [WHITE] * 30})

    assert set(split(*tables, kit_change_s=None)[2]) == {3}


def test_no_tracklets() -> None:
    frames, detections, tracks = scene({1: [RED] * 3})

    assert split_at_kit_changes(frames, detections, tracks[:0], TrackSettings()).empty


def test_the_most_likely_sequence_is_that_of_trying_all() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        evidence = rng.normal(0, 1, 9)
        sequences = np.array(np.meshgrid(*[[0, 1]] * 9)).reshape(9, -1).T
        worth = (np.where(sequences == 1, evidence, -evidence)).sum(1) - 1.7 * np.abs(np.diff(sequences, axis=1)).sum(1)
        assert most_likely_sides(evidence, 1.7).tolist() == sequences[worth.argmax()].tolist()
