"""Tracklets of small scenes with known truth, one trap each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.config import TrackSettings
from pipeline.errors import TableError
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.tracking import LikelihoodTracker, track
from pipeline.understand.tracking.gallery import AppearanceScale, Gallery

SIZE_PX = (1280, 720)
SETTINGS = TrackSettings()
PATIENT = TrackSettings(max_age_s=0.6)


def make_frames(count: int, *, fps: float = 25.0, shot: NDArray[np.int64] | None = None, step: int = 1) -> pd.DataFrame:
    number = np.arange(count)
    table = pd.DataFrame(
        {"frame": number * step, "time_s": number / fps, "shot": np.zeros(count, int) if shot is None else shot}
    )
    for column in MOTION_COLUMNS:
        table[column] = np.nan
    return conform("frames", table)


def make_detections(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "score": 0.9,
            "class": "player",
            "quality": 1.0,
            **dict.fromkeys(("jersey_l", "jersey_a", "jersey_b"), np.nan),
        },
        index=range(len(rows)),
    )
    given = pd.DataFrame(rows)
    for column in given:
        table[column] = given[column]
    table["detection_id"] = range(len(rows))
    return conform("detections", table)


def walkers(
    frames: pd.DataFrame, people: int, *, dim: int = 16, speed_px: float = 2.0
) -> tuple[pd.DataFrame, NDArray[np.float16], NDArray[np.int64]]:
    """People beside each other who walk to the right; give detections, embeddings and the person of each row."""
    rows, who = [], []
    for count, frame in enumerate(frames["frame"]):
        for person in range(people):
            x = 100.0 + 120 * person + speed_px * count
            rows.append({"frame": frame, "x1": x, "y1": 300.0, "x2": x + 40, "y2": 400.0})
            who.append(person)
    vectors = np.eye(dim)[who].astype(np.float16)
    return make_detections(rows), vectors, np.array(who)


def link(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    vectors: NDArray[Any],
    settings: TrackSettings = SETTINGS,
    on_court: NDArray[np.bool_] | None = None,
    feet_m: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Track and give the track id of each detection row, 0 for none."""
    mask = np.ones(len(detections), bool) if on_court is None else on_court
    game = TrackedGame.of(frames, detections, vectors, feet_m)
    covariance_m2 = None if feet_m is None else np.tile(0.01 * np.eye(2), (len(feet_m), 1, 1))
    tracks = track(game, mask, settings, SIZE_PX, covariance_m2)
    ids = pd.Series(0, index=detections["detection_id"])
    ids[tracks["detection_id"]] = tracks["track_id"].to_numpy()
    return ids.to_numpy()


def test_one_tracklet_per_walker_from_the_first_box_on() -> None:
    frames = make_frames(20)
    detections, vectors, who = walkers(frames, 3)
    assert (link(frames, detections, vectors) == who + 1).all()


def test_frames_may_be_a_subset_of_the_source_frames() -> None:
    frames = make_frames(20, step=2)
    detections, vectors, who = walkers(frames, 2)
    assert (link(frames, detections, vectors) == who + 1).all()


def test_the_box_without_area_shifts_no_embedding_and_has_no_tracklet() -> None:
    frames = make_frames(20)
    detections, vectors, who = walkers(frames, 3)
    flat = (who == 0) & (detections["frame"] == 10).to_numpy()
    detections.loc[flat, "x2"] = detections.loc[flat, "x1"]
    ids = link(frames, detections, vectors)
    assert (ids[~flat] == who[~flat] + 1).all()
    assert (ids[flat] == 0).all()


def test_at_five_frames_a_second_two_missing_frames_are_survived() -> None:
    frames = make_frames(20, fps=5.0)
    detections, vectors, who = walkers(frames, 2)
    keep = ~((who == 0) & detections["frame"].isin([8, 9]).to_numpy())
    detections = make_detections(detections[keep].drop(columns="detection_id").to_dict("records"))
    assert (link(frames, detections, vectors[keep]) == who[keep] + 1).all()


