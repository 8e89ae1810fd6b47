"""Must-link constraints: tracklets that are one person for certain are merged before clustering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.vectors import unit_or_nan
from pipeline.understand.features.appearance_model import ProjectedTracklets
from pipeline.understand.grouping.problem import AppearanceProblem, GroupingProblem


def merge_must_linked(problem: GroupingProblem, group: NDArray[np.int64]) -> GroupingProblem:
    """Put groups of tracklets in the place of tracklets.

    Args:
        problem: of n tracklets.
        group: (n,) from 0 in order of first member, no number left out.
    """
    n, k = len(group), int(group.max(initial=-1)) + 1
    if n == k:
        return problem
    member = sparse.csr_array((np.ones(n), (group, np.arange(n))), shape=(k, n))
    weight = np.maximum(problem.weight, 1e-9)
    share = sparse.csr_array((weight / np.bincount(group, weights=weight)[group], (group, np.arange(n))), shape=(k, n))
    merged = GroupingProblem(
        vector=unit_or_nan(np.asarray(share @ np.nan_to_num(problem.vector), dtype=np.float32)),
        cannot_link=np.asarray(member @ (member @ problem.cannot_link.astype(np.float64)).T) > 0,
        weight=np.asarray(member @ problem.weight),
        seen_s=np.asarray(member @ problem.seen_s),
        log_odds=sparse.csr_array(member @ problem.log_odds @ member.T),
        number=np.asarray(member @ problem.number),
        team=np.asarray(member @ problem.team),
    )
    if not isinstance(problem, AppearanceProblem):
        return merged
    return AppearanceProblem.of(merged, _merge_appearance(problem.appearance, member))


def _merge_appearance(appearance: ProjectedTracklets, member: sparse.csr_array) -> ProjectedTracklets:
    """Combine observations (n,) to those of groups (k, n), weighted by their precision."""
    precision = np.asarray(member @ appearance.precision)
    weighted = np.asarray(member @ (appearance.mean * appearance.precision[:, None]))
    return ProjectedTracklets(appearance.model, weighted / np.maximum(precision, 1e-12)[:, None], precision)
