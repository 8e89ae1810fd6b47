"""Average precision and recall on cases computed by hand."""

import numpy as np
import pytest

from models.detector.detection import Boxes
from models.detector.evaluation import (
    LabelledBoxes,
    average_precisions,
    kept,
    match,
    merged,
    precision_recall,
    recall_at_precision,
)
from pipeline.geometry.boxes import iou

LEVELS = np.array([0.5])


def _boxes(*rows: tuple[float, float, float, int]) -> Boxes:
    """Boxes 10 wide and 20 tall: (left, top, score, class)."""
    table = np.array(rows, dtype=float).reshape(-1, 4)
    corners = np.column_stack([table[:, :2], table[:, 0] + 10, table[:, 1] + 20])
    return Boxes(corners.astype(np.float32), table[:, 2].astype(np.float32), table[:, 3].astype(np.int16))


def _truth(*rows: tuple[float, float, int], ignored: tuple[int, ...] = ()) -> LabelledBoxes:
    table = np.array(rows, dtype=float).reshape(-1, 3)
    corners = np.column_stack([table[:, :2], table[:, 0] + 10, table[:, 1] + 20])
    return LabelledBoxes(corners, table[:, 2].astype(int), np.isin(np.arange(len(table)), ignored))


def test_iou_of_boxes_without_area_is_zero():
    assert iou(np.zeros((1, 4)), np.zeros((1, 4))).tolist() == [[0.0]]
    assert iou(np.empty((0, 4)), np.ones((3, 4))).shape == (0, 3)


def test_ap_of_true_false_true():
    """Two to find; true at 0.9, false at 0.8, true at 0.7: precision 1 up to recall 0.5 (51 of 101 points), then 2/3."""
    found = [_boxes((0, 0, 0.9, 0), (500, 0, 0.8, 0), (100, 0, 0.7, 0))]
    truths = [_truth((0, 0, 0), (100, 0, 0))]
    ap = average_precisions(match(found, truths, 0, LEVELS))
    assert ap[0] == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_a_double_is_false_and_a_missed_one_lowers_recall():
    found = [_boxes((0, 0, 0.9, 0), (0, 1, 0.8, 0))]
    truths = [_truth((0, 0, 0), (100, 0, 0))]
    matches = match(found, truths, 0, LEVELS)
    assert matches.true.tolist() == [[True, False]]
    assert precision_recall(matches)[1].tolist() == [0.5, 0.5]
    assert average_precisions(matches)[0] == pytest.approx(51 / 101)


def test_overlap_levels_are_scored_apart():
    """Shifted by 2 of 10 px: IoU 8/12 = 0.667, true at 0.5 to 0.65 (4 of 10 levels)."""
    matches = match([_boxes((2, 0, 0.9, 0))], [_truth((0, 0, 0))], 0)
    assert average_precisions(matches).mean() == pytest.approx(0.4)


def test_classes_do_not_mix_and_scores_of_all_images_are_ranked_together():
    found = [_boxes((0, 0, 0.6, 0), (0, 0, 0.9, 1)), _boxes((0, 0, 0.8, 0))]
    truths = [_truth((0, 0, 0)), _truth((300, 0, 0))]
    matches = match(found, truths, 0, LEVELS)
    assert matches.score.tolist() == pytest.approx([0.8, 0.6])
    assert matches.true.tolist() == [[False, True]]
    assert average_precisions(matches)[0] == pytest.approx(0.5 * 51 / 101)


def test_ignored_truth_is_neither_missed_nor_false():
    found = [_boxes((0, 0, 0.9, 0), (100, 0, 0.8, 0), (101, 0, 0.7, 0))]
    truths = [_truth((0, 0, 0), (100, 0, 0), ignored=(1,))]
    matches = match(found, truths, 0, LEVELS)
    assert matches.truths == 1
    assert average_precisions(matches)[0] == pytest.approx(1.0)
    assert recall_at_precision(matches, 0.99)[0] == 1.0


