"""Features of single tracklets: pooled embedding, jersey colour, time, place and motion."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.vectors import unit_or_nan
from pipeline.understand.features.roaming import roaming
from pipeline.understand.game import TrackedGame

_MIN_BOXES_FOR_HALVES = 20
"""Chosen boxes from which on the halves of a tracklet are compared."""
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


def gather_evidence(game: TrackedGame, crops_per_tracklet: int) -> TrackletEvidence:
    """Collect the features of every tracklet of a game; the order of rows in its tables does not matter.

    Args:
        game: with embeddings, which may be a memory map: only the pooled rows are read.
        crops_per_tracklet: at most so many embeddings are pooled, the best of as many equal parts of those that a tracklet
            has; and likewise so many jersey colours.
    """
    row, track_id, start = _rows_by_tracklet(game)
    frame, time_s, box = game.box_frame[row], game.box_time_s[row], game.xyxy_px[row]  # (boxes,), (boxes,), (boxes, 4)
    quality = pooling_weight(game.detections)
    embedded, dressed = (
        [rows[chosen[rows]] for rows in np.split(row, start[1:-1])] for chosen in (game.is_embedded, game.is_coloured)
    )
    best = [_best_spread(rows, quality, crops_per_tracklet) for rows in embedded]
    score = game.detections["score"].to_numpy(np.float64)[row]
    says_referee = (game.detections["class"] == "referee").to_numpy()[row]
    spans = [slice(a, b) for a, b in pairwise(start)]
    foot_px = np.column_stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3]])  # (boxes, 2)
    foot_m = [game.feet_m[row[span]] for span in spans]
    return TrackletEvidence(
        track_id=track_id,
        start=start,
        row=row,
        frame=frame,
        box=box,
        step_s=game.step_s,
        first_s=time_s[start[:-1]],
        last_s=time_s[start[1:] - 1],
        seen_s=np.diff(start) * game.step_s,
        embedded=np.array([len(rows) for rows in embedded], dtype=np.int64),
        embedding=_pooled(game.embeddings, best, quality),
        self_distance=_self_distances(game.embeddings, best, quality),
        jersey=np.array(
            [_median(game.jersey_lab[_best_spread(rows, quality, crops_per_tracklet)]) for rows in dressed]
        ).reshape(-1, 3),
        referee=np.array([score[span][says_referee[span]].sum() / score[span].sum() for span in spans]),
        roaming=roaming(game, box, frame, start),
        first_px=np.array([_median(foot_px[span][:_END_BOXES]) for span in spans]).reshape(-1, 2),
        last_px=np.array([_median(foot_px[span][-_END_BOXES:]) for span in spans]).reshape(-1, 2),
        height_px=np.array([np.median(box[span, 3] - box[span, 1]) for span in spans]),
        first_m=np.array([_median(feet[:_END_BOXES]) for feet in foot_m]).reshape(-1, 2),
        last_m=np.array([_median(feet[-_END_BOXES:]) for feet in foot_m]).reshape(-1, 2),
    )


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


def _best_spread(rows: NDArray[np.int64], quality: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Choose the best row of each of `most` equal parts of a tracklet (rows in order of time)."""
    if len(rows) <= most:
        return rows
    part = np.arange(len(rows)) * most // len(rows)
    order = np.lexsort((-quality[rows], part))
    return rows[order[np.searchsorted(part, np.arange(most))]]


def _pooled(
    embeddings: NDArray[np.floating], best: list[NDArray[np.int64]], quality: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Average unit embeddings of the chosen rows by quality -> (n, dim) unit length, NaN where there is none."""
    pooled = np.full((len(best), embeddings.shape[1]), np.nan, dtype=np.float32)
    for i, rows in enumerate(best):
        vectors = unit_or_nan(np.asarray(embeddings[rows], dtype=np.float32))
        usable = np.isfinite(vectors[:, 0])
        if usable.any():
            pooled[i] = np.average(vectors[usable], axis=0, weights=quality[rows][usable])
    return unit_or_nan(pooled)


def _self_distances(
    embeddings: NDArray[np.floating], best: list[NDArray[np.int64]], quality: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the cosine distance (n,) between the first and the second half of the chosen rows; NaN for few of them."""
    halves = [
        half for rows in best for half in np.array_split(rows if len(rows) >= _MIN_BOXES_FOR_HALVES else rows[:0], 2)
    ]
    pooled = _pooled(embeddings, halves, quality).astype(np.float64).reshape(len(best), 2, -1)
    return np.asarray(1.0 - (pooled[:, 0] * pooled[:, 1]).sum(axis=1))


def _median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the median of the rows (k, c) without NaN -> (c,); NaN if there is none."""
    finite = values[np.isfinite(values).all(axis=1)]
    return np.median(finite, axis=0) if len(finite) else np.full(values.shape[1], np.nan)
