"""The clusterers that the settings can name, all under the same hard constraints."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.clustering import NOISE, Agglomerative, clusterers, respect
from pipeline.config import ClustererName
from pipeline.understand.grouping.average_linkage import average_linkage
from pipeline.understand.grouping.joint import joint_evidence
from pipeline.understand.grouping.problem import Bounds, Clusterer, Problem, numbered


def _by_looks(name: str) -> Clusterer:
    """Make a clusterer of vectors one of tracklets.

    It sees looks alone, in the game's own space scaled to unit length. Where it has to know the number of people, it is given
    that of average linkage. What breaks a constraint is taken apart again, and noise is people of one tracklet.
    """

    def cluster(problem: Problem, bounds: Bounds) -> NDArray[np.int64]:
        by_distance = average_linkage(problem, bounds)
        if problem.seen is None or not len(by_distance):
            return by_distance
        place = problem.seen.place
        features = place / np.maximum(np.linalg.norm(place, axis=1, keepdims=True), 1e-9)
        method = clusterers[name](int(by_distance.max()) + 1)
        if isinstance(method, Agglomerative):
            return numbered(method(features, problem.apart))
        label = respect(method(features), problem.distance(), problem.apart)
        alone = label == NOISE
        label[alone] = label.max(initial=NOISE) + 1 + np.arange(alone.sum())
        return numbered(label)

    return cluster


def clusterer_named(name: ClustererName) -> Clusterer:
    """Return a clusterer by the name that the settings have for it."""
    own: Mapping[str, Clusterer] = {"joint": joint_evidence, "average": average_linkage}
    return own.get(name) or _by_looks(name)
