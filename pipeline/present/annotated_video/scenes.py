"""What is to be drawn on each frame, as arrays looked up by frame number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.present.results import Results
from pipeline.tables import MOTION_COLUMNS, PERSON_CLASSES
from pipeline.understand.shots import kinds_of_frames

MIN_BALL_SCORE = 0.45
"""A ball with a lower score is not shown: heads in the crowd are taken for one for a frame."""


@dataclass(frozen=True)
class Scene:
    """One analysed frame."""

    frame: int
    time_s: float
    motion: NDArray[np.float64]
    """(3, 3) px of the previous analysed frame -> px of this one; NaN at the first frame of a shot."""
    boxes_px: NDArray[np.float64]
    """(n, 4) x1 y1 x2 y2 of people in tracklets, the farthest first."""
    player_id: NDArray[np.int64]
    """(n,), meaningless where not `identified`."""
    identified: NDArray[np.bool_]
    """(n,) whether the person is identified."""
    unsure: NDArray[np.bool_]
    """(n,) whether it is a player or a referee, but too doubtful which."""
    ball_px: NDArray[np.float64] | None
    """(4,) the surest ball."""
    not_counted: str | None = None
    """What the shot shows instead of the game: 'close-up' or 'replay'."""


class Scenes:
    """All scenes of a run."""

    def __init__(self, results: Results) -> None:
        """Sort people and balls by frame."""
        frames, detections = results.frames, results.detections
        self.frames = frames["frame"].to_numpy(np.int64)
        self.times_s = frames["time_s"].to_numpy(np.float64)
        self._motions = frames[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
        people = detections.merge(results.tracks, on="detection_id").merge(
            results.identities, on="track_id", how="left"
        )
        people = people.sort_values(["frame", "y2", "detection_id"], kind="stable")
        self._identified = people["player_id"].notna().to_numpy(bool)
        of_people = results.tracklets.loc[results.tracklets["role"].isin(PERSON_CLASSES), "track_id"]
        self._unsure = people["track_id"].isin(of_people).to_numpy(bool) & ~self._identified
        self._ids = people["player_id"].fillna(0).to_numpy(np.int64)
        self._boxes = people[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
        self._first = np.searchsorted(people["frame"].to_numpy(), self.frames, side="left")
        self._last = np.searchsorted(people["frame"].to_numpy(), self.frames, side="right")
        sure = (detections["class"] == "ball") & (detections["score"] >= MIN_BALL_SCORE)
        balls = detections[sure].sort_values("score", kind="stable").groupby("frame").tail(1)
        self._balls = dict(zip(balls["frame"].tolist(), balls[["x1", "y1", "x2", "y2"]].to_numpy(float), strict=True))
        self._kinds = kinds_of_frames(frames, results.shots)

    def __len__(self) -> int:
        """Count the analysed frames."""
        return len(self.frames)

    def at(self, place: int) -> Scene:
        """Return the scene of the analysed frame in this place (0 is the first)."""
        rows = slice(self._first[place], self._last[place])
        frame = int(self.frames[place])
        return Scene(
            frame,
            float(self.times_s[place]),
            self._motions[place],
            self._boxes[rows],
            self._ids[rows],
            self._identified[rows],
            self._unsure[rows],
            self._balls.get(frame),
            None if self._kinds[place] == "game" else str(self._kinds[place]),
        )
