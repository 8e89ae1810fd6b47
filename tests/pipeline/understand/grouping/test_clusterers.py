"""Every clusterer that the settings can name groups who look alike and keeps the constraints."""

from typing import get_args

import numpy as np
import pytest
from scipy import sparse

from pipeline.config import ClustererName
from pipeline.understand.features.appearance_model import AppearanceModel, ProjectedTracklets
from pipeline.understand.grouping.clusterers import clusterer_named
from pipeline.understand.grouping.problem import AppearanceProblem, GroupingBounds

BOUNDS = GroupingBounds(max_distance=0.3, min_count=1, max_count=30, min_seen_s=0.0)


def crowd(people: int, each: int, seed: int) -> tuple[AppearanceProblem, np.ndarray]:
    """Tracklets of people at the ends of different axes, with noise; those of one turn are seen together."""
    rng = np.random.default_rng(seed)
    truth = np.tile(np.arange(people), each)
    mean = 20.0 * np.eye(people)[truth] + rng.normal(0, 0.5, (len(truth), people))
    unit = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    turn = np.repeat(np.arange(each), people)
    model = AppearanceModel(np.zeros(people), np.eye(people), np.full(people, 400.0 / people))
    n = len(truth)
    return AppearanceProblem(
        vector=unit.astype(np.float32),
        cannot_link=(turn[:, None] == turn[None]) & ~np.eye(n, dtype=bool),
        weight=np.ones(n),
        seen_s=np.ones(n),
        appearance=ProjectedTracklets(model, mean, np.ones(n)),
        log_odds=sparse.csr_array((n, n)),
        number=np.zeros((n, 101)),
        team=np.zeros((n, 3)),
    ), truth


@pytest.mark.parametrize("name", get_args(ClustererName))
def test_people_who_look_different_are_told_apart(name: ClustererName) -> None:
    problem, truth = crowd(people=6, each=8, seed=1)
    assert clusterer_named(name)(problem, BOUNDS).tolist() == truth.tolist()


@pytest.mark.parametrize("name", get_args(ClustererName))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_constraints_hold_whatever_appearance_says(name: ClustererName, seed: int) -> None:
    problem, _ = crowd(people=4, each=7, seed=seed)
    rng = np.random.default_rng(seed)
    wild = np.triu(rng.random(problem.cannot_link.shape) < 0.2, 1)
    problem.cannot_link[wild | wild.T] = True
    label = clusterer_named(name)(problem, BOUNDS)
    assert not (problem.cannot_link & (label[:, None] == label[None])).any()
    assert label.tolist()[0] == 0
    assert label.min() == 0


@pytest.mark.parametrize("name", get_args(ClustererName))
def test_nobody_makes_no_cluster(name: ClustererName) -> None:
    problem, _ = crowd(people=3, each=2, seed=1)
    assert len(clusterer_named(name)(problem.take(np.zeros(0, dtype=np.int64)), BOUNDS)) == 0
