"""Association of boxes to tracklets: DeepSORT's tracker with one assignment by likelihood in place of gate and cascade.

DeepSORT (Wojke et al., 2017) gates by the Kalman filter, then decides by appearance alone, and serves recently seen
tracklets first. Team-mates look alike, so that appearance alone swaps them where they cross; and a tracklet that was
hidden for a moment loses its box to a neighbour that was not. Here pairs are chosen by Hungarian assignment, and the score
of a pair is the log-likelihood ratio of "the same person" to "somebody else" by position and appearance together (Reid, "An
Algorithm for Tracking Multiple Targets", 1979): a tracklet that is not seen spreads out, and loses to one that was expected
just there. Where the court is known, position is that in the picture and that in metres on the court.

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
from pipeline.understand.tracking.gallery import AppearanceScale, Gallery
from pipeline.understand.tracking.kalman import PICTURE, MeasuredBoxes, States, step_noise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FREEDOM = 4.0
"""Degrees of freedom of Student's t, by which boxes lie about their prediction."""
_REACH, _REACH_PER_S = 0.5, 3.0
"""Body heights about the prediction in which a box is looked for, at once and for each second without a box."""
_PEOPLE = 12
"""How many other people are anywhere in the picture."""
_COURT_M2 = 600.0
"""What the picture shows of the court and about it."""
_WEAK_S = 1.0
"""For so long a tracklet goes on by boxes that are not sure; those at its end do not count."""
_DOUBLED_IOU = 0.5
"""A box that is not sure and overlaps more with one that is, shows the same person."""
_NEVER = 1e5
"""Score of a pair that is out of reach, negated."""


@dataclass(frozen=True)
class CandidateBoxes:
    """The boxes of one frame that may go on with a tracklet; all arrays have the same length m."""

    row: Ints  # (m,) row in detections
    xyxy: Floats  # (m, 4) corners x1 y1 x2 y2, px
    measured: MeasuredBoxes  # of the m boxes, in the picture and on the court
    vector: Vectors  # (m, dim + 3) see `with_jersey_colour`
    sure: NDArray[np.bool_]  # (m,) seen well enough to begin a tracklet; the others can only go on with one

    def __len__(self) -> int:
        """Count the boxes."""
        return len(self.row)

    def take(self, boxes: Ints | slice) -> CandidateBoxes:
        """Choose boxes (k,), in the order named."""
        return CandidateBoxes(
            self.row[boxes], self.xyxy[boxes], self.measured.take(boxes), self.vector[boxes], self.sure[boxes]
        )


class Tracklet(Track):  # type: ignore[misc]  # the library has no types
    """A tracklet of the library that knows its boxes; its Kalman state is kept by the tracker, with all others."""

    def __init__(self, name: int, n_init: int, max_age: int, row: int, vector: Vectors, time_s: float) -> None:
        """Start with one box.

        Args:
            name: number among the tracklets of a shot.
            n_init: boxes that confirm it.
            max_age: frames without a box after which it ends.
            row: of its box in detections.
            vector: (dim + 3,) of its box.
            time_s: of its box.
        """
        super().__init__(None, None, name, n_init, max_age)
        self.state: int = TrackState.Tentative
        self.rows = [row]
        self.vectors = [vector]  # until it is confirmed
        self.place: int | None = None  # in the gallery, once it is confirmed
        self.last_seen_s = self.last_sure_s = time_s
        self.sure_rows = 1  # how many of the rows there were when its latest sure box came

    def age_by_one(self) -> None:
        """Count a frame."""
        self.age += 1
        self.time_since_update += 1

    def extend(self, row: int, time_s: float, sure: bool) -> None:
        """Take the next box."""
        self.rows.append(row)
        if sure:
            self.sure_rows, self.last_sure_s = len(self.rows), time_s
        self.last_seen_s = time_s
        self.hits += 1
        self.time_since_update = 0
        if self.state == TrackState.Tentative and self.hits >= self._n_init:
            self.state = TrackState.Confirmed


