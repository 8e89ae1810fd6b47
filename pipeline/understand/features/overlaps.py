"""Tracklets that are in the picture at the same time: two people as a rule, but not always.

Where a tracker loses a person behind another, it may follow the other for some frames while a new tracklet begins on the
first; a detector may box a person twice. Such overlaps are brief, and the boxes near each other. They speak against one
person a little, not for certain: what is one person by everything else keeps one box of every frame (`without_doubles`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from pipeline.tables import conform
from pipeline.understand.game import usual_step_s

_BRIEF_S = 1.6
"""Who is together for longer is two people."""
_NEAR_HEIGHTS = 0.6
"""So are boxes whose feet are further apart, in body heights, on average."""
_BASE, _PER_S, _PER_HEIGHT, _TOUCHING_HEIGHTS = 0.5, 2.0, 4.0, 0.25
"""Log-odds of one person: at once, less for every second, and for every body height beyond touching. Counted on a rendered
game: of tracklets that overlap for under 0.4 s, nearer than 0.3 heights, a third are one person; a seventh up to 0.8 s; of
those 0.3 to 0.6 heights apart one in twenty and one in fifty. Any two tracklets are one person in one case of twelve."""


@dataclass(frozen=True)
class Overlaps:
    """Of n tracklets."""

    apart: NDArray[np.bool_]
    """(n, n) in the picture together for too long, or too far apart, to be one person; False on the diagonal."""
    odds: sparse.csr_array
    """(n, n) log-odds that two are one person in spite of a brief overlap; symmetric."""


def find_overlaps(
    start: NDArray[np.int64], frame: NDArray[np.int64], box: NDArray[np.float64], between_s: float
) -> Overlaps:
    """Judge all tracklets that share frames.

    Args:
        start: (n + 1,) boxes of tracklet i are `[start[i] : start[i + 1]]`.
        frame: (boxes,) ascending within a tracklet.
        box: (boxes, 4) x1 y1 x2 y2, px.
        between_s: time between frames.
    """
    n = len(start) - 1
    shared = _shared_frames(start, frame)
    i, j = shared.row.astype(np.int64), shared.col.astype(np.int64)
    brief = (i < j) & (shared.data * between_s <= _BRIEF_S)
    way = np.array([_way(start, frame, box, a, b) for a, b in zip(i[brief], j[brief], strict=True)])
    near = way <= _NEAR_HEIGHTS
    one, other = i[brief][near], j[brief][near]
    odds = _BASE - _PER_S * between_s * shared.data[brief][near]
    odds = odds - _PER_HEIGHT * np.maximum(way[near] - _TOUCHING_HEIGHTS, 0)
    apart = np.zeros((n, n), dtype=bool)
    apart[i, j] = i != j
    apart[one, other] = apart[other, one] = False
    soft = sparse.csr_array((odds, (one, other)), shape=(n, n))
    return Overlaps(apart, sparse.csr_array(soft + soft.T))


def together(
    frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Tell which tracklets are in the picture together for too long to be one person.

    Returns:
        Track ids (n,), ascending, and the pairs (n, n).
    """
    boxes = tracks.merge(detections, on="detection_id").sort_values(["track_id", "frame"], kind="stable")
    track_id, start = np.unique(boxes["track_id"].to_numpy(np.int64), return_index=True)
    box = boxes[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    frame = boxes["frame"].to_numpy(np.int64)
    return track_id, find_overlaps(np.append(start, len(boxes)), frame, box, usual_step_s(frames)).apart


def without_doubles(
    tracks: pd.DataFrame, detections: pd.DataFrame, identities: pd.DataFrame, seen_s: pd.Series
) -> pd.DataFrame:
    """Leave one box of every player and frame: that of the tracklet seen for longest.

    Args:
        tracks: table `tracks` or `split_tracks`.
        detections: table `detections`.
        identities: table `identities`.
        seen_s: by track id.

    Returns:
        Table `tracks` in the order given.
    """
    boxes = tracks.merge(detections[["detection_id", "frame"]], on="detection_id").merge(identities, on="track_id")
    boxes = boxes.assign(seen_s=seen_s.loc[boxes["track_id"]].to_numpy())
    boxes = boxes.sort_values(["seen_s", "track_id"], ascending=[False, True], kind="stable")
    double = boxes.loc[boxes.duplicated(["player_id", "frame"]), "detection_id"]
    return conform("tracks", tracks[~tracks["detection_id"].isin(double)])


def _shared_frames(start: NDArray[np.int64], frame: NDArray[np.int64]) -> sparse.coo_array:
    """Count the frames (n, n) that tracklets share."""
    n = len(start) - 1
    owner = np.repeat(np.arange(n), np.diff(start))
    frames, column = np.unique(frame, return_inverse=True)
    present = sparse.csr_array((np.ones(len(owner), dtype=np.int32), (owner, column)), shape=(n, len(frames)))
    return (present @ present.T).tocoo()


def _way(start: NDArray[np.int64], frame: NDArray[np.int64], box: NDArray[np.float64], i: int, j: int) -> float:
    """Give the mean way between the feet of two tracklets in the frames they share, in body heights."""
    at_i, at_j = np.arange(start[i], start[i + 1]), np.arange(start[j], start[j + 1])
    _, in_i, in_j = np.intersect1d(frame[at_i], frame[at_j], assume_unique=True, return_indices=True)
    one, other = box[at_i[in_i]], box[at_j[in_j]]
    height = (one[:, 3] - one[:, 1] + other[:, 3] - other[:, 1]) / 2
    way = np.hypot((one[:, 0] + one[:, 2] - other[:, 0] - other[:, 2]) / 2, one[:, 3] - other[:, 3])
    return float((way / np.maximum(height, 1e-6)).mean())
