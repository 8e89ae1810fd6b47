"""The stage `tracking`: DeepSORT over the person boxes, one shot at a time, moved with the camera.

One tracker for players and referees alike: a detector confuses the two on single frames, and a tracker that is blind
for one of them would break there. The role of a tracklet is decided later by the vote of its boxes.

deep-sort-realtime keeps the tracklets; `gallery` replaces its metric by one that knows missing embeddings, `kalman` its
filter by one of all tracklets at once, and `association` its choice of the next box. A tracklet ends where it is in doubt,
and is joined again by gap linking.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import TrackSettings
from pipeline.errors import TableError
from pipeline.geometry.motion import is_motion
from pipeline.tables import PERSON_CLASSES, conform
from pipeline.understand.features.embeddings import Vectors, with_jersey_colour
from pipeline.understand.game import TrackedGame
from pipeline.understand.tracking.association import CandidateBoxes, LikelihoodTracker
from pipeline.understand.tracking.duplicates import cross_class_duplicates
from pipeline.understand.tracking.gallery import AppearanceScale, Gallery
from pipeline.understand.tracking.kalman import SHAPE, MeasuredBoxes

MakeTracker = Callable[..., LikelihoodTracker]
"""Takes what `LikelihoodTracker` does; one that associates otherwise."""
_BLOCK = 2048
"""Boxes whose embeddings are read in one go."""
_FRAMES_COMPARED = 200
"""Frames in which people are compared to learn how different they look."""
_MOST_STEPS = 1000
"""A longer hole in the file is not predicted over frame by frame."""
_LEAST_STEPS = 3
"""A tracklet without a box waits for so many frames at least, however far apart they are."""
_STEP_S = 0.04
"""Time between frames where there is but one."""


@dataclass(frozen=True)
class _Trackable:
    """The boxes that take part, in order of frame; all arrays have the same length n."""

    row: NDArray[np.int64]  # (n,) row in detections and embeddings
    frame: NDArray[np.int64]  # (n,)
    xyxy: NDArray[np.float64]  # (n, 4) corners x1 y1 x2 y2, px
    measured: MeasuredBoxes
    jersey_lab: NDArray[np.float64]  # (n, 3) CIE L* a* b*; NaN where unknown
    sure: NDArray[np.bool_]  # (n,) of a score that begins tracklets


def track(
    game: TrackedGame,
    on_court: NDArray[np.bool_],
    settings: TrackSettings,
    image_size_px: tuple[int, int],
    foot_covariance_m2: NDArray[np.float64] | None = None,
    make_tracker: MakeTracker = LikelihoodTracker,
) -> pd.DataFrame:
    """Associate the boxes of players and referees to tracklets.

    A tracklet never spans a cut, never has two boxes in a frame, and holds its boxes from before it was confirmed. A
    box keeps its place: predictions are used for association alone and never reach the result.

    Args:
        game: t frames, which may be a regular subset of the video's, with m boxes; embeddings are read frame by frame, and
            one with NaN says nothing. Its tracklets are not used.
        on_court: (m,) which boxes take part.
        settings: of the tracker.
        image_size_px: width and height; a tracklet predicted outside of the picture ends.
        foot_covariance_m2: (m, 2, 2) of the errors of `game.feet_m`; None where there is no court.
        make_tracker: starts the tracker of a shot.

    Returns:
        Table `raw_tracks` in order of detection_id; track_id counts from 1 in order of first appearance.

    Raises:
        TableError: embeddings or on_court have not one row per detection.
    """
    _check_rows(game, on_court)
    boxes = _trackable(game, on_court, foot_covariance_m2, settings)
    vectors = _VectorReader(boxes, game.embeddings)
    slices = _slices(game, boxes)
    scale = AppearanceScale.measured(
        vectors.of(slices[k])[:, :-3] for k in _compared(slices, game.is_embedded[boxes.row])
    )
    step_s = _median_step_s(game)

    def start() -> LikelihoodTracker:
        return make_tracker(
            Gallery(settings.nn_budget, game.embeddings.shape[1]),
            scale,
            image_size_px,
            step_s,
            settings.max_iou_distance,
            max_age=max(_LEAST_STEPS, math.ceil(settings.max_age_s / step_s)),
            n_init=settings.confirm_boxes,
        )

    candidates = (
        CandidateBoxes(
            boxes.row[of_frame],
            boxes.xyxy[of_frame],
            boxes.measured.take(of_frame),
            vectors.of(of_frame),
            boxes.sure[of_frame],
        )
        for of_frame in slices
    )
    tracklets = _associate(game, candidates, start, settings, image_size_px)
    return _table(tracklets, game.detections["detection_id"].to_numpy())


def _associate(
    game: TrackedGame,
    candidates: Iterable[CandidateBoxes],
    start: Callable[[], LikelihoodTracker],
    settings: TrackSettings,
    image_size_px: tuple[int, int],
) -> list[list[int]]:
    """Send the boxes of each frame through the tracker of its shot; return the rows of detections of each tracklet.

    Args:
        game: t frames.
        candidates: boxes of each frame.
        start: starts a tracker.
        settings: of the tracker.
        image_size_px: width and height.
    """
    step_s = _median_step_s(game)
    max_age_s = max(settings.max_age_s, _LEAST_STEPS * step_s)
    tracklets: list[list[int]] = []
    tracker: LikelihoodTracker | None = None
    previous_s, previous_shot = -math.inf, -1
    moves = is_motion(game.motion) & settings.motion_compensation
    frames = zip(game.time_s.tolist(), game.shot.tolist(), game.motion, moves, candidates, strict=True)
    for time_s, shot, motion, moved, boxes in frames:
        if tracker is None or shot != previous_shot or time_s - previous_s > max_age_s + step_s:
            tracklets += [] if tracker is None else tracker.finish()
            tracker = start()
        else:
            if moved:
                tracker.move(motion)
            for _ in range(min(round((time_s - previous_s) / step_s) - 1, _MOST_STEPS)):
                tracker.predict(age=False)  # frames that are missing in the file
        tracker.keep(_alive(tracker, time_s, max_age_s + 0.5 * step_s, image_size_px))
        tracker.predict()
        tracker.update(boxes, time_s)
        previous_s, previous_shot = time_s, shot
    return tracklets + ([] if tracker is None else tracker.finish())


def _check_rows(game: TrackedGame, on_court: NDArray[np.bool_]) -> None:
    """Refuse arrays that are not aligned with the table."""
    count, embeddings = len(game.detections), game.embeddings
    if embeddings.ndim != 2 or len(embeddings) != count:
        raise TableError(
            f"embeddings have the shape {embeddings.shape}, but there are {count} detections: "
            "expected one row per detection"
        )
    if on_court.shape != (count,):
        raise TableError(f"on_court has the shape {on_court.shape}, expected ({count},)")


def _trackable(
    game: TrackedGame,
    on_court: NDArray[np.bool_],
    foot_covariance_m2: NDArray[np.float64] | None,
    settings: TrackSettings,
) -> _Trackable:
    """Select person boxes on the court with an area; of two on one person the better."""
    detections, xyxy_px = game.detections, game.xyxy_px
    size = xyxy_px[:, 2:] - xyxy_px[:, :2]
    score = detections["score"].to_numpy(np.float64)
    person = detections["class"].isin(PERSON_CLASSES).to_numpy()
    chosen = person & on_court & np.isfinite(xyxy_px).all(axis=1) & (size > 0).all(1)
    chosen[cross_class_duplicates(game, chosen, settings.duplicate_iou)] = False
    row = np.flatnonzero(chosen)
    row = row[np.argsort(game.box_frame[row], kind="stable")]
    if foot_covariance_m2 is None:
        feet_m, covariance_m2 = np.full((len(row), 2), np.nan), np.full((len(row), 2, 2), np.nan)
    else:
        feet_m, covariance_m2 = game.feet_m[row], foot_covariance_m2[row]
    return _Trackable(
        row,
        game.box_frame[row],
        xyxy_px[row],
        MeasuredBoxes.of(np.hstack([xyxy_px[row, :2], size[row]]), feet_m, covariance_m2),
        game.jersey_lab[row],
        score[row] >= settings.min_score,
    )


def _median_step_s(game: TrackedGame) -> float:
    """Return the usual time between analysed frames, s."""
    steps = np.diff(game.time_s)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else _STEP_S


def _slices(game: TrackedGame, boxes: _Trackable) -> list[slice]:
    """Find the boxes of each frame: t slices of the boxes that take part."""
    first, last = (np.searchsorted(boxes.frame, game.frame, side).tolist() for side in ("left", "right"))
    return [slice(start, stop) for start, stop in zip(first, last, strict=True)]


def _compared(slices: Sequence[slice], embedded: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Choose frames to compare people in, evenly spread over those in which as many as can be have an embedding, but two do.

    Args:
        slices: of the boxes of each frame.
        embedded: (n,) which boxes have an embedding.
    """
    before = np.append(0, np.cumsum(embedded))  # (n + 1,)
    shown = [before[boxes.stop] - before[boxes.start] >= min(boxes.stop - boxes.start, 2) for boxes in slices]
    frames = np.flatnonzero(shown)
    if not len(frames):
        return frames
    return frames[np.unique(np.linspace(0, len(frames) - 1, min(len(frames), _FRAMES_COMPARED)).astype(np.int64))]