def scored(detections: pd.DataFrame, who: NDArray[np.int64], person: int, frames: range, score: float) -> None:
    """Give the boxes of a person in some frames a score."""
    detections.loc[(who == person) & detections["frame"].isin(frames).to_numpy(), "score"] = np.float32(score)


def test_weak_boxes_go_on_with_a_tracklet_and_count_while_a_sure_one_follows() -> None:
    frames = make_frames(40)
    detections, vectors, who = walkers(frames, 2)
    scored(detections, who, 0, range(10, 25), 0.12)
    scored(detections, who, 1, range(30, 40), 0.12)
    vectors[detections["score"] < 0.25] = np.nan
    ids = link(frames, detections, vectors)
    frame = detections["frame"].to_numpy()
    assert (ids[who == 0] == 1).all(), "half a second without a sure box"
    assert (ids[(who == 1) & (frame < 30)] == 2).all()
    assert (ids[(who == 1) & (frame >= 30)] == 0).all(), "weak boxes at the end do not count"


def test_weak_boxes_begin_no_tracklet_and_carry_none_for_long() -> None:
    frames = make_frames(80)
    detections, vectors, who = walkers(frames, 2, speed_px=0.5)
    scored(detections, who, 0, range(80), 0.12)
    scored(detections, who, 1, range(20, 60), 0.12)
    ids = link(frames, detections, vectors)
    frame = detections["frame"].to_numpy()
    assert (ids[who == 0] == 0).all()
    assert set(ids[(who == 1) & (frame < 20)]) == {1}
    assert set(ids[(who == 1) & (frame >= 60)]) == {2}, "1.6 s without a sure box are two tracklets"
    assert (ids[(who == 1) & (frame >= 20) & (frame < 60)] == 0).all()


def test_a_weak_box_on_a_sure_one_is_the_same_person() -> None:
    frames = make_frames(20)
    detections, vectors, who = walkers(frames, 2)
    hidden = (who == 1) & (detections["frame"] >= 10).to_numpy()
    beside = detections[(who == 0) & (detections["frame"] >= 10).to_numpy()]
    detections.loc[hidden, ["x1", "x2"]] = beside[["x1", "x2"]].to_numpy() + np.float32(8)
    detections.loc[hidden, "score"] = np.float32(0.12)
    ids = link(frames, detections, vectors)
    assert (ids[who == 0] == 1).all()
    assert (ids[hidden] == 0).all()


def test_a_gap_within_the_age_is_survived_and_has_no_boxes_in_it() -> None:
    frames = make_frames(40)
    detections, vectors, who = walkers(frames, 2)
    hidden = (who == 1) & detections["frame"].between(15, 24).to_numpy()
    keep = np.flatnonzero(~hidden)
    seen = detections.iloc[keep].reset_index(drop=True).assign(detection_id=np.arange(len(keep)))
    assert (link(frames, seen, vectors[keep], PATIENT) == who[keep] + 1).all()


