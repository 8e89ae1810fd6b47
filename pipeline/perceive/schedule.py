"""Which people are worth embedding: those whose picture can change a decision.

Somebody who walks on undisturbed looks the same thirty times a second. In a window of frames, boxes that go on from frame
to frame with nobody near are one passage, and one crop of it is embedded: the one that shows most of the person. Where
boxes meet, begin or end, each is embedded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou
from pipeline.perceive.motion import Motion

Boxes = NDArray[np.float32]
"""(n, 4) x1 y1 x2 y2 in px."""

_SAME_IOU = 0.5
"""A box that overlaps this much with one of the frame before, and each the other's best, goes on with it."""
_MEETING_IOU = 0.1
"""Boxes of one frame that overlap more meet."""


def worth_embedding(
    people_px: Sequence[Boxes], clarity: Sequence[NDArray[np.float32]], moved: Sequence[Motion]
) -> list[NDArray[np.bool_]]:
    """Choose the boxes of a window of frames that are embedded.

    Args:
        people_px: of each of f frames, the boxes of people (n_i, 4).
        clarity: of each of them (n_i,), see `crops.clarity`.
        moved: the camera's motion into each frame but the first (f - 1).

    Returns:
        Per frame (n_i,) whether a box is embedded.
    """
    chosen = [np.ones(len(boxes), dtype=bool) for boxes in people_px]
    last = len(people_px) - 1
    for passage in _passages(people_px, moved):
        for frame, row in passage:
            chosen[frame][row] = False
        clearest = max(passage, key=lambda place: clarity[place[0]][place[1]])
        ends = [place for place, border in ((passage[0], 0), (passage[-1], last)) if place[0] != border]
        for frame, row in (clearest, *ends):
            chosen[frame][row] = True
    return chosen


def _passages(people_px: Sequence[Boxes], moved: Sequence[Motion]) -> list[list[tuple[int, int]]]:
    """List the passages, each as (frame, row) of its boxes; a box that meets another belongs to none."""
    passages: list[list[tuple[int, int]]] = []
    of_before: dict[int, list[tuple[int, int]]] = {}
    for frame, boxes in enumerate(people_px):
        before = _continued(people_px[frame - 1], boxes, moved[frame - 1]) if frame else np.full(len(boxes), -1)
        of_frame: dict[int, list[tuple[int, int]]] = {}
        for row in np.flatnonzero(_alone(boxes)).tolist():
            passage = of_before.get(int(before[row]))
            if passage is None:
                passage = []
                passages.append(passage)
            passage.append((frame, row))
            of_frame[row] = passage
        of_before = of_frame
    return passages


def _alone(boxes: Boxes) -> NDArray[np.bool_]:
    """Say which boxes (n,) no other one of the frame meets."""
    shared = iou(boxes, boxes)
    np.fill_diagonal(shared, 0.0)
    return np.asarray(shared.max(axis=1, initial=0.0) <= _MEETING_IOU)


def _continued(earlier: Boxes, later: Boxes, moved: Motion) -> NDArray[np.int64]:
    """Return for each later box (n,) the earlier one that it goes on with, -1 for none."""
    before = np.full(len(later), -1, dtype=np.int64)
    if moved.cut or not len(earlier) or not len(later):
        return before
    shared = iou(carried(earlier, moved), later)  # (n earlier, n later)
    partner = shared.argmax(axis=0)
    mutual = shared.argmax(axis=1)[partner] == np.arange(len(later))
    good = mutual & (shared[partner, np.arange(len(later))] >= _SAME_IOU)
    before[good] = partner[good]
    return before


def carried(boxes: NDArray[np.floating], moved: Motion) -> NDArray[np.float64]:
    """Move boxes (n, 4) with the camera by the motion of their centres."""
    if moved.matrix is None:
        return boxes.astype(np.float64)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2.0
    ahead = np.column_stack([centre, np.ones(len(centre))]) @ moved.matrix.T
    shift = ahead[:, :2] / ahead[:, 2:] - centre
    return np.asarray(boxes + np.hstack([shift, shift]))
