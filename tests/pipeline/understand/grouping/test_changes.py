"""How much of a tracklet may show somebody else although it was not split."""

import numpy as np
import pytest

from pipeline.understand.features.appearance_model import AppearanceModel
from pipeline.understand.grouping.changes import change_log_odds, impure_share
from pipeline.understand.grouping.sequences import SegmentSequence

MODEL = AppearanceModel(np.zeros(2), np.eye(2), np.array([20.0, 10.0]))
SEGMENTS = 12


def sequence(later, change):
    """A tracklet whose second half lies elsewhere, with the log-odds of a change at each segment."""
    position = np.zeros((SEGMENTS, 2))
    position[SEGMENTS // 2 :, 0] = later
    odds = np.full(SEGMENTS, float(change))
    odds[0] = -np.inf
    return SegmentSequence(
        *(position, np.zeros((SEGMENTS, 3)), np.ones(SEGMENTS), odds, np.arange(SEGMENTS), np.array([0, SEGMENTS]))
    )


def test_it_grows_with_what_happens_and_with_the_distance_of_the_parts():
    calm, busy = (impure_share(MODEL, sequence(0.0, change))[0] for change in (-9, -2))
    assert 0 <= calm < 0.01 < busy < 0.5
    near, far = (impure_share(MODEL, sequence(later, -4))[0] for later in (1.0, 4.0))
    assert near < far < 1


def test_where_people_look_alike_meetings_count_in_full():
    """A model that tells nobody apart leaves what happens there."""
    alike = AppearanceModel(np.zeros(2), np.eye(2), np.array([1e-9, 1e-9]))
    before = np.arange(1, SEGMENTS)
    assert change_log_odds(alike, sequence(0.0, -3), before) == pytest.approx(np.full(SEGMENTS - 1, -3.0), abs=1e-6)
    assert impure_share(alike, sequence(0.0, -3))[0] > impure_share(MODEL, sequence(0.0, -3))[0]


def test_tracklets_of_a_segment_or_none_are_one_person():
    whole = sequence(0.0, -4)
    parts = SegmentSequence(
        *(whole.position[:1], whole.team[:1], whole.weight[:1], whole.change_log_odds[:1], whole.box[:1]),
        np.array([0, 0, 1]),
    )
    assert impure_share(MODEL, parts).tolist() == [0.0, 0.0]
