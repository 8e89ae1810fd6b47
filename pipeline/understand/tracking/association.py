"""Which box continues which tracklet: DeepSORT's tracker with one assignment by likelihood in place of gate and cascade.

DeepSORT (Wojke et al., 2017) gates by the Kalman filter, then decides by appearance alone, and serves recently seen
tracklets first. Team-mates look alike, so that appearance alone swaps them where they cross; and a tracklet that was
hidden for a moment loses its box to a neighbour that was not. Here the score of a pair is the log-likelihood ratio of
"the same person" to "somebody else" by place and looks together (Reid, "An Algorithm for Tracking Multiple Targets", 1979): a
tracklet that is not seen spreads out, and loses to one that was expected just there. Where the court is known, place is
that in the picture and that in metres on the court.

Tracklets are born, confirmed and ended by deep-sort-realtime; states and scores are those of all tracklets at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from deep_sort_realtime.deep_sort.track import Track, TrackState
from deep_sort_realtime.deep_sort.tracker import Tracker
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pipeline.geometry.boxes import iou
from pipeline.understand.features.embeddings import Vectors
from pipeline.understand.tracking import court_kalman as court_motion
from pipeline.understand.tracking.camera import move_states
from pipeline.understand.tracking.court_kalman import Feet
from pipeline.understand.tracking.gallery import Difference, Looks
from pipeline.understand.tracking.kalman import begin, corners, log_density, predict, update, xyah

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FREEDOM = 4.0
"""Degrees of freedom of where boxes lie about their prediction."""
_REACH, _REACH_PER_S = 0.5, 3.0
"""Body heights about the prediction in which a box is looked for, at once and for each second without a box."""
_PEOPLE = 12
"""How many somebody elses are anywhere in the picture."""
_COURT_M2 = 600.0
"""What the picture shows of the court and about it."""
_NEVER = 1e5


@dataclass(frozen=True)
class Seen:
    """The boxes of one frame; all arrays have the same length m."""

    row: Ints  # (m,) row in detections
    ltwh: Floats  # (m, 4) left, top, width, height, px
    vector: Vectors  # (m, dim + 3) see `appearance.with_jersey_colour`
    feet: Feet

    def take(self, boxes: Ints) -> Seen:
        """Choose some, in the order named."""
        return Seen(self.row[boxes], self.ltwh[boxes], self.vector[boxes], self.feet.take(boxes))


class Tracklet(Track):  # type: ignore[misc]  # the library has no types
    """A tracklet of the library that knows its boxes; its Kalman state is kept by the tracker, with all others."""

    def __init__(self, name: int, n_init: int, max_age: int, row: int, vector: Vectors, time_s: float) -> None:
        """Start with one box."""
        super().__init__(None, None, name, n_init, max_age)
        self.state: int = TrackState.Tentative
        self.rows = [row]
        self.vectors = [vector]  # until it is confirmed
        self.place: int | None = None  # among the looks, once it is confirmed
        self.last_seen_s = time_s

    def age_by_one(self) -> None:
        """Count a frame."""
        self.age += 1
        self.time_since_update += 1

    def go_on(self, row: int, time_s: float) -> None:
        """Take the next box."""
        self.rows.append(row)
        self.last_seen_s = time_s
        self.hits += 1
        self.time_since_update = 0
        if self.state == TrackState.Tentative and self.hits >= self._n_init:
            self.state = TrackState.Confirmed


class MixedTracker(Tracker):  # type: ignore[misc]  # the library has no types
    """A tracker that decides by place and looks together.

    `mean` (n, 8) and `covariance` (n, 8, 8) are the states of `tracks` in the picture, in their order; `court_mean` (n, 4) and
    `court_covariance` (n, 4, 4) those on the court, NaN where it is unknown.
    """

    least_score = 3.0
    """Log-likelihood ratio that links: in doubt a tracklet ends, and is joined again by what both sides look like (`stitch`)."""

    def __init__(
        self,
        looks: Looks,
        difference: Difference,
        image_size_px: tuple[int, int],
        step_s: float,
        max_iou_distance: float,
        max_age: int,
        n_init: int,
    ) -> None:
        """Start without tracklets.

        Args:
            looks: keeps appearance.
            difference: of two people's appearance.
            image_size_px: width and height.
            step_s: usual time between frames.
            max_iou_distance: 1 - IoU above which a box is not the next of a tracklet that is not confirmed yet.
            max_age: frames without a box after which a tracklet ends.
            n_init: boxes that confirm a tracklet.
        """
        super().__init__(looks, max_iou_distance=max_iou_distance, max_age=max_age, n_init=n_init)
        self.tracks: list[Tracklet] = []
        self.looks, self.difference = looks, difference
        self.step_s = step_s
        self.log_others = np.log(_PEOPLE / (image_size_px[0] * image_size_px[1]))
        self.mean, self.covariance = np.zeros((0, 8)), np.zeros((0, 8, 8))
        self.court_mean, self.court_covariance = court_motion.begin(Feet.unknown(0))
        self.ended: list[list[int]] = []
        """Rows of detections of each tracklet that was ever confirmed, and has ended."""

    def move(self, motion: Floats) -> None:
        """Follow the camera by its motion (3, 3)."""
        self.mean, self.covariance = move_states(self.mean, self.covariance, motion)

    def predict(self, age: bool = True) -> None:
        """Go on by one frame; without `age`, by one that is missing in the file."""
        self.mean, self.covariance = predict(self.mean, self.covariance, self.step_s)
        self.court_mean, self.court_covariance = court_motion.predict(
            self.court_mean, self.court_covariance, self.step_s
        )
        if age:
            for one in self.tracks:
                one.age_by_one()

    def keep(self, kept: Sequence[bool] | NDArray[np.bool_]) -> None:
        """End all tracklets but those marked (n,)."""
        if all(kept):
            return
        for one, stays in zip(self.tracks, kept, strict=True):
            if not stays:
                self._end(one)
        self.tracks = [one for one, stays in zip(self.tracks, kept, strict=True) if stays]
        mask = np.asarray(kept, dtype=bool)
        self.mean, self.covariance = self.mean[mask], self.covariance[mask]
        self.court_mean, self.court_covariance = self.court_mean[mask], self.court_covariance[mask]

    def update(self, seen: Seen, time_s: float) -> None:
        """Link the boxes of a frame, begin tracklets, and end those that were not seen for too long."""
        own, box = self.match(seen)
        self.mean[own], self.covariance[own] = update(self.mean[own], self.covariance[own], xyah(seen.ltwh[box]))
        self.court_mean[own], self.court_covariance[own] = court_motion.update(
            self.court_mean[own], self.court_covariance[own], seen.feet.take(box)
        )
        for i, j in zip(own.tolist(), box.tolist(), strict=True):
            self.tracks[i].go_on(int(seen.row[j]), time_s)
        self._remember([self.tracks[i] for i in own.tolist()], seen.vector[box])
        for i in others(len(self.tracks), own).tolist():
            self.tracks[i].mark_missed()
        self.keep([not one.is_deleted() for one in self.tracks])
        self.begin(seen.take(others(len(seen.row), box)), time_s)

    def match(self, seen: Seen) -> tuple[Ints, Ints]:
        """Match confirmed tracklets, then new ones with the boxes that are left: indices (k,), (k,)."""
        confirmed = np.array([one.is_confirmed() for one in self.tracks], dtype=bool)
        own, box = self.match_confirmed(np.flatnonzero(confirmed), seen)
        left = others(len(seen.row), box)
        new, again = self.match_new(np.flatnonzero(~confirmed), seen.take(left))
        return np.concatenate([own, new]), np.concatenate([box, left[again]])

    def match_confirmed(self, rows: Ints, seen: Seen) -> tuple[Ints, Ints]:
        """Match the tracklets `rows` (n,) by likelihood."""
        own, box = assign(-self.score(rows, seen), -self.least_score)
        return rows[own], box

    def match_new(self, rows: Ints, seen: Seen) -> tuple[Ints, Ints]:
        """Match the tracklets `rows` (n,) by overlap."""
        own, box = assign(1.0 - self.overlap(rows, seen), self.max_iou_distance)
        return rows[own], box

    def score(self, rows: Ints, seen: Seen) -> Floats:
        """Give the log-likelihood ratio (n, m) that boxes are those of the tracklets `rows` (n,), not somebody else's."""
        if not len(rows) or not len(seen.row):
            return np.zeros((len(rows), len(seen.row)))
        ratio = self.score_of_place(rows, seen) + self.score_of_looks(rows, seen)
        return np.where(self.in_reach(rows, seen), ratio, -_NEVER)

    def score_of_place(self, rows: Ints, seen: Seen) -> Floats:
        """Give the log-likelihood ratio (n, m) by where the boxes are.

        Place in the picture and place on the court are two views of one box: where both are known their mean counts, not
        their sum.
        """
        in_picture, on_court = self.score_in_picture(rows, seen), self.score_on_court(rows, seen)
        return np.asarray(np.where(np.isfinite(on_court), (in_picture + on_court) / 2, in_picture))

    def score_on_court(self, rows: Ints, seen: Seen) -> Floats:
        """Give the log-likelihood ratio (n, m) by where the feet are on the court; NaN where either side is unknown."""
        density = court_motion.log_density(self.court_mean[rows], self.court_covariance[rows], seen.feet, _FREEDOM)
        return np.asarray(density - np.log(_PEOPLE / _COURT_M2))

    def score_in_picture(self, rows: Ints, seen: Seen) -> Floats:
        """Give the log-likelihood ratio (n, m) by where the boxes are in the picture."""
        centre = xyah(seen.ltwh)[:, :2]
        density = log_density(self.mean[rows], self.covariance[rows], centre, _FREEDOM)
        return np.asarray(density - self.log_others)

    def score_of_looks(self, rows: Ints, seen: Seen) -> Floats:
        """Give the log-likelihood ratio (n, m) by what the boxes look like."""
        places = np.array([self.tracks[i].place for i in rows.tolist()])
        return self.difference.log_ratio(*self.looks.distances(places, seen.vector))

    def in_reach(self, rows: Ints, seen: Seen) -> NDArray[np.bool_]:
        """Say which boxes (n, m) are near enough to where the tracklets `rows` (n,) are expected."""
        mean, centre = self.mean[rows], xyah(seen.ltwh)[:, :2]
        away = np.linalg.norm(centre[None] - mean[:, None, :2], axis=2) / mean[:, 3:4]
        return np.asarray(away <= _REACH + _REACH_PER_S * self.unseen_s(rows)[:, None])

    def overlap(self, rows: Ints, seen: Seen) -> Floats:
        """Give the intersection over union (n, m) of boxes with those expected of the tracklets `rows` (n,)."""
        return iou(corners(self.mean[rows]), np.hstack([seen.ltwh[:, :2], seen.ltwh[:, :2] + seen.ltwh[:, 2:]]))

    def unseen_s(self, rows: Ints) -> Floats:
        """Say how long the tracklets `rows` (n,) have had no box."""
        return np.array([self.tracks[i].time_since_update for i in rows.tolist()]) * self.step_s

    def begin(self, seen: Seen, time_s: float) -> None:
        """Begin a tracklet with each box."""
        if not len(seen.row):
            return
        for row, vector in zip(seen.row.tolist(), seen.vector, strict=True):
            self.tracks.append(Tracklet(self._next_id, self.n_init, self.max_age, row, vector, time_s))
            self._next_id += 1
        mean, covariance = begin(xyah(seen.ltwh))
        self.mean = np.concatenate([self.mean, mean])
        self.covariance = np.concatenate([self.covariance, covariance])
        mean, covariance = court_motion.begin(seen.feet)
        self.court_mean = np.concatenate([self.court_mean, mean])
        self.court_covariance = np.concatenate([self.court_covariance, covariance])

    def finish(self) -> list[list[int]]:
        """End all tracklets; give the rows of detections of each that was ever confirmed, its first boxes included."""
        self.keep([False] * len(self.tracks))
        return self.ended

    def _end(self, one: Tracklet) -> None:
        """Keep what a tracklet was, if it was ever confirmed."""
        if one.place is not None:
            self.looks.close(one.place)
            self.ended.append(one.rows)

    def _remember(self, tracks: Sequence[Tracklet], vectors: Vectors) -> None:
        """Keep the looks (k, dim + 3) of the boxes that tracklets (k,) went on with; a new one's wait until it counts."""
        self.looks.hold(np.array([one.place for one in self.tracks if one.place is not None], dtype=np.int64))
        places, rows = [], []
        for k, one in enumerate(tracks):
            if one.place is not None:
                places.append(one.place)
                rows.append(k)
                continue
            one.vectors.append(vectors[k])
            if one.is_confirmed():
                one.place = self.looks.open()
                for vector in one.vectors:
                    self.looks.add(np.array([one.place]), vector[None])
                one.vectors = []
        if places:
            self.looks.add(np.array(places), vectors[rows])


def assign(cost: Floats, most: float) -> tuple[Ints, Ints]:
    """Choose pairs of a cost matrix (n, m) with the smallest sum; pairs above `most` are never chosen.

    Example:
        >>> rows, columns = assign(np.array([[0.1, 0.2], [0.2, 9.0]]), 1.0)
        >>> rows.tolist(), columns.tolist()
        ([0, 1], [1, 0])
    """
    rows, columns = linear_sum_assignment(np.minimum(cost, most + 1e-5))
    good = cost[rows, columns] <= most
    return rows[good], columns[good]


def others(count: int, taken: Ints) -> Ints:
    """Give the indices below `count` that are not taken, ascending."""
    free = np.ones(count, dtype=bool)
    free[taken] = False
    return np.flatnonzero(free)
