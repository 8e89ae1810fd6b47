"""Average precision by hand, and against pycocotools where that is installed."""

from itertools import pairwise

import numpy as np
import pytest

from models.average_precision import average_precision
from pipeline.evaluation.boxes import NO_BOXES, IdentifiedBoxes
from pipeline.evaluation.detection import HEIGHT_BINS_PX, match_by_score, recall_by_height, score_detection


def everything(boxes: IdentifiedBoxes) -> np.ndarray:
    return np.zeros(len(boxes), dtype=bool)


def test_perfect_boxes(scene):
    truth = scene()
    scores = score_detection(truth, everything(truth), truth, np.linspace(0.1, 0.9, len(truth)), np.arange(40))
    assert (scores.ap50, scores.ap50_95, scores.recall, scores.precision) == pytest.approx((1, 1, 1, 1))


@pytest.mark.parametrize(
    ("outcome", "score", "required", "expected"),
    [
        ([1, 1], [0.9, 0.8], 2, 1.0),
        ([1, 0], [0.9, 0.8], 2, 51 / 101),  # recall one half: the points 0.00 .. 0.50
        ([0, 1], [0.9, 0.8], 1, 0.5),
        ([1, 0], [0.8, 0.9], 1, 0.5),
        ([-1, 1], [0.9, 0.8], 1, 1.0),
        ([], [], 3, 0.0),
    ],
)
def test_average_precision_by_hand(outcome, score, required, expected):
    assert average_precision(np.array(outcome, np.int8), np.array(score), required) == pytest.approx(expected)


def test_a_second_box_on_the_same_person_is_false(scene):
    truth = scene(people=1, frames=5)
    twice = IdentifiedBoxes(*(np.concatenate([a, a]) for a in (truth.frame, truth.identity, truth.xywh_px)))
    scores = score_detection(truth, everything(truth), twice, np.repeat([0.9, 0.3], 5), np.arange(5))
    assert scores.precision == pytest.approx(0.5)
    assert scores.ap50 == pytest.approx(1)


def test_recall_by_height(scene):
    truth = scene(people=2, frames=10)
    truth.xywh_px[truth.identity == 1, 3] = 30
    found = truth.take(truth.identity == 2)
    scores = score_detection(truth, everything(truth), found, np.full(10, 0.5), np.arange(10))
    assert [(h.truth_boxes, h.found) for h in scores.by_height] == [(10, 0), (0, 0), (10, 10), (0, 0), (0, 0)]
    assert scores.recall == pytest.approx(0.5)


def test_hidden_people_are_not_required(scene):
    truth = scene(people=2, frames=10)
    hidden = truth.identity == 1
    for found in (truth, truth.take(~hidden)):
        scores = score_detection(truth, hidden, found, np.full(len(found), 0.5), np.arange(10))
        assert (scores.recall, scores.precision, scores.ap50, scores.truth_boxes) == (1, 1, pytest.approx(1), 10)


def test_nothing_found_and_nothing_true(scene):
    truth = scene()
    missed = score_detection(truth, everything(truth), NO_BOXES, np.zeros(0), np.arange(40))
    assert (missed.ap50, missed.recall) == (0, 0)
    assert np.isnan(missed.precision)
    invented = score_detection(NO_BOXES, np.zeros(0, bool), truth, np.ones(len(truth)), np.arange(40))
    assert np.isnan(invented.ap50)
    assert invented.precision == 0


def by_coco(truth: IdentifiedBoxes, found: IdentifiedBoxes, score: np.ndarray) -> tuple[float, float]:
    """Score with pycocotools."""
    mask_api = pytest.importorskip("pycocotools.coco", exc_type=ImportError)
    from pycocotools.cocoeval import COCOeval

    truth_boxes = [
        {
            "id": k + 1,
            "image_id": int(f),
            "category_id": 1,
            "bbox": b.tolist(),
            "area": float(b[2] * b[3]),
            "iscrowd": 0,
        }
        for k, (f, b) in enumerate(zip(truth.frame, truth.xywh_px, strict=True))
    ]
    found_boxes = [
        {"image_id": int(f), "category_id": 1, "bbox": b.tolist(), "score": float(s)}
        for f, b, s in zip(found.frame, found.xywh_px, score, strict=True)
    ]
    coco = mask_api.COCO()
    images = [{"id": int(f)} for f in np.unique(truth.frame)]
    coco.dataset = {"info": {}, "images": images, "annotations": truth_boxes, "categories": [{"id": 1}]}
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(found_boxes), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, 0, 0, 2]
    return float(precision[0].mean()), float(precision.mean())


