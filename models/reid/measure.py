"""Everything that is measured of an encoder on a set of identities it never saw, on the level of images and of tracklets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.clustering import KMeans, ari, clustering_accuracy, nmi
from models.reid.data.splits.people import People
from models.reid.evaluation import Labels, Similarity, score, scored_pairs
from models.reid.validation import comparable, labels_of

Vectors = NDArray[np.float32]
PIECE_S = 2.0
"""Tracklets are measured in pieces of at most so long: one that lasts for the whole clip could not be found again."""
_PAIRS_AT_MOST = 2_000_000
"""Pairs that verification looks at; of more, an even part."""


@dataclass(frozen=True)
class Level:
    """Numbers of one level, shares in [0, 1]; NaN where there is nothing to measure.

    Attributes:
        rank1, rank5, rank10, mean_ap: retrieval (`models.reid.evaluation.retrieval`).
        mean_ap_mates: with candidates of the same team only.
        auc: area under the ROC curve over pairs.
        verification: share of pairs, both kinds weighted alike, that a threshold tells right; chosen on the other half.
        clustering: K-means with as many clusters as there are people, share of samples right under the best mapping.
        clustering_twice: the same with twice as many clusters.
        nmi, ari: of the clusters.
        queries: how many asked.
    """

    rank1: float
    rank5: float
    rank10: float
    mean_ap: float
    mean_ap_mates: float
    auc: float
    verification: float
    clustering: float
    clustering_twice: float
    nmi: float
    ari: float
    queries: int


@dataclass(frozen=True)
class Measured:
    """Both levels; tracklets where there are any."""

    images: Level
    tracklets: Level | None

    def as_dict(self) -> dict[str, object]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def of_dict(cls, data: Mapping[str, Any]) -> Measured:
        """Read plain data back."""
        return cls(Level(**data["images"]), Level(**data["tracklets"]) if data["tracklets"] else None)


def measure(vectors: Vectors, people: People, metric: str = "cosine", same_camera: bool = False) -> Measured:
    """Measure vectors on images and on tracklets.

    Args:
        vectors: (n, dim), row i of crop i.
        people: the n crops.
        metric: `cosine` or `euclidean`.
        same_camera: whether the same person under the same camera counts (Market-1501's protocol: no).

    Returns:
        Numbers of both levels. A tracklet's vector is the mean of its crops' vectors (of unit length, by cosine).
    """
    compared, similar = comparable(vectors, metric)
    labels, min_gap_s = labels_of(people, same_camera)
    images = _level(compared, labels, min_gap_s, similar, people.named)
    if people.compare == "images":
        return Measured(images, None)
    means, pieces = in_pieces(compared, labels, people)
    return Measured(images, _level(comparable(means, metric)[0], pieces, min_gap_s, similar, _named(people, labels)))


def in_pieces(vectors: Vectors, labels: Labels, people: People) -> tuple[Vectors, Labels]:
    """Take means over pieces of tracklets.

    Args:
        vectors: (n, dim).
        labels: of the n crops.
        people: the set.

    Returns:
        (m, dim) means, in the order of `piece_numbers`, and what is known about the m pieces; a piece's time is its middle.
    """
    number = piece_numbers(labels, people)
    first = np.unique(number, return_index=True)[1]
    count = np.bincount(number).astype(np.float64)

    def mean(values: NDArray[np.floating]) -> NDArray[np.float64]:
        out = np.zeros((len(count), *values.shape[1:]))
        np.add.at(out, number, values)
        return out / count.reshape(-1, *(1,) * (values.ndim - 1))

    pieces = Labels(
        labels.identity[first],
        labels.clip[first],
        labels.group[first],
        mean(labels.time_s),
        labels.team[first],
        labels.differ,
        None if labels.asks is None else labels.asks[first],
        None if labels.answers is None else labels.answers[first],
    )
    return mean(vectors).astype(np.float32), pieces


def piece_numbers(labels: Labels, people: People) -> NDArray[np.int64]:
    """Return the number of each crop's piece of a tracklet, (n,), from 0."""
    crops = people.crops
    span = (labels.time_s // PIECE_S).astype(np.int64)
    keys = np.column_stack([crops.scene, crops.camera, crops.identity, crops.tracklet, span])
    if labels.asks is not None:
        keys = np.column_stack([keys, labels.asks])
    number: NDArray[np.int64] = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    return number


def _named(people: People, labels: Labels) -> NDArray[np.bool_]:
    """Return which pieces are of people with names."""
    number = piece_numbers(labels, people)
    named: NDArray[np.bool_] = people.named[np.unique(number, return_index=True)[1]]
    return named


def _level(vectors: Vectors, labels: Labels, min_gap_s: float, similar: Similarity, named: NDArray[np.bool_]) -> Level:
    """Measure one level."""
    found = score(vectors, labels, min_gap_s, similar)
    everyone = found.everyone
    value, match = scored_pairs(vectors, labels, min_gap_s, similar)
    clusters = clustering_numbers(vectors, labels, named)
    return Level(
        everyone.rank1,
        everyone.rank5,
        everyone.rank10,
        everyone.mean_ap,
        found.team_mates.mean_ap,
        found.auc,
        verification_accuracy(value, match),
        *clusters,
        everyone.queries,
    )


def verification_accuracy(value: NDArray[np.floating], match: NDArray[np.bool_]) -> float:
    """Share of pairs told right by a threshold that was chosen on the other half of the pairs, both kinds weighted alike.

    Example:
        >>> value = np.array([0.9, 0.8, 0.2, 0.1] * 4)
        >>> verification_accuracy(value, value > 0.5)
        1.0
    """
    step = -(-len(value) // _PAIRS_AT_MOST) or 1
    value, match = value[::step], match[::step]
    order = np.random.default_rng(0).permutation(len(value))
    halves = order[::2], order[1::2]
    shares = [
        _balanced(value[rest], match[rest], _best_threshold(value[fitted], match[fitted]))
        for fitted, rest in (halves, halves[::-1])
    ]
    return float(np.mean(shares))


def _best_threshold(value: NDArray[np.floating], match: NDArray[np.bool_]) -> float:
    """Return the threshold with the largest balanced accuracy; pairs at or above it are taken for one person."""
    if not match.any() or match.all():
        return float("nan")
    order = np.argsort(-value, kind="stable")
    hits, misses = np.cumsum(match[order]) / match.sum(), np.cumsum(~match[order]) / (~match).sum()
    return float(value[order][np.argmax(hits - misses)])


def _balanced(value: NDArray[np.floating], match: NDArray[np.bool_], threshold: float) -> float:
    """Return the mean of the shares of both kinds that are told right."""
    if np.isnan(threshold) or not match.any() or match.all():
        return float("nan")
    said = value >= threshold
    return float((said[match].mean() + (~said[~match]).mean()) / 2)


def clustering_numbers(vectors: Vectors, labels: Labels, named: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Cluster the named samples of each group by K-means: accuracy with k and with 2 k clusters, NMI, ARI.

    Means over groups, weighted by their samples; a group of fewer than two people says nothing.

    Args:
        vectors: (n, dim).
        labels: of the n samples.
        named: (n,) the person is known by name.
    """
    rows: list[tuple[float, ...]] = []
    for group in np.unique(labels.group[named]):
        here = np.flatnonzero((labels.group == group) & named)
        truth = labels.identity[here]
        k = len(np.unique(truth))
        if k < 2:
            continue
        found, twice = (KMeans(count, starts=4)(vectors[here]) for count in (k, 2 * k))
        numbers = (
            clustering_accuracy(truth, found),
            clustering_accuracy(truth, twice),
            nmi(truth, found),
            ari(truth, found),
        )
        rows.append((len(here), *numbers))
    if not rows:
        return math.nan, math.nan, math.nan, math.nan
    table = np.array(rows)
    accuracy, accuracy_twice, information, rand = (table[:, :1] * table[:, 1:]).sum(0) / table[:, 0].sum()
    return float(accuracy), float(accuracy_twice), float(information), float(rand)