@pytest.mark.parametrize("step_frames", [1, 5])
def test_the_age_is_counted_in_seconds_at_every_frame_rate(step_frames: int) -> None:
    frames = make_frames(200 // step_frames, fps=25 / step_frames)
    detections, vectors, _ = walkers(frames, 1, speed_px=0.0)
    hidden = detections["frame"].to_numpy() * step_frames
    keep = np.flatnonzero((hidden < 75) | (hidden >= 125))  # absent for 2 s
    seen = detections.iloc[keep].reset_index(drop=True).assign(detection_id=np.arange(len(keep)))
    assert len(set(link(frames, seen, vectors[keep], TrackSettings(max_age_s=1.0)))) == 2
    assert len(set(link(frames, seen, vectors[keep], TrackSettings(max_age_s=3.0)))) == 1


def test_empty_frames_let_tracklets_age() -> None:
    frames = make_frames(100)
    detections, vectors, _ = walkers(frames, 1, speed_px=0.0)
    keep = np.flatnonzero((detections["frame"] < 20) | (detections["frame"] >= 70))
    seen = detections.iloc[keep].reset_index(drop=True).assign(detection_id=np.arange(len(keep)))
    ids = link(frames, seen, vectors[keep])
    assert set(ids[:20]) == {1}
    assert set(ids[20:]) == {2}


def test_a_hole_in_the_file_longer_than_the_age_ends_tracklets() -> None:
    frames = make_frames(40)
    frames.loc[20:, "time_s"] += 5.0
    detections, vectors, _ = walkers(frames, 1, speed_px=0.0)
    ids = link(frames, detections, vectors)
    assert set(ids[:20]) == {1}
    assert set(ids[20:]) == {2}


def test_a_short_hole_in_the_file_is_predicted_over() -> None:
    frames = make_frames(60)
    detections, vectors, who = walkers(frames, 4, speed_px=9.0)
    lost = detections["frame"].between(40, 44).to_numpy()
    keep = np.flatnonzero(~lost)
    seen = detections.iloc[keep].reset_index(drop=True).assign(detection_id=np.arange(len(keep)))
    cut = frames[~frames["frame"].between(40, 44)].reset_index(drop=True)
    same = np.ones_like(vectors[keep])  # appearance tells nobody apart
    assert (link(cut, seen, same, PATIENT) == who[keep] + 1).all()


def test_a_cut_ends_every_tracklet() -> None:
    frames = make_frames(30, shot=np.repeat([0, 1], 15))
    detections, vectors, who = walkers(frames, 2, speed_px=0.0)
    ids = link(frames, detections, vectors)
    assert (ids[:30] == who[:30] + 1).all()
    assert (ids[30:] == who[30:] + 3).all()


@pytest.mark.parametrize("missing", [slice(0, None), slice(20, 40), slice(0, 3)])
def test_missing_embeddings_are_linked_by_overlap(missing: slice) -> None:
    frames = make_frames(25)
    detections, vectors, who = walkers(frames, 2)
    vectors[missing] = np.nan
    assert (link(frames, detections, vectors) == who + 1).all()


def test_a_fast_pan_is_followed_only_with_motion_compensation() -> None:
    frames = make_frames(30)
    detections, vectors, who = walkers(frames, 6, speed_px=0.0)
    jump = np.where(np.arange(30) >= 10, 60.0 * ((np.arange(30) - 9) % 2), 0.0)  # hand-held: 60 px to and fro
    shift = jump[detections["frame"].to_numpy()]
    detections["x1"] += shift.astype(np.float32)
    detections["x2"] += shift.astype(np.float32)
    motion = np.eye(3)[None].repeat(30, axis=0)
    motion[1:, 0, 2] = np.diff(jump)
    frames[list(MOTION_COLUMNS)] = motion.reshape(-1, 9)
    same = np.ones_like(vectors)
    assert (link(frames, detections, same) == who + 1).all()
    without = link(frames, detections, same, TrackSettings(motion_compensation=False))
    assert not (without == who + 1).all()


def test_a_referee_on_single_frames_does_not_break_a_tracklet() -> None:
    frames = make_frames(20)
    detections, vectors, who = walkers(frames, 2)
    detections.loc[::7, "class"] = "referee"
    assert (link(frames, detections, vectors) == who + 1).all()


def test_one_person_seen_as_player_and_as_referee_is_one_box() -> None:
    frames = make_frames(20)
    detections, vectors, _ = walkers(frames, 1)
    second = detections.assign(**{"class": "referee", "score": np.float32(0.5), "x1": detections["x1"] + 2})
    both = pd.concat([detections, second]).sort_values(["frame", "class"], kind="stable").reset_index(drop=True)
    both["detection_id"] = range(len(both))
    ids = link(frames, conform("detections", both), np.repeat(vectors, 2, axis=0))
    assert (ids[(both["class"] == "player").to_numpy()] == 1).all()
    assert (ids[(both["class"] == "referee").to_numpy()] == 0).all()


def test_only_persons_on_court_take_part() -> None:
    frames = make_frames(20)
    detections, vectors, who = walkers(frames, 3)
    detections.loc[who == 2, "class"] = "ball"
    ids = link(frames, detections, vectors, on_court=who != 1)
    assert (ids == np.where(who == 0, 1, 0)).all()


def test_two_boxes_are_too_few_for_a_tracklet() -> None:
    frames = make_frames(20)
    detections, vectors, _ = walkers(frames, 1)
    assert not link(frames, detections[:2], vectors[:2]).any()


def test_the_same_tracks_from_a_memory_map(tmp_path: Path) -> None:
    frames = make_frames(20)
    detections, vectors, _ = walkers(frames, 3)
    np.save(tmp_path / "embeddings.npy", vectors)
    mapped = np.load(tmp_path / "embeddings.npy", mmap_mode="r")
    assert (link(frames, detections, mapped) == link(frames, detections, vectors)).all()


def test_rows_in_another_order_give_the_same_tracklets() -> None:
    frames = make_frames(20)
    detections, vectors, who = walkers(frames, 3)
    order = np.random.default_rng(0).permutation(len(detections))
    mixed = detections.iloc[order].reset_index(drop=True)
    tracks = track(TrackedGame.of(frames, mixed, vectors[order]), np.ones(len(mixed), bool), SETTINGS, SIZE_PX)
    person = dict(zip(mixed["detection_id"], who[order], strict=True))
    assert tracks.groupby("track_id")["detection_id"].agg(lambda ids: len({person[i] for i in ids})).eq(1).all()
    assert len(tracks) == len(detections)


def test_no_detections_and_no_frames_give_no_tracks() -> None:
    frames = make_frames(5)
    detections, vectors, _ = walkers(frames, 1)
    nobody = detections[:0]
    assert track(TrackedGame.of(frames, nobody, vectors[:0]), np.ones(0, bool), SETTINGS, SIZE_PX).empty
    assert track(TrackedGame.of(frames[:0], nobody, vectors[:0]), np.ones(0, bool), SETTINGS, SIZE_PX).empty


def test_embeddings_that_are_not_aligned_are_refused() -> None:
    frames = make_frames(5)
    detections, vectors, _ = walkers(frames, 1)
    with pytest.raises(TableError, match="one row per detection"):
        track(TrackedGame.of(frames, detections, vectors[:-1]), np.ones(len(detections), bool), SETTINGS, SIZE_PX)
    with pytest.raises(TableError, match="on_court"):
        track(TrackedGame.of(frames, detections, vectors), np.ones(1, bool), SETTINGS, SIZE_PX)


def test_opponents_of_equal_embedding_are_told_apart_by_jersey_when_they_cross() -> None:
    frames = make_frames(60)
    rows, who = [], []
    for frame in frames["frame"]:
        for person, x in enumerate((200.0 + 6 * frame, 560.0 - 6 * frame)):
            if person == 1 and 27 <= frame <= 36:
                continue  # hidden behind the other
            light = 80.0 if person == 0 else 20.0
            left = x + 12.0 * (frame > 31)  # both give way to the same side: motion alone is misled
            rows.append({"frame": frame, "x1": left, "y1": 300.0, "x2": left + 40, "y2": 400.0, "jersey_l": light})
            who.append(person)
    detections = make_detections(rows)
    detections[["jersey_a", "jersey_b"]] = np.float32(0.0)
    same = np.ones((len(rows), 8), np.float16)
    assert (link(frames, detections, same, PATIENT) == np.array(who) + 1).all()


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(1, 12), st.booleans())
def test_nobody_is_twice_in_a_frame_and_no_box_is_in_two_tracklets(seed: int, people: int, moving: bool) -> None:
    rng = np.random.default_rng(seed)
    frames = make_frames(25, shot=np.repeat([0, 1], [15, 10]))
    if moving:
        motion = np.eye(3)[None].repeat(25, axis=0)
        motion[:, :2, 2] = rng.normal(0, 15, (25, 2))
        frames[list(MOTION_COLUMNS)] = motion.reshape(-1, 9)
    corners = rng.uniform([0, 0], [500, 300], (25, people, 2))  # a crowd that jumps about
    rows = [
        {"frame": frame, "x1": x, "y1": y, "x2": x + 60, "y2": y + 150}
        for frame, places in enumerate(corners)
        for x, y in places[: rng.integers(people + 1)]
    ]
    if not rows:
        return
    detections = make_detections(rows)
    vectors = rng.normal(size=(len(rows), 8)).astype(np.float16)
    vectors[rng.random(len(rows)) < 0.1] = np.nan
    tracks = track(TrackedGame.of(frames, detections, vectors), np.ones(len(rows), bool), SETTINGS, SIZE_PX)
    assert tracks["detection_id"].is_unique
    boxes = tracks.merge(detections, on="detection_id").merge(frames, on="frame")
    assert not boxes.duplicated(["track_id", "frame"]).any()
    assert boxes.groupby("track_id")["shot"].nunique().le(1).all()


