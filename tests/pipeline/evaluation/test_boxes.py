"""Overlap and matching against slow plain versions and by hand."""

import itertools

import numpy as np
import pytest

from pipeline.evaluation.boxes import IdentifiedBoxes, assign, iou_xywh, match, on_ignored, pair


def boxes(*rows: tuple[int, int, float, float, float, float]) -> IdentifiedBoxes:
    table = np.array(rows, dtype=float).reshape(-1, 6)
    return IdentifiedBoxes(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (10, 0, 10, 10), 0.0),
        ((0, 0, 10, 10), (5, 5, 10, 10), 25 / 175),
        ((0, 0, 10, 10), (2, 2, 5, 5), 0.25),
        ((0, 0, 0, 10), (0, 0, 0, 10), 0.0),
    ],
)
def test_iou_by_hand(first, second, expected):
    assert iou_xywh(np.array([first], float), np.array([second], float))[0, 0] == pytest.approx(expected)


def test_iou_of_no_boxes():
    assert iou_xywh(np.zeros((0, 4)), np.ones((3, 4))).shape == (0, 3)


def test_assignment_equals_trying_every_permutation():
    rng = np.random.default_rng(0)
    for _ in range(30):
        value = rng.random((4, 4))
        rows, columns = assign(value, 0.4)
        usable = np.where(value >= 0.4, value, 0)
        best = max(sum(usable[i, p[i]] for i in range(4)) for p in itertools.permutations(range(4)))
        assert value[rows, columns].sum() == pytest.approx(best)
        assert (value[rows, columns] >= 0.4).all()


def test_frames_that_are_not_scored_take_no_part():
    truth = boxes((0, 1, 0, 0, 10, 10), (5, 1, 0, 0, 10, 10))
    found = boxes((0, 7, 0, 0, 10, 10), (3, 7, 0, 0, 10, 10), (5, 7, 0, 0, 10, 10))
    pairing = pair(truth, found, np.array([5]))
    assert [rows.tolist() for rows in pairing.found_rows] == [[2]]
    assert match(pairing).truth_row.tolist() == [1]


def test_boxes_in_any_order_of_frames():
    truth = boxes((1, 1, 0, 0, 10, 10), (0, 2, 50, 0, 10, 10), (1, 2, 60, 0, 10, 10))
    found = boxes((0, 5, 50, 0, 10, 10), (1, 5, 60, 0, 10, 10), (1, 6, 0, 0, 10, 10))
    matches = match(pair(truth, found, np.array([0, 1])))
    assert sorted(zip(matches.truth_row.tolist(), matches.found_row.tolist(), strict=True)) == [(0, 2), (1, 0), (2, 1)]


def test_a_box_on_a_hidden_person_counts_neither_way():
    truth = boxes((0, 1, 0, 0, 10, 10), (0, 2, 100, 0, 10, 10))
    found = boxes((0, 5, 0, 0, 10, 10), (0, 6, 100, 0, 10, 10), (0, 7, 200, 0, 10, 10))
    assert on_ignored(truth, np.array([False, True]), found, np.array([0])).tolist() == [False, True, False]
