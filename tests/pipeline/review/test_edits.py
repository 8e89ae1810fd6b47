"""Corrections as the page sends them."""

import pytest

from pipeline.corrections import DifferentPeople, Merge, Move, Name, Role, SamePerson, SplitTracklet, Team
from pipeline.review.edits import MOST_AT_ONCE, edits_of
from pipeline.serve import RequestError


def test_kinds_are_read():
    assert edits_of(
        [
            {"kind": "merge", "player": 1, "other": 2},
            {"kind": "move", "track_id": 5, "to": 2},
            {"kind": "move", "track_id": 5, "to": None},
            {"kind": "split_tracklet", "track_id": 5, "at_s": 1.5},
            {"kind": "name", "player": 1, "value": " A. Smith "},
            {"kind": "team", "player": 1, "value": "-"},
            {"kind": "role", "player": 1, "value": "nobody"},
            {"kind": "same", "track_id": 5, "other": 7, "at_s": 1.5, "other_at_s": 9},
            {"kind": "different", "track_id": 5, "other": 7, "at_s": 1.5, "other_at_s": 9},
        ]
    ) == (
        Merge(1, 2), Move(5, 2), Move(5, None), SplitTracklet(5, 1.5), Name(1, "A. Smith"), Team(1, "-"),
        Role(1, "nobody"), SamePerson(5, 7, 1.5, 9.0), DifferentPeople(5, 7, 1.5, 9.0),
    )  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, "merge", [None], [{"kind": "erase"}], [{"kind": ["merge"]}], [{"kind": "merge", "player": 1}],
        [{"kind": "merge", "player": True, "other": 2}], [{"kind": "merge", "player": 0, "other": 2}],
        [{"kind": "merge", "player": 1.0, "other": 2}], [{"kind": "split", "player": 1, "at_s": -1}],
        [{"kind": "split", "player": 1, "at_s": "1"}], [{"kind": "name", "player": 1, "value": " "}],
        [{"kind": "name", "player": 1, "value": "x" * 81}], [{"kind": "team", "player": 1, "value": "C"}], [{"kind": "same", "track_id": 5, "other": 7}],
        [{"kind": "lock", "player": 1}] * (MOST_AT_ONCE + 1),
    ],
)  # fmt: skip
def test_what_is_no_correction_is_refused(data):
    with pytest.raises(RequestError):
        edits_of(data)
