"""Features of single tracklets: pooled embedding, jersey colour, time, place and motion."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.vectors import unit_or_nan
from pipeline.understand.features.roaming import roaming
from pipeline.understand.game import TrackedGame

_MIN_BOXES_FOR_HALVES = 20
"""Chosen boxes from which on the halves of a tracklet are compared."""
_GROUPS = 512
"""Tracklets whose embeddings are read at once."""
_END_BOXES = 5
"""Boxes at either end of a tracklet whose median foot point says where it began or ended."""


@dataclass(frozen=True)
class TrackletEvidence:
    """Features of n tracklets, in order of first box whatever their numbers; arrays have n rows.

    Frames and times lie one after the other: those of tracklet i are `[start[i] : start[i + 1]]`.
    """

    track_id: NDArray[np.int64]  # (n,)
    start: NDArray[np.int64]  # (n + 1,)
    row: NDArray[np.int64]  # (boxes,) row in detections, by tracklet and then by frame
    frame: NDArray[np.int64]  # (boxes,)
    box: NDArray[np.float64]  # (boxes, 4) x1 y1 x2 y2, px
    step_s: float  # usual time between frames
    first_s: NDArray[np.float64]  # (n,) time of the first box
    last_s: NDArray[np.float64]  # (n,)
    seen_s: NDArray[np.float64]  # (n,) boxes times the usual step between frames
    embedded: NDArray[np.int64]  # (n,) boxes with an embedding
    embedding: NDArray[np.float32]  # (n, dim) pooled, unit length; NaN where no box has one
    self_distance: NDArray[np.float64]  # (n,) cosine distance between its two halves; NaN where there is too little
    jersey: NDArray[np.float64]  # (n, 3) median CIE L* a* b* of the torso; NaN where unknown
    referee: NDArray[np.float64]  # (n,) share of the boxes' scores that say referee
    roaming: NDArray[np.float64]  # (n,) how far it ranges in its liveliest seconds, in body heights; NaN if too short
    first_px: NDArray[np.float64]  # (n, 2) foot point at the start in the picture
    last_px: NDArray[np.float64]  # (n, 2) at the end
    height_px: NDArray[np.float64]  # (n,) median height of its boxes
    first_m: NDArray[np.float64]  # (n, 2) foot point at the start on the court; NaN where unknown
    last_m: NDArray[np.float64]  # (n, 2) at the end

    def __len__(self) -> int:
        """Count the tracklets."""
        return len(self.track_id)

    @property
    def boxes_in_time(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], float]:
        """Where each tracklet starts, the frames and boxes one after the other, and the usual time between frames."""
        return self.start, self.frame, self.box, self.step_s

    def boxes(self) -> NDArray[np.int64]:
        """Count the boxes of each tracklet (n,)."""
        return np.diff(self.start)


def gather_evidence(
    game: TrackedGame, crops_per_tracklet: int, before: TrackletEvidence | None = None
) -> TrackletEvidence:
    """Collect the features of every tracklet of a game; the order of rows in its tables does not matter.

    Args:
        game: with embeddings, which may be a memory map: only the pooled rows are read.
        crops_per_tracklet: at most so many embeddings are pooled, the best of as many equal parts of those that a tracklet
            has; and likewise so many jersey colours.
        before: evidence of other tracklets of the game, gathered likewise.
    """
    row, track_id, start = _rows_by_tracklet(game)
    source = unchanged_tracklets(row, start, before)  # (n,)
    fresh = source < 0
    length = np.diff(start)
    features = _features(game, row[np.repeat(fresh, length)], bounds_of(length[fresh]), crops_per_tracklet)
    if before is not None:
        features = {name: _merged(values, getattr(before, name), source) for name, values in features.items()}
    time_s = game.box_time_s[row]  # (boxes,)
    return TrackletEvidence(
        track_id=track_id,
        start=start,
        row=row,
        frame=game.box_frame[row],
        box=game.xyxy_px[row],
        step_s=game.step_s,
        first_s=time_s[start[:-1]],
        last_s=time_s[start[1:] - 1],
        seen_s=length * game.step_s,
        **features,
    )


def unchanged_tracklets(
    row: NDArray[np.int64], start: NDArray[np.int64], before: TrackletEvidence | None
) -> NDArray[np.int64]:
    """Find tracklets that were there before with the same boxes.

    Args:
        row: (boxes,) row in detections, by tracklet and then by frame.
        start: (n + 1,) where each tracklet starts.
        before: of other tracklets of the same game.

    Returns:
        (n,) which of the tracklets before each is; -1 for none.
    """
    n = len(start) - 1
    if before is None or not n:
        return np.full(n, -1, dtype=np.int64)
    owner_of_row = np.full(int(max(row.max(), before.row.max(initial=0))) + 1, -1, dtype=np.int64)
    owner_of_row[before.row] = np.repeat(np.arange(len(before)), before.boxes())
    owner = owner_of_row[row]  # (boxes,)
    source = owner[start[:-1]]
    same = np.minimum.reduceat(owner, start[:-1]) == np.maximum.reduceat(owner, start[:-1])
    return np.where(same & (before.boxes()[source] == np.diff(start)), source, -1)


def bounds_of(length: NDArray[np.integer]) -> NDArray[np.int64]:
    """Give where each of n groups of such lengths (n,) starts, laid one after the other, and the end (n + 1,)."""
    return np.append(0, np.cumsum(length)).astype(np.int64)


def summed(values: NDArray[np.float64], start: NDArray[np.int64]) -> NDArray[np.float64]:
    """Add up the values (k, c) of g groups, one after the other, in their order: (g, c).

    Args:
        values: (k, c), by group.
        start: (g,) where each group starts, from 0.
    """
    length = np.diff(np.append(start, len(values)))
    total = values[start]  # (g, c)
    for place in range(1, int(length.max(initial=0))):
        longer = np.flatnonzero(length > place)
        total[longer] += values[start[longer] + place]
    return total


def _merged(fresh: NDArray[Any], before: NDArray[Any], source: NDArray[np.int64]) -> NDArray[Any]:
    """Take the values (n, ...) of tracklets from those before where `source` (n,) says so, in turn from `fresh` elsewhere."""
    merged = np.empty((len(source), *fresh.shape[1:]), dtype=fresh.dtype)
    merged[source < 0], merged[source >= 0] = fresh, before[source[source >= 0]]
    return merged


def _features(
    game: TrackedGame, row: NDArray[np.int64], start: NDArray[np.int64], crops_per_tracklet: int
) -> dict[str, NDArray[Any]]:
    """Compute the features of n tracklets that depend on their own boxes alone, by name of the field.

    Args:
        game: as for `gather_evidence`.
        row: (boxes,) row in detections, by tracklet and then by frame.
        start: (n + 1,) where each tracklet starts.
        crops_per_tracklet: as for `gather_evidence`.
    """
    spans = [slice(a, b) for a, b in pairwise(start.tolist())]
    box, quality = game.xyxy_px[row], pooling_weight(game.detections)  # (boxes, 4), (m,)
    owner = np.repeat(np.arange(len(spans)), np.diff(start))
    embedded, dressed = game.is_embedded[row], game.is_coloured[row]
    best = _best_spread(row[embedded], owner[embedded], quality, crops_per_tracklet)
    coloured = (
        best if (embedded == dressed).all() else _best_spread(row[dressed], owner[dressed], quality, crops_per_tracklet)
    )
    score = game.detections["score"].to_numpy(np.float64)[row]
    says_referee = (game.detections["class"] == "referee").to_numpy()[row]
    foot_px = np.column_stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3]])  # (boxes, 2)
    height_px = np.array([np.median(box[span, 3] - box[span, 1]) for span in spans])
    ends_px, ends_m = (_ends(points, start) for points in (foot_px, game.feet_m[row]))
    return {
        "embedded": np.bincount(owner[embedded], minlength=len(spans)),
        "embedding": _pooled(game.embeddings, *best, len(spans), quality),
        "self_distance": _self_distances(game.embeddings, *best, len(spans), quality),
        "jersey": _medians(game.jersey_lab[coloured[0]], coloured[1], len(spans)),
        "referee": np.bincount(owner, says_referee * score, len(spans)) / np.bincount(owner, score, len(spans)),
        "roaming": roaming(game, box, game.box_frame[row], start, height_px),
        "first_px": ends_px[0],
        "last_px": ends_px[1],
        "height_px": height_px,
        "first_m": ends_m[0],
        "last_m": ends_m[1],
    }


def _rows_by_tracklet(game: TrackedGame) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Give the detection rows by tracklet and frame (boxes,), the track ids (n,), and where each tracklet starts (n + 1,)."""
    box, track_id = game.tracks["detection_id"].to_numpy(np.int64), game.tracks["track_id"].to_numpy(np.int64)
    row = game.tracked_rows
    _, owner = np.unique(track_id, return_inverse=True)
    frame = game.box_frame[row]
    in_time = np.lexsort((box, frame))
    _, first, owner = np.unique(owner[in_time], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    owner = rank[owner]  # tracklets in order of first box
    by_tracklet = np.argsort(owner, kind="stable")
    order = in_time[by_tracklet]
    start = np.searchsorted(owner[by_tracklet], np.arange(len(first) + 1))
    return row[order], track_id[order[start[:-1]]], start.astype(np.int64)


def pooling_weight(detections: pd.DataFrame) -> NDArray[np.float64]:
    """Weigh each box (m,) by its crop quality; one of unknown quality counts a little, none counts nothing."""
    quality = detections["quality"].to_numpy(np.float64)
    return np.where(np.isfinite(quality), np.clip(quality, 0.01, 1.0), 0.1)


def _best_spread(
    rows: NDArray[np.int64], owner: NDArray[np.int64], quality: NDArray[np.float64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose the best row of each of `most` equal parts of every tracklet.

    Args:
        rows: (k,) by tracklet, and then in order of time.
        owner: (k,) the tracklet, not falling.
        quality: (m,) of all rows.
        most: parts.

    Returns:
        The rows chosen and their tracklets, in the same order.
    """
    _, first, count = np.unique(owner, return_index=True, return_counts=True)
    rank, total = np.arange(len(rows)) - np.repeat(first, count), np.repeat(count, count)
    part = np.where(total <= most, rank, rank * most // total)
    key = owner * most + part
    order = np.lexsort((-quality[rows], key))
    chosen = order[np.flatnonzero(np.diff(key[order], prepend=-1))]
    return rows[chosen], owner[chosen]


def _pooled(
    embeddings: NDArray[np.floating],
    rows: NDArray[np.int64],
    group: NDArray[np.int64],
    count: int,
    quality: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Average unit embeddings by quality in each group -> (count, dim) unit length, NaN where there is none.

    Args:
        embeddings: (m, dim)
        rows: (k,) to be averaged.
        group: (k,) of each, from 0, not falling.
        count: groups.
        quality: (m,) weights.
    """
    pooled = np.full((count, embeddings.shape[1]), np.nan, dtype=np.float32)
    border = np.searchsorted(group, np.arange(0, count + _GROUPS, _GROUPS))
    for begin, end in pairwise(border.tolist()):
        vectors = unit_or_nan(np.asarray(embeddings[rows[begin:end]], dtype=np.float32))
        usable = np.isfinite(vectors[:, 0])
        owner, weight = group[begin:end][usable], quality[rows[begin:end]][usable]
        owners, start = np.unique(owner, return_index=True)
        if len(owners):
            total = summed(vectors[usable] * weight[:, None], start)
            pooled[owners] = total / summed(weight[:, None], start)
    return unit_or_nan(pooled)


def _self_distances(
    embeddings: NDArray[np.floating],
    rows: NDArray[np.int64],
    owner: NDArray[np.int64],
    count: int,
    quality: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give the cosine distance (count,) between the first and the second half of the chosen rows; NaN for few of them.

    Args:
        embeddings: (m, dim)
        rows: (k,) chosen of the tracklets.
        owner: (k,) tracklet of each, not falling.
        count: tracklets.
        quality: (m,) weights.
    """
    _, first, number = np.unique(owner, return_index=True, return_counts=True)
    rank, total = np.arange(len(rows)) - np.repeat(first, number), np.repeat(number, number)
    enough = total >= _MIN_BOXES_FOR_HALVES
    half = 2 * owner + (rank >= (total + 1) // 2)
    pooled = _pooled(embeddings, rows[enough], half[enough], 2 * count, quality)
    pairs = pooled.astype(np.float64).reshape(count, 2, embeddings.shape[1])
    return np.asarray(1.0 - (pairs[:, 0] * pairs[:, 1]).sum(axis=1))


def _ends(points: NDArray[np.float64], start: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """Give the median point (n, 2) of the first boxes of each tracklet, and of the last; NaN where all are.

    Args:
        points: (boxes, 2), NaN where unknown.
        start: (n + 1,) where each tracklet starts.
    """
    count = np.minimum(np.diff(start), _END_BOXES)
    owner = np.repeat(np.arange(len(count)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    rows = np.repeat(start[:-1], count) + offset, np.repeat(start[1:] - count, count) + offset
    return [_medians(points[at], owner, len(count)) for at in rows]


def _medians(values: NDArray[np.float64], owner: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Give the median of the rows of each owner without NaN -> (count, c); NaN if there is none.

    Args:
        values: (k, c)
        owner: (k,) from 0.
        count: owners.
    """
    finite = np.isfinite(values).all(axis=1)
    values, owner = values[finite], owner[finite]
    number = np.bincount(owner, minlength=count)
    start, seen = np.cumsum(number) - number, number > 0
    low, high = (start + (number - 1) // 2)[seen], (start + number // 2)[seen]
    medians = np.full((count, values.shape[1]), np.nan)
    for column, value in enumerate(values.T):
        ordered = value[np.lexsort((value, owner))]
        medians[seen, column] = (ordered[low] + ordered[high]) / 2
    return medians
