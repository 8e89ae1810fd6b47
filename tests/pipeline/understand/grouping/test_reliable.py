"""Only reliable tracklets make people, and a correction makes a tracklet reliable."""

from dataclasses import replace

import numpy as np

from pipeline.config import IdentifySettings
from pipeline.tables import ALL
from pipeline.understand.features.collect import collect_features
from pipeline.understand.features.corrections import UserConstraints
from pipeline.understand.grouping.joint import joint_clustering
from pipeline.understand.grouping.problem import AppearanceProblem, GroupingProblem, grouping_problem
from pipeline.understand.grouping.reliable import group_reliable
from tests.pipeline.understand.splitting.test_split import game

SETTINGS = IdentifySettings(min_tracklet_s=1.0)
SHOWS = [(0, [p] * 80) for p in range(3)] + [(100, [p] * 80) for p in range(3)] + [(100, [0] * 4)]


def people(constraints: UserConstraints | None = None) -> list[int]:
    made = game(SHOWS)
    features = collect_features(made, SETTINGS, ALL["number_reads"].empty())
    problem = grouping_problem(features, SETTINGS.crops_per_tracklet)
    return group_reliable(features, problem, SETTINGS, joint_clustering, constraints).tolist()


def test_a_brief_tracklet_makes_nobody() -> None:
    assert people() == [0, 1, 2, 0, 1, 2, -1]


def test_who_is_mentioned_by_a_user_takes_part_and_must_links_hold() -> None:
    linked = np.array([0, 1, 2, 3, 4, 5, 2])
    found = people(replace(UserConstraints.none(7), must_link=linked, mentioned=linked == 2))
    assert found[6] == found[2] >= 0


def test_the_problem_shares_the_matrices_of_the_features_and_has_an_appearance_only_with_a_model() -> None:
    features = collect_features(game(SHOWS), SETTINGS, ALL["number_reads"].empty())
    problem = grouping_problem(features, SETTINGS.crops_per_tracklet)
    assert isinstance(problem, AppearanceProblem)
    assert problem.cannot_link is features.cannot_link
    plain = grouping_problem(replace(features, model=None), SETTINGS.crops_per_tracklet)
    assert type(plain) is GroupingProblem
    rows = np.array([2, 0])
    assert problem.take(rows).appearance.mean.tolist() == problem.appearance.mean[rows].tolist()
