"""Tracklets that go over to somebody else are cut there, others stay whole."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.config import IdentifySettings
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.splitting.split import viterbi
from pipeline.understand.splitting.stage import split_impure
from tests.thinning import thinned

FPS = 10.0
DIM = 16


def game(shows: list[tuple[int, list[int]]], seed: int = 0, noise: float = 0.5) -> TrackedGame:
    """Tracklets as (first frame, person in every frame); embeddings as noisy as an encoder's, jerseys all alike."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        [
            (first + at, track, person)
            for track, (first, people) in enumerate(shows, 1)
            for at, person in enumerate(people)
        ],
        columns=["frame", "track_id", "person"],
    ).sort_values(["frame", "track_id"], ignore_index=True)
    frames = pd.DataFrame({"frame": np.arange(rows["frame"].max() + 1), "shot": 0})
    frames["time_s"] = frames["frame"] / FPS
    frames[list(MOTION_COLUMNS)] = np.nan
    person = rows["person"].to_numpy()
    people = np.random.default_rng(99).normal(size=(20, DIM))
    vectors = people[person] / 4 + rng.normal(0, noise / 4, (len(rows), DIM))
    left = 100.0 * rows["track_id"] + 15.0 * (rows["frame"] % 20)
    boxes = {"x1": left, "y1": 200.0, "x2": left + 40.0, "y2": 300.0, "score": 0.9, "class": "player", "quality": 0.8}
    detections = pd.DataFrame({"detection_id": rows.index, "frame": rows["frame"], **boxes})
    detections = detections.assign(jersey_l=50.0, jersey_a=0.0, jersey_b=0.0)
    tracks = pd.DataFrame({"detection_id": rows.index, "track_id": rows["track_id"]})
    return TrackedGame.of(
        conform("frames", frames), conform("detections", detections), vectors, tracks=conform("tracks", tracks)
    )


def split(made: TrackedGame, settings: IdentifySettings | None = None) -> pd.DataFrame:
    return split_impure(made, settings or IdentifySettings())


