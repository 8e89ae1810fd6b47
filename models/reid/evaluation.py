"""How well vectors tell people apart: retrieval (CMC, mAP) and verification (ROC AUC). Arrays in, numbers out.

Pairs of crops are of one person, of two people, or *unknown* (two tracklets that never meet in a frame may be the same
person). Unknown pairs take no part in any number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Floats = NDArray[np.floating]
Similarity = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Retrieval:
    """Retrieval over queries: shares in [0, 1]; NaN where there is no query.

    Attributes:
        rank1: share of queries whose most similar candidate is the same person; rank5 and rank10: among the first 5, 10.
        mean_ap: mean over queries of the average precision.
        queries: number of queries that have at least one match and one candidate of another person.
    """

    rank1: float
    rank5: float
    rank10: float
    mean_ap: float
    queries: int


def retrieval(similarity: Floats, same: Bool, valid: Bool) -> Retrieval:
    """Score ranked candidates.

    CMC as in Market-1501 (Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015): a query counts
    for rank k when any match is among its first k candidates. Average precision is the mean, over a query's matches, of
    the precision at each match's rank (no interpolation). Queries without a match, or with nothing but matches, say
    nothing and are left out. Among equal similarities other people come first, so that vectors that are all alike score
    worst, not best.

    Args:
        similarity: (q, g), larger is more alike.
        same: (q, g), the pair is one person.
        valid: (q, g), the candidate takes part for this query.

    Example:
        The first query finds its match first; the second ties with a stranger; the third has no match: left out.

        >>> similarity = np.array([[0.9, 0.2, 0.1], [0.5, 0.5, 0.1], [0.3, 0.2, 0.1]])
        >>> same = np.array([[1, 0, 0], [1, 0, 0], [0, 0, 0]], bool)
        >>> result = retrieval(similarity, same, np.ones_like(same))
        >>> result.rank1, result.mean_ap, result.queries
        (0.5, 0.75, 2)
    """
    match = same & valid
    asks = match.any(1) & (valid & ~same).any(1)
    if not asks.any():
        return Retrieval(np.nan, np.nan, np.nan, np.nan, 0)
    similarity, match, valid = similarity[asks], match[asks], valid[asks]
    order = np.lexsort((match, -similarity, ~valid), axis=1)  # valid first, then most alike, then strangers
    hit = np.take_along_axis(match, order, 1)  # (q, g) in rank order
    first = hit.argmax(1)
    precision = np.cumsum(hit, 1) / np.arange(1, hit.shape[1] + 1)
    average_precision = (precision * hit).sum(1) / hit.sum(1)
    rank1, rank5, rank10 = (float((first < k).mean()) for k in (1, 5, 10))
    return Retrieval(rank1, rank5, rank10, float(average_precision.mean()), int(asks.sum()))


def merge(results: list[Retrieval]) -> Retrieval:
    """Pool results over disjoint sets of queries: sums, then shares.

    Example:
        >>> merge([Retrieval(1.0, 1.0, 1.0, 1.0, 1), Retrieval(0.0, 0.0, 0.0, 0.0, 3)]).rank1
        0.25
    """
    queries = sum(result.queries for result in results)
    if queries == 0:
        return Retrieval(np.nan, np.nan, np.nan, np.nan, 0)

    def share(name: str) -> float:
        return float(sum(getattr(result, name) * result.queries for result in results if result.queries) / queries)

    return Retrieval(share("rank1"), share("rank5"), share("rank10"), share("mean_ap"), queries)


def roc_auc(score: Floats, positive: Bool) -> float:
    """Chance that a random positive pair scores above a random negative one, ties counting half; NaN without either.

    The Mann-Whitney form of the area under the ROC curve (Fawcett, "An introduction to ROC analysis", 2006).

    Example:
        >>> roc_auc(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False]))
        0.875
    """
    above = np.sort(score[~positive])
    wanted = score[positive]
    if len(above) == 0 or len(wanted) == 0:
        return float("nan")
    below = np.searchsorted(above, wanted, "left") + np.searchsorted(above, wanted, "right")
    return float(below.mean() / 2 / len(above))


def equal_error_rate(score: Floats, positive: Bool) -> float:
    """Error rate at the threshold where as many positives lie below it as negatives do not; NaN without either.

    Between the two thresholds around it both rates are taken for straight lines; ties stand on one side together.

    Example:
        Nothing is confused; then one of two pairs of either kind.

        >>> equal_error_rate(np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, True, False, False]))
        0.0
        >>> equal_error_rate(np.array([0.9, 0.3, 0.7, 0.1]), np.array([True, True, False, False]))
        0.5
    """
    if not positive.any() or positive.all():
        return float("nan")
    thresholds = np.append(np.unique(score), np.inf)
    missed = np.searchsorted(np.sort(score[positive]), thresholds, "left") / positive.sum()
    taken = 1 - np.searchsorted(np.sort(score[~positive]), thresholds, "left") / (~positive).sum()
    after = int(np.argmax(missed >= taken))
    if after == 0:
        return float(missed[0])
    rise = missed[after] - missed[after - 1] + taken[after - 1] - taken[after]
    share = (taken[after - 1] - missed[after - 1]) / rise
    return float(missed[after - 1] + share * (missed[after] - missed[after - 1]))


@dataclass(frozen=True)
class Labels:
    """What is known about n crops, for building pairs.

    Attributes:
        identity: (n,) person or tracklet, from 0.
        clip: (n,) the clip.
        group: (n,) crops are compared within a group only: the clip again, or its game.
        time_s: (n,) seconds within the clip.
        team: (n,) -1 where unknown.
        differ: (m, m), identities that certainly differ.
        asks: (n,), the crop is a query; None: all are.
        answers: (n,), the crop is in the gallery; None: all are.
    """

    identity: NDArray[np.int64]
    clip: NDArray[np.int64]
    group: NDArray[np.int64]
    time_s: NDArray[np.float64]
    team: NDArray[np.int64]
    differ: Bool
    asks: Bool | None = None
    answers: Bool | None = None


def simultaneous(identity: NDArray[np.int64], scene: NDArray[np.int64], time_s: NDArray[np.float64]) -> Bool:
    """Which identities certainly differ: (m, m), True where two identities share a frame of a scene; m = max + 1.

    Args:
        identity: (n,).
        scene: (n,).
        time_s: (n,), or frame numbers: only equality counts.

    Example:
        0 and 1 meet at time 0; 2 comes when both are gone, so it could be either.

        >>> simultaneous(np.array([0, 1, 2]), np.array([0, 0, 0]), np.array([0.0, 0.0, 1.0])).astype(int)
        array([[0, 1, 0],
               [1, 0, 0],
               [0, 0, 0]])
    """
    size = int(identity.max(initial=-1)) + 1
    _, moment = np.unique(np.column_stack([scene, time_s]), axis=0, return_inverse=True)
    present = np.zeros((int(moment.max(initial=-1)) + 1, size), np.int32)
    present[moment.ravel(), identity] = 1
    differ: Bool = (present.T @ present) > 0
    np.fill_diagonal(differ, False)
    return differ


@dataclass(frozen=True)
class Score:
    """All numbers of one encoder on one set: against everyone on court, against team-mates only, and pairwise."""

    everyone: Retrieval
    team_mates: Retrieval
    auc: float
    auc_team_mates: float


def score(
    vectors: NDArray[np.float32], labels: Labels, min_gap_s: float = 1.0, similar: Similarity | None = None
) -> Score:
    """Score vectors within each group.

    Every crop that asks does so once. Its candidates are the crops of other clips of the group, and those of its own clip
    at least `min_gap_s` away in time (neighbouring frames are near-copies; infinity: other clips only), that are of the same
    identity or of one that certainly differs. Team-mates only: those of the same known team.

    Args:
        vectors: (n, dim), of unit length unless `similar` does without.
        labels: of the n crops.
        min_gap_s: 0 leaves out nothing but the crop itself.
        similar: how alike vectors are, larger is more; None: their product.
    """
    everyone, mates, found = [], [], []
    for group in np.unique(labels.group):
        rows = np.flatnonzero(labels.group == group)
        similarity = (similar or cosine)(vectors[rows])
        same, valid, team_mate = pairs(labels, rows, min_gap_s)
        everyone.append(retrieval(similarity, same, valid))
        mates.append(retrieval(similarity, same, valid & team_mate))
        found.append(_once(similarity, same, valid, team_mate))
    value, match, mate = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return Score(merge(everyone), merge(mates), roc_auc(value, match), roc_auc(value[mate], match[mate]))


def scored_pairs(
    vectors: NDArray[np.float32], labels: Labels, min_gap_s: float = 1.0, similar: Similarity | None = None
) -> tuple[Floats, Bool]:
    """Return the similarity of every pair that `score` looks at, once, and whether it is of one person.

    Args:
        vectors: (n, dim).
        labels: of n crops.
        min_gap_s: least gap in time of a pair.
        similar: how vectors are compared; cosine if omitted.
    """
    found = []
    for group in np.unique(labels.group):
        rows = np.flatnonzero(labels.group == group)
        found.append(_once((similar or cosine)(vectors[rows]), *pairs(labels, rows, min_gap_s)))
    value, match, _ = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return value, match


def cosine(vectors: Floats) -> Floats:
    """Return the products of vectors (n, dim): (n, n); of unit vectors the cosines."""
    out: Floats = vectors @ vectors.T
    return out


def nearness(vectors: Floats) -> Floats:
    """Return the negative Euclidean distances of vectors (n, dim): (n, n)."""
    squared = (vectors**2).sum(1)
    out: Floats = -np.sqrt(np.maximum(squared[:, None] + squared - 2 * vectors @ vectors.T, 0))
    return out


def pairs(labels: Labels, rows: NDArray[np.int64], min_gap_s: float) -> tuple[Bool, Bool, Bool]:
    """Return (n, n) same identity, takes part, same known team, for the crops of one group; queries are rows.

    Args:
        labels: of all crops.
        rows: (n,) the crops of the group.
        min_gap_s: least gap in time of a pair that takes part.
    """
    identity, team = labels.identity[rows], labels.team[rows]
    time_s, clip = labels.time_s[rows], labels.clip[rows]
    same = identity[:, None] == identity
    gap_s = np.where(clip[:, None] == clip, np.abs(time_s[:, None] - time_s), np.inf)
    far = (gap_s >= min_gap_s) & ~np.eye(len(rows), dtype=bool)
    valid = far & (same | labels.differ[identity[:, None], identity])
    if labels.asks is not None:
        valid &= labels.asks[rows][:, None]
    if labels.answers is not None:
        valid &= labels.answers[rows]
    return same, valid, (team[:, None] == team) & (team >= 0)


def _once(similarity: Floats, same: Bool, valid: Bool, mate: Bool) -> tuple[Floats, Bool, Bool]:
    """Take each pair that takes part in either direction once: similarity, one person, one team."""
    upper = np.triu(valid | valid.T, 1)
    return similarity[upper], same[upper], mate[upper]


def mean_ap_within(distance: NDArray[np.floating], same: Bool, valid: Bool, threshold: float) -> float:
    """Mean average precision of lists that end at a distance; what is not listed counts as not found.

    Args:
        distance: (q, g).
        same: (q, g) the pair is one person.
        valid: (q, g) the candidate takes part.
        threshold: distance at which a list ends.

    Example:
        Two matches: one is listed first, the other lies beyond the threshold.

        >>> distance = np.array([[0.1, 0.3, 0.9]])
        >>> same = np.array([[True, False, True]])
        >>> mean_ap_within(distance, same, np.ones_like(same), 0.5)
        0.5
    """
    match = same & valid
    asks = match.any(1)
    if not asks.any():
        return float("nan")
    order = np.argsort(np.where(valid, distance, np.inf)[asks], axis=1, kind="stable")
    listed = np.take_along_axis((valid & (distance <= threshold))[asks], order, 1)
    hit = np.take_along_axis(match[asks], order, 1) & listed
    precision = np.cumsum(hit, 1) / np.arange(1, hit.shape[1] + 1)
    return float(((precision * hit).sum(1) / match[asks].sum(1)).mean())
