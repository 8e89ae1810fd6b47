"""All evidence together: what each kind can decide, and that constraints hold on every input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from pipeline.understand.features.appearance_model import AppearanceModel, ProjectedTracklets
from pipeline.understand.grouping.joint import affinity, joint_clustering
from pipeline.understand.grouping.local_search import LocalSearch
from pipeline.understand.grouping.odds import MAX_SAME_SHIRT
from pipeline.understand.grouping.problem import AppearanceProblem, GroupingBounds

FREE = GroupingBounds(max_distance=0.5, min_count=1, max_count=30, min_seen_s=0.0)


def problem(
    mean: list[list[float]],
    cannot_link: list[tuple[int, int]] | None = None,
    linked: dict[tuple[int, int], float] | None = None,
    number: dict[int, int] | None = None,
) -> AppearanceProblem:
    """Tracklets at places in a space where people are spread ten times wider than tracklets are noisy."""
    n = len(mean)
    between = np.full(len(mean[0]), 100.0)
    model = AppearanceModel(np.zeros(len(between)), np.eye(len(between)), between)
    forbidden = np.zeros((n, n), dtype=bool)
    for i, j in cannot_link or []:
        forbidden[i, j] = forbidden[j, i] = True
    odds = np.zeros((n, n))
    for (i, j), value in (linked or {}).items():
        odds[i, j] = odds[j, i] = value
    read = np.zeros((n, 101))
    for i, text in (number or {}).items():
        read[i, text] = 25.0
    points = np.array(mean, dtype=np.float64)
    return AppearanceProblem(
        vector=points.astype(np.float32),
        cannot_link=forbidden,
        weight=np.ones(n),
        seen_s=np.ones(n),
        appearance=ProjectedTracklets(model, points, np.ones(n)),
        log_odds=sparse.csr_array(odds),
        number=read,
        team=np.zeros((n, 3)),
    )


def groups(given_problem: AppearanceProblem, bounds: GroupingBounds = FREE) -> list[int]:
    return joint_clustering(given_problem, bounds).tolist()


def test_appearance_alone_groups_who_look_alike() -> None:
    assert groups(problem([[0, 0], [20, 5], [1, 1], [21, 4], [-20, 9]])) == [0, 1, 0, 1, 2]


def test_a_constraint_binds_through_a_third() -> None:
    found = groups(problem([[0, 0], [0.5, 0], [1, 0]], cannot_link=[(0, 2)]))
    assert found[0] != found[2]
    assert found[1] in (found[0], found[2])


def test_place_and_time_decide_between_two_who_look_alike() -> None:
    twins = [[0.0, 0.0], [0.0, 0.0], [0.1, 0.0]]
    assert groups(problem(twins, cannot_link=[(0, 1)], linked={(1, 2): 3.0})) == [0, 1, 1]
    assert groups(problem(twins, cannot_link=[(0, 1)], linked={(0, 2): 3.0})) == [0, 1, 0]


def test_numbers_join_who_look_a_little_different_and_part_who_look_alike() -> None:
    different = [[0.0, 0.0], [9.0, 0.0]]
    assert groups(problem(different)) == [0, 1]
    assert groups(problem(different, number={0: 23, 1: 23})) == [0, 0]
    alike = [[0.0, 0.0], [0.5, 0.0]]
    assert groups(problem(alike)) == [0, 0]
    assert groups(problem(alike, number={0: 23, 1: 32})) == [0, 1]


def test_two_of_a_team_never_wear_one_number() -> None:
    """Players who look otherwise in another light once stayed two, named by one number."""
    pair = [[0.0, 0.0], [9.0, 0.0]]
    same = [[25.0, 0.0, 0.0], [25.0, 0.0, 0.0]]
    different = [[25.0, 0.0, 0.0], [0.0, 25.0, 0.0]]

    def odds(team: list[list[float]], number: dict[int, int]) -> float:
        given_problem = replace(problem(pair, number=number), team=np.array(team))
        return float(affinity(given_problem, np.arange(2), 2)[0, 1])

    assert odds(same, {0: 4, 1: 4}) - odds(same, {}) == pytest.approx(
        np.log(101) - np.log(1 - MAX_SAME_SHIRT), abs=0.02
    )
    assert odds(different, {0: 4, 1: 4}) - odds(different, {}) == pytest.approx(np.log(101), abs=0.02)


def test_a_tracklet_changes_places_with_the_one_in_its_way() -> None:
    """By merging alone, 4 goes with 0 (nearest) though it is 1's: 5, who must be apart from 4, shows it."""
    found = groups(
        problem(
            [[0, 0], [6, 0], [0.2, 0], [6.2, 0], [2.9, 0], [2.8, 0]],
            cannot_link=[(0, 1), (2, 3), (4, 5), (0, 3), (1, 2)],
        )
    )
    assert found[0] == found[2] == found[5]
    assert found[1] == found[3] == found[4]


