"""Which simultaneous tracklets are two people, and what a brief overlap of near boxes counts."""

import numpy as np
import pytest

from pipeline.understand.features.overlaps import Overlaps, find_overlaps

STEP_S = 0.1
HEIGHT_PX = 100.0


def overlap(*tracklets: tuple[int, int, float, float]) -> Overlaps:
    """Tracklets as (first frame, frames, px to the right, px lower), boxes 100 px tall and 40 px wide."""
    start = np.cumsum([0, *(count for _, count, _, _ in tracklets)])
    frame = np.concatenate([np.arange(first, first + count) for first, count, _, _ in tracklets])
    box = [[x, y, x + 40, y + HEIGHT_PX] for _, count, x, y in tracklets for _ in range(count)]
    return find_overlaps(start, frame, np.array(box), STEP_S)


@pytest.mark.parametrize(
    ("shared", "right_px", "down_px", "log_odds"),
    [
        (1, 0, 0, 0.5 - 2.0 * 0.1),
        (5, 0, 0, 0.5 - 2.0 * 0.5),
        (5, 25, 0, 0.5 - 2.0 * 0.5),
        (5, 45, 0, 0.5 - 2.0 * 0.5 - 4.0 * (0.45 - 0.25)),
        (5, 30, 40, 0.5 - 2.0 * 0.5 - 4.0 * (0.5 - 0.25)),
        (16, 60, 0, 0.5 - 2.0 * 1.6 - 4.0 * (0.6 - 0.25)),
    ],
)
def test_a_brief_overlap_of_near_boxes_counts_by_seconds_and_distance(
    shared: int, right_px: float, down_px: float, log_odds: float
) -> None:
    found = overlap((0, 20, 500, 200), (20 - shared, 30, 500 + right_px, 200 + down_px))
    assert not found.cannot_link.any()
    assert found.log_odds.toarray() == pytest.approx(np.array([[0, log_odds], [log_odds, 0]]))


@pytest.mark.parametrize(("shared", "right_px"), [(17, 0), (5, 61)])
def test_a_long_overlap_or_one_of_boxes_far_apart_is_two_people(shared: int, right_px: float) -> None:
    found = overlap((0, 20, 500, 200), (20 - shared, 30, 500 + right_px, 200))
    assert found.cannot_link.tolist() == [[False, True], [True, False]]
    assert not found.log_odds.toarray().any()


def test_tracklets_after_one_another_do_not_overlap() -> None:
    found = overlap((0, 20, 500, 200), (20, 20, 500, 200), (19, 20, 900, 200))
    assert found.cannot_link.tolist() == [[False, False, True], [False, False, True], [True, True, False]]


def test_the_distance_is_the_mean_over_the_frames_shared() -> None:
    start, frame = np.array([0, 2, 5]), np.array([3, 4, 3, 4, 5])
    box = np.array([[x, 0, x + 40, HEIGHT_PX] for x in (0.0, 0.0, 30.0, 50.0, 900.0)])
    found = find_overlaps(start, frame, box, STEP_S)
    assert found.log_odds.toarray()[0, 1] == pytest.approx(0.5 - 2.0 * 0.2 - 4.0 * (0.4 - 0.25))
