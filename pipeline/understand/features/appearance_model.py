"""PLDA (two-covariance model) of the embeddings of one game, learned from the game itself without labels.

Tracklets are divided into segments of half a second. The within-class covariance comes from how much neighbouring segments
of a tracklet differ: the directions in which an embedding is noisy in this light, at this size, with this encoder. The
between-class covariance comes from how much tracklets differ. In the space where the noise is a sphere and people are spread
along the axes, the likelihood that a set of tracklets is one person has a closed form (Bruemmer and de Villiers, "The speaker
partitioning problem", Odyssey 2010; Ioffe, "Probabilistic linear discriminant analysis", ECCV 2006). Our twist: the variance
of a tracklet falls with its length more slowly than 1 / n, and never below what a person's context adds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.vectors import unit_or_nan
from pipeline.understand.features.evidence import (
    TrackletEvidence,
    bounds_of,
    pooling_weight,
    summed,
    unchanged_tracklets,
)
from pipeline.understand.game import TrackedGame

Array = NDArray[np.float64]

SEGMENT_S = 0.5
"""Length of a segment, s: within it, the errors of embeddings are not independent."""
SEGMENT_NOISE = 1.0
"""Variance of a segment about its tracklet: the unit of the model's space."""
_TRACKLET_NOISE, LEAST_NOISE = 12.0, 3.0
"""Variance of a tracklet about its person in the model's space: of one segment, falling as the root of their number, and the
least. On rendered games it falls so from 6 to 1 on average; we take twice that, since somebody who is hidden looks like
those in front of him, not like a random person."""
_CONTEXT_NOISE = 1.0
"""Variance, in the model's space, of all that was seen of a person about him: light, floor and pose recur."""
_MAX_AXES = 32
"""Dimension of the model's space at most."""
_MAX_SEGMENTS = 10
"""A tracklet counts for as many segments in the between-class covariance at most: long ones are not more people."""
_MIN_DIFFERENCES = 30
"""From fewer pairs of neighbouring segments no noise is learned."""
_USUAL_NOISE = 0.3
"""Squared length of the noise of a segment then: about half of what differs between two single crops of one person."""
_ISOTROPIC_PAIRS = 160.0
"""Pairs of segments that weigh as much as the prior assumption that noise is isotropic."""
_OUTLIERS = 0.02
"""Share of pairs of neighbouring segments that are left out: most of them are identity switches of the tracker."""
_BLOCK = 50_000
"""Boxes whose embeddings are read at once."""


@dataclass(frozen=True)
class Segments:
    """Half-second segments of n tracklets, by tracklet and then by time; those without an embedding are left out."""

    vector: Array
    """(p, dim) mean of the unit embeddings, weighted by crop quality."""
    first: NDArray[np.int64]
    """(p,) position of the segment's first box in the arrays of `TrackletEvidence`."""
    start: NDArray[np.int64]
    """(n + 1,) segments of tracklet i are `[start[i] : start[i + 1]]`."""

    def counts(self) -> NDArray[np.int64]:
        """Count the segments of each tracklet (n,)."""
        return np.diff(self.start)


def cut_into_segments(
    game: TrackedGame, evidence: TrackletEvidence, before: tuple[TrackletEvidence, Segments] | None = None
) -> Segments:
    """Average the embeddings of each tracklet over half-second segments; embeddings are read block by block.

    Args:
        game: with embeddings, which may be a memory map.
        evidence: of the n tracklets of the game.
        before: evidence and segments of other tracklets of the game; those of tracklets that were there are taken over.
    """
    if before is None:
        return _segments(game, evidence, np.ones(len(evidence), dtype=bool))
    old_evidence, old = before
    source = unchanged_tracklets(evidence.row, evidence.start, old_evidence)  # (n,)
    fresh = _segments(game, evidence, source < 0)
    counts = np.where(source < 0, fresh.counts(), old.counts()[source])
    start = bounds_of(counts)
    owner = np.repeat(np.arange(len(source)), counts)  # (p,)
    offset = np.arange(len(owner)) - start[owner]
    taken, new = source[owner] >= 0, source[owner] < 0
    at_old, at_new = (old.start[source[owner]] + offset)[taken], (fresh.start[owner] + offset)[new]
    vector, first = np.empty((len(owner), fresh.vector.shape[1])), np.empty(len(owner), dtype=np.int64)
    vector[taken], vector[new] = old.vector[at_old], fresh.vector[at_new]
    moved = evidence.start[:-1] - old_evidence.start[source]  # (n,)
    first[taken], first[new] = old.first[at_old] + moved[owner[taken]], fresh.first[at_new]
    return Segments(vector, first, start)


