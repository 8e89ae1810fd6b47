"""Rate of identity switches along a tracklet by what happens there: a logistic regression with fixed coefficients.

Trackers switch the person where two people overlap, above all where the tracklet of one of them begins or ends, where boxes
are missing, and where somebody would have had to jump. The rate of changes was counted on rendered games: over the boxes of
the tracker's tracklets, and of those joined, by logistic regression of whether the true person changes.
"""

from __future__ import annotations

from itertools import count

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.game import TrackedGame

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_CALM_PER_S = -4.7
"""Log of the changes per second while nothing happens."""
_OVERLAP, _MEETING = 2.6, 3.5
"""Added by boxes that overlap fully (IoU 1), and again if the other tracklet begins or ends there."""
_JUMP, _JUMP_M = 2.5, 0.9
"""Added by a step as long as can be expected, in body heights in the picture, and in metres on the court."""
_HEIGHTS, _HEIGHTS_PER_S = 0.3, 1.0
_METRES, _METRES_PER_S = 0.5, 3.0
"""Steps that can be expected, body heights and m: feet and boxes being off, and for every second."""
_MAX_LOG_RATE = 0.0
"""However long the step: a box may be wrong, or the camera have moved unseen."""
_AROUND_S = 0.3
"""A change shows in boxes up to so many s before and after."""


def log_change_rate(game: TrackedGame, evidence: TrackletEvidence) -> Array:
    """Give the log of the expected changes of person between each box of a tracklet and the one before it.

    Args:
        game: with tracklets.
        evidence: of the n tracklets.

    Returns:
        (boxes,) in the order of the evidence; -inf at the first box of each tracklet.
    """
    time_s = game.box_time_s[evidence.row]  # (boxes,)
    owner = np.repeat(np.arange(len(evidence)), evidence.boxes())
    overlap, meeting = (_max_around(values, owner, time_s) for values in _overlaps(game, evidence))
    gap_s = np.maximum(np.diff(time_s, prepend=time_s[:1]), 1e-3)
    jump = _jump(game, evidence, owner, time_s) / (_HEIGHTS + _HEIGHTS_PER_S * gap_s)
    foot_m = game.feet_m[evidence.row]
    step_m = np.linalg.norm(np.diff(foot_m, axis=0, prepend=foot_m[:1]), axis=1)
    jump_m = np.nan_to_num(step_m / (_METRES + _METRES_PER_S * gap_s))
    rate = _CALM_PER_S + np.log(gap_s) + _OVERLAP * overlap + _MEETING * meeting + _JUMP * jump + _JUMP_M * jump_m
    rate[evidence.start[:-1]] = -np.inf
    return np.asarray(np.minimum(rate, _MAX_LOG_RATE))


def _overlaps(game: TrackedGame, evidence: TrackletEvidence) -> tuple[Array, Array]:
    """Give the largest IoU of each box with one of another tracklet, and with the first or last one of another."""
    overlap, meeting = np.zeros(len(evidence.row)), np.zeros(len(evidence.row))
    outer = np.zeros(len(evidence.row), dtype=bool)
    outer[evidence.start[:-1]] = outer[evidence.start[1:] - 1] = True
    at = np.full(len(game.detections), -1, dtype=np.int64)  # box of each detection, -1 for one in no tracklet
    at[evidence.row] = np.arange(len(evidence.row))
    first, second, shared = game.overlapping
    first, second = at[first], at[second]
    tracked = (first >= 0) & (second >= 0)
    pair, shared = (first[tracked], second[tracked]), shared[tracked]
    for box, neighbour in (pair, pair[::-1]):
        np.maximum.at(overlap, box, shared)
        met = outer[neighbour]
        np.maximum.at(meeting, box[met], shared[met])
    return overlap, meeting


def _max_around(value: Array, owner: Ints, time_s: Array) -> Array:
    """Give the largest value of a tracklet around each of its boxes; what is `_AROUND_S` away counts half."""
    most = value.copy()
    for shift in count(1):
        between_s = time_s[shift:] - time_s[:-shift]
        near = (owner[shift:] == owner[:-shift]) & (between_s <= _AROUND_S)
        if not near.any():
            break
        share = np.where(near, 1.0 - between_s / (2 * _AROUND_S), 0.0)
        most[shift:] = np.maximum(most[shift:], share * value[:-shift])
        most[:-shift] = np.maximum(most[:-shift], share * value[shift:])
    return most


def _jump(game: TrackedGame, evidence: TrackletEvidence, owner: Ints, time_s: Array) -> Array:
    """Give how far each head is from where it was expected (boxes,), in body heights, the camera's motion taken out.

    Expected is a constant velocity from the box before, that of shortly before and after.
    """
    at = game.box_frame_row[evidence.row]
    head = np.column_stack([(evidence.box[:, 0] + evidence.box[:, 2]) / 2, evidence.box[:, 1]])
    height = evidence.box[:, 3] - evidence.box[:, 1]
    fixed = np.einsum("nij,nj->ni", game.camera_back[at], np.column_stack([head, np.ones(len(head))]))  # (boxes, 3)

    def carried_to(source: Ints, target: Ints) -> Array:
        """Carry the heads of boxes `source` into the pictures of boxes `target`, (boxes, 2)."""
        carried = np.einsum("nij,nj->ni", game.camera[at[target]], fixed[source])
        return np.asarray(carried[:, :2] / carried[:, 2:])

    box = np.arange(len(owner))
    first, last = evidence.start[owner], evidence.start[owner + 1] - 1
    when = time_s + owner * (np.ptp(time_s) + 1.0)  # one clock for all, tracklets one after the other
    before = np.maximum(box - 1, first)
    earlier = np.maximum(np.searchsorted(when, when[before] - _AROUND_S - 1e-6), first)
    later = np.minimum(np.searchsorted(when, when + _AROUND_S + 1e-6, side="right") - 1, last)
    place = carried_to(before, box)
    travelled = (place - carried_to(earlier, box)) + (carried_to(later, box) - head)
    moved_s = (time_s[before] - time_s[earlier]) + (time_s[later] - time_s)
    speed = travelled / np.maximum(moved_s, 1e-3)[:, None]
    off = head - place - (time_s - time_s[before])[:, None] * speed
    return np.asarray(np.linalg.norm(off, axis=1) / np.maximum(height, 1e-6))
