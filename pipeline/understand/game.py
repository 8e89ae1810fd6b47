"""A game as the stages see it: its tables and arrays in one container, with the indexes that everybody needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou_of_pairs
from pipeline.geometry.motion import is_motion, since_cut
from pipeline.tables import ALL, MOTION_COLUMNS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST_HOLE_S = 1.5
"""A picture stands until the next one, for at most so long (s): what is missing after it was not seen."""
LONGEST_STEPS = 3.0
"""At least, if that is more, for so many usual steps."""


@dataclass(frozen=True)
class TrackedGame:
    """t analysed frames with m boxes, and which tracklet each box is in.

    Row i of `detections`, `embeddings` and `feet_m` is box i. What is derived is computed once, when it is first asked for.
    """

    frames: pd.DataFrame
    """Table `frames`, t rows in order of time."""
    detections: pd.DataFrame
    """Table `detections`, m rows in order of frame."""
    embeddings: NDArray[np.floating]
    """(m, dim) unit length; NaN rows where there is none; may be a memory map."""
    feet_m: Floats
    """(m, 2) foot points on the court, m; NaN where unknown."""
    tracks: pd.DataFrame
    """A link table: `raw_tracks`, `split_tracks` or `tracks`; empty before tracking."""

    @classmethod
    def of(
        cls,
        frames: pd.DataFrame,
        detections: pd.DataFrame,
        embeddings: NDArray[np.floating] | None = None,
        feet_m: Floats | None = None,
        tracks: pd.DataFrame | None = None,
    ) -> TrackedGame:
        """Bundle tables; what is left out is unknown.

        Args:
            frames: table `frames`.
            detections: table `detections`, m rows.
            embeddings: (m, dim); None where no box has one.
            feet_m: (m, 2) m; None where the court is unknown.
            tracks: a link table; None for no tracklets.
        """
        count = len(detections)
        return cls(
            frames,
            detections,
            np.full((count, 1), np.nan, dtype=np.float16) if embeddings is None else embeddings,
            np.full((count, 2), np.nan) if feet_m is None else feet_m,
            ALL["tracks"].empty() if tracks is None else tracks,
        )

    def with_tracks(self, tracks: pd.DataFrame) -> TrackedGame:
        """Return the same game with other tracklets; what was derived of its frames and boxes is kept."""
        game = replace(self, tracks=tracks)
        of_tracks = ("tracks", "tracked_rows")
        game.__dict__.update({name: value for name, value in self.__dict__.items() if name not in of_tracks})
        return game

    @cached_property
    def frame(self) -> Ints:
        """Numbers (t,) of the analysed frames."""
        return self.frames["frame"].to_numpy(np.int64)

    @cached_property
    def time_s(self) -> Floats:
        """Presentation timestamps (t,) of the frames, s."""
        return self.frames["time_s"].to_numpy(np.float64)

    @cached_property
    def shot(self) -> Ints:
        """Camera shot (t,) of the frames."""
        return self.frames["shot"].to_numpy(np.int64)

    @cached_property
    def motion(self) -> Floats:
        """Camera motion (t, 3, 3), px of the previous frame -> px of each frame; NaN where unknown."""
        return self.frames[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)

    @cached_property
    def camera(self) -> Floats:
        """Chained motion (t, 3, 3), px of the first frame of the shot -> px of each; an unknown motion moves nothing."""
        return since_cut(self.motion, is_motion(self.motion), self.shot)

    @cached_property
    def camera_back(self) -> Floats:
        """The inverse (t, 3, 3) of `camera`."""
        return np.asarray(np.linalg.inv(self.camera), dtype=np.float64)

    @cached_property
    def step_s(self) -> float:
        """Usual time between analysed frames, s; 0 where there is but one."""
        return usual_step_s(self.frames)

    @cached_property
    def duration_s(self) -> Floats:
        """Seconds (t,) that each frame stands for."""
        return frame_durations(self.frames)

    @cached_property
    def box_frame(self) -> Ints:
        """Number (m,) of the frame of each box."""
        return self.detections["frame"].to_numpy(np.int64)

    @cached_property
    def box_frame_row(self) -> Ints:
        """Row (m,) in `frames` of the frame of each box."""
        return np.searchsorted(self.frame, self.box_frame).astype(np.int64)

    @cached_property
    def box_time_s(self) -> Floats:
        """Timestamp (m,) of each box, s."""
        return self.time_s[self.box_frame_row]

    @cached_property
    def xyxy_px(self) -> Floats:
        """Corners (m, 4) x1 y1 x2 y2 of each box, px."""
        return self.detections[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)

    @cached_property
    def jersey_lab(self) -> Floats:
        """Jersey colour (m, 3) of each box, CIE L* a* b*; NaN where unknown."""
        return self.detections[["jersey_l", "jersey_a", "jersey_b"]].to_numpy(np.float64)

    @cached_property
    def is_embedded(self) -> NDArray[np.bool_]:
        """Tell which boxes (m,) have an embedding: a person's is computed in some frames only."""
        return np.asarray(np.isfinite(self.embeddings[:, 0]))

    @cached_property
    def is_coloured(self) -> NDArray[np.bool_]:
        """Tell of which boxes (m,) the jersey colour is known."""
        return np.asarray(np.isfinite(self.jersey_lab).all(axis=1))

    @cached_property
    def overlapping(self) -> tuple[Ints, Ints, Floats]:
        """Rows (p,), (p,) of the boxes that overlap in a frame, each pair once, and their intersection over union (p,)."""
        first, second, shared = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
        order = np.argsort(self.box_frame, kind="stable")
        frame, xyxy_px = self.box_frame[order], self.xyxy_px[order]
        for shift in range(1, int(np.unique(frame, return_counts=True)[1].max(initial=0))):
            low = np.maximum(xyxy_px[shift:, :2], xyxy_px[:-shift, :2])
            high = np.minimum(xyxy_px[shift:, 2:], xyxy_px[:-shift, 2:])
            pair = np.flatnonzero((frame[shift:] == frame[:-shift]) & (high > low).all(axis=1))
            first.append(order[pair + shift])
            second.append(order[pair])
            shared.append(iou_of_pairs(xyxy_px[pair + shift], xyxy_px[pair]))
        return np.concatenate(first), np.concatenate(second), np.concatenate(shared)

    def rows_of(self, detection_ids: NDArray[np.integer] | pd.Series) -> Ints:
        """Return the rows (k,) in `detections` of ids (k,)."""
        return self._row_of_id.loc[np.asarray(detection_ids)].to_numpy(np.int64)

    @cached_property
    def tracked_rows(self) -> Ints:
        """Row (k,) in `detections` of each row of `tracks`."""
        return self.rows_of(self.tracks["detection_id"])

    @cached_property
    def _row_of_id(self) -> pd.Series:
        ids = self.detections["detection_id"].to_numpy()
        return pd.Series(np.arange(len(ids)), index=ids)


