"""Associations that courtside does not use, to be compared with its own: each changes one thing of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou
from pipeline.understand.tracking import CandidateBoxes, LikelihoodTracker, hungarian_pairs, unmatched

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXPANSION = 0.5
"""By how much of its size a box grows on each side."""
LOW_OVERLAP = 0.5
"""Overlap that links a box of low score (ByteTrack's)."""
CASCADE_DISTANCE = 0.2
"""Largest cosine distance that DeepSORT links."""
FASTEST_MPS, SLACK_M = 8.0, 0.5
"""How fast nobody runs, and how far off two places are besides what is known of their noise."""


class InPicture(LikelihoodTracker):
    """Position counts in the picture alone, in heights of the box."""

    def position_score(self, rows: Ints, boxes: CandidateBoxes) -> Floats:
        """Leave the court out."""
        return np.asarray(self.view_scores(rows, boxes)[0])


class WithoutAppearance(LikelihoodTracker):
    """Position alone decides."""

    def appearance_score(self, rows: Ints, boxes: CandidateBoxes) -> Floats:
        """Say nothing."""
        return np.zeros((len(rows), len(boxes)))


class Cascade(LikelihoodTracker):
    """DeepSORT's own rule: among boxes in reach appearance alone decides, tracklets seen last choose first, then overlap."""

    def match_confirmed(self, rows: Ints, boxes: CandidateBoxes) -> tuple[Ints, Ints]:
        """Match the tracklets `rows` (n,) one age after the other."""
        places = np.array([self.tracks[i].place for i in rows.tolist()], dtype=np.int64)
        distances = np.nan_to_num(self.gallery.distances(places, boxes.vector)[0], nan=np.inf)
        cost = np.where(self.in_reach(rows, boxes), distances, np.inf)
        matched, box = np.zeros(0, np.int64), np.zeros(0, np.int64)
        age = self.unseen_s(rows)
        for level in np.unique(age):
            same, left = np.flatnonzero(age == level), unmatched(len(boxes), box)
            more, again = hungarian_pairs(cost[np.ix_(same, left)], CASCADE_DISTANCE)
            matched, box = np.concatenate([matched, same[more]]), np.concatenate([box, left[again]])
        lately = np.setdiff1d(np.flatnonzero(age <= 1.5 * self.step_s), matched)
        more, again = self.match_by_overlap(rows[lately], boxes, unmatched(len(boxes), box))
        return np.concatenate([rows[matched], more]), np.concatenate([box, again])


class Undoubting(LikelihoodTracker):
    """Links whatever is likelier the same person than not."""

    least_score = 0.0


class ExpandedBoxes(LikelihoodTracker):
    """Overlap is that of expanded boxes, and what likelihood leaves is linked by it (Deep-EIoU: Huang et al., 2023)."""

    def overlap(self, rows: Ints, boxes: CandidateBoxes) -> Floats:
        """Compute the intersection over union (n, m) of expanded boxes."""
        return iou(expanded(self.expected_xyxy(rows)), expanded(boxes.xyxy))

    def match_confirmed(self, rows: Ints, boxes: CandidateBoxes) -> tuple[Ints, Ints]:
        """Match by likelihood, then by overlap."""
        matched, box = super().match_confirmed(rows, boxes)
        more, again = self.match_by_overlap(np.setdiff1d(rows, matched), boxes, unmatched(len(boxes), box))
        return np.concatenate([matched, more]), np.concatenate([box, again])


class SecondRound(LikelihoodTracker):
    """Boxes of low score go on with tracklets that are left, by overlap, and begin none (ByteTrack: Zhang et al., 2022)."""

    def __init__(self, *arguments: Any, score: NDArray[np.floating], first: float, **named: Any) -> None:
        """Start without tracklets; `score` (n,) is of all detections, of which those from `first` on go into the first round."""
        super().__init__(*arguments, **named)
        self.box_score, self.first = score, first

    def match(self, boxes: CandidateBoxes) -> tuple[Ints, Ints]:
        """Match boxes of high score as ever, then the others."""
        low = self.box_score[boxes.row] < self.first
        high, low = np.flatnonzero(~low), np.flatnonzero(low)
        matched, box = super().match(boxes.take(high))
        confirmed = np.flatnonzero([track.is_confirmed() for track in self.tracks])
        free = np.setdiff1d(confirmed, matched)
        more, again = hungarian_pairs(1.0 - self.overlap(free, boxes.take(low)), 1.0 - LOW_OVERLAP)
        return np.concatenate([matched, free[more]]), np.concatenate([high[box], low[again]])

    def initiate(self, boxes: CandidateBoxes, time_s: float) -> None:
        """Start a tracklet with each box of high score."""
        super().initiate(boxes.take(np.flatnonzero(self.box_score[boxes.row] >= self.first)), time_s)


class AppearanceByQuality(LikelihoodTracker):
    """Appearance counts as much as the crop is worth."""

    def __init__(self, *arguments: Any, quality: Floats, **named: Any) -> None:
        """Start without tracklets; `quality` (n,) is of all detections, 0 to 1."""
        super().__init__(*arguments, **named)
        self.quality = quality

    def appearance_score(self, rows: Ints, boxes: CandidateBoxes) -> Floats:
        """Give the log-likelihood ratio (n, m) times the quality of the crop."""
        return super().appearance_score(rows, boxes) * self.quality[boxes.row]


class SpeedGate(LikelihoodTracker):
    """Nobody is linked over a distance on the court that nobody runs in the time."""

    def __init__(self, *arguments: Any, feet_m: Floats, noise_m: Floats, **named: Any) -> None:
        """Start without tracklets; foot points (n, 2) and how far off they may be (n,) are those of all detections."""
        super().__init__(*arguments, **named)
        self.feet_m, self.noise_m = feet_m, noise_m

    def in_reach(self, rows: Ints, boxes: CandidateBoxes) -> NDArray[np.bool_]:
        """Say which boxes (n, m) are in reach in the picture and on the court; where there is none, in the picture."""
        last, now = np.array([self.tracks[i].rows[-1] for i in rows.tolist()], dtype=np.int64), boxes.row
        away_m = np.linalg.norm(self.feet_m[last][:, None] - self.feet_m[now], axis=2)
        noise_m = self.noise_m[last][:, None] + self.noise_m[now]
        most_m = FASTEST_MPS * self.unseen_s(rows)[:, None] + noise_m + SLACK_M
        return np.asarray(super().in_reach(rows, boxes) & ~(away_m > most_m))


def expanded(boxes: Floats) -> Floats:
    """Let boxes (n, 4) x1 y1 x2 y2 grow about their centres.

    Example:
        >>> expanded(np.array([[10.0, 20, 30, 60]])).tolist()
        [[0.0, 0.0, 40.0, 80.0]]
    """
    grown = EXPANSION * (boxes[:, 2:] - boxes[:, :2])
    return np.hstack([boxes[:, :2] - grown, boxes[:, 2:] + grown])
