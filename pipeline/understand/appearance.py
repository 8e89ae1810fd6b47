"""What a tracklet looks like, for the tracker: embeddings and kit colour, with a place for boxes that have neither."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from deep_sort_realtime.deep_sort.nn_matching import NearestNeighborDistanceMetric
from numpy.typing import NDArray

NO_APPEARANCE = 1e5
"""Cost where either side has no embedding: above every threshold."""

_KIT_COLUMNS = 3
_KIT_WEIGHT = 0.3
"""Share of the kit colour in the distance: enough to tell opponents apart where an encoder is in doubt."""
_KIT_SCALE = 20.0
"""CIE76 colour difference of clearly different kits; a player's own torso varies by about half of it."""


class AppearanceMetric(NearestNeighborDistanceMetric):  # type: ignore[misc]  # the library has no types
    """Distance between a box and the last samples of a tracklet: nearest embedding, and median kit colour.

    A vector holds an embedding and behind it the kit as CIE L* a* b*, see `with_kit`. The library's own metric knows
    no second cue, normalises every sample again for every box, and fails on NaN.
    """

    def __init__(self, max_distance: float, budget: int) -> None:
        """Start without samples.

        Args:
            max_distance: distance above which a box is not the tracklet's.
            budget: samples kept per tracklet, the newest.
        """
        super().__init__("cosine", max_distance, budget)
        self.samples: dict[str, NDArray[np.float32]] = {}  # track id -> (samples, dim + 3)

    def partial_fit(
        self, features: NDArray[np.floating], targets: Sequence[str], active_targets: Sequence[str]
    ) -> None:
        """Add samples (n, dim + 3) of the tracklets `targets` (n,) and forget the tracklets that are not active."""
        new: dict[str, list[NDArray[np.floating]]] = {}
        for vector, target in zip(features, targets, strict=True):
            if np.isfinite(vector[0]):
                new.setdefault(str(target), []).append(vector[None])
        samples = {}
        for target in active_targets:
            parts = [*([self.samples[target]] if target in self.samples else []), *new.get(target, [])]
            if parts:
                samples[target] = np.concatenate(parts)[-self.budget :]
        self.samples = samples

    def distance(self, features: NDArray[np.floating], targets: Sequence[str]) -> NDArray[np.float64]:
        """Give the distance (tracklets, boxes), 0 to 2, of boxes with the vectors `features` (boxes, dim + 3)."""
        cost = np.full((len(targets), len(features)), NO_APPEARANCE)
        known = [i for i, target in enumerate(targets) if target in self.samples]
        if not known or not len(features):
            return cost
        stacked = [self.samples[targets[i]] for i in known]
        starts = np.cumsum([0, *(len(s) for s in stacked[:-1])])
        likeness = np.concatenate(stacked)[:, :-_KIT_COLUMNS] @ features[:, :-_KIT_COLUMNS].T  # (samples, boxes)
        looks = 1.0 - np.maximum.reduceat(likeness, starts, axis=0)
        own = np.array([np.median(s[:, -_KIT_COLUMNS:], axis=0) for s in stacked])
        kits = _kit_distances(own, features[:, -_KIT_COLUMNS:])
        cost[known] = np.where(np.isnan(kits), looks, (1 - _KIT_WEIGHT) * looks + _KIT_WEIGHT * kits)
        return np.where(np.isnan(cost), NO_APPEARANCE, cost)


def with_kit(embeddings: NDArray[np.floating], kit: NDArray[np.floating]) -> NDArray[np.float32]:
    """Put embeddings (n, dim), scaled to unit length, and kits (n, 3) side by side for `AppearanceMetric`."""
    return np.hstack([unit(embeddings.astype(np.float32)), kit.astype(np.float32)])


def _kit_distances(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give 0 for equal kits to 1 for quite different ones (n, m) of colours (n, 3) and (m, 3); NaN where unknown."""
    squared = np.square(one[:, None] - other[None]).sum(axis=2)
    return np.asarray(1.0 - np.exp(-0.5 * squared / _KIT_SCALE**2))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows (n, dim) to unit length; a row with NaN, infinity or no length becomes NaN as a whole."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    usable = np.isfinite(length) & (length > 1e-6)
    return np.where(usable, vectors / np.where(usable, length, 1.0), np.float32(np.nan))