def frame_durations(frames: pd.DataFrame, max_gap_s: float = LONGEST_HOLE_S) -> NDArray[np.float64]:
    """Return the seconds (n,) that each frame stands for: until the next one, by their timestamps.

    The last frame, and one before a longer hole than may be bridged, stands for the usual step.

    Args:
        frames: in order of time.
        max_gap_s: the longest hole that is bridged.

    Example:
        >>> frame_durations(pd.DataFrame({"time_s": [0.0, 0.04, 0.08, 0.78, 5.0, 5.04]})).round(2).tolist()
        [0.04, 0.04, 0.7, 0.04, 0.04, 0.04]
    """
    time_s = frames["time_s"].to_numpy(np.float64)
    if len(time_s) < 2:
        return np.zeros(len(time_s))
    steps, usual = np.diff(time_s), usual_step_s(frames)
    return np.append(np.where(steps <= longest_step_s(frames, max_gap_s), steps, usual), usual)


def longest_step_s(frames: pd.DataFrame, max_gap_s: float = LONGEST_HOLE_S) -> float:
    """Return the longest time between two frames that is no hole in the video, s."""
    return max(max_gap_s, LONGEST_STEPS * usual_step_s(frames)) + 1e-9


def usual_step_s(frames: pd.DataFrame) -> float:
    """Return the usual time between analysed frames, s; 0 where there is but one."""
    return float(np.median(np.diff(frames["time_s"].to_numpy(np.float64)))) if len(frames) > 1 else 0.0
