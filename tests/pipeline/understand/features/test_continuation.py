"""Where one tracklet continues another: gaps of up to three seconds within a shot, and what they say."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.tables import MOTION_COLUMNS
from pipeline.understand.features.continuation import Gaps, continuation_log_odds, find_gaps
from pipeline.understand.features.evidence import TrackletEvidence, gather_evidence
from pipeline.understand.game import TrackedGame
from tests.pipeline.understand.splitting.test_split import FPS, game

SIDEWAYS_PX = 2.0
"""The camera moves the picture by this much from frame to frame."""


def scene(*tracklets: tuple[int, int, float]) -> tuple[TrackedGame, TrackletEvidence]:
    """Tracklets as (first frame, boxes, px at which its foot stays), under a camera that pans."""
    made = game([(first, [k] * count) for k, (first, count, _) in enumerate(tracklets)])
    motion = np.array([[1, 0, SIDEWAYS_PX], [0, 1, 0], [0, 0, 1.0]]).ravel()
    frames = made.frames.assign(**dict(zip(MOTION_COLUMNS, motion, strict=True)))
    made = TrackedGame.of(frames, made.detections, made.embeddings, tracks=made.tracks)
    evidence = gather_evidence(made, 5)
    feet = np.array([[x, 300.0] for _, _, x in tracklets])[evidence.track_id - 1]
    return made, replace(evidence, first_px=feet, last_px=feet, height_px=np.full(len(feet), 100.0))


def gaps_of(made: TrackedGame, evidence: TrackletEvidence) -> list[tuple[int, int, float, float]]:
    found = find_gaps(made, evidence)
    columns = (found.earlier, found.later, found.distance_heights.round(6), found.gap_s.round(6))
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_the_end_is_carried_through_the_cameras_motion() -> None:
    """Ten frames lie from the end, at 500 px, to the start, at 550: the camera makes 20 px of the 50."""
    assert gaps_of(*scene((0, 11, 500.0), (20, 5, 550.0))) == [(0, 1, 0.3, 1.0)]


@pytest.mark.parametrize(("first", "count"), [(10, 0), (11, 1), (40, 1), (41, 0)])
def test_gaps_are_of_one_frame_to_three_seconds(first: int, count: int) -> None:
    made, evidence = scene((0, 11, 500.0), (first, 5, 500.0), (60, 5, 0.0))
    assert FPS == 10
    assert len([pair for pair in gaps_of(made, evidence) if pair[:2] == (0, 1)]) == count


def test_nothing_goes_on_across_a_cut_or_an_unknown_motion() -> None:
    made, evidence = scene((0, 11, 500.0), (20, 5, 550.0))
    cut = replace(made, frames=made.frames.assign(shot=(made.frames["frame"] >= 15).astype(int)))
    assert gaps_of(cut, evidence) == []
    blind = made.frames.copy()
    blind.loc[15, list(MOTION_COLUMNS)] = np.nan
    assert gaps_of(replace(made, frames=blind), evidence) == []


def test_each_start_in_reach_is_a_pair() -> None:
    pairs = gaps_of(*scene((0, 11, 500.0), (5, 8, 500.0), (20, 5, 550.0), (20, 5, 450.0)))
    assert [pair[:2] for pair in pairs] == [(0, 2), (0, 3), (1, 2), (1, 3)]


def test_log_odds_are_of_a_gaussian_against_anywhere() -> None:
    """After 1 s the standard deviation is 0.35 + 1.3 heights; seven tenths of the log-odds count, at most 4."""
    gaps = Gaps(np.array([0, 1, 0]), np.array([1, 2, 2]), np.array([1.0, 0.0, 30.0]), np.array([1.0, 0.04, 1.0]))
    odds = continuation_log_odds(gaps, 3).toarray()
    variance = 1.65**2
    expected = 0.7 * (np.log(120 / (2 * np.pi * variance)) - 1 / (2 * variance))
    assert odds[0, 1] == pytest.approx(expected)
    assert odds[1, 2] == pytest.approx(0.7 * np.log(120 / (2 * np.pi * 0.402**2)))
    assert odds[0, 2] == -4
    assert (odds == odds.T).all()
    assert not odds.diagonal().any()
