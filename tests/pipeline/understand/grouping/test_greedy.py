"""Constraints of groups, and late tracklets that are given to them."""

import numpy as np
import pytest

from pipeline.understand.grouping.greedy import assign_greedily, barred_groups


@pytest.mark.parametrize("seed", range(5))
def test_what_binds_a_member_binds_its_group(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cannot_link, group = rng.random((600, 600)) < 0.01, rng.integers(-1, 7, 600)
    rows = rng.permutation(600)[:400]
    expected = np.column_stack([cannot_link[np.ix_(rows, group == member)].any(axis=1) for member in range(7)])
    np.testing.assert_array_equal(barred_groups(cannot_link, rows, group, 7), expected)


@pytest.mark.parametrize("seed", range(5))
def test_late_ones_are_assigned_as_by_looking_at_every_pair_each_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    distance = rng.random((30, 6))
    distance[rng.random(distance.shape) < 0.1] = np.nan
    barred = rng.random(distance.shape) < 0.2
    cannot_link = np.triu(rng.random((30, 30)) < 0.3, 1)
    cannot_link |= cannot_link.T
    cost = np.where(barred | ~(distance <= 0.7), np.inf, distance)
    expected = np.full(30, -1)
    while np.isfinite(cost.min()):
        row, column = np.unravel_index(int(cost.argmin()), cost.shape)
        expected[row], cost[row] = column, np.inf
        cost[cannot_link[row], column] = np.inf
    np.testing.assert_array_equal(assign_greedily(distance, barred, cannot_link, 0.7), expected)
