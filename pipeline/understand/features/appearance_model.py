"""What people look like in this game: a probabilistic model that is learned from the game itself.

Tracklets are taken in pieces of half a second. How much the pieces of one tracklet differ says in which directions an
embedding is noisy in this light, at this size, with this encoder; how much tracklets differ says in which directions
people do. In the space where the noise is a sphere and people are spread along the axes, the likelihood that a set of
tracklets is one person has a closed form: the two-covariance model of speaker recognition (Bruemmer and de Villiers,
"The speaker partitioning problem", Odyssey 2010; Ioffe, "Probabilistic linear discriminant analysis", ECCV 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.understand.features.embeddings import unit
from pipeline.understand.features.evidence import TrackletEvidence, pooling_weight

Array = NDArray[np.float64]

PIECE_S = 0.5
"""Length of a piece: within it, embeddings err together."""
PIECE_NOISE = 1.0
"""Variance of a piece about its tracklet, which makes the unit of the model's space."""
_TRACKLET_NOISE, LEAST_NOISE = 12.0, 3.0
"""Variance of a tracklet about its person: of one piece, falling as the root of the pieces, and the least. On rendered games it
falls so from 6 to 1 on average; twice that, since who is hidden looks like those before him, not like anybody."""
_CONTEXT_NOISE = 1.0
"""Variance of everything that was seen of a person about him: light, floor and pose are the same again and again."""
_MOST_AXES = 32
_MOST_PIECES = 10
"""A tracklet counts for as many pieces in the spread of people at most: long ones are not more people."""
_LEAST_DIFFERENCES = 30
"""From fewer pairs of neighbouring pieces no noise is learned."""
_USUAL_NOISE = 0.3
"""Squared length of the noise of a piece then: about half of what differs between two single crops of one person."""
_ROUND = 160.0
"""Pairs of pieces as weighty as the assumption that noise is the same in all directions."""
_OUTLIERS = 0.02
"""Share of neighbouring pieces that are left out: most of them are the tracker going over to somebody else."""
_BLOCK = 50_000
"""Boxes whose embeddings are read in one go."""


@dataclass(frozen=True)
class Pieces:
    """Half seconds of n tracklets, by tracklet and then by time; those without an embedding are left out."""

    vector: Array
    """(p, dim) mean of the unit embeddings, weighted by crop quality."""
    first: NDArray[np.int64]
    """(p,) position of the piece's first box in the arrays of `Evidence`."""
    start: NDArray[np.int64]
    """(n + 1,) pieces of tracklet i are `[start[i] : start[i + 1]]`."""

    def counts(self) -> NDArray[np.int64]:
        """Count the pieces of each tracklet (n,)."""
        return np.diff(self.start)


def cut_to_pieces(
    frames: pd.DataFrame, detections: pd.DataFrame, embeddings: NDArray[np.floating], evidence: TrackletEvidence
) -> Pieces:
    """Average the embeddings of all tracklets over half seconds.

    Args:
        frames: table `frames`.
        detections: table `detections`, m rows.
        embeddings: (m, dim); NaN rows where unknown; may be a memory map, of which a part at a time is read.
        evidence: of the tracklets.
    """
    time_of = pd.Series(frames["time_s"].to_numpy(np.float64), index=frames["frame"].to_numpy())
    owner = np.repeat(np.arange(len(evidence)), evidence.boxes())
    since_s = time_of[evidence.frame].to_numpy() - evidence.first_s[owner]
    key = owner * (int(since_s.max(initial=0.0) / PIECE_S) + 2) + (since_s / PIECE_S).astype(np.int64)
    _, first, piece = np.unique(key, return_index=True, return_inverse=True)
    quality = pooling_weight(detections)
    total, weight = np.zeros((len(first), embeddings.shape[1])), np.zeros(len(first))
    for begin in range(0, len(piece), _BLOCK):
        rows, into = evidence.row[begin : begin + _BLOCK], piece[begin : begin + _BLOCK]
        vectors = unit(np.asarray(embeddings[rows], dtype=np.float32))
        known = np.isfinite(vectors[:, 0])
        counts = quality[rows][known]
        np.add.at(total, into[known], vectors[known] * counts[:, None])
        np.add.at(weight, into[known], counts)
    there = weight > 0
    start = np.searchsorted(owner[first[there]], np.arange(len(evidence) + 1))
    return Pieces(total[there] / weight[there, None], first[there], start.astype(np.int64))


