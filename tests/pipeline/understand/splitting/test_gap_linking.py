"""Tracklets are linked over gaps: with whom, with whom not, and when nothing is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from pipeline.config import TrackSettings
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.splitting.gap_linking import likelihood_ratio, link_gaps
from tests.thinning import thinned

FPS, SECONDS = 25, 12
GAP = (150, 170)
"""Frames in which people 0 and 1 are hidden."""


def at_rate(game: TrackedGame, who: NDArray[np.int64], every: int) -> tuple[TrackedGame, NDArray[np.int64]]:
    """Take one of so many frames of a standing camera."""
    frames = game.frames[game.frames["frame"] % every == 0].reset_index(drop=True)
    kept = (game.detections["frame"] % every == 0).to_numpy()
    tracks = game.tracks[kept].reset_index(drop=True)
    few = TrackedGame.of(frames, game.detections[kept].reset_index(drop=True), game.embeddings[kept], tracks=tracks)
    return few, who[kept]


def scene(crossing: bool, pan_px: float = 0.0, seed: int = 0) -> tuple[TrackedGame, NDArray[np.int64]]:
    """Four people who go to and fro; two are hidden for 0.8 s, before which they may head for each other.

    Returns:
        The game, with the tracklets of a tracker that loses people 0 and 1 in the gap and numbers them crosswise after it,
        and the person of each row.
    """
    rng = np.random.default_rng(seed)
    count = FPS * SECONDS
    number = np.arange(count)
    frames = pd.DataFrame({"frame": number, "time_s": number / FPS, "shot": 0})
    motion = np.tile(np.eye(3), (count, 1, 1))
    motion[1:, 0, 2] = -pan_px
    frames[list(MOTION_COLUMNS)] = motion.reshape(-1, 9)
    distance_px = 80.0 if crossing else 220.0
    base = unit_rows(rng.normal(size=(4, 16)))
    rows, vectors, who = [], [], []
    for frame in number:
        for person in range(4):
            if person < 2 and GAP[0] <= frame < GAP[1]:
                continue
            x = 400 + distance_px * (person - 0.5) if person < 2 else 150 + 900 * (person - 2)
            x += 40 * np.sin(frame / 15 + person) - pan_px * frame + rng.normal(0, 1)
            rows.append({"frame": frame, "x1": x, "y1": 300.0, "x2": x + 40, "y2": 400.0})
            vectors.append(base[person] + rng.normal(0, 0.12, 16))
            who.append(person)
    table = pd.DataFrame(rows).assign(
        **{"class": "player", "score": 0.9, "quality": 1.0, "detection_id": range(len(rows))}
    )
    table[["jersey_l", "jersey_a", "jersey_b"]] = np.nan
    detections, person = conform("detections", table), np.array(who)
    game = TrackedGame.of(conform("frames", frames), detections, np.array(vectors, np.float16))
    return game.with_tracks(interrupted(detections, person)), person


def unit_rows(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def interrupted(detections: pd.DataFrame, who: NDArray[np.int64]) -> pd.DataFrame:
    """Give the tracklets of a tracker that loses people 0 and 1 in the gap and numbers them crosswise after it."""
    later = (detections["frame"] >= GAP[1]).to_numpy() & (who < 2)
    track = np.where(later, 6 - who, who + 1)
    return conform("raw_tracks", pd.DataFrame({"detection_id": detections["detection_id"], "track_id": track}))


def linked(tracks: pd.DataFrame, who: NDArray[np.int64]) -> bool:
    """Say whether each person is one tracklet, and each tracklet one person."""
    numbers = pd.Series(tracks["track_id"].to_numpy()).groupby(who).agg(["nunique", "first"])
    return bool((numbers["nunique"] == 1).all() and numbers["first"].is_unique)


@pytest.mark.parametrize("crossing", [False, True])
@pytest.mark.parametrize("pan_px", [0.0, 7.0])
def test_people_who_were_hidden_go_on_as_themselves(crossing: bool, pan_px: float) -> None:
    game, who = scene(crossing, pan_px)
    assert linked(link_gaps(game, TrackSettings()), who)


def test_numbers_and_the_order_of_rows_do_not_matter() -> None:
    game, who = scene(True)
    order = np.random.default_rng(1).permutation(len(who))
    tracks = game.tracks.iloc[order].reset_index(drop=True)
    tracks["track_id"] = tracks["track_id"] * 17 % 23 + 5
    found = link_gaps(game.with_tracks(tracks), TrackSettings())
    assert (found["detection_id"] == tracks["detection_id"]).all()
    assert linked(found, who[order])


def test_nobody_is_linked_over_a_cut_or_a_longer_gap_or_when_switched_off() -> None:
    game, _ = scene(False)
    cut = replace(game, frames=game.frames.assign(shot=(game.frames["frame"] >= GAP[1]).astype(np.int32)))
    for seen, settings in (
        (cut, TrackSettings()),
        (game, TrackSettings(max_gap_s=0.5)),
        (game, TrackSettings(max_gap_s=0)),
    ):
        assert link_gaps(seen, settings).equals(game.tracks)


def test_somebody_else_is_not_linked() -> None:
    game, who = scene(False)
    stranger = unit_rows(np.random.default_rng(9).normal(size=(1, 16)))[0]
    later = (game.detections["frame"] >= GAP[1]).to_numpy() & (who == 0)
    game.embeddings[later] = (stranger + np.random.default_rng(2).normal(0, 0.12, (later.sum(), 16))).astype(np.float16)
    game.detections.loc[later, ["x1", "x2"]] -= np.float32(150)
    found = link_gaps(game, TrackSettings())["track_id"].to_numpy()
    assert set(found[later]).isdisjoint(found[~later])


def test_too_little_to_learn_from_links_nobody() -> None:
    game, who = scene(False)
    early = (game.detections["frame"] < 15).to_numpy()
    short = game.with_tracks(interrupted(game.detections[early], who[early]))
    assert link_gaps(short, TrackSettings()).equals(short.tracks)
    assert link_gaps(game.with_tracks(short.tracks[:0]), TrackSettings()).empty


def test_missing_embeddings_leave_the_place_to_decide() -> None:
    game, who = scene(False)
    blind = replace(game, embeddings=np.full_like(game.embeddings, np.nan))
    assert linked(link_gaps(blind, TrackSettings()), who)


def test_log_odds_are_a_likelihood_ratio_however_many_there_are_of_either_class() -> None:
    rng = np.random.default_rng(0)
    same, different = rng.normal(1, 1, (2000, 1)), rng.normal(-1, 1, (60000, 1))
    model = likelihood_ratio(np.concatenate([same, different]), np.arange(62000) < 2000)
    np.testing.assert_allclose(model.decision_function(np.array([[-1.0], [0], [2]])), [-2, 0, 4], atol=0.25)


def test_six_frames_of_a_second_are_too_few_to_learn_from() -> None:
    """Long enough to be cut open, and no side has boxes enough to be described: nothing is linked, and nothing fails."""
    game, person = scene(crossing=False)
    boxes = game.detections[game.detections["frame"] < 6].reset_index(drop=True)
    frames = game.frames[game.frames["frame"] < 6].assign(time_s=np.arange(6) / 6).reset_index(drop=True)
    tracks = conform("raw_tracks", pd.DataFrame({"detection_id": boxes["detection_id"], "track_id": person[:24] + 1}))
    short = TrackedGame.of(frames, boxes, game.embeddings[:24], tracks=tracks)
    assert link_gaps(short, TrackSettings()).equals(tracks)


@pytest.mark.parametrize("phase", [0, 1, 2])
@pytest.mark.parametrize("crossing", [False, True])
def test_people_embedded_now_and_then_go_on_as_themselves(crossing: bool, phase: int) -> None:
    game, who = scene(crossing)
    assert linked(link_gaps(thinned(game, phase=phase), TrackSettings()), who)


def test_one_side_without_embeddings_speaks_neither_for_nor_against() -> None:
    """Person 0 has none behind the gap: place decides, as it does of nobody else's embeddings."""
    game, who = scene(False)
    later = (game.detections["frame"] >= GAP[1]).to_numpy() & (who == 0)
    vectors = np.array(game.embeddings)
    vectors[later] = np.nan
    assert linked(link_gaps(replace(game, embeddings=vectors), TrackSettings()), who)


@pytest.mark.parametrize("every", [2, 3, 5, 8])
@pytest.mark.parametrize("crossing", [False, True])
def test_three_to_ten_frames_a_second_are_enough(crossing: bool, every: int) -> None:
    game, who = at_rate(*scene(crossing), every)
    assert linked(link_gaps(game, TrackSettings()), who)


@pytest.mark.parametrize("every", [1, 3, 5, 8, 12])
@pytest.mark.parametrize("seconds", [0.5, 1.0, 1.5, 2.0, 3.0, 7.0])
def test_however_few_boxes_there_are_nothing_fails_and_nobody_becomes_two(every: int, seconds: float) -> None:
    game, who = at_rate(*scene(False), every)
    early = (game.detections["frame"] < seconds * FPS).to_numpy()
    frames = game.frames[game.frames["frame"] < seconds * FPS].reset_index(drop=True)
    boxes = game.detections[early].reset_index(drop=True)
    short = TrackedGame.of(frames, boxes, game.embeddings[early], tracks=game.tracks[early].reset_index(drop=True))
    found = link_gaps(short, TrackSettings())
    people = pd.Series(who[early]).groupby(found["track_id"].to_numpy()).nunique()
    assert (people == 1).all()
