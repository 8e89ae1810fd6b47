"""Association of Deep-EIoU, on stored boxes and embeddings.

Huang et al., "Iterative Scale-Up ExpansionIoU and Deep Features Association for Multi-Object Tracking in Sports", WACV
Workshops 2024 (arXiv:2306.13074). There is no package of it; this is a small implementation of the paper with the
thresholds and steps of its published program: no motion model, boxes expanded before their overlap is taken, in two
rounds of growing expansion together with appearance, then boxes of low score by overlap alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pipeline.evaluation.boxes import iou_xywh

Floats = NDArray[np.float64]

HIGH, LOW, NEW = 0.6, 0.1, 0.7
"""Scores from which a box takes part in the first rounds, in the last one, and may start a track."""
ROUNDS, SECOND, FRESH = ((0.7, 0.8), (0.8, 0.8)), (0.5, 0.5), (0.5, 0.7)
"""(expansion, largest cost): of the rounds with boxes of high score, of the one with low score, of one-box tracks."""
PROXIMITY, APPEARANCE = 0.5, 0.25
"""Appearance counts only where the overlap cost is at most the former, and its own cost at most the latter."""
KEPT_FRAMES = 60
DUPLICATE = 0.85
"""Overlap from which a lost and a followed track are one; the older one stays."""
_MEMORY = 0.9


@dataclass
class _Track:
    """A person who is followed: last box, smoothed appearance."""

    identity: int
    xyxy: Floats
    look: Floats
    born: int
    seen: int
    confirmed: bool
    lost: bool = False

    def follow(self, xyxy: Floats, look: Floats, frame: int) -> None:
        """Take the next box."""
        mixed = _MEMORY * self.look + (1 - _MEMORY) * look
        self.look = mixed / max(float(np.linalg.norm(mixed)), 1e-9)
        self.xyxy, self.seen, self.confirmed, self.lost = xyxy, frame, True, False


class DeepEIoU:
    """Follows people frame by frame."""

    def __init__(self) -> None:
        self.tracks: list[_Track] = []
        self.frame = 0
        self.born = 0

    def update(self, xyxy: Floats, score: Floats, look: Floats) -> Iterator[tuple[int, int]]:
        """Take the boxes (n, 4) of a frame with their scores (n,) and unit embeddings (n, dim); yield (box, identity)."""
        self.frame += 1
        linked: list[tuple[_Track, int]] = []
        boxes = np.flatnonzero(score > HIGH)
        fresh = [track for track in self.tracks if not track.confirmed]
        pool = [track for track in self.tracks if track.confirmed]
        for expansion, most in ROUNDS:
            pairs, boxes = self._match(pool, xyxy, look, boxes, expansion, most, appearance=True)
            linked += pairs
            taken = {id(track) for track, _ in pairs}
            pool = [track for track in pool if id(track) not in taken and not track.lost]
        low = np.flatnonzero((score > LOW) & (score < HIGH))
        linked += self._match(pool, xyxy, look, low, *SECOND, appearance=False)[0]
        pairs, boxes = self._match(fresh, xyxy, look, boxes, *FRESH, appearance=True)
        linked += pairs
        for track, box in linked:
            track.follow(xyxy[box], look[box], self.frame)
        linked += self._begin(xyxy, look, boxes[score[boxes] >= NEW])
        self._tidy()
        alive = {id(track) for track in self.tracks}
        yield from ((box, track.identity) for track, box in linked if id(track) in alive)

    def _match(
        self,
        tracks: Sequence[_Track],
        xyxy: Floats,
        look: Floats,
        boxes: NDArray[np.int64],
        expansion: float,
        most: float,
        appearance: bool,
    ) -> tuple[list[tuple[_Track, int]], NDArray[np.int64]]:
        """Pair tracks with boxes; give the pairs and the boxes that are left."""
        if not len(tracks) or not len(boxes):
            return [], boxes
        cost = 1 - iou_xywh(_expanded(np.array([t.xyxy for t in tracks]), expansion), _expanded(xyxy[boxes], expansion))
        if appearance:
            away = (1 - np.array([t.look for t in tracks]) @ look[boxes].T) / 2
            away = np.where((away > APPEARANCE) | (cost > PROXIMITY) | np.isnan(away), 1.0, np.maximum(away, 0))
            cost = np.minimum(cost, away)
        rows, columns = linear_sum_assignment(np.minimum(cost, most + 1e-5))
        good = cost[rows, columns] <= most
        pairs = [(tracks[i], int(boxes[j])) for i, j in zip(rows[good], columns[good], strict=True)]
        return pairs, np.setdiff1d(boxes, boxes[columns[good]])

    def _begin(self, xyxy: Floats, look: Floats, boxes: NDArray[np.int64]) -> list[tuple[_Track, int]]:
        """Begin a track with each of the boxes."""
        begun = []
        for box in boxes.tolist():
            self.born += 1
            appearance = np.nan_to_num(look[box])
            track = _Track(self.born, xyxy[box], appearance, self.frame, self.frame, confirmed=self.frame == 1)
            begun.append((track, box))
        self.tracks += [track for track, _ in begun]
        return begun

    def _tidy(self) -> None:
        """Drop what was seen once only, or too long ago, and lost tracks that lie on a followed one."""
        for track in self.tracks:
            track.lost = track.seen < self.frame
        kept = [t for t in self.tracks if (t.confirmed or not t.lost) and self.frame - t.seen <= KEPT_FRAMES]
        followed, lost = ([t for t in kept if t.lost == state] for state in (False, True))
        dropped: set[int] = set()
        if followed and lost:
            boxes = (_expanded(np.array([t.xyxy for t in each]), None) for each in (followed, lost))
            for i, j in zip(*np.nonzero(iou_xywh(*boxes) > DUPLICATE), strict=True):
                followed_track, lost_track = followed[i], lost[j]
                dropped.add(
                    id(
                        lost_track
                        if followed_track.seen - followed_track.born > lost_track.seen - lost_track.born
                        else followed_track
                    )
                )
        self.tracks = [track for track in kept if id(track) not in dropped]


def _expanded(xyxy: Floats, expansion: float | None) -> Floats:
    """Turn boxes (n, 4) x1 y1 x2 y2 into left, top, width, height, (1 + 2 E) times as large about the same centre."""
    size = xyxy[:, 2:] - xyxy[:, :2]
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    size = size if expansion is None else size * (1 + 2 * expansion)
    return np.hstack([centre - size / 2, size])
