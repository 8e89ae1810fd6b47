"""Finding a player again after a gap: tracklets against tracklets of team-mates, by how long the gap was. Arrays in, numbers out.

What a tracker needs of an encoder is not that two crops of one second are alike: it is that the tracklet which begins after somebody was
hidden, off the picture or on the bench is given to the right one of five people in one uniform. A tracklet is cut into pieces of at most
a second; the gap of two pieces is the time between the end of one and the begin of the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.reid.evaluation import Bool, equal_error_rate, retrieval
from models.vectors import unit

Array = NDArray[np.floating]
Ints = NDArray[np.int64]

PIECE_S = 1.0
"""Longest piece of a tracklet."""
HOLE_S = 0.6
"""A tracklet of which nothing is seen for longer is two pieces."""
GAPS_S: Mapping[str, tuple[float, float]] = {
    "under 2 s": (0.3, 2.0),
    "10 s": (2.0, 20.0),
    "a minute": (20.0, 200.0),
    "a quarter": (200.0, np.inf),
}
"""Name of a kind of gap: longer than, at most."""


@dataclass(frozen=True)
class TimedCrops:
    """What is known about n crops of one game.

    Attributes:
        identity: (n,) person.
        tracklet: (n,) tracklet, unique in the game.
        time_s: (n,) on one clock for the whole game.
        team: (n,) -1 where unknown.
        differ: (m, m) identities that certainly differ.
        quality: (n,) weight of a crop in its piece.
    """

    identity: Ints
    tracklet: Ints
    time_s: Array
    team: Ints
    differ: Bool
    quality: Array | None = None


@dataclass(frozen=True)
class Pieces:
    """m pieces of tracklets, with the numbers of the crops in them.

    Attributes:
        number: (n,) piece of each crop.
        identity, team: (m,)
        begin_s, end_s: (m,)
    """

    number: Ints
    identity: Ints
    team: Ints
    begin_s: Array
    end_s: Array


@dataclass(frozen=True)
class GapScore:
    """Numbers of one kind of gap, shares in [0, 1]; NaN where nobody asks.

    Attributes:
        again: of pieces whose person was seen before a gap of this kind, beside at least one team-mate, the share that is most like
            the last such piece of the right one.
        chance: what guessing would reach.
        mean_ap: of pieces, candidates being all those of team-mates with such a gap, before or after.
        equal_error: error rate of a threshold on pairs at which as many of one person are refused as of two are taken.
        asked: pieces behind `again`.
        pairs: of one person.
    """

    again: float
    chance: float
    mean_ap: float
    equal_error: float
    asked: int
    pairs: int


def cut_pieces(seen: TimedCrops) -> Pieces:
    """Cut tracklets into pieces.

    Example:
        One tracklet, with a hole: two pieces.

        >>> zero = np.zeros(4, np.int64)
        >>> seen = TimedCrops(zero, zero, np.array([0.0, 0.5, 3.0, 3.5]), zero, np.zeros((1, 1), bool))
        >>> cut_pieces(seen).number.tolist()
        [0, 0, 1, 1]
    """
    order = np.lexsort((seen.time_s, seen.tracklet))
    number = np.empty(len(order), np.int64)
    count, begun = -1, -np.inf
    last: int | None = None
    for row in order:
        time_s = float(seen.time_s[row])
        new = last is None or seen.tracklet[row] != seen.tracklet[last] or time_s - seen.time_s[last] > HOLE_S
        if new or time_s - begun >= PIECE_S:
            count, begun = count + 1, time_s
        number[row], last = count, int(row)
    first = np.unique(number, return_index=True)[1]
    begin_s, end_s = np.full(count + 1, np.inf), np.full(count + 1, -np.inf)
    np.minimum.at(begin_s, number, seen.time_s)
    np.maximum.at(end_s, number, seen.time_s)
    return Pieces(number, seen.identity[first], seen.team[first], begin_s, end_s)


def pooled(vectors: Array, pieces: Pieces, quality: Array | None = None) -> Array:
    """Average unit vectors (n, dim) over pieces, weighted where asked: (m, dim), unit length."""
    weight = np.ones(len(vectors)) if quality is None else quality
    total = np.zeros((len(pieces.identity), vectors.shape[1]))
    np.add.at(total, pieces.number, unit(np.asarray(vectors, np.float32)) * weight[:, None])
    return np.asarray(unit(total.astype(np.float32)))


def gaps_s(pieces: Pieces) -> Array:
    """Return (m, m) seconds from the end of piece i to the begin of piece j; negative where j begins before."""
    return np.asarray(pieces.begin_s - pieces.end_s[:, None])


@dataclass(frozen=True)
class Answers:
    """Of one game and kind of gap: what was asked and answered; several games are put together by `found`."""

    right: Bool
    chance: Array
    average_precision: Array
    similarity: Array
    same: Bool


def answers(similarity: Array, pieces: Pieces, differ: Bool, between_s: tuple[float, float]) -> Answers:
    """Ask every piece for its person among those of its team, over gaps of one kind.

    Args:
        similarity: (m, m) of pieces, larger is more alike.
        pieces: m of them.
        differ: identities that certainly differ.
        between_s: the gap is longer than the first, at most the second.
    """
    same = pieces.identity[:, None] == pieces.identity
    mates = (pieces.team[:, None] == pieces.team) & (pieces.team >= 0)
    certain = mates & (same | differ[pieces.identity[:, None], pieces.identity])
    since = gaps_s(pieces).T  # (asks, answers): since the end of the second
    before = (since > between_s[0]) & (since <= between_s[1]) & certain
    right, chance = _again(similarity, before, same, pieces)
    either = before | before.T
    precision = [
        retrieval(similarity[[row]], same[[row]], either[[row]]).mean_ap
        for row in np.flatnonzero((either & same).any(1) & (either & ~same).any(1))
    ]
    once = np.triu(either, 1)
    return Answers(right, chance, np.array(precision), similarity[once], same[once])


def _again(similarity: Array, before: Bool, same: Bool, pieces: Pieces) -> tuple[Bool, Array]:
    """Compare each piece with the last one of every candidate: right or not (k,), and the chance of guessing (k,)."""
    right, chance = list[bool](), list[float]()
    for row in np.flatnonzero((before & same).any(1)):
        candidates = np.flatnonzero(before[row])
        candidates = candidates[np.argsort(-pieces.end_s[candidates], kind="stable")]
        last = candidates[np.unique(pieces.identity[candidates], return_index=True)[1]]
        if len(last) < 2:
            continue
        mine = same[row, last]
        right.append(bool(similarity[row, last[mine]].max() > similarity[row, last[~mine]].max()))
        chance.append(1 / len(last))
    return np.array(right, bool), np.array(chance)


def found(games: Sequence[Answers]) -> GapScore:
    """Put the answers of several games together."""
    right, chance, precision, similarity, same = (
        np.concatenate([getattr(game, name) for game in games])
        for name in ("right", "chance", "average_precision", "similarity", "same")
    )
    return GapScore(
        _mean(right), _mean(chance), _mean(precision), equal_error_rate(similarity, same), len(right), int(same.sum())
    )


def _mean(values: Array | Bool) -> float:
    return float(values.mean()) if len(values) else float("nan")
