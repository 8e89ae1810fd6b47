"""Detection scores: average precision as COCO defines it, and recall by the height of people."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.average_precision import average_precision
from pipeline.evaluation.boxes import Bools, Floats, IdentifiedBoxes, Ints, match, pair

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""COCO's ten."""
HEIGHT_BINS_PX = (0.0, 40.0, 64.0, 96.0, 160.0, float("inf"))
"""Edges of the box heights that recall is counted by, in px of the source frame; the lower edge belongs to the bin."""


@dataclass(frozen=True)
class HeightRecall:
    """Recall at IoU 0.5 of true boxes with a height in [low_px, high_px)."""

    low_px: float
    high_px: float
    truth_boxes: int
    found: int

    @property
    def recall(self) -> float:
        """Found over true boxes; NaN without any."""
        return self.found / self.truth_boxes if self.truth_boxes else float("nan")


@dataclass(frozen=True)
class DetectionScores:
    """Scores of scored boxes of one class; shares from 0 to 1, NaN where there is no true box.

    AP is the COCO definition (101 recall points, greedy matching by score, no limit on the number of boxes). A run
    keeps only boxes above its settings' `detect.min_score`, which bounds the AP from above.
    """

    ap50: float
    ap50_95: float
    recall: float
    """Share of true boxes with a box at IoU 0.5, all stored boxes taken."""
    precision: float
    """Share of stored boxes on a true one at IoU 0.5; NaN without boxes."""
    by_height: tuple[HeightRecall, ...]
    truth_boxes: int
    found_boxes: int


def score_detection(
    truth: IdentifiedBoxes, ignored: Bools, found: IdentifiedBoxes, score: Floats, frames: Ints
) -> DetectionScores:
    """Score boxes of one class on the scored frames.

    Args:
        truth: true boxes.
        ignored: (n,) true boxes that need not be found; found boxes on them do not count.
        found: found boxes; their identities play no part.
        score: (m,) confidence of each found box.
        frames: (t,) scored frames.
    """
    rows = np.flatnonzero(np.isin(found.frame, frames))
    found, score = found.take(rows), score[rows]
    kept_rows = np.isin(truth.frame, frames)
    truth, ignored = truth.take(kept_rows), ignored[kept_rows]
    outcome = match_by_score(truth, ignored, found, score, frames)
    required = int((~ignored).sum())
    hits, counted = int((outcome[0] == 1).sum()), int((outcome[0] >= 0).sum())
    precisions = [average_precision(o, score, required) for o in outcome]
    return DetectionScores(
        ap50=precisions[0],
        ap50_95=float(np.mean(precisions)),
        recall=hits / required if required else float("nan"),
        precision=hits / counted if counted else float("nan"),
        by_height=recall_by_height(truth, ignored, found, frames),
        truth_boxes=required,
        found_boxes=counted,
    )


def match_by_score(
    truth: IdentifiedBoxes, ignored: Bools, found: IdentifiedBoxes, score: Floats, frames: Ints
) -> NDArray[np.int8]:
    """Match boxes of each frame greedily, the surest first, at each of the ten IoU thresholds.

    Args:
        truth: true boxes of the scored frames.
        ignored: (n,) true boxes that need not be found.
        found: found boxes of the scored frames.
        score: (m,) confidence of each.
        frames: (t,) scored frames.

    Returns:
        (10, m) int8: 1 on a true box, 0 on none, -1 on one that is ignored.
    """
    pairing = pair(truth, found, frames)
    outcome = np.zeros((len(IOU_THRESHOLDS), len(found)), dtype=np.int8)  # (10, m)
    for truth_rows, found_rows, overlap in zip(pairing.truth_rows, pairing.found_rows, pairing.iou, strict=True):
        excused = ignored[truth_rows]
        i, j = np.nonzero(overlap >= IOU_THRESHOLDS[0])
        if len(np.unique(i)) == len(i) and len(np.unique(j)) == len(j):  # nobody competes: most frames
            hit = overlap[i, j] >= IOU_THRESHOLDS[:, None]
            outcome[:, found_rows[j]] = np.where(hit, np.where(excused[i], -1, 1), 0)
        else:
            outcome[:, found_rows] = _greedily(overlap, excused, score[found_rows])
    return outcome


def _greedily(overlap: Floats, excused: Bools, score: Floats) -> NDArray[np.int8]:
    """Match the boxes of one frame, the surest first; returns (10, m)."""
    free = np.ones((len(IOU_THRESHOLDS), len(excused)), dtype=bool)  # (10, n)
    outcome = np.zeros((len(IOU_THRESHOLDS), len(score)), dtype=np.int8)
    for k in np.argsort(-score, kind="stable"):
        if (overlap[:, k] >= IOU_THRESHOLDS[0]).any():
            outcome[:, k] = _take_best(overlap[:, k], excused, free)
    return outcome


def _take_best(overlap: Floats, excused: Bools, free: Bools) -> NDArray[np.int8]:
    """Give one box its best free true box per threshold, required ones first; takes it out of `free` (10, n)."""
    result = np.zeros(len(free), dtype=np.int8)
    for t, threshold in enumerate(IOU_THRESHOLDS):
        for value, group in ((1, ~excused), (-1, excused)):
            usable = np.flatnonzero(free[t] & group & (overlap >= threshold))
            if len(usable):
                free[t, usable[np.argmax(overlap[usable])]] = False
                result[t] = value
                break
    return result


def recall_by_height(
    truth: IdentifiedBoxes, ignored: Bools, found: IdentifiedBoxes, frames: Ints
) -> tuple[HeightRecall, ...]:
    """Count true boxes that have a found box at IoU 0.5 (one to one), by their height in px.

    Args:
        truth: true boxes of the scored frames.
        ignored: (n,) true boxes that need not be found.
        found: found boxes.
        frames: (t,) scored frames.
    """
    hit = np.zeros(len(truth), dtype=bool)
    hit[match(pair(truth, found, frames)).truth_row] = True
    height = truth.xywh_px[:, 3]
    bins = []
    for low, high in pairwise(HEIGHT_BINS_PX):
        inside = ~ignored & (height >= low) & (height < high)
        bins.append(HeightRecall(low, high, int(inside.sum()), int((inside & hit).sum())))
    return tuple(bins)