def test_one_who_looks_otherwise_under_the_basket_is_one_however_often_he_was_seen() -> None:
    """Fifty tracklets under the basket and fifty elsewhere once were two people."""
    places = [[4.0 * (i % 2) + 0.1 * np.sin(i), 0.0] for i in range(100)]
    assert len(set(groups(problem(places)))) == 1
    assert len(set(groups(problem([[5 * x, y] for x, y in places])))) == 2


def test_two_are_one_though_a_tracklet_of_somebody_else_stands_between() -> None:
    """3 to 5 begin where 0 to 2 ended; 6 looks like 3 to 5, but was there at the same time as 0 to 2."""
    places = [[0.0, 0], [0.1, 0], [0.2, 0], [5, 0], [5.1, 0], [5.2, 0], [5, 0.1]]
    goes_on = {(2, 3): 3.0, (1, 4): 3.0, (0, 5): 3.0}
    assert groups(problem(places, cannot_link=[(0, 6), (1, 6), (2, 6)], linked=goes_on)) == [0] * 6 + [1]


def test_no_more_players_than_wanted_and_no_fewer() -> None:
    far = [[0.0, 0], [30, 0], [60, 0], [90, 0]]
    assert len(set(groups(problem(far), GroupingBounds(0.5, 1, 2, 0.0)))) == 2
    near = [[0.0, 0], [0.1, 0], [0.2, 0]]
    assert len(set(groups(problem(near), GroupingBounds(0.5, 2, 9, 0.0)))) == 2


@settings(max_examples=40)
@given(st.integers(1, 14), st.integers(0, 2**32 - 1))
def test_constraints_hold_on_every_input(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    upper: NDArray[np.bool_] = np.triu(rng.random((n, n)) < 0.3, 1)
    made = problem(
        rng.normal(0, 10, (n, 3)).tolist(),
        cannot_link=[(int(i), int(j)) for i, j in np.argwhere(upper)],
        linked={(int(i), int(j)): float(rng.normal()) for i, j in rng.integers(0, n, (5, 2)) if i != j},
        number={int(i): int(rng.integers(101)) for i in rng.integers(0, n, 3)},
    )
    found = joint_clustering(made, GroupingBounds(0.5, 1, int(rng.integers(1, 6)), 0.0))
    assert not (made.cannot_link & (found[:, None] == found[None])).any()
    assert found.min() == 0
    assert set(found) == set(range(found.max() + 1))


def test_who_is_tried_as_one_in_vain_stays_as_before() -> None:
    apart = problem([[0, 0], [1, 1], [20, 5], [21, 4]], cannot_link=[(1, 2)], linked={(0, 2): 3.0}, number={0: 4, 3: 7})
    search = LocalSearch(apart, np.array([0, 0, 1, 1]), FREE)
    before = [sums.copy() for sums in (search.label, search.total, search.conflicts, search.log_odds)]
    assert not search.reunite(0, 1)
    people = len(before[1])
    after = (search.label, search.total[:people], search.conflicts[:people], search.log_odds[:people])
    for first, second in zip(before, after, strict=True):
        np.testing.assert_array_equal(first, second)
    assert not search.total[people:].any()
