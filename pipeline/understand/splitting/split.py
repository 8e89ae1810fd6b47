"""Change-point detection along tracklets: where a tracklet goes over to another person it is cut.

First each tracklet by itself: binary segmentation by the log-likelihood ratio of two people to one, in appearance and team,
against the log-odds of a change by what happens there (`change_rate`). Then by the people found among all tracklets: the most
likely sequence of people along each tracklet, by a hidden Markov model with the people as states and Viterbi's algorithm, as in
the resegmentation of speaker diarisation (Landini et al., "Bayesian HMM clustering of x-vector sequences", 2022). Neither has a
length as a parameter but that of a segment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from pipeline.tables import conform
from pipeline.understand.features.appearance_model import (
    SEGMENT_NOISE,
    AppearanceModel,
    ProjectedTracklets,
    discount_context,
)
from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.game import TrackedGame
from pipeline.understand.grouping.changes import CHANGE_NOISE, change_log_odds
from pipeline.understand.grouping.problem import AppearanceProblem
from pipeline.understand.grouping.sequences import SegmentSequence

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_MIN_SEGMENTS = 2
"""Segments on either side of a cut."""


def cuts_by_itself(model: AppearanceModel, sequences: SegmentSequence) -> list[Ints]:
    """Find where tracklets change the person, each by itself.

    Returns:
        Per tracklet the boxes of the evidence that begin a new part.
    """
    return [sequence.box[_change_points(model, sequence)] for sequence in sequences.tracklets()]


def cuts_by_people(problem: AppearanceProblem, sequences: SegmentSequence, person: Ints) -> list[Ints]:
    """Find where tracklets change the person, given the people that were found among them.

    Args:
        problem: of n tracklets.
        sequences: of their segments.
        person: (n,) from 0; -1 for a tracklet that is nobody's, which is left whole.

    Returns:
        As `cuts_by_itself`.
    """
    people = int(person.max(initial=-1)) + 1
    chosen = np.flatnonzero((person >= 0) & (np.diff(sequences.start) >= 2 * _MIN_SEGMENTS))
    cuts = [sequences.box[:0]] * len(person)
    if not len(chosen):
        return cuts
    taken = sequences.take(chosen)
    member = (person == np.arange(people)[:, None]).astype(np.float64)  # (people, n)
    log_likelihood = _log_likelihood_of_people(problem, taken, member)  # (t, people)
    price = np.log(max(people - 1, 1)) - taken.change_log_odds
    path = viterbi(taken.weight[:, None] * log_likelihood, price, taken.start)
    changes = np.append(False, np.diff(path) != 0)
    changes[taken.start[:-1]] = False
    for tracklet, a, b in zip(chosen.tolist(), taken.start[:-1], taken.start[1:], strict=True):
        cuts[tracklet] = taken.box[a:b][changes[a:b]]
    return cuts


def viterbi(log_likelihood: Array, change: Array, start: Ints) -> Ints:
    """Find the most likely sequence of states of each of n sequences (Viterbi, 1967), all of them in step.

    Args:
        log_likelihood: (t, k) of each state at each step, sequences one after the other.
        change: (t,) price of a change before each step.
        start: (n + 1,) steps of sequence i are `[start[i] : start[i + 1]]`, one at least.

    Returns:
        (t,) states.

    Example:
        >>> score = np.array([[3.0, 0], [0, 1], [3, 0], [0, 3], [0, 3], [0, 1]])
        >>> viterbi(score, np.full(6, 2.5), np.array([0, 5, 6])).tolist()
        [0, 0, 0, 1, 1, 1]
    """
    length = np.diff(start)
    order = np.argsort(-length, kind="stable")  # the longest first: those that go on are the first ones
    first, last = start[:-1][order], start[1:][order] - 1
    going = np.searchsorted(-length[order], -np.arange(int(length.max(initial=0))))  # sequences with such a step
    best = log_likelihood[first]  # (n, k)
    came_from = np.empty(log_likelihood.shape, dtype=np.int32)
    stay = np.arange(log_likelihood.shape[1])
    for step, count in enumerate(going[1:].tolist(), start=1):
        at, before = first[:count] + step, best[:count]
        leader = before.argmax(axis=1)[:, None]
        by_change = np.take_along_axis(before, leader, axis=1) - change[at][:, None]
        changed = by_change > before
        came_from[at] = np.where(changed, leader, stay)
        best[:count] = np.where(changed, by_change, before) + log_likelihood[at]
    path = np.empty(len(log_likelihood), dtype=np.int64)
    path[last] = best.argmax(axis=1)
    for step, count in reversed(list(enumerate(going[1:].tolist(), start=1))):
        at = first[:count] + step
        path[at - 1] = came_from[at, path[at]]
    return path


def apply_cuts(game: TrackedGame, evidence: TrackletEvidence, cuts: Sequence[Ints]) -> pd.DataFrame:
    """Cut tracklets.

    Args:
        game: with tracklets.
        evidence: of the n tracklets.
        cuts: per tracklet the boxes of the evidence that begin a new part.

    Returns:
        A link table in the order given. The first part of a tracklet keeps its number, the others get numbers above all
        that there are.
    """
    number = np.repeat(evidence.track_id, evidence.boxes())  # (boxes,)
    fresh = int(game.tracks["track_id"].max()) + 1
    for end, boxes in zip(evidence.start[1:], cuts, strict=True):
        for box in boxes:
            number[box:end] = fresh
            fresh += 1
    number_of_row = np.empty(len(game.detections), dtype=np.int64)
    number_of_row[evidence.row] = number
    return conform("tracks", game.tracks.assign(track_id=number_of_row[game.tracked_rows]))


def _log_likelihood_of_people(problem: AppearanceProblem, sequences: SegmentSequence, member: Array) -> Array:
    """Give the log-likelihood (t, people) that segments show each person, by appearance and team.

    Args:
        problem: of n tracklets.
        sequences: t segments.
        member: (people, n) 0 or 1.
    """
    mean, variance = _predictive(problem.appearance, member)  # (people, d)
    position = sequences.position
    squared = position**2 @ (1.0 / variance).T - 2.0 * position @ (mean / variance).T + (mean**2 / variance).sum(axis=1)
    log_likelihood = -0.5 * (squared + np.log(variance).sum(axis=1))
    most = sequences.team.max(axis=1, keepdims=True)
    teams = softmax(member @ problem.team, axis=1)  # (people, 3)
    return np.asarray(log_likelihood + most + np.log(np.exp(sequences.team - most) @ teams.T))


def _predictive(appearance: ProjectedTracklets, member: Array) -> tuple[Array, Array]:
    """Give the predictive distribution of the next segment of each person: mean and variance (people, d).

    Args:
        appearance: of n tracklets.
        member: (people, n) 0 or 1.
    """
    weighted = member @ (appearance.mean * appearance.precision[:, None])
    weighted, precision = discount_context(weighted, member @ appearance.precision)
    between = appearance.model.between
    shrink = between / (1.0 + between * precision[:, None])
    return shrink * weighted, shrink + SEGMENT_NOISE + CHANGE_NOISE


def _change_points(model: AppearanceModel, sequence: SegmentSequence) -> list[int]:
    """Find the changes along one tracklet by binary segmentation: the clearest first, then in either part."""
    found: list[int] = []
    spans = [(0, len(sequence))]
    while spans:
        begin, end = spans.pop()
        if end - begin < 2 * _MIN_SEGMENTS:
            continue
        before = np.arange(_MIN_SEGMENTS, end - begin - _MIN_SEGMENTS + 1)  # (k,) segments before each possible cut
        gain = change_log_odds(model, sequence.part(begin, end), before)
        best = int(gain.argmax())
        if gain[best] > 0:
            cut = begin + int(before[best])
            found.append(cut)
            spans += [(begin, cut), (cut, end)]
    return sorted(found)