@pytest.mark.parametrize("seed", range(3))
def test_parity_with_pycocotools(scene, spoil, seed):
    truth = scene(people=8, seed=seed)
    found = spoil(truth, seed)
    score = np.random.default_rng(seed).permutation(len(found)) / len(found)
    scores = score_detection(truth, everything(truth), found, score, np.arange(40))
    assert (scores.ap50, scores.ap50_95) == pytest.approx(by_coco(truth, found, score))


def test_heights_at_an_edge_belong_to_the_upper_bin(scene):
    truth = scene(people=1, frames=4)
    for row, (_, high) in enumerate(pairwise(HEIGHT_BINS_PX[:5])):
        truth.xywh_px[row, 3] = high
    bins = recall_by_height(truth, np.array([True, False, False, False]), truth, np.arange(4))
    assert [(h.truth_boxes, h.found) for h in bins] == [(0, 0), (0, 0), (1, 1), (1, 1), (1, 1)]


def one_frame(*boxes_px):
    return IdentifiedBoxes(np.zeros(len(boxes_px), np.int64), np.arange(len(boxes_px)), np.array(boxes_px, float))


def test_the_surest_box_takes_the_best_true_box_and_required_ones_before_hidden_ones():
    """Found: a sure box between both true ones, and an unsure one that fits the first exactly."""
    truth = one_frame([0, 0, 100, 100], [20, 0, 100, 100])
    found = one_frame([8, 0, 100, 100], [0, 0, 100, 100])
    shown = np.zeros(2, bool)
    matched = match_by_score(truth, shown, found, np.array([0.9, 0.5]), np.arange(1))
    assert matched[0].tolist() == [1, 1]
    assert matched[-1].tolist() == [0, 1]
    assert match_by_score(truth, shown, found, np.array([0.5, 0.9]), np.arange(1))[0].tolist() == [1, 1]
    hidden = np.array([True, False])
    assert match_by_score(truth, hidden, found, np.array([0.9, 0.5]), np.arange(1))[0].tolist() == [1, -1]


def test_a_box_counts_at_the_thresholds_that_it_reaches():
    """An overlap of exactly 0.75, alone and against a rival without any."""
    truth = one_frame([0, 0, 100, 100])
    for found in (one_frame([0, 0, 75, 100]), one_frame([0, 0, 75, 100], [0, 0, 60, 100])):
        matched = match_by_score(truth, np.zeros(1, bool), found, np.array([0.9, 0.5])[: len(found)], np.arange(1))
        assert matched[:, 0].tolist() == [1] * 6 + [0] * 4
    excused = match_by_score(truth, np.ones(1, bool), one_frame([0, 0, 75, 100]), np.ones(1), np.arange(1))
    assert excused[:, 0].tolist() == [-1] * 6 + [0] * 4


def test_an_overlap_of_exactly_a_half_is_a_hit_alone_and_against_a_rival():
    truth, shown = one_frame([0, 0, 100, 100]), np.zeros(1, bool)
    half, rival = [0, 0, 50, 100], [0, 0, 60, 100]
    alone = match_by_score(truth, shown, one_frame(half), np.ones(1), np.arange(1))
    assert alone[:, 0].tolist() == [1] + [0] * 9
    both = match_by_score(truth, shown, one_frame(half, rival), np.array([0.9, 0.5]), np.arange(1))
    assert both[:, 0].tolist() == [1] + [0] * 9
    assert both[:, 1].tolist() == [0, 1, 1] + [0] * 7
