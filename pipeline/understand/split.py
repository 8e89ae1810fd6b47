"""Tracklets are made pure: one that changes its kit is cut where it went over to an opponent.

Where two opponents cross, a tracker sometimes goes on with the other one. The kit then changes from one team's to the
other's and stays so. The most likely sequence of teams along the tracklet is found by dynamic programming (Viterbi,
1967) over two states, with a price for every change, so that a few boxes with somebody else in front cut nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import TrackSettings
from pipeline.tables import conform
from pipeline.understand.kits import Kits, find_kits

_MIN_BOXES = 5


def split_at_kit_changes(
    frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame, settings: TrackSettings
) -> pd.DataFrame:
    """Cut tracklets where the kit changes for good.

    Args:
        frames: table `frames`.
        detections: table `detections`.
        tracks: table `tracks`.
        settings: `kit_change_s` is the price of a change: so many seconds of clear, sharp evidence.

    Returns:
        Table `tracks`, in the order given. The first part of a tracklet that is cut keeps its number, the others get
        numbers above all that there are. Without two kits that differ clearly nothing is cut.
    """
    if settings.kit_change_s is None or tracks.empty:
        return tracks
    boxes = tracks.merge(detections, on="detection_id", how="left").merge(frames[["frame", "time_s"]], on="frame")
    kits = _kits(boxes)
    if kits is None:
        return tracks
    boxes = boxes.assign(evidence=_evidence(boxes, kits, _step_s(frames)))
    new_id = tracks.set_index("detection_id")["track_id"].copy()
    fresh = int(tracks["track_id"].max()) + 1
    for _, track in boxes.sort_values("frame").groupby("track_id"):
        states = most_likely_sides(track["evidence"].to_numpy(), settings.kit_change_s)
        part = np.cumsum(np.diff(states, prepend=states[:1]) != 0)
        later = part > 0
        new_id.loc[track["detection_id"].to_numpy()[later]] = fresh + part[later] - 1
        fresh += int(part[-1])
    return conform("tracks", new_id.loc[tracks["detection_id"]].reset_index())


def most_likely_sides(evidence: NDArray[np.float64], change: float) -> NDArray[np.int64]:
    """Find the sequence of two states that agrees best with the evidence, each change costing `change`.

    Args:
        evidence: (n,) positive for state 1, negative for state 0.
        change: price of a change, in units of evidence.

    Returns:
        (n,) 0 or 1.

    Example:
        >>> most_likely_sides(np.array([-1.0, 1, -1, -1, 1, 1, 1, 1]), 2.5).tolist()
        [0, 0, 0, 0, 1, 1, 1, 1]
    """
    gains: list[float] = evidence.tolist()  # plain numbers: arrays of two are slow
    best = -gains[0], gains[0]
    came_from = [(0, 1)]
    for gain in gains[1:]:
        stay = best[1] - change <= best[0], best[0] - change <= best[1]
        came_from.append((0 if stay[0] else 1, 1 if stay[1] else 0))
        best = (
            (best[0] if stay[0] else best[1] - change) - gain,
            (best[1] if stay[1] else best[0] - change) + gain,
        )
    states = [int(best[1] > best[0])]
    for origin in came_from[:0:-1]:
        states.append(origin[states[-1]])
    return np.array(states[::-1], dtype=np.int64)


def _kits(boxes: pd.DataFrame) -> Kits | None:
    """Find the two kits among the tracklets of players."""
    grouped = boxes.groupby("track_id")
    kit = grouped[["kit_l", "kit_a", "kit_b"]].median().to_numpy(np.float64)
    count = np.asarray(grouped.size(), dtype=np.float64)
    players = (boxes["class"] == "player").groupby(boxes["track_id"]).mean().to_numpy() > 0.5
    usable = players & (count >= _MIN_BOXES)
    return find_kits(kit[usable], count[usable])


def _evidence(boxes: pd.DataFrame, kits: Kits, step_s: float) -> NDArray[np.float64]:
    """Weigh each box for team B (positive) or A (negative), in seconds of clear and good boxes (n,).

    A box half-way between the kits, far from both, or of no quality says nothing.
    """
    kit = boxes[["kit_l", "kit_a", "kit_b"]].to_numpy(np.float64)
    to_a, to_b = (np.linalg.norm(kit - centre, axis=1) for centre in kits.centre)
    side = (to_a - to_b) / np.maximum(to_a + to_b, 1e-9)
    evidence: NDArray[np.float64] = side * boxes["quality"].to_numpy(np.float64) * step_s
    return np.nan_to_num(evidence)


def _step_s(frames: pd.DataFrame) -> float:
    """Give the usual time between analysed frames in seconds."""
    steps = np.diff(frames["time_s"].to_numpy(np.float64))
    return float(np.median(steps)) if len(steps) else 0.0
