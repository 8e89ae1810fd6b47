"""Games of a few tracklets, made up: who looks like whom is chosen."""

import numpy as np
import pandas as pd

from pipeline.corrections import Spot
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame

FPS = 10.0


def game(tracklets: list[tuple[int, int, int]]) -> TrackedGame:
    """Tracklets as (who he looks like, first frame, last frame); tracklet k runs about x = 200 k px."""
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        [
            (frame, k, person)
            for k, (person, first, last) in enumerate(tracklets, 1)
            for frame in range(first, last + 1)
        ],
        columns=["frame", "track_id", "person"],
    ).sort_values(["frame", "track_id"], ignore_index=True)
    frames = pd.DataFrame({"frame": np.arange(rows["frame"].max() + 1), "shot": 0})
    frames["time_s"] = frames["frame"] / FPS
    frames[list(MOTION_COLUMNS)] = np.nan
    left = 200.0 * rows["track_id"] + 8.0 * (rows["frame"] % 15)
    boxes = {"x1": left, "y1": 100.0, "x2": left + 40, "y2": 200.0, "score": 0.9, "class": "player", "quality": 0.8}
    detections = pd.DataFrame({"detection_id": rows.index, "frame": rows["frame"], **boxes})
    detections = detections.assign(jersey_l=50.0, jersey_a=0.0, jersey_b=0.0)
    vectors = np.eye(16)[rows["person"]] + rng.normal(0, 0.05, (len(rows), 16))
    tracks = pd.DataFrame({"detection_id": rows.index, "track_id": rows["track_id"]})
    return TrackedGame.of(
        conform("frames", frames), conform("detections", detections), vectors, tracks=conform("tracks", tracks)
    )


def spot(tracklet: int, frame: int) -> Spot:
    """The middle of a tracklet's box."""
    return Spot(frame / FPS, 200.0 * tracklet + 8.0 * (frame % 15) + 20, 150.0)
