"""How likely it is that a tracklet goes over to another person at each moment, by what happens there.

Trackers change the person where two people overlap, above all where the tracklet of one of them begins or ends, where boxes
are missing, and where somebody would have had to jump. The rate of changes was counted on rendered games: over the boxes of
the tracker's tracklets, and of those joined, by logistic regression of whether the true person changes.
"""

from __future__ import annotations

from itertools import count

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou_of_pairs
from pipeline.geometry.motion import is_motion, since_cut
from pipeline.tables import MOTION_COLUMNS
from pipeline.understand.features.evidence import TrackletEvidence

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_CALM_PER_S = -4.7
"""Log of the changes per second while nothing happens."""
_OVERLAP, _MEETING = 2.6, 3.5
"""Added by boxes that overlap fully (IoU 1), and again if the other tracklet begins or ends there."""
_JUMP, _JUMP_M = 2.5, 0.9
"""Added by a way of as much as can be expected, in body heights in the picture, and in metres on the court."""
_HEIGHTS, _HEIGHTS_PER_S = 0.3, 1.0
_METRES, _METRES_PER_S = 0.5, 3.0
"""Ways that can be expected: feet and boxes being off, and for every second."""
_MOST = 0.0
"""However far the way: a box may be wrong, or the camera have moved unseen."""
_AROUND_S = 0.3
"""A change shows in boxes up to so long before and after."""


def log_rate(frames: pd.DataFrame, evidence: TrackletEvidence, feet_m: Array) -> Array:
    """Give the log of the expected changes of person between each box of a tracklet and the one before it.

    Args:
        frames: table `frames`.
        evidence: of n tracklets.
        feet_m: (m, 2) foot points of detections on the court, m; NaN where unknown.

    Returns:
        (boxes,) in the order of the evidence; -inf at the first box of each tracklet.
    """
    clock = pd.Series(frames["time_s"].to_numpy(np.float64), index=frames["frame"].to_numpy())
    time_s = clock[evidence.frame].to_numpy()
    owner = np.repeat(np.arange(len(evidence)), evidence.boxes())
    overlap, meeting = (_around(one, owner, time_s) for one in _overlaps(evidence))
    gap_s = np.maximum(np.diff(time_s, prepend=time_s[:1]), 1e-3)
    jump = _jump(frames, evidence, owner, time_s) / (_HEIGHTS + _HEIGHTS_PER_S * gap_s)
    foot_m = feet_m[evidence.row]
    way_m = np.linalg.norm(np.diff(foot_m, axis=0, prepend=foot_m[:1]), axis=1)
    jump_m = np.nan_to_num(way_m / (_METRES + _METRES_PER_S * gap_s))
    rate = _CALM_PER_S + np.log(gap_s) + _OVERLAP * overlap + _MEETING * meeting + _JUMP * jump + _JUMP_M * jump_m
    rate[evidence.start[:-1]] = -np.inf
    return np.asarray(np.minimum(rate, _MOST))


def _overlaps(evidence: TrackletEvidence) -> tuple[Array, Array]:
    """Give the largest IoU of each box with one of another tracklet, and with the first or last one of another."""
    overlap, meeting = np.zeros(len(evidence.frame)), np.zeros(len(evidence.frame))
    outer = np.zeros(len(evidence.frame), dtype=bool)
    outer[evidence.start[:-1]] = outer[evidence.start[1:] - 1] = True
    order = np.argsort(evidence.frame, kind="stable")
    frame = evidence.frame[order]
    for shift in range(1, int(np.bincount(frame).max(initial=0))):
        same = frame[shift:] == frame[:-shift]
        pair = order[shift:][same], order[:-shift][same]
        shared = iou_of_pairs(evidence.box[pair[0]], evidence.box[pair[1]])
        for one, other in (pair, pair[::-1]):
            overlap[one] = np.maximum(overlap[one], shared)
            meeting[one] = np.maximum(meeting[one], np.where(outer[other], shared, 0.0))
    return overlap, meeting


def _around(value: Array, owner: Ints, time_s: Array) -> Array:
    """Give the largest value of a tracklet around each of its boxes; what is `_AROUND_S` away counts half."""
    most = value.copy()
    for shift in count(1):
        apart_s = time_s[shift:] - time_s[:-shift]
        near = (owner[shift:] == owner[:-shift]) & (apart_s <= _AROUND_S)
        if not near.any():
            break
        share = np.where(near, 1.0 - apart_s / (2 * _AROUND_S), 0.0)
        most[shift:] = np.maximum(most[shift:], share * value[:-shift])
        most[:-shift] = np.maximum(most[:-shift], share * value[shift:])
    return most


def _jump(frames: pd.DataFrame, evidence: TrackletEvidence, owner: Ints, time_s: Array) -> Array:
    """Give how far each head is from where it was expected (boxes,), in body heights, the camera's motion taken out.

    Expected is an even way from the box before, as fast as shortly before and after.
    """
    motions = frames[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
    camera = since_cut(motions, is_motion(motions), frames["shot"].to_numpy(np.int64))
    at = np.searchsorted(frames["frame"].to_numpy(np.int64), evidence.frame)
    head = np.column_stack([(evidence.box[:, 0] + evidence.box[:, 2]) / 2, evidence.box[:, 1]])
    height = evidence.box[:, 3] - evidence.box[:, 1]

    def seen_from(here: Ints, there: Ints) -> Array:
        """Carry the heads of boxes into the pictures of others."""
        pairs, of = np.unique(at[there] * len(frames) + at[here], return_inverse=True)
        motion = (camera[pairs // len(frames)] @ np.linalg.inv(camera[pairs % len(frames)]))[of]
        carried = np.einsum("nij,nj->ni", motion, np.column_stack([head[here], np.ones(len(here))]))
        return np.asarray(carried[:, :2] / carried[:, 2:])

    box = np.arange(len(owner))
    first, last = evidence.start[owner], evidence.start[owner + 1] - 1
    when = time_s + owner * (np.ptp(time_s) + 1.0)  # one clock for all, tracklets one after the other
    before = np.maximum(box - 1, first)
    earlier = np.maximum(np.searchsorted(when, when[before] - _AROUND_S - 1e-6), first)
    later = np.minimum(np.searchsorted(when, when + _AROUND_S + 1e-6, side="right") - 1, last)
    place = seen_from(before, box)
    ways = (place - seen_from(earlier, box)) + (seen_from(later, box) - head)
    moved_s = (time_s[before] - time_s[earlier]) + (time_s[later] - time_s)
    speed = ways / np.maximum(moved_s, 1e-3)[:, None]
    off = head - place - (time_s - time_s[before])[:, None] * speed
    return np.asarray(np.linalg.norm(off, axis=1) / np.maximum(height, 1e-6))
