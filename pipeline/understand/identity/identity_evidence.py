"""What identity is decided by."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.understand.features.collect import TrackletFeatures
from pipeline.understand.features.corrections import UserConstraints
from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.grouping.problem import GroupingProblem


@dataclass(frozen=True)
class IdentityEvidence:
    """Everything known of n tracklets before players are told apart."""

    features: TrackletFeatures
    problem: GroupingProblem
    """Of all n tracklets, as the clusterer and the membership see them."""
    constraints: UserConstraints
    """Of the user; already part of the features' cannot-links."""

    @property
    def tracklets(self) -> TrackletEvidence:
        """Features of the single tracklets."""
        return self.features.evidence
