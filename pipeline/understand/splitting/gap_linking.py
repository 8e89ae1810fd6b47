"""Tracklets of somebody who was hidden for a moment are joined again.

Which end goes on with which beginning is decided with both sides known: what people look like in the seconds before and
after, and where they went and came from. How much either says is learned from the game without labels: tracklets are cut open
for as long as a gap lasts, and the own other side is told from everybody else's by logistic regression. Nothing is a threshold
on a distance, so another encoder or another camera needs no other setting.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.config import TrackSettings
from pipeline.tables import conform
from pipeline.understand.features.embeddings import jersey_distances
from pipeline.understand.splitting.tracklet_ends import Boxes, Ends

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PLACE, _PLACE_PER_S = 0.3, 1.0
"""Body heights by which somebody is elsewhere than expected after a gap: at once, and for each second of it."""
_LEAST_GAP_S, _SIDE_S = 0.2, 0.3
"""Shortest gap that is cut open, and least time on either side of it."""
_CUTS, _LEAST_CUTS = 600, 20
"""How many tracklets are cut open to learn, and how many are too few."""
_LEAST_BOXES = 3
_LEAST_GAIN = 1.0
"""Log-likelihood ratio from which on two tracklets are joined."""
_BLOCK = 100_000
"""Pairs that are compared in one go."""


def stitch(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    embeddings: NDArray[np.floating],
    tracks: pd.DataFrame,
    settings: TrackSettings,
) -> pd.DataFrame:
    """Join tracklets that end with ones that begin after them in the same shot.

    Args:
        frames: table `frames`.
        detections: table `detections`, m rows.
        embeddings: (m, dim); NaN rows where unknown; may be a memory map: some rows of each tracklet are read.
        tracks: table `raw_tracks` or `split_tracks`.
        settings: `max_gap_s` is the longest gap.

    Returns:
        The table with as many rows, in the order given; tracklets that are joined have the number of the first of them. It
        stays as it is where too little was seen to learn from.
    """
    if tracks.empty or settings.max_gap_s <= _LEAST_GAP_S:
        return tracks
    boxes = Boxes.of(frames, detections, embeddings, settings.motion_compensation)
    track_ids, parts = _parts(detections, tracks)
    model = _learn(boxes, parts, settings.max_gap_s)
    if model is None:
        return tracks
    ends, beginnings = boxes.ends(parts), boxes.beginnings(parts)
    one, other = _candidates(boxes, ends, beginnings, settings.max_gap_s)
    gain = np.concatenate(
        [np.zeros(0)]
        + [
            model.decision_function(
                _features(boxes, ends.take(one[k : k + _BLOCK]), beginnings.take(other[k : k + _BLOCK]))
            )
            for k in range(0, len(one), _BLOCK)
        ]
    )
    first = _first_of_chain(one, other, gain, len(parts))
    number = pd.Series(track_ids[first], index=track_ids)
    return conform("raw_tracks", tracks.assign(track_id=number[tracks["track_id"]].to_numpy()))


def _parts(detections: pd.DataFrame, tracks: pd.DataFrame) -> tuple[Ints, list[Ints]]:
    """Give the numbers of the tracklets (n,) in order of their first box, and the rows of detections of each."""
    row = pd.Series(np.arange(len(detections)), index=detections["detection_id"].to_numpy())
    rows = row[tracks["detection_id"]].to_numpy(np.int64)
    frame, track_id = detections["frame"].to_numpy(np.int64)[rows], tracks["track_id"].to_numpy(np.int64)
    order = np.lexsort((frame, track_id))
    numbers, start = np.unique(track_id[order], return_index=True)
    by_time = np.argsort(frame[order][start], kind="stable")
    parts = np.split(rows[order], start[1:])
    return numbers[by_time], [parts[k] for k in by_time]


def _features(boxes: Boxes, ends: Ends, beginnings: Ends) -> Floats:
    """Compare ends (n,) with the beginnings after them: looks, kit, place and size (n, 4), 0 for what fits best."""
    gap_s = beginnings.time_s - ends.time_s
    place, speed = boxes.carried(ends, beginnings.at)
    way = beginnings.place_px - place - gap_s[:, None] * (speed + beginnings.speed_px) / 2
    off = (way**2).sum(axis=1) / (ends.height_px * beginnings.height_px)
    expected = _PLACE**2 + (_PLACE_PER_S * gap_s) ** 2
    looks = 1.0 - (ends.look * beginnings.look).sum(axis=1)
    kits = np.nan_to_num(jersey_distances(ends.kit, beginnings.kit), nan=0.5)
    return np.column_stack(
        [looks, kits, np.log1p(off / expected), np.abs(np.log(ends.height_px / beginnings.height_px))]
    )


def _learn(boxes: Boxes, parts: Sequence[Ints], max_gap_s: float) -> Pipeline | None:
    """Learn what tells a tracklet's own other side from others'; None where too few last long enough."""
    rng = np.random.default_rng(0)
    time_s = [boxes.time_s[part] for part in parts]
    begin, end = (np.array([times[k] for times in time_s]) for k in (0, -1))
    spare_s = end - begin - _LEAST_GAP_S - 2 * _SIDE_S
    if not (spare_s > 0).any():
        return None
    weight = np.maximum(spare_s, 0.0)
    features, same = [], []
    for own in rng.choice(len(parts), _CUTS, p=weight / weight.sum()):
        gap_s = rng.uniform(_LEAST_GAP_S, min(max_gap_s, _LEAST_GAP_S + spare_s[own]))
        from_s = rng.uniform(begin[own] + _SIDE_S, end[own] - gap_s - _SIDE_S)
        others = np.flatnonzero((begin < from_s) & (end > from_s + gap_s + _SIDE_S))
        later = [parts[k][time_s[k] >= from_s + gap_s] for k in [own, *others[others != own]]]
        later = [rows for rows in later if len(rows) >= _LEAST_BOXES]
        before = boxes.ends([parts[own][time_s[own] <= from_s]])
        features.append(_features(boxes, before.take(np.zeros(len(later), np.int64)), boxes.beginnings(later)))
        same.append(np.arange(len(later)) == 0)
    every, is_same = np.concatenate(features), np.concatenate(same)
    if is_same.all() or is_same.sum() < _LEAST_CUTS:
        return None
    return likelihood_ratio(every, is_same)


def likelihood_ratio(features: Floats, same: NDArray[np.bool_]) -> Pipeline:
    """Learn from rows (n, d) what tells those of the class; `decision_function` gives the log-likelihood ratio.

    Either class counts as much as there are rows of the class: the log-odds have no opinion beforehand.
    """
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))
    share = np.where(same, 1.0, same.sum() / (~same).sum())
    return model.fit(features, same, logisticregression__sample_weight=share)


def _candidates(boxes: Boxes, ends: Ends, beginnings: Ends, max_gap_s: float) -> tuple[Ints, Ints]:
    """List the pairs (k,), (k,) of an end and a beginning after it in the same shot that a gap can lie between."""
    low = np.searchsorted(beginnings.time_s, ends.time_s, side="right")
    count = np.searchsorted(beginnings.time_s, ends.time_s + max_gap_s, side="right") - low
    one = np.repeat(np.arange(len(low)), count)
    other = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + low[one]
    together = boxes.shot[ends.at[one]] == boxes.shot[beginnings.at[other]]
    return one[together], other[together]


def _first_of_chain(one: Ints, other: Ints, gain: Floats, count: int) -> Ints:
    """Join pairs (k,), the likeliest first, each end and each beginning once; give the first part of each one's chain (n,).

    Example:
        >>> _first_of_chain(np.array([0, 1, 0]), np.array([2, 2, 1]), np.array([3.0, 2.0, -1.0]), 3).tolist()
        [0, 1, 0]
    """
    ended, begun = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    before = np.arange(count)
    for k in np.argsort(-gain, kind="stable")[: (gain > _LEAST_GAIN).sum()].tolist():
        if not ended[one[k]] and not begun[other[k]]:
            ended[one[k]] = begun[other[k]] = True
            before[other[k]] = one[k]
    for part in range(count):  # parts are in order of their beginnings: what comes before is done
        before[part] = before[before[part]]
    return before
