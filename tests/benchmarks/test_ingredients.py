"""What associations that are compared do otherwise, on boxes of two people or one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import associations
from pipeline.config import TrackSettings
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.tracking import LikelihoodTracker, track

FPS, PX_PER_M = 25, 50.0
STEP_S = 1 / FPS


def tracklets(
    x: np.ndarray,
    make: Callable[..., LikelihoodTracker] = LikelihoodTracker,
    *,
    score: np.ndarray | float = 0.9,
    embedding: np.ndarray | None = None,
    feet_m: np.ndarray | None = None,
    **settings: Any,
) -> np.ndarray:
    """Link boxes of 40 x 100 px with their left edges at x (frames, people), NaN where nobody is seen.

    Returns:
        (frames, people) track id, 0 for none.
    """
    frame, person = np.nonzero(np.isfinite(x))
    left = x[frame, person]
    table = pd.DataFrame(
        {"detection_id": np.arange(len(left)), "frame": frame, "x1": left, "x2": left + 40, "y1": 300.0}
    )
    table = table.assign(
        y2=400.0, quality=1.0, jersey_l=np.nan, jersey_a=np.nan, jersey_b=np.nan, **{"class": "player"}
    )
    table["score"] = np.broadcast_to(score, x.shape)[frame, person]
    frames = pd.DataFrame({"frame": np.arange(len(x)), "time_s": np.arange(len(x)) / FPS, "shot": 0})
    frames[list(MOTION_COLUMNS)] = np.nan
    embeddings = np.eye(8, dtype=np.float32)[person] if embedding is None else embedding[frame, person]
    tables = conform("frames", frames), conform("detections", table)
    linked = track(
        TrackedGame.of(*tables, embeddings, feet_m),
        np.ones(len(table), bool),
        TrackSettings(max_age_s=1.0).model_copy(update=settings),
        (1280, 720),
        None if feet_m is None else np.tile(0.01 * np.eye(2), (len(table), 1, 1)),
        make,
    )
    found = np.zeros(x.shape, dtype=np.int64)
    at = linked["detection_id"].to_numpy()
    found[frame[at], person[at]] = linked["track_id"]
    return found


def standing(frames: int, *left: float) -> np.ndarray:
    return np.tile(np.array(left), (frames, 1))


def test_a_sprint_from_a_standstill_is_held_by_expanded_boxes_alone() -> None:
    x = np.array([100.0, 135, 170, 205, 240, 275])[:, None]  # 35 of 40 px a frame: boxes hardly overlap
    assert not tracklets(x).any()
    assert (tracklets(x, associations.ExpandedBoxes) == 1).all()


def test_boxes_grow_about_their_centres() -> None:
    grown = associations.expanded(np.array([[10.0, 20, 30, 60]]))
    assert grown.tolist() == [[0.0, 0.0, 40.0, 80.0]]


class TestSecondRound:
    def linked(self, x: np.ndarray, score: np.ndarray) -> np.ndarray:
        make = partial(associations.SecondRound, score=score.ravel(), first=0.35)
        return tracklets(x, make, score=score, min_score=0.25)

    def test_a_low_score_goes_on_with_a_tracklet(self) -> None:
        score = np.full((20, 1), 0.9)
        score[10:13] = 0.3
        assert (self.linked(standing(20, 100.0), score) == 1).all()

    def test_a_low_score_begins_none(self) -> None:
        assert not self.linked(standing(20, 100.0), np.full((20, 1), 0.3)).any()

    def test_a_low_score_takes_nobodys_box(self) -> None:
        score = np.tile([0.9, 0.3], (20, 1))  # a ghost beside somebody
        assert (self.linked(standing(20, 100.0, 110.0), score) == [1, 0]).all()


class TestSpeedGate:
    def linked(self, metres: float) -> np.ndarray:
        """Somebody is gone for 0.4 s and somebody like him comes up so far behind, at the same place in the picture."""
        x = standing(40, 100.0)
        x[15:25] = np.nan
        place = np.column_stack([np.full(30, 5.0), np.where(np.arange(30) < 15, 5.0, 5.0 - metres)])
        gated = partial(GatedInPicture, feet_m=place, noise_m=np.full(30, 0.02**0.5))
        return tracklets(x, gated, feet_m=place)[:, 0]

    def test_nobody_runs_ten_metres_in_half_a_second(self) -> None:
        found = self.linked(10.0)
        assert (found[:15] == 1).all()
        assert (found[25:] == 2).all()

    def test_two_metres_can_be_run(self) -> None:
        found = self.linked(2.0)
        assert (found[:15] == 1).all()
        assert (found[25:] == 1).all()

    def test_without_a_court_there_is_no_gate(self) -> None:
        found = self.linked(np.nan)
        assert (found[25:] == 1).all()


class GatedInPicture(associations.SpeedGate, associations.InPicture):
    """The gate by itself: place counts in the picture."""


def change_of_person() -> np.ndarray:
    """Embeddings (40, 1, 8) of one who looks like somebody else from frame 20 on."""
    return np.eye(8, dtype=np.float32)[np.where(np.arange(40) < 20, 0, 1)][:, None]


def test_appearance_counts_by_quality_or_not_at_all() -> None:
    x = standing(40, 100.0)
    x[20:23] = np.nan
    x[23:] += 5.0
    assert len(set(tracklets(x, embedding=change_of_person())[:, 0]) - {0}) == 2
    for make in (associations.WithoutAppearance, partial(associations.AppearanceByQuality, quality=np.full(37, 0.0))):
        assert set(tracklets(x, make, embedding=change_of_person())[:, 0]) == {0, 1}
    clear = partial(associations.AppearanceByQuality, quality=np.full(37, 1.0))
    assert len(set(tracklets(x, clear, embedding=change_of_person())[:, 0]) - {0}) == 2


@pytest.mark.parametrize("swapped", [False, True])
def test_the_cascade_goes_by_appearance_wherever_people_stand(swapped: bool) -> None:
    x = standing(30, 100.0, 130.0)
    if swapped:
        x[15:] = x[15:, ::-1]  # a jump of 30 px each
    found = tracklets(x, associations.Cascade)
    assert (found == [1, 2]).all()
    by_place = tracklets(x, associations.WithoutAppearance)
    assert (by_place[15:] == ([2, 1] if swapped else [1, 2])).all()


def test_whoever_is_in_doubt_is_linked_if_that_is_asked_for() -> None:
    x = standing(40, 100.0)
    x[20:26] = np.nan
    x[26:] += 30.0
    blank = np.full((40, 1, 8), np.nan, np.float32)
    assert set(tracklets(x, embedding=blank)[:, 0]) == {0, 1, 2}
    assert set(tracklets(x, associations.Undoubting, embedding=blank)[:, 0]) == {0, 1}
