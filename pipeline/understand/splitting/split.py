"""Tracklets are made pure: one that goes over to another person is cut there.

First by itself: where the pieces before and after differ like two people do, in looks and side, by more than what happens
there speaks against a change (`changes`). Then with everybody's help: people are found among the pieces, and along each
tracklet the most likely sequence of people is looked for (a hidden Markov model with the people as states, as in the
resegmentation of speaker diarisation: Landini et al., "Bayesian HMM clustering of x-vector sequences", 2022). Neither has a
length as a parameter but that of a piece.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp

from pipeline.tables import conform
from pipeline.understand.features.appearance_model import PIECE_NOISE, Looks, Seen, in_context
from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.grouping.odds import agreement
from pipeline.understand.splitting.sequences import Steps

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

CHANGE_NOISE = 1.0
"""Variance of a part of a tracklet about its person: less than between tracklets minutes apart."""
_TOGETHER = 0.5
"""How much looks count where a tracklet is judged by itself: its parts differ in more than the person."""
_LEAST_PIECES = 2
"""On either side of a cut."""


def cut_by_itself(looks: Looks, steps: Steps) -> list[Ints]:
    """Find where tracklets change the person, each by itself.

    Returns:
        Per tracklet the boxes of the evidence that begin a new part.
    """
    return [own.box[_changes(looks, own)] for own in steps.along()]


def cut_by_people(seen: Seen, steps: Steps, person: Ints, side: Array) -> list[Ints]:
    """Find where tracklets change the person, given the people that were found among them.

    Args:
        seen: n tracklets.
        steps: along them.
        person: (n,) from 0; -1 for a tracklet that is nobody's, which is left whole.
        side: (n, 3) log-likelihoods of the sides of the tracklets.

    Returns:
        As `cut_by_itself`.
    """
    people = int(person.max(initial=-1)) + 1
    member = (person == np.arange(people)[:, None]).astype(np.float64)
    mean, variance = _described(seen, member)
    sided = log_softmax(member @ side, axis=1)
    cuts: list[Ints] = []
    for one, own in zip(person, steps.along(), strict=True):
        if one < 0 or len(own) < 2 * _LEAST_PIECES:
            cuts.append(own.box[:0])
            continue
        likely = -0.5 * ((own.place[:, None] - mean) ** 2 / variance + np.log(variance)).sum(axis=2)
        likely += logsumexp(own.side[:, None] + sided, axis=2)
        path = most_likely(own.weight[:, None] * likely, np.log(max(people - 1, 1)) - own.odds)
        cuts.append(own.box[1:][np.diff(path) != 0])
    return cuts


def most_likely(log_likelihood: Array, change: Array) -> Ints:
    """Find the most likely sequence of states (Viterbi, 1967).

    Args:
        log_likelihood: (t, k) of each state at each step.
        change: (t,) price of a change before each step.

    Returns:
        (t,) states.

    Example:
        >>> most_likely(np.array([[3.0, 0], [0, 1], [3, 0], [0, 3], [0, 3]]), np.full(5, 2.5)).tolist()
        [0, 0, 0, 1, 1]
    """
    steps, states = log_likelihood.shape
    best = log_likelihood[0].copy()
    came_from = np.empty((steps, states), dtype=np.int64)
    stay = np.arange(states)
    for step in range(1, steps):
        leader = int(best.argmax())
        changed = best[leader] - change[step] > best
        came_from[step] = np.where(changed, leader, stay)
        best = np.where(changed, best[leader] - change[step], best) + log_likelihood[step]
    path = np.empty(steps, dtype=np.int64)
    path[-1] = int(best.argmax())
    for step in range(steps - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path


def apply_cuts(
    tracks: pd.DataFrame, detections: pd.DataFrame, evidence: TrackletEvidence, cuts: Sequence[Ints]
) -> pd.DataFrame:
    """Cut tracklets.

    Args:
        tracks: table `tracks`, of the same tracklets as the evidence.
        detections: table `detections`.
        evidence: of n tracklets.
        cuts: per tracklet the boxes of the evidence that begin a new part.

    Returns:
        Table `tracks` in the order given. The first part of a tracklet keeps its number, the others get numbers above all
        that there are.
    """
    number = np.repeat(evidence.track_id, evidence.boxes())
    fresh = int(tracks["track_id"].max()) + 1
    for end, of_tracklet in zip(evidence.start[1:], cuts, strict=True):
        for box in of_tracklet:
            number[box:end] = fresh
            fresh += 1
    new = pd.Series(number, index=detections["detection_id"].to_numpy()[evidence.row])
    return conform("tracks", tracks.assign(track_id=new.loc[tracks["detection_id"]].to_numpy()))


def _described(seen: Seen, member: Array) -> tuple[Array, Array]:
    """Say what the next piece of each person looks like: mean and variance (people, d); `member` (people, n) is 0 or 1."""
    weighted, precision = in_context(member @ (seen.place * seen.precision[:, None]), member @ seen.precision)
    shrink = seen.looks.between / (1.0 + seen.looks.between * precision[:, None])
    return shrink * weighted, shrink + PIECE_NOISE + CHANGE_NOISE


def _changes(looks: Looks, own: Steps) -> list[int]:
    """Find the changes along one tracklet: the clearest first, then in either part."""
    found: list[int] = []
    parts = [(0, len(own))]
    while parts:
        begin, end = parts.pop()
        if end - begin < 2 * _LEAST_PIECES:
            continue
        before = np.arange(_LEAST_PIECES, end - begin - _LEAST_PIECES + 1)
        weight = own.weight[begin:end]
        gain = own.odds[begin + before] + _TOGETHER * _gain_of_looks(looks, own.place[begin:end], weight, before)
        gain += _gain_of_sides(weight[:, None] * own.side[begin:end], before)
        best = int(gain.argmax())
        if gain[best] > 0:
            cut = begin + int(before[best])
            found.append(cut)
            parts += [(begin, cut), (cut, end)]
    return sorted(found)


def _gain_of_looks(looks: Looks, place: Array, weight: Array, before: Ints) -> Array:
    """Give the log-likelihood ratio (k,) of two people to one.

    Args:
        looks: the model.
        place: (t, d) of the pieces.
        weight: (t,) of the pieces.
        before: (k,) how many pieces are before the cut.
    """
    total, known = np.cumsum(weight[:, None] * place, axis=0), np.cumsum(weight)
    sums = total[before - 1], total[-1] - total[before - 1]
    counts = known[before - 1], known[-1] - known[before - 1]
    precisions = tuple(1.0 / (CHANGE_NOISE + PIECE_NOISE / count) for count in counts)
    weighted = [one * (w / n)[:, None] for one, n, w in zip(sums, counts, precisions, strict=True)]
    return -looks.log_ratio(weighted[0], precisions[0], weighted[1], precisions[1])


def _gain_of_sides(side: Array, before: Ints) -> Array:
    """Give the log-likelihood ratio (k,) of two sides to one; `side` (t, 3) of the pieces, `before` as above."""
    total = np.cumsum(side, axis=0)
    return agreement(total[before - 1]) + agreement(total[-1] - total[before - 1]) - agreement(total[-1])
