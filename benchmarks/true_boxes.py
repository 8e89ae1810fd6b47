"""Trackers on true boxes alone: MOT text without pictures, such as TrackID3x3's two fixed cameras.

Nothing is known but the boxes: no embedding, no court, no camera motion. So what is compared is association by position,
and what a tracker does when somebody is gone for a while; which method needs more is left out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.trackers import NEEDS_EMBEDDINGS, NEEDS_PICTURES, TRACKERS
from pipeline.config import Settings
from pipeline.evaluation.boxes import IdentifiedBoxes
from pipeline.evaluation.found import Found, of_mot, of_tables
from pipeline.evaluation.truth import Truth, read_truth
from pipeline.tables import ALL, MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.tracking import track

FPS = 30.0
"""Frames per second that MOT text without a sequence file is taken for."""
USABLE = tuple(
    name for name in TRACKERS if name not in NEEDS_EMBEDDINGS | (NEEDS_PICTURES - {"ARC-SORT"})
)  # fmt: skip
"""Trackers that work on boxes alone; ARC-SORT without its camera motion, as its authors advise for a standing camera."""


def read_boxes(path: Path) -> tuple[Truth, Found]:
    """Read MOT truth, and make of its boxes what a run would have stored of perfect detections."""
    truth = read_truth(path)
    persons = truth.persons
    count = int(persons["frame"].max()) + 1
    times = pd.DataFrame({"frame": np.arange(count), "time_s": np.arange(count) / FPS, "shot": 0})
    corners = {
        "x1": persons["x"],
        "y1": persons["y"],
        "x2": persons["x"] + persons["w"],
        "y2": persons["y"] + persons["h"],
    }
    boxes = persons.assign(**corners, score=1.0, quality=1.0, jersey_l=np.nan, jersey_a=np.nan, jersey_b=np.nan)
    boxes = boxes.assign(**{"class": "player"}).sort_values(["frame", "x1"], kind="stable")
    tables = {
        "frames": conform("frames", times.assign(**dict.fromkeys(MOTION_COLUMNS, np.nan))),
        "detections": conform("detections", boxes.assign(detection_id=np.arange(len(boxes)))),
        **{name: ALL[name].empty() for name in ("tracks", "identities", "players")},
    }
    return truth, of_tables(path.stem, tables)  # type: ignore[arg-type]  # the names are those of tables


def our_tracklets(found: Found, settings: Settings) -> Found:
    """Let courtside's tracker link the boxes."""
    table = found.tables["detections"]
    size = (int(table["x2"].max()) + 1, int(table["y2"].max()) + 1)
    game = TrackedGame.of(found.tables["frames"], table)
    linked = track(game, np.ones(len(table), dtype=bool), settings.track, size)
    rows = table.merge(linked, on="detection_id")
    corners = rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    boxes = IdentifiedBoxes(
        rows["frame"].to_numpy(np.int64),
        rows["track_id"].to_numpy(np.int64),
        np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]),
    )
    return Found(found.name, of_mot(found.name, boxes).people, frames=found.frames)