PURE = [(0, [p] * 80) for p in range(6)] + [(100, [p] * 80) for p in range(6)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_who_are_exchanged_are_cut_where_it_happens(seed: int) -> None:
    shows = [*PURE, (200, [0] * 50 + [1] * 50), (200, [1] * 50 + [0] * 50)]
    made = game(shows, seed)
    found = split(made)
    frame = made.box_frame
    for tracklet in (13, 14):
        boxes = made.tracks["track_id"].to_numpy() == tracklet
        parts = found["track_id"].to_numpy()[boxes]
        assert parts[0] == tracklet
        changes = np.flatnonzero(np.diff(parts))
        assert len(changes) == 1
        assert abs(frame[boxes][changes[0] + 1] - 250) <= FPS / 2 + 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pure_tracklets_stay_whole(seed: int) -> None:
    made = game(PURE, seed)
    assert split(made).equals(made.tracks)


def alike(event: str, seed: int, other_jersey: bool = False) -> TrackedGame:
    """Tracklet 13 goes over to somebody who looks much the same, or who wears the other jersey, at frame 263.

    Args:
        event: "crossing" with tracklet 14, which ends there, "jump" by four body heights, or "calm".
        seed: of the noise.
        other_jersey: it shows the same person in another jersey, rather than another one.
    """
    made = game([*PURE, (200, [0] * 63 + [1] * 57), (200, [2] * 63)], seed)
    track, frame = made.tracks["track_id"].to_numpy(), made.box_frame
    after = (track == 13) & (frame >= 263)
    people = np.random.default_rng(99).normal(size=(20, DIM))
    vectors = np.array(made.embeddings)
    vectors[after] += (0.0 - 1.0 if other_jersey else 0.4 - 1.0) * (people[1] - people[0]) / 4
    left = 300.0 * track + 3.0 * (frame % 100)
    left[after] += 400.0 * (event == "jump")
    by = track == 14
    left[by] = 8000.0
    if event == "crossing":
        left[by] = 300.0 * 13 + 3.0 * (frame[by] % 100) + 4.0 * np.abs(frame[by] - 262.5)
    detections = made.detections.assign(x1=left, x2=left + 40.0)
    if other_jersey:
        light = (track % 2 == 0) | after
        detections = detections.assign(jersey_l=np.where(light, 90.0, 20.0))
    return replace(made, detections=conform("detections", detections), embeddings=vectors)


def cuts_of(made: TrackedGame, tracklet: int) -> list[int]:
    """Frames at which a tracklet is cut."""
    boxes = made.tracks["track_id"].to_numpy() == tracklet
    parts = split(made)["track_id"].to_numpy()[boxes]
    return made.box_frame[boxes][1:][np.diff(parts) != 0].tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("event", ["crossing", "jump"])
def test_a_doubtful_change_is_cut_where_something_happens(event: str, seed: int) -> None:
    made = alike(event, seed)
    assert cuts_of(made, 13) in ([262], [263], [264])
    assert cuts_of(made, 14) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_doubtful_change_is_not_cut_where_nothing_happens(seed: int) -> None:
    assert cuts_of(alike("calm", seed), 13) == []


@pytest.mark.parametrize("event", ["crossing", "calm"])
def test_who_changes_the_jersey_is_somebody_else(event: str) -> None:
    (cut,) = cuts_of(alike(event, seed=1, other_jersey=True), 13)
    assert abs(cut - 263) <= FPS / 2


def test_nothing_is_cut_when_it_is_switched_off() -> None:
    made = game([*PURE, (200, [0] * 50 + [1] * 50)])
    assert split(made, IdentifySettings(split_tracklets=False)).equals(made.tracks)


@pytest.mark.parametrize("shows", [[(0, [0] * 3)], [(0, [0]), (5, [1])], [(0, [0] * 80)]])
def test_too_little_to_learn_from_cuts_nothing(shows: list[tuple[int, list[int]]]) -> None:
    made = game(shows)
    assert split(made).equals(made.tracks)


def test_boxes_without_embeddings_stay_with_their_tracklet() -> None:
    made = game([*PURE, (200, [0] * 50 + [1] * 50)])
    vectors: NDArray[np.floating] = np.array(made.embeddings)
    boxes = np.flatnonzero(made.tracks["track_id"].to_numpy() == 13)
    vectors[boxes[10:20]] = np.nan
    parts = split(replace(made, embeddings=vectors))["track_id"].to_numpy()[boxes]
    assert set(parts[:45]) == {13}
    assert len(set(parts)) == 2


def test_a_change_has_its_price() -> None:
    short = np.array([[0.0, 0], [0, 2], [0, 0]])
    assert len(set(viterbi(short, np.full(3, 3.0), np.array([0, 3])).tolist())) == 1
    assert viterbi(np.array([[9.0, 0], [0, 9.0], [0, 9.0]]), np.full(3, 3.0), np.array([0, 3])).tolist() == [0, 1, 1]


def test_a_change_is_where_it_is_cheap() -> None:
    unclear = np.array([[4.0, 0], [4, 0], [0, 0], [0, 0], [0, 4], [0, 4]])
    for cheap in (2, 3, 4):
        price = np.full(6, 6.0)
        price[cheap] = 1.0
        assert np.flatnonzero(np.diff(viterbi(unclear, price, np.array([0, 6])))).tolist() == [cheap - 1]


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_sequences_side_by_side_have_the_paths_of_each_by_itself(seed: int) -> None:
    """The best of all paths, tried one by one."""
    rng = np.random.default_rng(seed)
    length, people = rng.integers(1, 6, 4), 3
    start = np.append(0, np.cumsum(length))
    score, price = rng.normal(size=(start[-1], people)), rng.uniform(0, 2, start[-1])
    found = viterbi(score, price, start)
    for a, b in pairwise(start):

        def worth(path: tuple[int, ...], a: int = a, b: int = b) -> float:
            changes = np.diff(path) != 0
            return float(score[np.arange(a, b), path].sum() - price[a + 1 : b][changes].sum())

        best = max(product(range(people), repeat=b - a), key=worth)
        assert found[a:b].tolist() == list(best)


@pytest.mark.parametrize("phase", [0, 1, 2])
def test_two_who_are_exchanged_are_cut_though_embedded_now_and_then(phase: int) -> None:
    shows = [*PURE, (200, [0] * 50 + [1] * 50), (200, [1] * 50 + [0] * 50)]
    made = game(shows, seed=1)
    found = split(thinned(made, phase=phase))["track_id"].to_numpy()
    assert (found[made.tracks["track_id"].to_numpy() <= 12] <= 12).all()
    for tracklet in (13, 14):
        boxes = made.tracks["track_id"].to_numpy() == tracklet
        changes = made.box_frame[boxes][1:][np.diff(found[boxes]) != 0]
        assert 250 in changes
        assert len(changes) <= 2  # three boxes in ten say less: a second beside the change may be a part of its own
