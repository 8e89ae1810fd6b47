"""The clusterers that the settings can name, all under the same cannot-link constraints."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.clustering import NOISE, Agglomerative, clusterers, respect
from models.clustering.protocol import numbered
from pipeline.config import ClustererName
from pipeline.understand.grouping.average_linkage import average_linkage
from pipeline.understand.grouping.joint import joint_clustering
from pipeline.understand.grouping.problem import (
    AppearanceProblem,
    GroupingBounds,
    GroupingProblem,
    TrackletClusterer,
)


def _by_appearance(name: str) -> TrackletClusterer:
    """Make a clusterer of vectors one of tracklets.

    It sees appearance alone, in the space of the game's own model scaled to unit length. Where it has to know the number of
    people, it is given that of average linkage. Clusters that break a constraint are split, and noise is people of one tracklet.
    """

    def cluster(problem: GroupingProblem, bounds: GroupingBounds) -> NDArray[np.int64]:
        by_distance = average_linkage(problem, bounds)
        if not isinstance(problem, AppearanceProblem) or not len(by_distance):
            return by_distance
        mean = problem.appearance.mean
        features = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)  # (n, d)
        method = clusterers[name](int(by_distance.max()) + 1)
        if isinstance(method, Agglomerative):
            return numbered(method(features, problem.cannot_link))
        label = respect(method(features), problem.distance(), problem.cannot_link)
        noise = label == NOISE
        label[noise] = label.max(initial=NOISE) + 1 + np.arange(noise.sum())
        return numbered(label)

    return cluster


def clusterer_named(name: ClustererName) -> TrackletClusterer:
    """Return a clusterer by the name that the settings have for it."""
    of_tracklets: Mapping[str, TrackletClusterer] = {"joint": joint_clustering, "average": average_linkage}
    return of_tracklets.get(name) or _by_appearance(name)
