"""Which box continues which tracklet: DeepSORT's tracker with another cost and no cascade.

DeepSORT (Wojke et al., 2017) gates by the Kalman filter, then decides by appearance alone, and serves recently seen
tracklets first. Team-mates look alike, so that appearance alone swaps them where they cross; and a tracklet that was
hidden for a moment loses its box to a neighbour that was not. Here one assignment over all confirmed tracklets weighs
appearance against motion. The gate looks at the position alone: a box cut short by somebody in front has another
height and aspect, but is in the right place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from deep_sort_realtime.deep_sort import iou_matching, linear_assignment
from deep_sort_realtime.deep_sort.tracker import Tracker
from numpy.typing import NDArray

from pipeline.understand.appearance import NO_APPEARANCE, AppearanceMetric

_GATE_SIGMA = 3.0
"""Boxes further than so many standard deviations from the prediction are not the tracklet's (99 % of a normal one's are
nearer). A wider gate links more and mixes people up more."""
_NEUTRAL = 0.5
"""Cost of an unknown appearance, half of the largest allowed one."""

_Matches = tuple[list[tuple[int, int]], list[int], list[int]]


class MixedTracker(Tracker):  # type: ignore[misc]  # the library has no types
    """A tracker that decides by appearance and motion together."""

    def __init__(
        self, metric: AppearanceMetric, max_iou_distance: float, max_age: int, n_init: int, appearance_weight: float
    ) -> None:
        """Start without tracklets.

        Args:
            metric: appearance distances and their limit.
            max_iou_distance: 1 - IoU above which the overlap round does not link.
            max_age: frames without a box after which a tracklet ends.
            n_init: boxes that confirm a tracklet.
            appearance_weight: 0 to 1, how much appearance counts against motion.
        """
        super().__init__(metric, max_iou_distance=max_iou_distance, max_age=max_age, n_init=n_init)
        self.appearance_weight = appearance_weight

    def _match(self, detections: Sequence[Any]) -> _Matches:
        """Match confirmed tracklets by the mixed cost, then new and just lost ones by overlap.

        Returns:
            Pairs (tracklet, box), tracklets and boxes without a partner; all as indices.
        """
        confirmed = [i for i, one in enumerate(self.tracks) if one.is_confirmed()]
        tentative = [i for i, one in enumerate(self.tracks) if not one.is_confirmed()]
        first, lost, boxes = linear_assignment.min_cost_matching(
            self._cost, 1.0, self.tracks, detections, confirmed, list(range(len(detections)))
        )
        just_lost = [i for i in lost if self.tracks[i].time_since_update == 1]
        second, unmatched, boxes = linear_assignment.min_cost_matching(
            iou_matching.iou_cost, self.max_iou_distance, self.tracks, detections, tentative + just_lost, boxes
        )
        long_lost = [i for i in lost if self.tracks[i].time_since_update > 1]
        return first + second, long_lost + list(unmatched), list(boxes)

    def _cost(
        self, tracks: Sequence[Any], detections: Sequence[Any], rows: Sequence[int], columns: Sequence[int]
    ) -> NDArray[np.float64]:
        """Give the cost (rows, columns), 0 to 1 where a pair is possible and far above where it is not."""
        vectors = np.array([detections[i].feature for i in columns])
        distance = self.metric.distance(vectors, [tracks[i].track_id for i in rows])
        looks = np.where(distance >= NO_APPEARANCE, _NEUTRAL, distance / self.metric.matching_threshold)
        places = np.array([detections[i].to_xyah() for i in columns], dtype=np.float64)
        squared = [self.kf.gating_distance(tracks[i].mean, tracks[i].covariance, places, True) for i in rows]
        moves = np.array(squared) / _GATE_SIGMA**2
        mixed = self.appearance_weight * looks + (1.0 - self.appearance_weight) * moves
        return np.where((looks > 1.0) | (moves > 1.0), linear_assignment.INFTY_COST, mixed)
