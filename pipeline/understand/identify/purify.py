"""Tracklets are made pure: one that goes over to another person is cut there.

First by itself: where the pieces before and after differ like two people do in this game, by more than a price. Then
with everybody's help: people are found among the pieces, and along each tracklet the most likely sequence of people is
looked for (a hidden Markov model with the people as states, as in the resegmentation of speaker diarisation: Landini et
al., "Bayesian HMM clustering of x-vector sequences", 2022). Neither has a length as a parameter but that of a piece.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.tables import conform
from pipeline.understand.identify.evidence import Evidence
from pipeline.understand.identify.looks import PIECE_NOISE, Looks, Pieces, in_context, tracklet_noise

Array = NDArray[np.float64]

CHANGE_NOISE = 1.0
"""Variance of a part of a tracklet about its person: less than between tracklets minutes apart."""
_CUT_PRICE = 10.0
"""Log-likelihood ratio from which on two parts are two people."""
_SWITCH_PRICE = 6.0
"""Log-odds against a change of person between two pieces."""
_TOGETHER = 0.5
"""How much a piece counts against its neighbours: they are not independent."""
_LEAST_PIECES = 2
"""On either side of a cut."""


def cut_by_itself(looks: Looks, pieces: Pieces) -> list[list[int]]:
    """Find where tracklets change the person, each by itself.

    Returns:
        Per tracklet the numbers of the pieces, counted from its own first, that begin a new part.
    """
    place = looks.project(pieces.vector)
    return [_changes(looks, place[a:b]) for a, b in zip(pieces.start[:-1], pieces.start[1:], strict=True)]


def cut_by_people(looks: Looks, pieces: Pieces, person: NDArray[np.int64]) -> list[list[int]]:
    """Find where tracklets change the person, given the people that were found among them.

    Args:
        looks: the model.
        pieces: of n tracklets.
        person: (n,) from 0; -1 for a tracklet that is nobody's, which is left whole.

    Returns:
        As `cut_by_itself`.
    """
    place = looks.project(pieces.vector)
    counts = pieces.counts()
    if not (person >= 0).any():
        return [[] for _ in counts]
    usable = (person >= 0) & (counts > 0)
    weighted, precision = np.zeros((person.max() + 1, len(looks.between))), np.zeros(person.max() + 1)
    for i in map(int, np.flatnonzero(usable)):
        weight = 1.0 / float(tracklet_noise(counts[i]))
        weighted[person[i]] += weight * place[pieces.start[i] : pieces.start[i + 1]].mean(axis=0)
        precision[person[i]] += weight
    weighted, precision = in_context(weighted, precision)
    shrink = looks.between / (1.0 + looks.between * precision[:, None])
    mean, variance = shrink * weighted, shrink + PIECE_NOISE + CHANGE_NOISE
    cuts: list[list[int]] = []
    for i in range(len(counts)):
        if not usable[i] or counts[i] < 2 * _LEAST_PIECES:
            cuts.append([])
            continue
        own = place[pieces.start[i] : pieces.start[i + 1]]
        likely = -0.5 * ((own[:, None] - mean) ** 2 / variance + np.log(variance)).sum(axis=2)
        cuts.append(list(np.flatnonzero(np.diff(most_likely(_TOGETHER * likely, _SWITCH_PRICE))) + 1))
    return cuts


def most_likely(log_likelihood: Array, change: float) -> NDArray[np.int64]:
    """Find the most likely sequence of states, every change costing the same (Viterbi, 1967).

    Args:
        log_likelihood: (t, k) of each state at each step.
        change: price of a change.

    Returns:
        (t,) states.

    Example:
        >>> most_likely(np.array([[3.0, 0], [0, 1], [3, 0], [0, 3], [0, 3]]), 2.5).tolist()
        [0, 0, 0, 1, 1]
    """
    steps, states = log_likelihood.shape
    best = log_likelihood[0].copy()
    came_from = np.empty((steps, states), dtype=np.int64)
    stay = np.arange(states)
    for step in range(1, steps):
        leader = int(best.argmax())
        changed = best[leader] - change > best
        came_from[step] = np.where(changed, leader, stay)
        best = np.where(changed, best[leader] - change, best) + log_likelihood[step]
    path = np.empty(steps, dtype=np.int64)
    path[-1] = int(best.argmax())
    for step in range(steps - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path


def apply_cuts(
    tracks: pd.DataFrame, detections: pd.DataFrame, evidence: Evidence, pieces: Pieces, cuts: Sequence[Sequence[int]]
) -> pd.DataFrame:
    """Cut tracklets.

    Args:
        tracks: table `tracks`, of the same tracklets as the evidence.
        detections: table `detections`.
        evidence: of n tracklets.
        pieces: of the same.
        cuts: per tracklet the pieces, counted from its own first, that begin a new part.

    Returns:
        Table `tracks` in the order given. The first part of a tracklet keeps its number, the others get numbers above all
        that there are.
    """
    number = np.repeat(evidence.track_id, evidence.boxes())
    fresh = int(tracks["track_id"].max()) + 1
    for i, of_tracklet in enumerate(cuts):
        for piece in of_tracklet:
            number[pieces.first[pieces.start[i] + piece] : evidence.start[i + 1]] = fresh
            fresh += 1
    new = pd.Series(number, index=detections["detection_id"].to_numpy()[evidence.row])
    return conform("tracks", tracks.assign(track_id=new.loc[tracks["detection_id"]].to_numpy()))


def _changes(looks: Looks, place: Array) -> list[int]:
    """Find the changes along one tracklet, whose pieces lie at `place` (t, d): the clearest first, then in either part."""
    found: list[int] = []
    parts = [(0, len(place))]
    while parts:
        begin, end = parts.pop()
        if end - begin < 2 * _LEAST_PIECES:
            continue
        gain = _gain_of_cut(looks, place[begin:end])
        best = int(gain.argmax())
        if gain[best] > _CUT_PRICE:
            cut = begin + best + _LEAST_PIECES
            found.append(cut)
            parts += [(begin, cut), (cut, end)]
    return sorted(found)


def _gain_of_cut(looks: Looks, place: Array) -> Array:
    """Give the log-likelihood ratio of two people to one, for each place of a cut between pieces (t, d)."""
    count = np.arange(_LEAST_PIECES, len(place) - _LEAST_PIECES + 1)
    total = np.cumsum(place, axis=0)
    sums = total[count - 1], total[-1] - total[count - 1]
    precisions = tuple(1.0 / (CHANGE_NOISE + PIECE_NOISE / n) for n in (count, len(place) - count))
    weighted = [
        one / n[:, None] * w[:, None] for one, n, w in zip(sums, (count, len(place) - count), precisions, strict=True)
    ]
    apart = sum(looks.log_evidence(x, w) for x, w in zip(weighted, precisions, strict=True))
    return np.asarray(apart - looks.log_evidence(weighted[0] + weighted[1], precisions[0] + precisions[1]))