def _segments(game: TrackedGame, evidence: TrackletEvidence, chosen: NDArray[np.bool_]) -> Segments:
    """Average the embeddings of the chosen (n,) of n tracklets over segments; the others have none."""
    at = np.flatnonzero(np.repeat(chosen, evidence.boxes()) & game.is_embedded[evidence.row])  # (k,) boxes
    owner = np.repeat(np.arange(len(evidence)), evidence.boxes())[at]
    since_s = game.box_time_s[evidence.row[at]] - evidence.first_s[owner]
    key = owner * (int(since_s.max(initial=0.0) / SEGMENT_S) + 2) + (since_s / SEGMENT_S).astype(np.int64)
    begin = np.flatnonzero(np.diff(key, prepend=-1))  # (p,)
    quality = pooling_weight(game.detections)
    total, weight = np.zeros((len(begin), game.embeddings.shape[1])), np.zeros(len(begin))  # (p, dim), (p,)
    borders = begin[np.searchsorted(begin, np.arange(0, len(at), _BLOCK), side="right") - 1]
    for low, high in pairwise([*np.unique(borders).tolist(), len(at)]):
        rows = evidence.row[at[low:high]]
        vectors = unit_or_nan(np.asarray(game.embeddings[rows], dtype=np.float32))
        box_weight = np.where(np.isfinite(vectors[:, 0]), quality[rows], 0.0)
        weighted = np.asarray(np.nan_to_num(vectors) * box_weight[:, None], np.float64)
        inside = slice(*np.searchsorted(begin, [low, high]).tolist())
        total[inside] = summed(weighted, begin[inside] - low)
        weight[inside] = summed(box_weight[:, None], begin[inside] - low)[:, 0]
    embedded = weight > 0  # (p,)
    first = _first_boxes(game, evidence, at[begin[embedded]])
    start = np.searchsorted(owner[begin[embedded]], np.arange(len(evidence) + 1))
    return Segments(total[embedded] / weight[embedded, None], first, start.astype(np.int64))


