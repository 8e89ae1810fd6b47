"""Which box continues which tracklet: DeepSORT's tracker with another cost and no cascade.

DeepSORT (Wojke et al., 2017) gates by the Kalman filter, then decides by appearance alone, and serves recently seen
tracklets first. Team-mates look alike, so that appearance alone swaps them where they cross; and a tracklet that was
hidden for a moment loses its box to a neighbour that was not. Here one assignment over all confirmed tracklets weighs
appearance against motion. The gate looks at the position alone: a box cut short by somebody in front has another
height and aspect, but is in the right place.

Tracklets are born, confirmed and ended by deep-sort-realtime; states and costs are those of all tracklets at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from deep_sort_realtime.deep_sort.track import Track, TrackState
from deep_sort_realtime.deep_sort.tracker import Tracker
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pipeline.understand.appearance import Looks, Vectors
from pipeline.understand.camera import move_states
from pipeline.understand.kalman import StackedFilter, corners, xyah
from pipeline.understand.overlap import iou

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GATE_SIGMA = 3.0
"""Boxes further than so many standard deviations from the prediction are not the tracklet's (99 % of a normal one's are
nearer). A wider gate links more and mixes people up more."""
_NEUTRAL = 0.5
"""Cost of an unknown appearance, half of the largest allowed one."""
_NEVER = 1e5


@dataclass(frozen=True)
class Seen:
    """The boxes of one frame; all arrays have the same length m."""

    row: Ints  # (m,) row in detections
    ltwh: Floats  # (m, 4) left, top, width, height, px
    vector: Vectors  # (m, dim + 3) see `appearance.with_kit`


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
    """A tracker that decides by appearance and motion together.

    `mean` (n, 8) and `covariance` (n, 8, 8) are the states of `tracks`, in their order.
    """

    def __init__(
        self,
        looks: Looks,
        max_cosine_distance: float,
        max_iou_distance: float,
        max_age: int,
        n_init: int,
        appearance_weight: float,
    ) -> None:
        """Start without tracklets.

        Args:
            looks: keeps appearance.
            max_cosine_distance: appearance further away is not believed.
            max_iou_distance: 1 - IoU above which the overlap round does not link.
            max_age: frames without a box after which a tracklet ends.
            n_init: boxes that confirm a tracklet.
            appearance_weight: 0 to 1, how much appearance counts against motion.
        """
        super().__init__(looks, max_iou_distance=max_iou_distance, max_age=max_age, n_init=n_init)
        self.tracks: list[Tracklet] = []
        self.kf = StackedFilter()
        self.looks = looks
        self.max_cosine_distance = max_cosine_distance
        self.appearance_weight = appearance_weight
        self.mean, self.covariance = np.zeros((0, 8)), np.zeros((0, 8, 8))
        self.ended: list[list[int]] = []
        """Rows of detections of each tracklet that was ever confirmed, and has ended."""

    def move(self, motion: Floats) -> None:
        """Follow the camera by its motion (3, 3)."""
        self.mean, self.covariance = move_states(self.mean, self.covariance, motion)

    def predict(self, age: bool = True) -> None:
        """Go on by one frame; without `age`, by one that is missing in the file."""
        self.mean, self.covariance = self.kf.predict_all(self.mean, self.covariance)
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

    def update(self, seen: Seen, time_s: float) -> None:
        """Link the boxes of a frame, begin tracklets, and end those that were not seen for too long."""
        measured = xyah(seen.ltwh)
        own, box = self._match(seen, measured)
        self.mean[own], self.covariance[own] = self.kf.update_all(self.mean[own], self.covariance[own], measured[box])
        for i, j in zip(own.tolist(), box.tolist(), strict=True):
            self.tracks[i].go_on(int(seen.row[j]), time_s)
        self._remember([self.tracks[i] for i in own.tolist()], seen.vector[box])
        for i in _others(len(self.tracks), own).tolist():
            self.tracks[i].mark_missed()
        self.keep([not one.is_deleted() for one in self.tracks])
        self._begin(seen, measured, _others(len(seen.row), box), time_s)

    def finish(self) -> list[list[int]]:
        """End all tracklets; give the rows of detections of each that was ever confirmed, its first boxes included."""
        self.keep([False] * len(self.tracks))
        return self.ended

    def _begin(self, seen: Seen, measured: Floats, boxes: Ints, time_s: float) -> None:
        """Begin a tracklet with each of the boxes (k,)."""
        if not len(boxes):
            return
        for j in boxes.tolist():
            row = int(seen.row[j])
            self.tracks.append(Tracklet(self._next_id, self.n_init, self.max_age, row, seen.vector[j], time_s))
            self._next_id += 1
        states = [self.kf.initiate(measured[j]) for j in boxes.tolist()]
        self.mean = np.concatenate([self.mean, np.array([mean for mean, _ in states])])
        self.covariance = np.concatenate([self.covariance, np.array([spread for _, spread in states])])

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

    def _match(self, seen: Seen, measured: Floats) -> tuple[Ints, Ints]:
        """Match confirmed tracklets by the mixed cost, then new and just lost ones by overlap: indices (k,), (k,)."""
        confirmed = np.array([one.is_confirmed() for one in self.tracks], dtype=bool)
        fresh = np.array([one.time_since_update == 1 for one in self.tracks], dtype=bool)
        known = np.flatnonzero(confirmed)
        own, box = assign(self._cost(known, seen, measured), 1.0)
        own = known[own]
        late = fresh.copy()
        late[own] = False
        left, rest = np.flatnonzero(late), _others(len(seen.row), box)
        if not len(left) or not len(rest):
            return own, box
        places = np.hstack([seen.ltwh[rest, :2], seen.ltwh[rest, :2] + seen.ltwh[rest, 2:]])
        more, again = assign(1.0 - iou(corners(self.mean[left]), places), self.max_iou_distance)
        return np.concatenate([own, left[more]]), np.concatenate([box, rest[again]])

    def _cost(self, rows: Ints, seen: Seen, measured: Floats) -> Floats:
        """Give the cost (n, m) of the tracklets `rows` (n,), 0 to 1 where a pair is possible and far above where not."""
        if not len(rows) or not len(seen.row):
            return np.zeros((len(rows), len(seen.row)))
        places = np.array([self.tracks[i].place for i in rows.tolist()])
        distance = self.looks.distances(places, seen.vector)
        looks = np.where(np.isnan(distance), _NEUTRAL, distance / self.max_cosine_distance)
        moves = self.kf.distances(self.mean[rows], self.covariance[rows], measured[:, :2]) / _GATE_SIGMA**2
        mixed = self.appearance_weight * looks + (1.0 - self.appearance_weight) * moves
        return np.where((looks > 1.0) | (moves > 1.0), _NEVER, mixed)


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


def _others(count: int, taken: Ints) -> Ints:
    """Give the indices below `count` that are not taken, ascending."""
    free = np.ones(count, dtype=bool)
    free[taken] = False
    return np.flatnonzero(free)
