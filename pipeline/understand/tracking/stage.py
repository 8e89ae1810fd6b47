"""Tracklets: DeepSORT over the person boxes, one shot at a time, moved with the camera.

One tracker for players and referees alike: a detector confuses the two on single frames, and a tracker that is blind
for one of them would break there. The role of a tracklet is decided later by the vote of its boxes.

deep-sort-realtime keeps the tracklets; `appearance` replaces its metric by one that knows missing embeddings, `kalman` its
filter by one of all tracklets at once, and `association` its choice of the next box. A tracklet ends where it is in doubt,
and is joined again by `stitch`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import TrackSettings
from pipeline.errors import TableError
from pipeline.geometry.motion import is_motion
from pipeline.tables import MOTION_COLUMNS, PERSON_CLASSES, conform
from pipeline.understand.features.embeddings import Vectors, with_jersey_colour
from pipeline.understand.tracking.association import MixedTracker, Seen
from pipeline.understand.tracking.court_kalman import Feet
from pipeline.understand.tracking.duplicates import cross_class_duplicates
from pipeline.understand.tracking.gallery import Difference, Looks

MakeTracker = Callable[..., MixedTracker]
"""Takes what `MixedTracker` does; one that associates otherwise."""
_BLOCK = 2048
"""Boxes whose embeddings are read in one go."""
_FRAMES_COMPARED = 200
"""Frames in which people are compared to learn how different they look."""
_MOST_STEPS = 1000
"""A longer hole in the file is not predicted over frame by frame."""


@dataclass(frozen=True)
class _Boxes:
    """The boxes that take part, in order of frame; all arrays have the same length n."""

    row: NDArray[np.int64]  # (n,) row in detections and embeddings
    frame: NDArray[np.int64]  # (n,)
    ltwh: NDArray[np.float64]  # (n, 4) left, top, width, height, px
    kit: NDArray[np.float64]  # (n, 3) CIE L* a* b*; NaN where unknown


def track(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    embeddings: NDArray[np.float16] | NDArray[np.float32],
    on_court: NDArray[np.bool_],
    settings: TrackSettings,
    image_size_px: tuple[int, int],
    feet: Feet | None = None,
    make_tracker: MakeTracker = MixedTracker,
) -> pd.DataFrame:
    """Link the boxes of players and referees to tracklets.

    A tracklet never spans a cut, never has two boxes in a frame, and holds its boxes from before it was confirmed. A
    box keeps its place: predictions are used for association alone and never reach the result.

    Args:
        frames: table `frames`; may be a regular subset of the video's frames.
        detections: table `detections`, m rows.
        embeddings: (m, dim), row i belongs to row i of detections; may be a memory map: it is read frame by frame.
            A row with NaN has no appearance: its box is linked by overlap alone.
        on_court: (m,) which boxes take part.
        settings: of the tracker.
        image_size_px: width and height; a tracklet predicted outside of the picture ends.
        feet: of the m boxes on the court; None where there is no court.
        make_tracker: starts the tracker of a shot.

    Returns:
        Table `tracks` in order of detection_id; track_id counts from 1 in order of first appearance.

    Raises:
        TableError: embeddings or on_court have not one row per detection.
    """
    _check_rows(detections, embeddings, on_court)
    boxes = _take_part(detections, on_court, settings)
    step_s = _median_step_s(frames)
    numbers = frames["frame"].to_numpy(np.int64)
    first, last = (np.searchsorted(boxes.frame, numbers, side) for side in ("left", "right"))
    vectors = _Vectors(boxes, embeddings)
    feet = (Feet.unknown(len(detections)) if feet is None else feet).take(boxes.row)
    chosen = np.unique(np.linspace(0, len(numbers) - 1, min(len(numbers), _FRAMES_COMPARED)).astype(np.int64))
    difference = Difference.measured(vectors.of(slice(first[k], last[k]))[:, :-3] for k in chosen)
    linked: list[list[int]] = []
    tracker: MixedTracker | None = None
    previous_s, previous_shot = -math.inf, -1
    motions = frames[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
    moves = is_motion(motions) & settings.motion_compensation
    for k, (time_s, shot) in enumerate(zip(frames["time_s"].tolist(), frames["shot"].tolist(), strict=True)):
        if tracker is None or shot != previous_shot or time_s - previous_s > settings.max_age_s + step_s:
            linked += [] if tracker is None else tracker.finish()
            tracker = _new_tracker(make_tracker, settings, step_s, embeddings.shape[1], difference, image_size_px)
        else:
            if moves[k]:
                tracker.move(motions[k])
            for _ in range(min(round((time_s - previous_s) / step_s) - 1, _MOST_STEPS)):
                tracker.predict(age=False)  # frames that are missing in the file
        tracker.keep(_alive(tracker, time_s, settings.max_age_s + 0.5 * step_s, image_size_px))
        tracker.predict()
        here = slice(int(first[k]), int(last[k]))
        tracker.update(Seen(boxes.row[here], boxes.ltwh[here], vectors.of(here), feet.take(here)), time_s)
        previous_s, previous_shot = time_s, shot
    linked += [] if tracker is None else tracker.finish()
    return _table(linked, detections["detection_id"].to_numpy())


def _check_rows(detections: pd.DataFrame, embeddings: NDArray[np.floating], on_court: NDArray[np.bool_]) -> None:
    """Refuse arrays that are not aligned with the table."""
    if embeddings.ndim != 2 or len(embeddings) != len(detections):
        raise TableError(
            f"embeddings have the shape {embeddings.shape}, but there are {len(detections)} detections: "
            "expected one row per detection"
        )
    if on_court.shape != (len(detections),):
        raise TableError(f"on_court has the shape {on_court.shape}, expected ({len(detections)},)")


def _take_part(detections: pd.DataFrame, on_court: NDArray[np.bool_], settings: TrackSettings) -> _Boxes:
    """Select person boxes on the court with an area and a sufficient score; of two on one person the better."""
    corners = detections[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    size = corners[:, 2:] - corners[:, :2]
    score = detections["score"].to_numpy(np.float64)
    person = detections["class"].isin(PERSON_CLASSES).to_numpy()
    chosen = person & on_court & (score >= settings.min_score) & np.isfinite(corners).all(axis=1) & (size > 0).all(1)
    row = np.flatnonzero(chosen)
    frame = detections["frame"].to_numpy(np.int64)[row]
    order = np.argsort(frame, kind="stable")
    row, frame = row[order], frame[order]
    referee = (detections["class"] == "referee").to_numpy()[row]
    double = cross_class_duplicates(frame, corners[row], score[row], referee, settings.duplicate_iou)
    row, frame = row[~double], frame[~double]
    kit = detections[["jersey_l", "jersey_a", "jersey_b"]].to_numpy(np.float64)[row]
    return _Boxes(row, frame, np.hstack([corners[row, :2], size[row]]), kit)


def _median_step_s(frames: pd.DataFrame) -> float:
    """Give the usual time between analysed frames; 1/25 s where there is but one."""
    steps = np.diff(frames["time_s"].to_numpy(np.float64))
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 0.04


def _new_tracker(
    make: MakeTracker,
    settings: TrackSettings,
    step_s: float,
    dim: int,
    difference: Difference,
    image_size_px: tuple[int, int],
) -> MixedTracker:
    """Start a tracker."""
    return make(
        Looks(settings.nn_budget, dim),
        difference,
        image_size_px,
        step_s,
        settings.max_iou_distance,
        max_age=max(1, math.ceil(settings.max_age_s / step_s)),
        n_init=settings.confirm_boxes,
    )


def _alive(tracker: MixedTracker, time_s: float, max_age_s: float, image_size_px: tuple[int, int]) -> NDArray[np.bool_]:
    """Say which tracklets (n,) were seen lately enough in real time, and have not left the picture."""
    width, height = image_size_px
    x, y, aspect, tall = tracker.mean[:, :4].T
    half = np.maximum(0.5 * aspect * tall, 0.0)
    inside = (-half <= x) & (x <= width + half) & (-0.5 * tall <= y) & (y <= height + 0.5 * tall)
    last_s = np.array([one.last_seen_s for one in tracker.tracks])
    return np.asarray(inside & (time_s - last_s <= max_age_s))


class _Vectors:
    """What the boxes look like, read a block at a time: embeddings may be a memory map larger than memory."""

    def __init__(self, boxes: _Boxes, embeddings: NDArray[np.floating]) -> None:
        self.boxes, self.embeddings = boxes, embeddings
        self.start, self.block = 0, with_jersey_colour(embeddings[:0], boxes.kit[:0])

    def of(self, here: slice) -> Vectors:
        """Give the vectors (m, dim + 3) of boxes in order, see `with_jersey_colour`."""
        if not self.start <= here.start <= here.stop <= self.start + len(self.block):
            self.start = here.start
            block = slice(here.start, max(here.stop, here.start + _BLOCK))
            self.block = with_jersey_colour(np.asarray(self.embeddings[self.boxes.row[block]]), self.boxes.kit[block])
        return self.block[here.start - self.start : here.stop - self.start]


def _table(linked: Sequence[Sequence[int]], detection_id: NDArray[np.int64]) -> pd.DataFrame:
    """Number the tracklets by their first box and lay them out as a table."""
    ordered = sorted((sorted(detection_id[list(rows)].tolist()) for rows in linked), key=lambda ids: ids[0])
    table = pd.DataFrame(
        {
            "detection_id": [one for ids in ordered for one in ids],
            "track_id": [number for number, ids in enumerate(ordered, start=1) for _ in ids],
        },
        dtype=np.int64,
    )
    return conform("raw_tracks", table.sort_values("detection_id"))