def _alive(tracker: LikelihoodTracker, time_s: float, max_age_s: float, image_size_px: tuple[int, int]) -> list[bool]:
    """Say which tracklets were seen lately enough in real time, and have not left the picture."""
    width, height = image_size_px
    boxes = tracker.states.mean[:2, : SHAPE + 1].reshape(4, -1).T.tolist()  # (n, 4) x, aspect, y, height
    return [
        time_s - tracklet.last_seen_s <= max_age_s
        and -max(aspect * tall, 0.0) <= 2 * x <= 2 * width + max(aspect * tall, 0.0)
        and -tall <= 2 * y <= 2 * height + tall
        for tracklet, (x, aspect, y, tall) in zip(tracker.tracks, boxes, strict=True)
    ]


class _VectorReader:
    """Embeddings and jersey colours, read a block at a time: embeddings may be a memory map larger than memory."""

    def __init__(self, boxes: _Trackable, embeddings: NDArray[np.floating]) -> None:
        self.boxes, self.embeddings = boxes, embeddings
        self.start, self.block = 0, with_jersey_colour(embeddings[:0], boxes.jersey_lab[:0])

    def of(self, wanted: slice) -> Vectors:
        """Return the vectors (m, dim + 3) of boxes in order, see `with_jersey_colour`."""
        if not self.start <= wanted.start <= wanted.stop <= self.start + len(self.block):
            self.start = wanted.start
            block = slice(wanted.start, max(wanted.stop, wanted.start + _BLOCK))
            embeddings = np.asarray(self.embeddings[self.boxes.row[block]])
            self.block = with_jersey_colour(embeddings, self.boxes.jersey_lab[block])
        return self.block[wanted.start - self.start : wanted.stop - self.start]


def _table(tracklets: Sequence[Sequence[int]], detection_id: NDArray[np.int64]) -> pd.DataFrame:
    """Number the tracklets by their first box and lay them out as a table."""
    ordered = sorted((sorted(detection_id[list(rows)].tolist()) for rows in tracklets), key=lambda ids: ids[0])
    table = pd.DataFrame(
        {
            "detection_id": [detection for ids in ordered for detection in ids],
            "track_id": [number for number, ids in enumerate(ordered, start=1) for _ in ids],
        },
        dtype=np.int64,
    )
    return conform("raw_tracks", table.sort_values("detection_id"))