def test_a_box_takes_the_true_box_that_it_overlaps_most():
    found = [_boxes((4, 0, 0.9, 0), (0, 0, 0.8, 0))]
    truths = [_truth((0, 0, 0), (5, 0, 0))]
    assert match(found, truths, 0, np.array([0.3])).true.tolist() == [[True, True]]


def test_recall_at_precision_takes_the_last_point_that_is_good_enough():
    """Precisions 1, 1/2, 2/3, 3/4, 3/5: at 0.7 the fourth is the last good one."""
    found = [_boxes((0, 0, 0.9, 0), (900, 0, 0.8, 0), (100, 0, 0.7, 0), (200, 0, 0.6, 0), (950, 0, 0.5, 0))]
    truths = [_truth((0, 0, 0), (100, 0, 0), (200, 0, 0), (300, 0, 0))]
    recall, score = recall_at_precision(match(found, truths, 0, LEVELS), 0.7)
    assert (recall, score) == (0.75, pytest.approx(0.6))


def test_equal_scores_cannot_be_parted_by_a_threshold():
    found = [_boxes((0, 0, 0.9, 0), (900, 0, 0.9, 0))]
    recall, score = recall_at_precision(match(found, [_truth((0, 0, 0))], 0, LEVELS), 0.9)
    assert recall == 0
    assert np.isnan(score)


def test_nothing_to_find_is_nan_and_nothing_found_is_zero():
    none = match([_boxes()], [_truth()], 0, LEVELS)
    assert np.isnan(average_precisions(none)).all()
    assert np.isnan(recall_at_precision(none, 0.9)[0])
    missed = match([_boxes()], [_truth((0, 0, 0))], 0, LEVELS)
    assert average_precisions(missed).tolist() == [0.0]
    assert recall_at_precision(missed, 0.9)[0] == 0.0
    assert np.isnan(average_precisions(match([], [], 0, LEVELS))).all()


def test_merged_classes_count_as_one():
    boxes = _boxes((0, 0, 0.9, 1), (100, 0, 0.8, 2))
    assert merged(boxes, (0, 1), into=0).class_index.tolist() == [0, 2]
    assert kept(boxes, boxes.score > 0.85).class_index.tolist() == [1]


def test_scores_agree_with_a_plain_second_implementation():
    rng = np.random.default_rng(3)
    found, truths = [], []
    for _ in range(12):
        true = rng.integers(0, 60, (6, 2))
        truths.append(_truth(*((x, y, 0) for x, y in true)))
        near = true[rng.random(6) < 0.7] + rng.normal(0, 2, 2)
        far = rng.integers(0, 60, (3, 2))
        found.append(_boxes(*((x, y, rng.random(), 0) for x, y in np.concatenate([near, far]))))
    fast = average_precisions(match(found, truths, 0, LEVELS))[0]
    assert fast == pytest.approx(_plain_ap(found, truths, 0.5))


def _plain_ap(found: list[Boxes], truths: list[LabelledBoxes], level: float) -> float:
    """AP at one level, all boxes in one loop over falling scores."""
    ranked = sorted(
        ((s, i, b) for i, f in enumerate(found) for s, b in zip(f.score, f.xyxy_px, strict=True)), key=lambda r: -r[0]
    )
    used: set[tuple[int, int]] = set()
    points, hits = [], 0
    total = sum(len(t.class_index) for t in truths)
    for rank, (_, image, box) in enumerate(ranked, start=1):
        overlaps = iou(box[None], truths[image].xyxy_px)[0]
        free = [(o, j) for j, o in enumerate(overlaps) if (image, j) not in used and o >= level]
        if free:
            used.add((image, max(free)[1]))
            hits += 1
        points.append((hits / total, hits / rank))
    return float(np.mean([max((p for r, p in points if r >= step), default=0.0) for step in np.linspace(0, 1, 101)]))
