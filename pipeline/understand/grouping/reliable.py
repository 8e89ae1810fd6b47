"""Cluster the reliable subset first: long, moving, well-seen tracklets make the people, all others are given to them later.

The order of speaker diarisation (pyannote.audio): segments that are too short for a sound embedding take no part in clustering.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.clustering.protocol import numbered
from pipeline.config import IdentifySettings
from pipeline.understand.features.collect import TrackletFeatures
from pipeline.understand.features.corrections import UserConstraints
from pipeline.understand.grouping.must_link import merge_must_linked
from pipeline.understand.grouping.problem import GroupingBounds, GroupingProblem, TrackletClusterer


def group_reliable(
    features: TrackletFeatures,
    problem: GroupingProblem,
    settings: IdentifySettings,
    clusterer: TrackletClusterer,
    constraints: UserConstraints | None = None,
) -> NDArray[np.int64]:
    """Cluster the reliable tracklets; those that a correction makes one person count as one.

    Args:
        features: of n tracklets.
        problem: of all of them.
        settings: of the stage `identify`, for the bounds on the number of players.
        clusterer: how they are clustered.
        constraints: of a user; a tracklet that is mentioned there is reliable.

    Returns:
        (n,) person from 0; -1 for a tracklet that is not reliable.
    """
    evidence = features.evidence
    constraints = UserConstraints.none(len(evidence)) if constraints is None else constraints
    reliable = np.isfinite(evidence.embedding).all(axis=1) & (evidence.seen_s >= features.min_tracklet_s - 1e-9)
    reliable &= ~features.still & ~features.close_up
    rows = np.flatnonzero(reliable | constraints.mentioned)
    bounds = GroupingBounds(features.max_distance, settings.min_players, settings.max_players, features.min_player_s)
    group = numbered(constraints.must_link[rows])
    person = np.full(len(evidence), -1, dtype=np.int64)
    person[rows] = clusterer(merge_must_linked(problem.take(rows), group), bounds)[group]
    return person