def test_a_shaking_camera_is_followed_where_the_court_is_known() -> None:
    frames = make_frames(40)  # the camera's motion is not known
    detections, vectors, who = walkers(frames, 6, speed_px=0.0)
    shift = np.where(detections["frame"] < 10, 0.0, 20.0 * (detections["frame"] % 2)).astype(np.float32)
    detections["x1"] += shift
    detections["x2"] += shift
    feet_m = np.column_stack([1.0 + who, np.full(len(who), 7.0)])
    same = np.ones_like(vectors)  # appearance tells nobody apart
    assert (link(frames, detections, same, feet_m=feet_m) == who + 1).all()
    assert not (link(frames, detections, same) == who + 1).all()


@pytest.mark.parametrize(("metres", "people"), [(0.0, 1), (8.0, 2)])
def test_nobody_jumps_across_the_court(metres: float, people: int) -> None:
    frames = make_frames(30)
    detections, vectors, _ = walkers(frames, 1, speed_px=0.0)
    late = detections["frame"].to_numpy() >= 15
    feet_m = np.column_stack([np.full(30, 5.0), 9.0 - metres * late])  # in the picture he stays where he is
    ids = link(frames, detections, vectors, feet_m=feet_m)
    assert (ids == np.where(late, people, 1)).all()


def test_a_walker_embedded_now_and_then_is_one_tracklet() -> None:
    frames = make_frames(60)
    detections, vectors, who = walkers(frames, 3)
    for every in (3, 10, 100):
        thin = np.array(vectors)
        thin[detections["frame"].to_numpy() % every != 1] = np.nan
        assert (link(frames, detections, thin) == who + 1).all()


def test_who_looks_how_different_is_learned_in_frames_with_embeddings() -> None:
    """People are embedded in every third frame, and 200 of 598 frames are compared: every third, but others."""
    frames = make_frames(598)
    detections, vectors, _ = walkers(frames, 3, speed_px=0.0)
    vectors[detections["frame"].to_numpy() % 3 != 1] = np.nan
    scales = []

    def make(gallery: Gallery, scale: AppearanceScale, *rest: Any, **named: Any) -> LikelihoodTracker:
        scales.append(scale)
        return LikelihoodTracker(gallery, scale, *rest, **named)

    game = TrackedGame.of(frames, detections, vectors)
    track(game, np.ones(len(detections), bool), SETTINGS, SIZE_PX, make_tracker=make)
    assert scales[0].mean == pytest.approx(1.0)
