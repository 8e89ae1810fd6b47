"""Gallery of each tracklet: embeddings and jersey colours of its last boxes, with a place for boxes that have neither."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.features.embeddings import Vectors, jersey_distances

Ints = NDArray[np.int64]

_JERSEY_COLUMNS = 3
_FEW = 16
"""Places by which the gallery grows."""
_FROM, _PER_SPREAD = 1.75, 4.25
"""How many standard deviations nearer than two people usually are an embedding speaks for neither, and what each further
one is worth as a log-likelihood ratio."""
_JERSEY_FROM, _PER_JERSEY = 0.5, 6.0
"""The same of jersey colours, whose distance is 0 to 1 whatever the encoder."""
_LEAST_RATIO, _MOST_RATIO = -8.0, 5.0
"""Appearances of neighbouring frames err together: they are never believed more."""
_USUAL_MEAN, _USUAL_SPREAD = 0.75, 0.17
"""Cosine distance of two people where too few are seen together to measure it."""
_LEAST_PAIRS = 30
"""Fewer pairs of people are too few to measure it."""


@dataclass(frozen=True)
class AppearanceScale:
    """Cosine distances between the embeddings of two people: the scale of what a distance means, whatever the encoder."""

    mean: float = _USUAL_MEAN
    spread: float = _USUAL_SPREAD

    @classmethod
    def measured(cls, embeddings_of_frames: Iterable[NDArray[np.float32]]) -> AppearanceScale:
        """Measure it between people who are seen together.

        Args:
            embeddings_of_frames: unit embeddings (m, dim) of the boxes of single frames, NaN where unknown.
        """
        distances: list[float] = []
        for embeddings in embeddings_of_frames:
            usable = embeddings[np.isfinite(embeddings[:, 0])]
            distances += (1.0 - (usable @ usable.T)[np.triu_indices(len(usable), 1)]).tolist()
        every = np.array(distances)
        return cls(float(every.mean()), max(float(every.std()), 1e-3)) if len(every) >= _LEAST_PAIRS else cls()

    def log_ratio(
        self, embedding_distances: NDArray[np.floating], colour_distances: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Compute the log-likelihood ratio of one person to two, linear in both distances.

        An unknown distance says nothing, nor does an encoder by which everybody looks alike.

        Args:
            embedding_distances: (n, m) cosine distances; NaN where unknown.
            colour_distances: (n, m) distances of jersey colours; NaN where unknown.

        Returns:
            (n, m).
        """
        limit = self.mean - _FROM * self.spread
        if limit > 0:
            by_embedding = _PER_SPREAD * (limit - embedding_distances) / self.spread
        else:
            by_embedding = np.zeros_like(embedding_distances)
        by_colour = _PER_JERSEY * (_JERSEY_FROM - colour_distances)
        ratio = np.where(np.isnan(by_embedding), 0.0, by_embedding) + np.where(np.isnan(by_colour), 0.0, by_colour)
        return np.asarray(np.minimum(np.maximum(ratio, _LEAST_RATIO), _MOST_RATIO), dtype=np.float64)


class Gallery:
    """The last samples of each tracklet, and its distances to boxes: nearest embedding, and median jersey colour.

    As in deep-sort-realtime, the newest sample of a tracklet is added again in the next frame, whether it has a box with an
    embedding there or not: of one that is hidden, what it looked like long before is forgotten frame by frame. Keeping that
    instead links less well (on the annotated hand-held clip IDF1 69 % in place of 83 %).

    A sample is an embedding and behind it the jersey colour as CIE L* a* b*, see `with_jersey_colour`. Tracklets have a
    place each, which is given to another when they end. deep-sort-realtime's own metric knows no second cue, normalises
    every sample again for every box, and fails on NaN.
    """

    def __init__(self, budget: int, dim: int) -> None:
        """Start without samples; `budget` of them are kept per tracklet, the newest; embeddings have `dim` numbers."""
        self.budget, self.dim = budget, dim
        self.free: list[int] = []
        self.count = np.zeros(0, dtype=np.int64)  # (places,) samples ever added
        self.samples = np.zeros((budget, 0, dim + _JERSEY_COLUMNS), dtype=np.float32)  # (budget, places, dim + 3)

    def open(self) -> int:
        """Give a new tracklet its place."""
        if not self.free:
            self.free = list(range(len(self.count), len(self.count) + _FEW))[::-1]
            more = np.full((self.budget, _FEW, self.samples.shape[2]), np.nan, dtype=np.float32)
            self.samples = np.concatenate([self.samples, more], axis=1)
            self.count = np.concatenate([self.count, np.zeros(_FEW, dtype=np.int64)])
        return self.free.pop()

    def close(self, place: int) -> None:
        """Forget a tracklet."""
        self.count[place] = 0
        self.free.append(place)

    def hold(self, places: Ints) -> None:
        """Add the newest sample of the tracklets at `places` (n,) again."""
        count = self.count[places]
        if np.count_nonzero(count) < len(count):
            places, count = places[count > 0], count[count > 0]
        self.samples[count % self.budget, places] = self.samples[(count - 1) % self.budget, places]
        self.count[places] = count + 1

    def add(self, places: Ints, vectors: Vectors) -> None:
        """Add one sample (n, dim + 3) each to the tracklets at different `places` (n,); one without embedding is none."""
        usable = np.isfinite(vectors[:, 0])
        if np.count_nonzero(usable) < len(usable):
            places, vectors = places[usable], vectors[usable]
        count = self.count[places]
        if np.count_nonzero(count) < len(count):  # no sample is more than once the nearest: fill up with it
            first = count == 0
            self.samples[:, places[first], : self.dim] = vectors[first, : self.dim]
            self.samples[:, places[first], self.dim :] = np.nan
        self.samples[count % self.budget, places] = vectors
        self.count[places] = count + 1

    def distances(self, places: Ints, vectors: Vectors) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Measure how far boxes with the vectors (m, dim + 3) are from the tracklets at `places` (n,).

        Returns:
            Cosine distance (n, m) to the nearest embedding, 0 to 2, and distance (n, m) to the median jersey colour, 0 to
            1; NaN where either side is unknown.
        """
        stored = self.samples.take(places, axis=1)  # (budget, n, dim + 3)
        shown = np.flatnonzero(np.isfinite(vectors[:, 0]))  # boxes with an embedding
        nearest = np.full((len(places), len(vectors)), np.nan, dtype=np.float32)
        if len(shown):
            similarity = stored.reshape(-1, stored.shape[2])[:, : self.dim] @ vectors[shown, : self.dim].T
            similarity = similarity.reshape(self.budget, -1)  # (budget, n * shown)
            nearest[:, shown] = 1.0 - similarity.max(axis=0).reshape(len(places), len(shown))
        colours = jersey_distances(_median(stored[:, :, self.dim :])[:, None], vectors[None, :, self.dim :])  # (n, m)
        empty = self.count[places] == 0
        if np.count_nonzero(empty):
            nearest[empty] = colours[empty] = np.nan
        return nearest, colours


def _median(colours: Vectors) -> Vectors:
    """Take the median (n, 3) of colours (budget, n, 3) that are not NaN; NaN where all are."""
    ordered = np.sort(colours, axis=0)  # NaN last
    last = np.maximum((ordered[..., 0] == ordered[..., 0]).sum(axis=0), 1) - 1
    rows = np.arange(len(last))
    return np.asarray((ordered[last // 2, rows] + ordered[(last + 1) // 2, rows]) / 2)
