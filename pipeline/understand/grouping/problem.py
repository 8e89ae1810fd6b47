"""The constrained clustering problem that every clusterer of tracklets is given, and what it has to keep to."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.understand.features.appearance_model import ProjectedTracklets, project_tracklets
from pipeline.understand.features.collect import TrackletFeatures
from pipeline.understand.features.embeddings import cosine_distances

_TEAM_WEIGHT = 0.25
"""Share of the log-likelihood of a team that counts: one jersey in one light is taken for another again and again, so that
tracklets of a person err together."""
_UNKNOWN_DISTANCE = 2.0
"""Cosine distance of a tracklet without an embedding: as far as can be."""
Rows = NDArray[np.int64] | slice


@dataclass(frozen=True)
class GroupingProblem:
    """n tracklets to be grouped, in order of first box."""

    vector: NDArray[np.float32]  # (n, dim) pooled embedding, unit length; NaN where there is none
    cannot_link: NDArray[np.bool_]  # (n, n) never in one cluster, also not through a third tracklet
    weight: NDArray[np.float64]  # (n,) how much a tracklet counts in averages
    seen_s: NDArray[np.float64]  # (n,) time that counts towards being a player: 0 for a certain referee
    log_odds: sparse.csr_array  # (n, n) log-odds that two are one person by place and time; symmetric
    number: NDArray[np.float64]  # (n, texts) log-likelihoods of jersey numbers; 0 where nothing was read
    team: NDArray[np.float64]  # (n, 3) log-likelihoods of team A, team B and the referees; 0 where nothing is known

    def __len__(self) -> int:
        """Count the tracklets."""
        return len(self.weight)

    def distance(self, rows: Rows = slice(None), columns: Rows = slice(None)) -> NDArray[np.float64]:
        """Give the cosine distances, 0 to 2, of some tracklets to some; one without an embedding is as far as can be."""
        return np.nan_to_num(cosine_distances(self.vector[rows], self.vector[columns]), nan=_UNKNOWN_DISTANCE)

    def take(self, rows: NDArray[np.int64]) -> GroupingProblem:
        """Choose tracklets."""
        return GroupingProblem(
            vector=self.vector[rows],
            cannot_link=self.cannot_link[np.ix_(rows, rows)],
            weight=self.weight[rows],
            seen_s=self.seen_s[rows],
            log_odds=self.log_odds[rows][:, rows],
            number=self.number[rows],
            team=self.team[rows],
        )


@dataclass(frozen=True)
class AppearanceProblem(GroupingProblem):
    """The same of a game that shows enough to learn an appearance model."""

    appearance: ProjectedTracklets  # of the n tracklets

    @classmethod
    def of(cls, problem: GroupingProblem, appearance: ProjectedTracklets) -> AppearanceProblem:
        """Add what an appearance model says of the tracklets of a problem."""
        return cls(
            **{field.name: getattr(problem, field.name) for field in fields(GroupingProblem)}, appearance=appearance
        )

    def take(self, rows: NDArray[np.int64]) -> AppearanceProblem:
        """Choose tracklets."""
        return AppearanceProblem.of(super().take(rows), self.appearance.take(rows))


def grouping_problem(features: TrackletFeatures, crops_per_tracklet: int) -> GroupingProblem:
    """Make the problem of grouping all tracklets; it shares the (n, n) matrices of the features.

    Args:
        features: of n tracklets.
        crops_per_tracklet: a tracklet weighs as much as its boxes with an embedding, and as so many at most.

    Returns:
        An `AppearanceProblem` where the game has an appearance model.
    """
    evidence = features.evidence
    problem = GroupingProblem(
        vector=evidence.embedding,
        cannot_link=features.cannot_link,
        weight=np.minimum(evidence.embedded, crops_per_tracklet).astype(np.float64),
        seen_s=np.where(features.teams.referee(), 0.0, evidence.seen_s),  # the bounds are on players
        log_odds=features.log_odds,
        number=features.weighted_numbers().log_likelihood,
        team=_TEAM_WEIGHT * features.teams.log_likelihood,
    )
    if features.model is None:
        return problem
    return AppearanceProblem.of(problem, project_tracklets(features.model, features.segments))


@dataclass(frozen=True)
class GroupingBounds:
    """How far clustering goes."""

    max_distance: float  # clusters further apart are not merged, unless there are too many
    min_count: int  # do not merge below so many clusters
    max_count: int  # merge on beyond max_distance down to so many, as far as the constraints permit
    min_seen_s: float  # clusters seen for less do not count for either


class TrackletClusterer(Protocol):
    """Anything that groups tracklets under the constraints."""

    def __call__(self, problem: GroupingProblem, bounds: GroupingBounds) -> NDArray[np.int64]:
        """Give the cluster (n,) of each tracklet, numbered from 0 in order of first member."""
        ...