def _first_boxes(game: TrackedGame, evidence: TrackletEvidence, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the first box (p,) of the segments that boxes `at` (p,) are in, embedded or not."""
    segment = ((game.box_time_s[evidence.row] - np.repeat(evidence.first_s, evidence.boxes())) / SEGMENT_S).astype(
        np.int64
    )
    begins = np.ones(len(segment), dtype=bool)
    begins[1:] = np.diff(segment) != 0
    begins[evidence.start[:-1]] = True
    place = np.flatnonzero(begins)
    return place[np.searchsorted(place, at, side="right") - 1]


@dataclass(frozen=True)
class AppearanceModel:
    """PLDA (two-covariance model): a segment's vector v becomes `(v - center) @ basis`, where noise has variance 1."""

    center: Array
    """(dim,)"""
    basis: Array
    """(dim, d)"""
    between: Array
    """(d,) between-class variance along each axis, falling."""

    def project(self, vectors: NDArray[np.floating]) -> Array:
        """Project vectors (p, dim) into the model's space (p, d)."""
        return np.asarray((vectors - self.center) @ self.basis, dtype=np.float64)

    def log_evidence(self, weighted: Array, precision: Array) -> Array:
        """Give the log-likelihood that observations show one person, relative to each showing a person of its own prior.

        An observation x with noise variance 1/w about its person adds w x to `weighted` and w to `precision`; terms that
        do not depend on how observations are grouped are left out.

        Args:
            weighted: (..., d) sums of w x.
            precision: (...) sums of w.

        Returns:
            (...)
        """
        shrunk = 1.0 + precision[..., None] * self.between
        fit = (weighted * weighted * self.between / shrunk).sum(axis=-1)
        return np.asarray(0.5 * (fit - np.log(shrunk.prod(axis=-1))))  # at most `_MAX_AXES` factors: no overflow

    def log_ratio(self, first: Array, first_precision: Array, second: Array, second_precision: Array) -> Array:
        """Give the log-likelihood ratio (...) of two groups of observations being of one person to their being of two.

        Args:
            first: (..., d) sums of w x of one group.
            first_precision: (...) sums of w.
            second: (..., d) of the other group.
            second_precision: (...) of the other group.
        """
        joint = self.log_evidence(first + second, first_precision + second_precision)
        return joint - self.log_evidence(first, first_precision) - self.log_evidence(second, second_precision)


def learn_appearance_model(segments: Segments, tracklet_noise: float) -> AppearanceModel | None:
    """Learn the two covariances from a game's tracklets.

    The noise is learned from neighbouring segments, rather than from segments and their tracklet's mean: an identity switch
    then spoils one pair only.

    Args:
        segments: of n tracklets.
        tracklet_noise: variance of a whole tracklet about its person, in units of the noise of a segment.

    Returns:
        The model, or None where hardly anybody was seen or nobody differs.
    """
    counts = segments.counts()
    embedded = counts > 0
    if embedded.sum() < 2:
        return None
    whitening = _whitening(segments)  # (dim, dim)
    mean = _means(segments)[embedded]
    weight = np.minimum(counts[embedded], _MAX_SEGMENTS).astype(np.float64)
    center = np.average(mean, axis=0, weights=weight)
    centred = (mean - center) @ whitening
    spread = (centred.T * weight) @ centred / weight.sum()  # (dim, dim)
    noise = float(np.average(tracklet_noise + SEGMENT_NOISE / counts[embedded], weights=weight))
    variance, axes = np.linalg.eigh(spread - noise * np.eye(len(spread)))
    chosen = np.argsort(-variance)[:_MAX_AXES]
    chosen = chosen[variance[chosen] > 1e-6]
    if not len(chosen):
        return None
    return AppearanceModel(center, whitening @ axes[:, chosen], variance[chosen])


def _whitening(segments: Segments) -> Array:
    """Find the map (dim, dim) that makes the noise of a segment a sphere of variance 1."""
    dim = segments.vector.shape[1]
    step: Array = np.diff(segments.vector, axis=0) / np.sqrt(2.0)  # (p - 1, dim)
    border = segments.start[1:-1]
    inside = np.ones(len(step), dtype=bool)
    inside[border[(border > 0) & (border <= len(step))] - 1] = False
    step = step[inside]
    if len(step) < _MIN_DIFFERENCES:
        return np.asarray(np.eye(dim) / np.sqrt(_USUAL_NOISE / dim))
    length = np.linalg.norm(step, axis=1)
    step = step[length <= np.quantile(length, 1 - _OUTLIERS)]
    noise = step.T @ step / len(step)  # (dim, dim)
    isotropic = max(float(np.trace(noise)) / dim, 1e-9)
    share = _ISOTROPIC_PAIRS / (_ISOTROPIC_PAIRS + len(step))
    variance, axes = np.linalg.eigh((1 - share) * noise + share * isotropic * np.eye(dim))
    return np.asarray(axes / np.sqrt(np.maximum(variance, 1e-3 * isotropic)))


def _means(segments: Segments) -> Array:
    """Average the segments of each tracklet (n, dim); NaN where there is none."""
    counts = segments.counts()
    total = np.zeros((len(counts), segments.vector.shape[1]))
    np.add.at(total, np.repeat(np.arange(len(counts)), counts), segments.vector)
    return np.asarray(total / np.where(counts, counts, np.nan)[:, None])


@dataclass(frozen=True)
class ProjectedTracklets:
    """n tracklets in the space of an `AppearanceModel`."""

    model: AppearanceModel
    mean: Array
    """(n, d) mean of the segments; 0 where nothing is known."""
    precision: Array
    """(n,) inverse variance of `mean` about the person, along each axis; 0 where nothing is known."""

    def take(self, rows: NDArray[np.int64]) -> ProjectedTracklets:
        """Choose tracklets."""
        return ProjectedTracklets(self.model, self.mean[rows], self.precision[rows])


def discount_context(weighted: Array, precision: Array) -> tuple[Array, Array]:
    """Allow for what all tracklets of a person have in common in this game: they are not independent.

    Args:
        weighted: (..., d) sums of w x over tracklets.
        precision: (...) sums of w.

    Returns:
        The same of one observation of the person, whose variance does not fall below that of a context.
    """
    share = 1.0 / (1.0 + _CONTEXT_NOISE * np.asarray(precision))
    return weighted * share[..., None], precision * share


def tracklet_variance(segment_counts: NDArray[np.int64]) -> Array:
    """Give the variance (...) about their people of tracklets with so many segments (...), per axis; inf for none."""
    with np.errstate(divide="ignore"):
        return np.maximum(_TRACKLET_NOISE / np.sqrt(segment_counts), LEAST_NOISE)


def project_tracklets(model: AppearanceModel, segments: Segments) -> ProjectedTracklets:
    """Project tracklets into the space of a model; the longer a tracklet, the higher its precision."""
    mean = np.nan_to_num(model.project(_means(segments)))  # (n, d)
    return ProjectedTracklets(model, mean, 1.0 / tracklet_variance(segments.counts()))
