"""Retrieval and verification on cases worked out by hand, and against scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from models.reid.evaluation import Labels, merge, retrieval, roc_auc, score, simultaneous

YES, NO = True, False


@pytest.mark.parametrize(
    ("similarity", "same", "valid", "rank1", "rank5", "mean_ap", "queries"),
    [
        # matches at ranks 1 and 3: (1/1 + 2/3) / 2
        ([[0.9, 0.8, 0.7]], [[YES, NO, YES]], [[YES, YES, YES]], 1, 1, 5 / 6, 1),
        # the best candidate does not take part
        ([[0.9, 0.8, 0.7]], [[NO, YES, NO]], [[NO, YES, YES]], 1, 1, 1, 1),
        # an invalid match does not count as one: nothing to find
        ([[0.9, 0.8]], [[YES, NO]], [[NO, YES]], math.nan, math.nan, math.nan, 0),
        # nobody else to confuse with: says nothing
        ([[0.9, 0.8]], [[YES, YES]], [[YES, YES]], math.nan, math.nan, math.nan, 0),
        # match at rank 6
        ([[0.9, 0.8, 0.7, 0.6, 0.5, 0.4]], [[NO] * 5 + [YES]], [[YES] * 6], 0, 0, 1 / 6, 1),
        # all alike: the worst order is taken
        ([[0.5, 0.5, 0.5]], [[YES, NO, NO]], [[YES] * 3], 0, 1, 1 / 3, 1),
    ],
)
def test_retrieval_by_hand(similarity, same, valid, rank1, rank5, mean_ap, queries) -> None:
    result = retrieval(np.array(similarity), np.array(same), np.array(valid))
    assert result.queries == queries
    np.testing.assert_allclose([result.rank1, result.rank5, result.mean_ap], [rank1, rank5, mean_ap])


def test_average_precision_and_auc_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    similarity, same = rng.random((20, 50)), rng.random((20, 50)) < 0.2
    result = retrieval(similarity, same, np.ones_like(same))
    expected = np.mean([average_precision_score(row, value) for row, value in zip(same, similarity, strict=True)])
    assert result.mean_ap == pytest.approx(expected)
    rounded = similarity.round(1).ravel()  # with ties
    assert roc_auc(rounded, same.ravel()) == pytest.approx(roc_auc_score(same.ravel(), rounded))


def test_auc_without_one_kind_of_pair_is_unknown() -> None:
    assert math.isnan(roc_auc(np.array([0.1, 0.2]), np.array([True, True])))


def test_merging_nothing_is_unknown_not_zero() -> None:
    assert math.isnan(merge([]).mean_ap)


def test_tracklets_differ_only_where_they_meet() -> None:
    differ = simultaneous(np.array([0, 1, 1, 2]), np.array([0, 0, 0, 1]), np.array([1.0, 1.0, 2.0, 1.0]))
    assert differ.tolist() == [[False, True, False], [True, False, False], [False, False, False]]


def labels_of(time_s: list[float], identity: list[int], clip: list[int], team: list[int], across: bool) -> Labels:
    numbers = np.array(identity)
    differ = ~np.eye(numbers.max() + 1, dtype=bool)
    group = np.zeros(len(clip), np.int64) if across else np.array(clip)
    return Labels(numbers, np.array(clip), group, np.array(time_s), np.array(team), differ)


def test_near_copies_of_neighbouring_frames_do_not_help() -> None:
    """The same person is found within 0.1 s, but looks like the other one 2 s later."""
    a, b, like_a, like_b = [1.0, 0.0], [0.0, 1.0], [0.8, 0.6], [0.6, 0.8]
    vectors = np.array([a, b, a, b, like_b, like_a], np.float32)
    labels = labels_of([0, 0, 0.1, 0.1, 2, 2], [0, 1, 0, 1, 0, 1], [0] * 6, [0] * 6, across=False)
    assert score(vectors, labels, min_gap_s=1.0).everyone.rank1 == 0
    assert score(vectors, labels, min_gap_s=0.0).everyone.rank1 == pytest.approx(4 / 6)


def test_team_mates_are_judged_apart() -> None:
    """Kits are told apart perfectly, team-mates not at all."""
    jersey_a, jersey_b = [1.0, 0.0], [0.0, 1.0]
    vectors = np.array([jersey_a, jersey_a, jersey_b, jersey_b] * 2, np.float32)
    labels = labels_of([0] * 4 + [5] * 4, [0, 1, 2, 3] * 2, [0] * 8, [0, 0, 1, 1] * 2, across=False)
    result = score(vectors, labels)
    assert result.team_mates.rank1 == 0
    assert result.auc_team_mates == 0.5
    assert result.auc > 0.8


def test_across_clips_asks_other_clips_only() -> None:
    a, b = [1.0, 0.0], [0.0, 1.0]
    vectors = np.array([a, b, a, b, b, a], np.float32)  # people look swapped in the second clip
    labels = labels_of([0, 0, 9, 9, 0, 0], [0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 1, 1], [0] * 6, across=True)
    result = score(vectors, labels, np.inf)
    assert result.everyone.queries == 6
    assert result.everyone.rank1 == 0
