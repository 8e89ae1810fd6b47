"""The appearance metric of the tracker, vectorised, with a place for boxes that have no embedding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from deep_sort_realtime.deep_sort.nn_matching import NearestNeighborDistanceMetric
from numpy.typing import NDArray

NO_APPEARANCE = 1e5
"""Cost where either side has no embedding: above every threshold, so that overlap alone decides."""


class AppearanceMetric(NearestNeighborDistanceMetric):  # type: ignore[misc]  # the library has no types
    """Smallest cosine distance between a box and the last samples of a tracklet.

    The library's own metric normalises every sample again for every box and fails on NaN.
    """

    def __init__(self, max_distance: float, budget: int) -> None:
        """Start without samples.

        Args:
            max_distance: cosine distance above which a box is not the tracklet's.
            budget: samples kept per tracklet, the newest.
        """
        super().__init__("cosine", max_distance, budget)
        self.samples: dict[str, NDArray[np.float32]] = {}  # track id -> (samples, dim), unit length

    def partial_fit(
        self, features: NDArray[np.floating], targets: Sequence[str], active_targets: Sequence[str]
    ) -> None:
        """Add samples (n, dim) of the tracklets `targets` (n,) and forget the tracklets that are not active."""
        new: dict[str, list[NDArray[np.float32]]] = {}
        if len(features):
            for vector, target in zip(unit(np.asarray(features, dtype=np.float32)), targets, strict=True):
                if np.isfinite(vector[0]):
                    new.setdefault(str(target), []).append(vector)
        samples = {}
        for target in active_targets:
            parts = [
                *([self.samples[target]] if target in self.samples else []),
                *(v[None] for v in new.get(target, [])),
            ]
            if parts:
                samples[target] = np.concatenate(parts)[-self.budget :]
        self.samples = samples

    def distance(self, features: NDArray[np.floating], targets: Sequence[str]) -> NDArray[np.float64]:
        """Give the cost (tracklets, boxes) of boxes with the embeddings `features` (boxes, dim)."""
        cost = np.full((len(targets), len(features)), NO_APPEARANCE)
        known = [i for i, target in enumerate(targets) if target in self.samples]
        if not known or not len(features):
            return cost
        stacked = [self.samples[targets[i]] for i in known]
        starts = np.cumsum([0, *(len(s) for s in stacked[:-1])])
        likeness = np.concatenate(stacked) @ unit(np.asarray(features, dtype=np.float32)).T  # (samples, boxes)
        cost[known] = 1.0 - np.maximum.reduceat(likeness, starts, axis=0)
        return np.where(np.isnan(cost), NO_APPEARANCE, cost)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows (n, dim) to unit length; a row with NaN, infinity or no length becomes NaN as a whole."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    usable = np.isfinite(length) & (length > 1e-6)
    return np.where(usable, vectors / np.where(usable, length, 1.0), np.float32(np.nan))