@dataclass(frozen=True)
class Looks:
    """The model: a vector v of a piece becomes `(v - center) @ basis`, in which noise has variance 1."""

    center: Array
    """(dim,)"""
    basis: Array
    """(dim, d)"""
    between: Array
    """(d,) variance of people along each axis, falling."""

    def project(self, vectors: NDArray[np.floating]) -> Array:
        """Bring vectors (p, dim) into the model's space (p, d)."""
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
        scaled = precision[..., None] * self.between
        fit = (weighted * weighted * self.between / (1.0 + scaled)).sum(axis=-1)
        return np.asarray(0.5 * (fit - np.log1p(scaled).sum(axis=-1)))

    def log_ratio(self, one: Array, precision: Array, other: Array, other_precision: Array) -> Array:
        """Give the log-likelihood ratio (...) of two groups of observations being of one person to their being of two.

        Args:
            one: (..., d) sums of w x of one group.
            precision: (...) sums of w.
            other: (..., d) of the other group.
            other_precision: (...) of the other group.
        """
        together = self.log_evidence(one + other, precision + other_precision)
        return together - self.log_evidence(one, precision) - self.log_evidence(other, other_precision)


def learn_looks(pieces: Pieces, session_noise: float) -> Looks | None:
    """Learn the model from a game's tracklets.

    Neighbouring pieces are compared for the noise, rather than pieces with their tracklet's mean: a tracklet that goes
    over to somebody else spoils one pair only.

    Args:
        pieces: of n tracklets.
        session_noise: variance of a whole tracklet about its person, in units of the noise of a piece.

    Returns:
        The model, or None where hardly anybody was seen or nobody differs.
    """
    counts = pieces.counts()
    known = counts > 0
    if known.sum() < 2:
        return None
    to_round = _whitening(pieces)
    mean = _means(pieces)[known]
    weight = np.minimum(counts[known], _MOST_PIECES).astype(np.float64)
    center = np.average(mean, axis=0, weights=weight)
    centred = (mean - center) @ to_round
    spread = (centred.T * weight) @ centred / weight.sum()
    noise = float(np.average(session_noise + PIECE_NOISE / counts[known], weights=weight))
    variance, axes = np.linalg.eigh(spread - noise * np.eye(len(spread)))
    chosen = np.argsort(-variance)[:_MOST_AXES]
    chosen = chosen[variance[chosen] > 1e-6]
    if not len(chosen):
        return None
    return Looks(center, to_round @ axes[:, chosen], variance[chosen])


def _whitening(pieces: Pieces) -> Array:
    """Find the map (dim, dim) that makes the noise of a piece a sphere of variance 1."""
    dim = pieces.vector.shape[1]
    step: Array = np.diff(pieces.vector, axis=0) / np.sqrt(2.0)
    inside = np.ones(len(step), dtype=bool)
    inside[pieces.start[1:-1][(pieces.start[1:-1] > 0) & (pieces.start[1:-1] <= len(step))] - 1] = False
    step = step[inside]
    if len(step) < _LEAST_DIFFERENCES:
        return np.asarray(np.eye(dim) / np.sqrt(_USUAL_NOISE / dim))
    length = np.linalg.norm(step, axis=1)
    step = step[length <= np.quantile(length, 1 - _OUTLIERS)]
    noise = step.T @ step / len(step)
    even = max(float(np.trace(noise)) / dim, 1e-9)
    share = _ROUND / (_ROUND + len(step))
    variance, axes = np.linalg.eigh((1 - share) * noise + share * even * np.eye(dim))
    return np.asarray(axes / np.sqrt(np.maximum(variance, 1e-3 * even)))


def _means(pieces: Pieces) -> Array:
    """Average the pieces of each tracklet (n, dim); NaN where there is none."""
    counts = pieces.counts()
    total = np.zeros((len(counts), pieces.vector.shape[1]))
    np.add.at(total, np.repeat(np.arange(len(counts)), counts), pieces.vector)
    return np.asarray(total / np.where(counts, counts, np.nan)[:, None])


@dataclass(frozen=True)
class Seen:
    """n tracklets in the space of `Looks`."""

    looks: Looks
    place: Array
    """(n, d) mean of the pieces; 0 where nothing is known."""
    precision: Array
    """(n,) inverse variance of `place` about the person, along each axis; 0 where nothing is known."""

    def take(self, rows: NDArray[np.int64]) -> Seen:
        """Choose tracklets."""
        return Seen(self.looks, self.place[rows], self.precision[rows])


def in_context(weighted: Array, precision: Array) -> tuple[Array, Array]:
    """Allow for what all tracklets of a person have in common here and not elsewhere.

    Args:
        weighted: (..., d) sums of w x over tracklets.
        precision: (...) sums of w.

    Returns:
        The same of one observation of the person, whose variance does not fall below that of a context.
    """
    share = 1.0 / (1.0 + _CONTEXT_NOISE * np.asarray(precision))
    return weighted * share[..., None], precision * share


def tracklet_noise(pieces: NDArray[np.int64]) -> Array:
    """Give the variance (...) of tracklets of so many pieces (...) about their people, along each axis; inf without a piece."""
    with np.errstate(divide="ignore"):
        return np.maximum(_TRACKLET_NOISE / np.sqrt(pieces), LEAST_NOISE)


def see(looks: Looks, pieces: Pieces) -> Seen:
    """Bring tracklets into the space of a model; a long tracklet is known better."""
    return Seen(looks, np.nan_to_num(looks.project(_means(pieces))), 1.0 / tracklet_noise(pieces.counts()))
