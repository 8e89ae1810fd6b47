"""Associations that courtside does not use, to be compared with its own: each changes one thing of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou
from pipeline.understand.tracking.association import Floats, Ints, MixedTracker, Seen, assign, others
from pipeline.understand.tracking.court_kalman import Feet
from pipeline.understand.tracking.kalman import corners

EXPANSION = 0.5
"""By how much of its size a box grows on each side."""
LOW_OVERLAP = 0.5
"""Overlap that links a box of low score (ByteTrack's)."""
CASCADE_DISTANCE = 0.2
"""Largest cosine distance that DeepSORT links."""
FASTEST_MPS, SLACK_M = 8.0, 0.5
"""How fast nobody runs, and how far off two places are besides what is known of their noise."""


class InPicture(MixedTracker):
    """Place counts in the picture alone, in heights of the box."""

    def score_of_place(self, rows: Ints, seen: Seen) -> Floats:
        """Leave the court out."""
        return self.score_in_picture(rows, seen)


class WithoutLooks(MixedTracker):
    """Place alone decides."""

    def score_of_looks(self, rows: Ints, seen: Seen) -> Floats:
        """Say nothing."""
        return np.zeros((len(rows), len(seen.row)))


class Cascade(MixedTracker):
    """DeepSORT's own rule: among boxes in reach looks alone decide, tracklets seen last choose first, then overlap."""

    def match_confirmed(self, rows: Ints, seen: Seen) -> tuple[Ints, Ints]:
        """Match the tracklets `rows` (n,) one age after the other."""
        places = np.array([self.tracks[i].place for i in rows.tolist()], dtype=np.int64)
        looks = np.nan_to_num(self.looks.distances(places, seen.vector)[0], nan=np.inf)
        cost = np.where(self.in_reach(rows, seen), looks, np.inf)
        own, box = np.zeros(0, np.int64), np.zeros(0, np.int64)
        age = self.unseen_s(rows)
        for one in np.unique(age):
            same, left = np.flatnonzero(age == one), others(len(seen.row), box)
            more, again = assign(cost[np.ix_(same, left)], CASCADE_DISTANCE)
            own, box = np.concatenate([own, same[more]]), np.concatenate([box, left[again]])
        lately = np.setdiff1d(np.flatnonzero(age <= 1.5 * self.step_s), own)
        left = others(len(seen.row), box)
        more, again = self.match_new(rows[lately], seen.take(left))
        return np.concatenate([rows[own], more]), np.concatenate([box, left[again]])


class Undoubting(MixedTracker):
    """Links whatever is likelier the same person than not."""

    least_score = 0.0


class ExpandedBoxes(MixedTracker):
    """Overlap is that of expanded boxes, and what likelihood leaves is linked by it (Deep-EIoU: Huang et al., 2023)."""

    def overlap(self, rows: Ints, seen: Seen) -> Floats:
        """Give the intersection over union (n, m) of expanded boxes."""
        found = np.hstack([seen.ltwh[:, :2], seen.ltwh[:, :2] + seen.ltwh[:, 2:]])
        return iou(expanded(corners(self.mean[rows])), expanded(found))

    def match_confirmed(self, rows: Ints, seen: Seen) -> tuple[Ints, Ints]:
        """Match by likelihood, then by overlap."""
        own, box = super().match_confirmed(rows, seen)
        free, left = np.setdiff1d(rows, own), others(len(seen.row), box)
        more, again = self.match_new(free, seen.take(left))
        return np.concatenate([own, more]), np.concatenate([box, left[again]])


class SecondRound(MixedTracker):
    """Boxes of low score go on with tracklets that are left, by overlap, and begin none (ByteTrack: Zhang et al., 2022)."""

    def __init__(self, *arguments: Any, score: NDArray[np.floating], first: float, **named: Any) -> None:
        """Start without tracklets; `score` (n,) is of all detections, of which those from `first` on go into the first round."""
        super().__init__(*arguments, **named)
        self.box_score, self.first = score, first

    def match(self, seen: Seen) -> tuple[Ints, Ints]:
        """Match boxes of high score as ever, then the others."""
        low = self.box_score[seen.row] < self.first
        high, low = np.flatnonzero(~low), np.flatnonzero(low)
        own, box = super().match(seen.take(high))
        confirmed = np.flatnonzero([one.is_confirmed() for one in self.tracks])
        free = np.setdiff1d(confirmed, own)
        more, again = assign(1.0 - self.overlap(free, seen.take(low)), 1.0 - LOW_OVERLAP)
        return np.concatenate([own, free[more]]), np.concatenate([high[box], low[again]])

    def begin(self, seen: Seen, time_s: float) -> None:
        """Begin a tracklet with each box of high score."""
        super().begin(seen.take(np.flatnonzero(self.box_score[seen.row] >= self.first)), time_s)


class LooksByQuality(MixedTracker):
    """Looks count as much as the crop is worth."""

    def __init__(self, *arguments: Any, quality: Floats, **named: Any) -> None:
        """Start without tracklets; `quality` (n,) is of all detections, 0 to 1."""
        super().__init__(*arguments, **named)
        self.quality = quality

    def score_of_looks(self, rows: Ints, seen: Seen) -> Floats:
        """Give the log-likelihood ratio (n, m) times the quality of the crop."""
        return super().score_of_looks(rows, seen) * self.quality[seen.row]


class SpeedGate(MixedTracker):
    """Nobody is linked over a distance on the court that nobody runs in the time."""

    def __init__(self, *arguments: Any, feet: Feet, **named: Any) -> None:
        """Start without tracklets; `feet` are those of all detections."""
        super().__init__(*arguments, **named)
        self.feet = feet

    def in_reach(self, rows: Ints, seen: Seen) -> NDArray[np.bool_]:
        """Say which boxes (n, m) are in reach in the picture and on the court; where there is none, in the picture."""
        last = self.feet.take(np.array([self.tracks[i].rows[-1] for i in rows.tolist()], dtype=np.int64))
        away_m = np.linalg.norm(last.place_m[:, None] - seen.feet.place_m, axis=2)
        noise_m = [np.sqrt(np.trace(one.spread_m2, axis1=1, axis2=2)) for one in (last, seen.feet)]
        most_m = FASTEST_MPS * self.unseen_s(rows)[:, None] + noise_m[0][:, None] + noise_m[1] + SLACK_M
        return np.asarray(super().in_reach(rows, seen) & ~(away_m > most_m))


def expanded(boxes: Floats) -> Floats:
    """Let boxes (n, 4) x1 y1 x2 y2 grow about their centres.

    Example:
        >>> expanded(np.array([[10.0, 20, 30, 60]])).tolist()
        [[0.0, 0.0, 40.0, 80.0]]
    """
    grown = EXPANSION * (boxes[:, 2:] - boxes[:, :2])
    return np.hstack([boxes[:, :2] - grown, boxes[:, 2:] + grown])
