"""Scores of a detector: average precision as COCO defines it, and recall at a precision on annotated clips."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.average_precision import average_precision
from models.detector.detection import Boxes
from pipeline.geometry.boxes import iou

Array = NDArray[np.float64]

COCO_IOUS: NDArray[np.float64] = np.linspace(0.5, 0.95, 10)
"""The ten overlaps over which COCO's AP50-95 is the mean."""


@dataclass(frozen=True)
class LabelledBoxes:
    """What is really in one image.

    Attributes:
        xyxy_px: (n, 4) float.
        class_index: (n,) int.
        ignored: (n,) bool; an ignored box neither has to be found nor counts as false when it is.
    """

    xyxy_px: NDArray[np.floating]
    class_index: NDArray[np.integer]
    ignored: NDArray[np.bool_]


@dataclass(frozen=True)
class RankedMatches:
    """Boxes of one class in all images, best score first.

    Attributes:
        score: (n,) float.
        true: (levels, n) bool, whether the box meets an unmatched true box, by level of overlap.
        counted: (levels, n) bool; False for boxes on ignored truth.
        truths: number of true boxes that have to be found.
    """

    score: Array
    true: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    truths: int


def match(
    found: Sequence[Boxes], truths: Sequence[LabelledBoxes], class_index: int, ious: NDArray[np.float64] = COCO_IOUS
) -> RankedMatches:
    """Match the boxes of a class with the truth, image by image, best score first, as COCO does.

    A box takes the free true box that it overlaps most; ignored truth only when no other is left.

    Args:
        found: per image.
        truths: per image, same order.
        class_index: which class.
        ious: (levels,) least overlaps of a match.

    Returns:
        The matches of all images together.
    """
    scores, true, counted, total = [], [], [], 0
    for boxes, truth in zip(found, truths, strict=True):
        of_class = boxes.class_index == class_index
        wanted = truth.class_index == class_index
        score = boxes.score[of_class]
        order = np.argsort(-score, kind="stable")
        overlap = iou(boxes.xyxy_px[of_class][order].astype(float), truth.xyxy_px[wanted].astype(float))
        ignored = truth.ignored[wanted]
        hits = np.stack([_match_image(overlap, ignored, level) for level in ious])
        scores.append(score[order])
        true.append(hits == 1)
        counted.append(hits != -1)
        total += int((~ignored).sum())
    score = np.concatenate([*scores, np.empty(0)])
    order = np.argsort(-score, kind="stable")
    empty = np.empty((len(ious), 0), dtype=bool)
    joined_true, joined_counted = (np.concatenate([*each, empty], axis=1)[:, order] for each in (true, counted))
    return RankedMatches(score[order], joined_true, joined_counted, total)


def _match_image(overlap: Array, ignored: NDArray[np.bool_], level: float) -> NDArray[np.int64]:
    """Return per box of one image, best score first: 1 true, 0 false, -1 on ignored truth."""
    free = np.ones(overlap.shape[1], dtype=bool)
    result = np.zeros(len(overlap), dtype=np.int64)
    for row, overlaps in enumerate(overlap):
        reachable = overlaps >= level
        for candidates, outcome in ((reachable & free & ~ignored, 1), (reachable & ignored, -1)):
            if candidates.any():
                free[np.argmax(np.where(candidates, overlaps, -1))] = False
                result[row] = outcome
                break
    return result


def precision_recall(matches: RankedMatches, level: int = 0) -> tuple[Array, Array, Array]:
    """Return the curve over falling scores.

    Args:
        matches: of one class.
        level: which overlap, by its position.

    Returns:
        (n,) precision, (n,) recall, (n,) score, over the boxes that count.
    """
    counted = matches.counted[level]
    true = matches.true[level][counted]
    hits = np.cumsum(true)
    precision = hits / np.arange(1, len(true) + 1)
    recall = hits / matches.truths if matches.truths else np.full(len(true), np.nan)
    return precision, recall, matches.score[counted]


def average_precisions(matches: RankedMatches) -> Array:
    """Return the average precision at each level of overlap.

    Args:
        matches: of one class.

    Returns:
        (levels,) in 0..1; NaN when there is nothing to find.
    """
    outcome = np.where(matches.counted, matches.true, -1).astype(np.int8)  # (levels, n)
    return np.array([average_precision(of_level, matches.score, matches.truths) for of_level in outcome])  # (levels,)


def recall_at_precision(matches: RankedMatches, wanted: float) -> tuple[float, float]:
    """Return the highest recall at which the precision is at least as wanted, and the score that gives it.

    Args:
        matches: of one class; the first level of overlap is used.
        wanted: precision in 0..1.

    Returns:
        Recall and lowest score; (0, NaN) when the precision is never reached, (NaN, NaN) with nothing to find.
    """
    if matches.truths == 0:
        return float("nan"), float("nan")
    precision, recall, score = precision_recall(matches)
    # boxes of one score come together: the curve is only defined after the last of them
    ends = np.append(score[1:] != score[:-1], True) if len(score) else np.empty(0, dtype=bool)
    good = np.flatnonzero((precision >= wanted) & ends)
    if len(good) == 0:
        return 0.0, float("nan")
    return float(recall[good[-1]]), float(score[good[-1]])


def merged(boxes: Boxes, classes: Sequence[int], into: int) -> Boxes:
    """Give several classes one index (player and referee become persons).

    Args:
        boxes: of one image.
        classes: indices to merge.
        into: index that they get.

    Returns:
        New boxes; other classes stay as they are.
    """
    index = np.where(np.isin(boxes.class_index, list(classes)), into, boxes.class_index).astype(np.int16)
    return Boxes(boxes.xyxy_px, boxes.score, index)


def kept(boxes: Boxes, rows: NDArray[np.bool_]) -> Boxes:
    """Return some rows of the boxes.

    Args:
        boxes: of one image.
        rows: (n,) bool.

    Returns:
        New boxes.
    """
    return Boxes(boxes.xyxy_px[rows], boxes.score[rows], boxes.class_index[rows])
