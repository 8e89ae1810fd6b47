"""Boxes with identities, paired frame by frame: what every score starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pipeline.geometry.boxes import iou_xywh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MIN_IOU = 0.5
"""Boxes that overlap at least this much show the same person (MOTChallenge, COCO AP50)."""


@dataclass(frozen=True)
class IdentifiedBoxes:
    """Row-aligned boxes: `frame` (n,), `identity` (n,), `xywh_px` (n, 4) left, top, width, height."""

    frame: Ints
    identity: Ints
    xywh_px: Floats

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: Ints | Bools) -> IdentifiedBoxes:
        """Return the named rows (indices, or a mask (n,)) in their order."""
        return IdentifiedBoxes(self.frame[rows], self.identity[rows], self.xywh_px[rows])

    def on(self, frames: Ints) -> IdentifiedBoxes:
        """Return the rows on the given frames (k,)."""
        return self.take(np.isin(self.frame, frames))


NO_BOXES = IdentifiedBoxes(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4)))


@dataclass(frozen=True)
class Pairing:
    """The boxes of truth and finding on each scored frame.

    `frames` (t,) ascending; per frame: `truth_rows` (n_t,) and `found_rows` (m_t,), rows of `truth` and `found`, and
    `iou` (n_t, m_t).
    """

    truth: IdentifiedBoxes
    found: IdentifiedBoxes
    frames: Ints
    truth_rows: tuple[Ints, ...]
    found_rows: tuple[Ints, ...]
    iou: tuple[Floats, ...]


@dataclass(frozen=True)
class Matches:
    """Pairs (k,) of a truth row and a found row that show the same person, with their overlap `iou` (k,)."""

    truth_row: Ints
    found_row: Ints
    iou: Floats


def pair(truth: IdentifiedBoxes, found: IdentifiedBoxes, frames: Ints) -> Pairing:
    """Pair up the boxes of the scored frames; boxes of other frames are left out.

    Args:
        truth: all true boxes.
        found: all found boxes.
        frames: (t,) scored frames.
    """
    frames = np.unique(frames)
    truth_rows, found_rows = _rows_by_frame(truth.frame, frames), _rows_by_frame(found.frame, frames)
    overlaps = tuple(iou_xywh(truth.xywh_px[a], found.xywh_px[b]) for a, b in zip(truth_rows, found_rows, strict=True))
    return Pairing(truth, found, frames, truth_rows, found_rows, overlaps)


def match(pairing: Pairing, min_iou: float = MIN_IOU) -> Matches:
    """Match boxes one to one in each frame: the assignment with the largest total IoU among pairs of at least `min_iou`.

    Identities are not used.
    """
    truth_row, found_row = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    iou = [np.zeros(0)]
    for a, b, overlap in zip(pairing.truth_rows, pairing.found_rows, pairing.iou, strict=True):
        i, j = assign(overlap, min_iou)
        truth_row.append(a[i])
        found_row.append(b[j])
        iou.append(overlap[i, j])
    return Matches(np.concatenate(truth_row), np.concatenate(found_row), np.concatenate(iou))


def assign(value: Floats, least: float) -> tuple[Ints, Ints]:
    """Choose one-to-one pairs of a matrix (n, m) with the largest sum, using only cells of at least `least` > 0.

    Example:
        >>> rows, columns = assign(np.array([[0.9, 0.6], [0.8, 0.1]]), 0.5)
        >>> list(zip(rows.tolist(), columns.tolist()))
        [(0, 1), (1, 0)]
    """
    usable = np.where(value >= least - np.finfo(float).eps, value, 0.0)
    rows, columns = linear_sum_assignment(usable, maximize=True)
    kept = usable[rows, columns] > 0
    return rows[kept].astype(np.int64), columns[kept].astype(np.int64)


def on_ignored(truth: IdentifiedBoxes, ignored: Bools, found: IdentifiedBoxes, frames: Ints) -> Bools:
    """Say which found boxes (m,) sit on people whom nobody must find; they count neither for nor against.

    As MOTChallenge does with distractors: all truth boxes are matched, ignored or not.

    Args:
        truth: all truth boxes.
        ignored: (n,) truth boxes that are not scored.
        found: all found boxes.
        frames: (t,) scored frames.
    """
    excused = np.zeros(len(found), dtype=bool)
    if ignored.any():
        matches = match(pair(truth, found, frames))
        excused[matches.found_row[ignored[matches.truth_row]]] = True
    return excused


def _rows_by_frame(frame: Ints, frames: Ints) -> tuple[Ints, ...]:
    """List the rows of each of the ascending `frames`, in their order in the table."""
    order = np.argsort(frame, kind="stable")
    ordered = frame[order]
    starts = np.searchsorted(ordered, frames, side="left")
    stops = np.searchsorted(ordered, frames, side="right")
    return tuple(order[a:b] for a, b in zip(starts, stops, strict=True))
