"""Tracklets as sequences of half-second segments, with the log-odds of a change of person between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.features.appearance_model import AppearanceModel, Segments
from pipeline.understand.features.collect import TrackletFeatures
from pipeline.understand.features.evidence import TrackletEvidence, bounds_of, pooling_weight
from pipeline.understand.features.teams import TeamJerseys
from pipeline.understand.game import TrackedGame
from pipeline.understand.grouping.change_rate import log_change_rate

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_TEAM_WEIGHT = 0.5
"""Share of the log-likelihood of a segment's team that counts beside its appearance. Chosen on rendered games."""


@dataclass(frozen=True)
class SegmentSequence:
    """The p segments of n tracklets, by tracklet and then by time."""

    position: Array
    """(p, d) in the space of the appearance model."""
    team: Array
    """(p, 3) log-likelihoods of team A, team B and the referees."""
    weight: Array
    """(p,) how much a segment counts, 1 on average: as the square of the quality of the crops embedded, since somebody who is
    half hidden looks like another."""
    change_log_odds: Array
    """(p,) of a change of person before each segment, by what happens there; -inf at the first segment of a tracklet."""
    box: Ints
    """(p,) the box of the evidence that would be the first after that change: where it is likeliest."""
    start: Ints
    """(n + 1,) segments of tracklet i are `[start[i] : start[i + 1]]`."""

    def tracklets(self) -> Iterator[SegmentSequence]:
        """Take the tracklets one by one."""
        for a, b in zip(self.start[:-1], self.start[1:], strict=True):
            yield self.part(a, b)

    def take(self, tracklets: Ints) -> SegmentSequence:
        """Choose tracklets (k,), in the order named."""
        length = np.diff(self.start)[tracklets]
        start = bounds_of(length)
        segments = np.arange(start[-1]) + np.repeat(self.start[tracklets] - start[:-1], length)
        return self._of(segments, start)

    def part(self, begin: int, end: int) -> SegmentSequence:
        """Take segments of one tracklet as a sequence of their own."""
        return self._of(slice(begin, end), np.array([0, end - begin]))

    def _of(self, segments: Ints | slice, start: Ints) -> SegmentSequence:
        """Choose segments (k,), of which `start` says where those of a tracklet begin."""
        return SegmentSequence(
            self.position[segments],
            self.team[segments],
            self.weight[segments],
            self.change_log_odds[segments],
            self.box[segments],
            start,
        )

    def __len__(self) -> int:
        """Count the segments."""
        return len(self.position)


def segment_sequences(game: TrackedGame, features: TrackletFeatures, model: AppearanceModel) -> SegmentSequence:
    """Collect what is known along tracklets.

    Args:
        game: with tracklets.
        features: of the tracklets.
        model: the appearance model of the features.
    """
    segments, evidence = features.segments, features.evidence
    at, segment = _boxes_of(segments, evidence)
    row = evidence.row[at]
    quality = pooling_weight(game.detections)[row]
    clear = _mean(segment, quality, game.is_embedded[row].astype(np.float64)) ** 2  # (p,)
    team = _TEAM_WEIGHT * _teams(game, row, segment, quality, features.teams.jerseys)
    log_odds, box = _changes(segments, evidence, log_change_rate(game, evidence))
    return SegmentSequence(model.project(segments.vector), team, clear / clear.mean(), log_odds, box, segments.start)


def _teams(game: TrackedGame, row: Ints, segment: Ints, quality: Array, jerseys: TeamJerseys) -> Array:
    """Give the log-likelihoods (p, 3) of the teams that segments show, by the mean jersey and the votes of their boxes.

    Args:
        game: with detections.
        row: (k,) row in detections of each box of a segment.
        segment: (k,) the segment.
        quality: (k,) weight of the crop.
        jerseys: of the game.
    """
    jersey = game.jersey_lab[row]  # (k, 3)
    weight = np.where(np.isfinite(jersey).all(axis=1), quality, 0.0)
    mean = np.column_stack([_mean(segment, np.nan_to_num(channel), weight) for channel in jersey.T])  # (p, 3)
    says_referee = (game.detections["class"].iloc[row] == "referee").to_numpy().astype(np.float64)
    return jerseys.log_likelihoods(mean, _mean(segment, says_referee, np.ones(len(segment))))


def _ends(segments: Segments, evidence: TrackletEvidence) -> Ints:
    """Give the box (p,) behind the last of each segment."""
    owner = np.repeat(np.arange(len(evidence)), segments.counts())
    return np.asarray(np.minimum(np.append(segments.first[1:], len(evidence.row)), evidence.start[owner + 1]))


def _boxes_of(segments: Segments, evidence: TrackletEvidence) -> tuple[Ints, Ints]:
    """List the boxes of the evidence that are in segments (k,), and the segment of each (k,)."""
    counts = _ends(segments, evidence) - segments.first
    segment = np.repeat(np.arange(len(counts)), counts)
    since = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts)
    return segments.first[segment] + since, segment


def _mean(segment: Ints, value: Array, weight: Array) -> Array:
    """Average over the boxes (k,) of each segment (p,); NaN where nothing weighs."""
    total = np.bincount(segment, weight)
    return np.asarray(np.bincount(segment, weight * value) / np.where(total > 0, total, np.nan))


def _changes(segments: Segments, evidence: TrackletEvidence, log_rate: Array) -> tuple[Array, Ints]:
    """Give `change_log_odds` and `box` of a sequence: a change lies anywhere between the middles of two segments.

    Args:
        segments: of the tracklets.
        evidence: of the same.
        log_rate: (boxes,) log of the changes that are to be expected before each box.
    """
    log_odds, box = np.full(len(segments.first), -np.inf), segments.first.copy()
    middle = (segments.first + _ends(segments, evidence)) // 2
    later = np.ones(len(middle), dtype=bool)
    later[segments.start[:-1][segments.counts() > 0]] = False
    for segment in np.flatnonzero(later):
        between = slice(middle[segment - 1] + 1, middle[segment] + 1)
        log_odds[segment] = np.logaddexp.reduce(log_rate[between])
        box[segment] = between.start + int(log_rate[between].argmax())
    return log_odds, box