class LikelihoodTracker(Tracker):  # type: ignore[misc]  # the library has no types
    """A tracker that decides by position and appearance together; `states` are those of `tracks`, in their order."""

    least_score = 3.0
    """Log-likelihood ratio that associates: in doubt a tracklet ends, and gap linking joins it again with both sides known."""

    def __init__(
        self,
        gallery: Gallery,
        scale: AppearanceScale,
        image_size_px: tuple[int, int],
        step_s: float,
        max_iou_distance: float,
        max_age: int,
        n_init: int,
    ) -> None:
        """Start without tracklets.

        Args:
            gallery: keeps appearance.
            scale: of distances between the embeddings of two people.
            image_size_px: width and height.
            step_s: usual time between frames.
            max_iou_distance: 1 - IoU above which a box is not the next of a tracklet that is not confirmed yet.
            max_age: frames without a box after which a tracklet ends.
            n_init: boxes that confirm a tracklet.
        """
        super().__init__(gallery, max_iou_distance=max_iou_distance, max_age=max_age, n_init=n_init)
        self.tracks: list[Tracklet] = []
        self.gallery, self.scale = gallery, scale
        self.step_s, self.step_noise = step_s, step_noise(step_s)
        self.log_others = np.log(
            [[[_PEOPLE / (image_size_px[0] * image_size_px[1])]], [[_PEOPLE / _COURT_M2]]]
        )  # (2, 1, 1)
        self.states = States.none()
        self.ended: list[list[int]] = []
        """Rows of detections of each tracklet that was ever confirmed, and has ended."""

    def move(self, motion: Floats) -> None:
        """Follow the camera by its motion (3, 3)."""
        self.states.move(motion)

    def predict(self, age: bool = True) -> None:
        """Predict one frame ahead; without `age`, one that is missing in the file."""
        self.states.predict(self.step_s, self.step_noise)
        if age:
            for track in self.tracks:
                track.age_by_one()

    def keep(self, kept: Sequence[bool] | NDArray[np.bool_]) -> None:
        """End all tracklets but those marked (n,)."""
        if all(kept):
            return
        for track, stays in zip(self.tracks, kept, strict=True):
            if not stays:
                self._end(track)
        self.tracks = [track for track, stays in zip(self.tracks, kept, strict=True) if stays]
        self.states = self.states.take(np.flatnonzero(kept))

    def update(self, boxes: CandidateBoxes, time_s: float) -> None:
        """Associate the boxes of a frame, start tracklets, and end those that were not seen for too long."""
        sure = np.flatnonzero(boxes.sure)
        matched, of_sure = self.match(boxes.take(sure))
        box = sure[of_sure]
        if len(sure) < len(boxes):
            more, weak = self.match_weak(unmatched(len(self.tracks), matched), boxes, time_s)
            matched, box = np.concatenate([matched, more]), np.concatenate([box, weak])
        self.states.update(matched, boxes.measured.take(box))
        for i, row, well in zip(matched.tolist(), boxes.row[box].tolist(), boxes.sure[box].tolist(), strict=True):
            self.tracks[i].extend(row, time_s, well)
        self._remember([self.tracks[i] for i in matched.tolist()], boxes.vector[box])
        for i in unmatched(len(self.tracks), matched).tolist():
            self.tracks[i].mark_missed()
        self.keep([not track.is_deleted() for track in self.tracks])
        left = unmatched(len(boxes), box)
        left = left[boxes.sure[left]]
        if len(left):
            self.initiate(boxes.take(left), time_s)

    def match_weak(self, left: Ints, boxes: CandidateBoxes, time_s: float) -> tuple[Ints, Ints]:
        """Match confirmed tracklets `left` (n,) without a box with boxes that are not sure: indices (k,), (k,).

        As in ByteTrack (Zhang et al., 2022): who is half hidden or blurred has a box of low score where he is expected.
        """
        weak = np.flatnonzero(~boxes.sure)
        doubled = iou(boxes.xyxy[weak], boxes.xyxy[boxes.sure]).max(axis=1, initial=0.0) > _DOUBLED_IOU
        weak = weak[~doubled]
        lately = [
            self.tracks[i].is_confirmed() and time_s - self.tracks[i].last_sure_s <= _WEAK_S for i in left.tolist()
        ]
        matched, box = self.match_confirmed(left[lately], boxes.take(weak))
        return matched, weak[box]

    def match(self, boxes: CandidateBoxes) -> tuple[Ints, Ints]:
        """Match confirmed tracklets, then tentative ones with the boxes that are left: indices (k,), (k,)."""
        confirmed = [track.is_confirmed() for track in self.tracks]
        matched, box = self.match_confirmed(_where(confirmed, True), boxes)
        left = unmatched(len(boxes), box)
        if all(confirmed) or not len(left):
            return matched, box
        tentative, more = self.match_by_overlap(_where(confirmed, False), boxes, left)
        return np.concatenate([matched, tentative]), np.concatenate([box, more])

    def match_confirmed(self, rows: Ints, boxes: CandidateBoxes) -> tuple[Ints, Ints]:
        """Match the tracklets `rows` (n,) by likelihood: indices (k,), (k,)."""
        matched, box = hungarian_pairs(-self.score(rows, boxes), -self.least_score)
        return rows[matched], box

    def match_by_overlap(self, rows: Ints, boxes: CandidateBoxes, left: Ints) -> tuple[Ints, Ints]:
        """Match the tracklets `rows` (n,) by intersection over union with the boxes `left` (m,): indices (k,), (k,)."""
        matched, box = hungarian_pairs(1.0 - self.overlap(rows, boxes)[:, left], self.max_iou_distance)
        return rows[matched], left[box]

    def score(self, rows: Ints, boxes: CandidateBoxes) -> Floats:
        """Compute the log-likelihood ratio (n, m) that boxes are those of the tracklets `rows` (n,), not somebody else's."""
        if not len(rows) or not len(boxes):
            return np.zeros((len(rows), len(boxes)))
        ratio = self.position_score(rows, boxes) + self.appearance_score(rows, boxes)
        return np.where(self.in_reach(rows, boxes), ratio, -_NEVER)

    def position_score(self, rows: Ints, boxes: CandidateBoxes) -> Floats:
        """Compute the log-likelihood ratio (n, m) by where the boxes are.

        Position in the picture and position on the court are two views of one box: where both are known their mean counts,
        not their sum.
        """
        in_picture, on_court = self.view_scores(rows, boxes)
        return np.asarray(np.where(np.isnan(on_court), in_picture, (in_picture + on_court) / 2))

    def view_scores(self, rows: Ints, boxes: CandidateBoxes) -> Floats:
        """Compute the log-likelihood ratio (2, n, m) in the picture, and on the court, where NaN says that it is unknown."""
        return self.states_of(rows).log_density(boxes.measured, _FREEDOM) - self.log_others

    def appearance_score(self, rows: Ints, boxes: CandidateBoxes) -> Floats:
        """Compute the log-likelihood ratio (n, m) by embeddings and jersey colours."""
        places = np.array([self.tracks[i].place for i in rows.tolist()])
        return self.scale.log_ratio(*self.gallery.distances(places, boxes.vector))

    def in_reach(self, rows: Ints, boxes: CandidateBoxes) -> NDArray[np.bool_]:
        """Say which boxes (n, m) are near enough to where the tracklets `rows` (n,) are expected."""
        states = self.states_of(rows)
        dx, dy = boxes.measured.place[:, PICTURE, None] - states.mean[:2, PICTURE, :, None]  # (n, m) each
        reach = states.tall_px * (_REACH + _REACH_PER_S * self.unseen_s(rows))  # (n,)
        return np.asarray(dx * dx + dy * dy <= (reach * reach)[:, None])

    def overlap(self, rows: Ints, boxes: CandidateBoxes) -> Floats:
        """Compute the intersection over union (n, m) of boxes with those expected of the tracklets `rows` (n,)."""
        return iou(self.expected_xyxy(rows), boxes.xyxy)

    def expected_xyxy(self, rows: Ints) -> Floats:
        """Return the boxes (n, 4) x1 y1 x2 y2, px, that are expected of the tracklets `rows` (n,)."""
        return self.states_of(rows).xyxy()

    def states_of(self, rows: Ints) -> States:
        """Return the states of the tracklets `rows` (n,), ascending."""
        return self.states if len(rows) == len(self.tracks) else self.states.take(rows)

    def unseen_s(self, rows: Ints) -> Floats:
        """Return how long (n,) the tracklets `rows` (n,) have had no box, s."""
        return np.array([self.tracks[i].time_since_update for i in rows.tolist()]) * self.step_s

    def initiate(self, boxes: CandidateBoxes, time_s: float) -> None:
        """Start a tracklet with each box."""
        for row, vector in zip(boxes.row.tolist(), boxes.vector, strict=True):
            self.tracks.append(Tracklet(self._next_id, self.n_init, self.max_age, row, vector, time_s))
            self._next_id += 1
        self.states = self.states.joined(States.of_boxes(boxes.measured))

    def finish(self) -> list[list[int]]:
        """End all tracklets; return the rows of detections of each that was ever confirmed, its first boxes included."""
        self.keep([False] * len(self.tracks))
        return self.ended

    def _end(self, track: Tracklet) -> None:
        """Keep the boxes of a tracklet, if it was ever confirmed."""
        if track.place is not None:
            self.gallery.close(track.place)
            self.ended.append(track.rows[: track.sure_rows])

    def _remember(self, tracks: Sequence[Tracklet], vectors: Vectors) -> None:
        """Put the vectors (k, dim + 3) of the boxes that tracklets (k,) went on with into the gallery.

        Those of a tentative tracklet wait until it is confirmed.
        """
        self.gallery.hold(np.array([track.place for track in self.tracks if track.place is not None], dtype=np.int64))
        places, rows = [], []
        for k, track in enumerate(tracks):
            if track.place is not None:
                places.append(track.place)
                rows.append(k)
                continue
            track.vectors.append(vectors[k])
            if track.is_confirmed():
                track.place = self.gallery.open()
                for vector in track.vectors:
                    self.gallery.add(np.array([track.place]), vector[None])
                track.vectors = []
        if places:
            self.gallery.add(np.array(places), vectors[rows])


