"""What is to be drawn at each moment: as it was analysed, or on the line between two analysed frames."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.filled_boxes import filled_boxes
from pipeline.geometry.homography import Matrix
from pipeline.present.annotated_video.timeline import Timeline
from pipeline.present.results import Results
from pipeline.tables import MOTION_COLUMNS, PERSON_CLASSES
from pipeline.understand.shots import kinds_of_frames

_SAME_BALL_PX = 1.0
"""The box of the ball that is followed has its middle so near to where that was seen."""
_BALL_STEP = 8.0
"""Between two frames the ball is not shown where it is further, in its heights, from one to the next: it is not one ball."""


@dataclass(frozen=True)
class Scene:
    """One frame of the annotated video."""

    time_s: float
    motion: Matrix
    """(3, 3) px of the frame drawn before -> px of this one; NaN at the first frame of a shot."""
    boxes_px: NDArray[np.float64]
    """(n, 4) x1 y1 x2 y2 of people in tracklets, the farthest first."""
    player_id: NDArray[np.int64]
    """(n,), meaningless where not `identified`."""
    identified: NDArray[np.bool_]
    """(n,) whether the person is identified."""
    unsure: NDArray[np.bool_]
    """(n,) whether it is a player or a referee, but too doubtful which."""
    ball_px: NDArray[np.float64] | None
    """(4,) the ball, where it is followed and seen."""
    not_counted: str | None = None
    """What the shot shows instead of the game: 'close-up' or 'replay'."""


class Scenes:
    """All scenes of a run."""

    def __init__(self, results: Results) -> None:
        """Sort people and balls by frame."""
        frames, detections = results.frames, results.detections
        self.frames = frames["frame"].to_numpy(np.int64)
        self.times_s = frames["time_s"].to_numpy(np.float64)
        self.timeline = Timeline(self.times_s)
        motions = frames[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
        self._motions = motions / motions[:, 2:, 2:]
        people = detections.merge(results.tracks, on="detection_id").merge(
            results.identities, on="track_id", how="left"
        )
        people = filled_boxes(people[people["frame"].isin(frames["frame"])], frames).sort_values(
            ["frame", "y2", "detection_id"], kind="stable"
        )
        self._identified = people["player_id"].notna().to_numpy(bool)
        of_people = results.tracklets.loc[results.tracklets["role"].isin(PERSON_CLASSES), "track_id"]
        self._unsure = people["track_id"].isin(of_people).to_numpy(bool) & ~self._identified
        self._ids = people["player_id"].fillna(0).to_numpy(np.int64)
        self._track_ids = people["track_id"].to_numpy(np.int64)
        self._boxes = people[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
        self._first = np.searchsorted(people["frame"].to_numpy(), self.frames, side="left")
        self._last = np.searchsorted(people["frame"].to_numpy(), self.frames, side="right")
        self._balls = _followed_balls(results)
        self._kinds = kinds_of_frames(frames, results.shots)

    def __len__(self) -> int:
        """Count the analysed frames."""
        return len(self.frames)

    def at(self, place: int) -> Scene:
        """Return the scene of the analysed frame in this place (0 is the first)."""
        rows = np.arange(self._first[place], self._last[place])
        ball = self._balls.get(int(self.frames[place]))
        return self._scene(place, float(self.times_s[place]), self._motions[place], rows, self._boxes[rows], ball)

    def between(self, time_s: float, drawn_s: float | None) -> Scene:
        """Return the scene at any time.

        A tracklet with a box in the analysed frames before and after has one on the line between them. Whoever is in only
        one of the two is not shown, and nobody is across a cut or a gap: nothing is extrapolated.

        Args:
            time_s: not before the first analysed frame.
            drawn_s: time of the frame drawn before, for the camera's motion since then; None for none.
        """
        place, share = self.timeline.locate(time_s)
        motion = np.full((3, 3), np.nan) if drawn_s is None else self._motion(drawn_s, time_s)
        if share == 0:
            return replace(self.at(place), motion=motion)
        rows, boxes, ball = np.arange(0), np.empty((0, 4)), None
        if share is not None and np.isfinite(self._motions[place + 1]).all():
            rows, boxes = self._people(place, share)
            ball = self._ball(place, share)
        return self._scene(place, time_s, motion, rows, boxes, ball)

    def _scene(
        self,
        place: int,
        time_s: float,
        motion: Matrix,
        rows: NDArray[np.int64],
        boxes_px: NDArray[np.float64],
        ball_px: NDArray[np.float64] | None,
    ) -> Scene:
        """Make a scene of people in rows with their boxes (n, 4)."""
        return Scene(
            time_s,
            motion,
            boxes_px,
            self._ids[rows],
            self._identified[rows],
            self._unsure[rows],
            ball_px,
            None if self._kinds[place] == "game" else str(self._kinds[place]),
        )

    def _people(self, place: int, share: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Put everybody who is in two frames on the line between: rows (n,) in the first one, boxes (n, 4)."""
        before, after = (np.arange(self._first[k], self._last[k]) for k in (place, place + 1))
        _, first, second = np.intersect1d(self._track_ids[before], self._track_ids[after], return_indices=True)
        rows = before[first]
        boxes = (1 - share) * self._boxes[rows] + share * self._boxes[after[second]]
        nearest_last = np.argsort(boxes[:, 3], kind="stable")
        return rows[nearest_last], boxes[nearest_last]

    def _ball(self, place: int, share: float) -> NDArray[np.float64] | None:
        """Put the ball on the line between two frames; None where it is not in both, or too far apart to be one ball."""
        before, after = (self._balls.get(int(self.frames[k])) for k in (place, place + 1))
        if before is None or after is None:
            return None
        step_px = float(np.abs((after - before).reshape(2, 2).mean(axis=0)).max())
        if step_px > _BALL_STEP * max(before[3] - before[1], after[3] - after[1]):
            return None
        return np.asarray((1 - share) * before + share * after)

    def _motion(self, from_s: float, to_s: float) -> Matrix:
        """Compose the camera's motion (3, 3) between two times; NaN across a cut."""
        first, _ = self.timeline.locate(from_s)
        last, _ = self.timeline.locate(to_s)
        motion = self._since(last, to_s)
        for place in range(last, first, -1):
            motion = motion @ self._motions[place]
        begun = self._since(first, from_s)
        return np.asarray(motion @ np.linalg.inv(begun)) if np.isfinite(begun).all() else np.full((3, 3), np.nan)

    def _since(self, place: int, time_s: float) -> Matrix:
        """Return the motion (3, 3) from an analysed frame to a time before the next one."""
        _, share = self.timeline.locate(time_s)
        if not share:
            return np.eye(3)
        return np.asarray((1 - share) * np.eye(3) + share * self._motions[place + 1])


def _followed_balls(results: Results) -> dict[int, NDArray[np.float64]]:
    """Return the box (4,) of the ball by frame, where it is followed and seen: candidates are many, and mostly heads in the crowd."""
    seen = results.ball.loc[results.ball["source"] == "seen", ["frame", "x_px", "y_px"]]
    balls = results.detections[results.detections["class"] == "ball"].merge(seen, on="frame")
    boxes = balls[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    away = np.hypot(*((boxes[:, :2] + boxes[:, 2:]) / 2 - balls[["x_px", "y_px"]].to_numpy(np.float64)).T)
    here = away <= _SAME_BALL_PX
    return dict(zip(balls.loc[here, "frame"].tolist(), boxes[here], strict=True))
