"""Tracklets: DeepSORT over the person boxes, one shot at a time, moved with the camera.

One tracker for players and referees alike: a detector confuses the two on single frames, and a tracker that is blind
for one of them would break there. The role of a tracklet is decided later by the vote of its boxes.

deep-sort-realtime keeps the tracklets and their Kalman filters; `appearance` replaces its metric by a vectorised one
that knows missing embeddings, and `association` its choice of the next box.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from deep_sort_realtime.deepsort_tracker import DeepSort
from numpy.typing import NDArray

from pipeline.config import TrackSettings
from pipeline.errors import TableError
from pipeline.tables import MOTION_COLUMNS, PERSON_CLASSES, conform
from pipeline.understand.appearance import AppearanceMetric, with_kit
from pipeline.understand.association import MixedTracker
from pipeline.understand.camera import move_states
from pipeline.understand.overlap import cross_class_duplicates


@dataclass(frozen=True)
class _Boxes:
    """The boxes that take part, in order of frame; all arrays have the same length n."""

    row: NDArray[np.int64]  # (n,) row in detections and embeddings
    frame: NDArray[np.int64]  # (n,)
    ltwh: NDArray[np.float64]  # (n, 4) left, top, width, height, px
    score: NDArray[np.float64]  # (n,) 0 to 1
    kit: NDArray[np.float64]  # (n, 3) CIE L* a* b*; NaN where unknown

    def rows_of(self, frame: int) -> slice:
        """Give the boxes of one frame."""
        low, high = np.searchsorted(self.frame, [frame, frame + 1])
        return slice(int(low), int(high))


@dataclass
class _Shot:
    """A running tracker of one shot and what it has linked so far."""

    sorter: DeepSort
    last_seen_s: dict[str, float] = field(default_factory=dict)
    boxes: dict[str, list[int]] = field(default_factory=dict)  # track id of the sorter -> rows of detections
    confirmed: set[str] = field(default_factory=set)


def track(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    embeddings: NDArray[np.float16] | NDArray[np.float32],
    on_court: NDArray[np.bool_],
    settings: TrackSettings,
    image_size_px: tuple[int, int],
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

    Returns:
        Table `tracks` in order of detection_id; track_id counts from 1 in order of first appearance.

    Raises:
        TableError: embeddings or on_court have not one row per detection.
    """
    _check_rows(detections, embeddings, on_court)
    boxes = _take_part(detections, on_court, settings)
    step_s = _median_step_s(frames)
    linked: list[list[int]] = []
    shot: _Shot | None = None
    previous_s, previous_shot = -math.inf, -1
    motions = frames[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
    for frame, time_s, number, motion in zip(
        frames["frame"].to_numpy(), frames["time_s"].to_numpy(), frames["shot"].to_numpy(), motions, strict=True
    ):
        if shot is None or number != previous_shot or time_s - previous_s > settings.max_age_s + step_s:
            linked += _finished(shot)
            shot = _Shot(_new_sorter(settings, step_s))
        elif settings.motion_compensation:
            move_states(shot.sorter.tracker.tracks, motion)
        _skip_missing(shot, (time_s - previous_s) / step_s)
        _expire(shot, time_s, settings.max_age_s + 0.5 * step_s, image_size_px)
        _step(shot, boxes, boxes.rows_of(int(frame)), embeddings, time_s)
        previous_s, previous_shot = time_s, number
    linked += _finished(shot)
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
    kit = detections[["kit_l", "kit_a", "kit_b"]].to_numpy(np.float64)[row]
    return _Boxes(row, frame, np.hstack([corners[row, :2], size[row]]), score[row], kit)


def _median_step_s(frames: pd.DataFrame) -> float:
    """Give the usual time between analysed frames; 1/25 s where there is but one."""
    steps = np.diff(frames["time_s"].to_numpy(np.float64))
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 0.04


def _new_sorter(settings: TrackSettings, step_s: float) -> DeepSort:
    """Start a tracker without an embedder of its own."""
    sorter = DeepSort(
        max_iou_distance=settings.max_iou_distance,
        max_age=max(1, math.ceil(settings.max_age_s / step_s)),
        n_init=settings.confirm_boxes,
        nms_max_overlap=1.0,
        max_cosine_distance=settings.max_cosine_distance,
        nn_budget=settings.nn_budget,
        embedder=None,
    )
    sorter.tracker = MixedTracker(
        AppearanceMetric(settings.max_cosine_distance, settings.nn_budget),
        max_iou_distance=settings.max_iou_distance,
        max_age=sorter.tracker.max_age,
        n_init=settings.confirm_boxes,
        appearance_weight=settings.appearance_weight,
    )
    return sorter


def _skip_missing(shot: _Shot, steps: float) -> None:
    """Predict over frames that are missing in the file, one Kalman step for each but the last, without ageing."""
    if not math.isfinite(steps):
        return
    for _ in range(min(round(steps) - 1, 1000)):
        for one in shot.sorter.tracker.tracks:
            one.mean, one.covariance = shot.sorter.tracker.kf.predict(one.mean, one.covariance)


def _expire(shot: _Shot, time_s: float, max_age_s: float, image_size_px: tuple[int, int]) -> None:
    """End tracklets that were not seen for too long in real time, or have left the picture."""
    width, height = image_size_px
    tracker = shot.sorter.tracker
    kept = []
    for one in tracker.tracks:
        x, y, aspect, tall = one.mean[:4]
        half = max(0.5 * aspect * tall, 0.0)
        inside = -half <= x <= width + half and -0.5 * tall <= y <= height + 0.5 * tall
        if inside and time_s - shot.last_seen_s[one.track_id] <= max_age_s:
            kept.append(one)
    tracker.tracks = kept


def _step(
    shot: _Shot,
    boxes: _Boxes,
    here: slice,
    embeddings: NDArray[np.floating],
    time_s: float,
) -> None:
    """Feed one frame, also an empty one: tracklets must age."""
    rows = boxes.row[here]
    raw = [(box.tolist(), float(score), None) for box, score in zip(boxes.ltwh[here], boxes.score[here], strict=True)]
    vectors = with_kit(np.asarray(embeddings[rows]), boxes.kit[here])  # (boxes, dim + 3)
    tracks = shot.sorter.update_tracks(raw, embeds=vectors, others=rows.tolist())
    for one in tracks:
        if one.time_since_update:
            continue
        shot.boxes.setdefault(one.track_id, []).append(int(one.get_det_supplementary()))
        shot.last_seen_s[one.track_id] = time_s
        if one.is_confirmed():
            shot.confirmed.add(one.track_id)


def _finished(shot: _Shot | None) -> list[list[int]]:
    """Give the rows of each tracklet that was ever confirmed, its first boxes included."""
    if shot is None:
        return []
    return [rows for name, rows in shot.boxes.items() if name in shot.confirmed]


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
    return conform("tracks", table.sort_values("detection_id"))