def hungarian_pairs(cost: Floats, max_cost: float) -> tuple[Ints, Ints]:
    """Choose pairs of a cost matrix (n, m) with the smallest sum (Hungarian assignment), none above `max_cost`.

    Returns:
        Rows (k,) and columns (k,) of the pairs.

    Example:
        >>> rows, columns = hungarian_pairs(np.array([[0.1, 0.2], [0.2, 9.0]]), 1.0)
        >>> rows.tolist(), columns.tolist()
        ([0, 1], [1, 0])
    """
    rows, columns = linear_sum_assignment(np.minimum(cost, max_cost + 1e-5))
    allowed = cost[rows, columns] <= max_cost
    return rows[allowed], columns[allowed]


def unmatched(count: int, matched: Ints) -> Ints:
    """Return the indices below `count` that are not matched, ascending.

    Args:
        count: how many there are.
        matched: (k,) indices.
    """
    if len(matched) == count:
        return np.zeros(0, dtype=np.int64)
    free = np.ones(count, dtype=bool)
    free[matched] = False
    return np.flatnonzero(free)


def _where(values: Sequence[bool], wanted: bool) -> Ints:
    """Return the indices of the wanted value."""
    return np.array([i for i, value in enumerate(values) if value is wanted], dtype=np.int64)
