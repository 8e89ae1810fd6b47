"""Which tracklets nobody could connect at a top speed: on the court, and in the picture."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.understand.features.continuation import Gaps
from pipeline.understand.features.evidence import TrackletEvidence, gather_evidence
from pipeline.understand.features.reach import unreachable_pairs
from tests.pipeline.understand.splitting.test_split import game

TOP_MPS = 10.0
NO_GAPS = Gaps(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


def ends(*tracklets: tuple[float, float, float, float]) -> TrackletEvidence:
    """Tracklets as (first second, last second, x at the first, x at the last), metres along the court."""
    evidence = gather_evidence(game([(0, [0])] * len(tracklets)), 1)
    first_s, last_s, first_x, last_x = np.array(tracklets).T
    places = {
        name: np.column_stack([x, np.full_like(x, 7.0)]) for name, x in (("first_m", first_x), ("last_m", last_x))
    }
    return replace(evidence, first_s=first_s, last_s=last_s, **places)


def pairs(evidence: TrackletEvidence, gaps: Gaps = NO_GAPS) -> list[tuple[int, int]]:
    return sorted(zip(*(rows.tolist() for rows in unreachable_pairs(evidence, gaps, TOP_MPS)), strict=True))


@pytest.mark.parametrize(("gap_s", "away_m", "reached"), [(1.0, 13.9, True), (1.0, 14.1, False), (2.0, 23.9, True),
                                                         (2.0, 24.1, False), (0.1, 4.9, True), (0.1, 5.1, False)])  # fmt: skip
def test_nobody_runs_faster_than_the_top_speed_but_for_the_error_of_feet(
    gap_s: float, away_m: float, reached: bool
) -> None:
    found = pairs(ends((0.0, 5.0, 3.0, 1.0), (5.0 + gap_s, 9.0, 1.0 + away_m, 2.0)))
    assert found == ([] if reached else [(0, 1)])


def test_after_the_time_to_cross_a_court_everything_is_in_reach() -> None:
    """A place that a wrong homography put far beyond the court forbids nothing then: 40 m take four seconds."""
    assert pairs(ends((0.0, 5.0, 0.0, 0.0), (9.0, 12.0, 60.0, 60.0))) == [(0, 1)]
    assert pairs(ends((0.0, 5.0, 0.0, 0.0), (9.1, 12.0, 60.0, 60.0))) == []


def test_simultaneous_tracklets_and_unknown_places_are_not_compared() -> None:
    assert pairs(ends((0.0, 5.0, 0.0, 0.0), (5.0, 9.0, 28.0, 28.0))) == []
    assert pairs(ends((0.0, 5.0, 0.0, np.nan), (5.1, 9.0, 28.0, 28.0))) == []


def test_each_tracklet_is_compared_with_all_that_start_soon_after_it() -> None:
    evidence = ends((0.0, 1.0, 0.0, 0.0), (0.5, 2.0, 0.0, 0.0), (1.2, 3.0, 25.0, 0.0), (2.1, 9.0, 28.0, 28.0))
    assert pairs(evidence) == [(0, 2), (0, 3), (1, 3)]


def test_without_a_court_body_heights_in_the_picture_tell() -> None:
    """10 m/s are 5.26 heights of 1.9 m a second; feet may be off by one height."""
    gaps = Gaps(np.array([0, 1, 0]), np.array([1, 2, 2]), np.array([6.2, 6.3, 3.7]), np.array([1.0, 1.0, 0.5]))
    unknown = ends(*((float(k), k + 0.5, np.nan, np.nan) for k in range(3)))
    assert pairs(unknown, gaps) == [(0, 2), (1, 2)]
