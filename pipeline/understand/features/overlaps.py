"""Simultaneous tracklets: cannot-links as a rule, with an exception for brief overlaps of near boxes.

Where a tracker loses a person behind another, it may follow the other for some frames while a new tracklet begins on the
first; a detector may box a person twice. Such overlaps are brief, and the boxes near each other. They count as log-odds against
one person, not as a hard constraint: if everything else says that the two are one person, one box of every frame is kept
(`keep_one_box_per_frame`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from pipeline.tables import conform
from pipeline.understand.game import TrackedGame

_BRIEF_S = 1.6
"""Tracklets that overlap for longer, s, are two people."""
_NEAR_HEIGHTS = 0.6
"""So are tracklets whose feet are further apart on average, body heights."""
_BASE, _PER_S, _PER_HEIGHT, _TOUCHING_HEIGHTS = 0.5, 2.0, 4.0, 0.25
"""Log-odds of one person: at once, less for every second, and for every body height beyond touching. Counted on a rendered
game: of tracklets that overlap for under 0.4 s, nearer than 0.3 heights, a third are one person; a seventh up to 0.8 s; of
those 0.3 to 0.6 heights apart one in twenty and one in fifty. Any two tracklets are one person in one case of twelve."""


@dataclass(frozen=True)
class Overlaps:
    """Simultaneous pairs among n tracklets."""

    cannot_link: NDArray[np.bool_]
    """(n, n) simultaneous for too long, or too far apart, to be one person; False on the diagonal."""
    log_odds: sparse.csr_array
    """(n, n) log-odds that two are one person in spite of a brief overlap; symmetric."""


def find_overlaps(
    start: NDArray[np.int64], frame: NDArray[np.int64], box: NDArray[np.float64], step_s: float
) -> Overlaps:
    """Compare all tracklets that share frames.

    Args:
        start: (n + 1,) boxes of tracklet i are `[start[i] : start[i + 1]]`.
        frame: (boxes,) ascending within a tracklet.
        box: (boxes, 4) x1 y1 x2 y2, px.
        step_s: time between frames.
    """
    n = len(start) - 1
    shared = _shared_frames(start, frame)
    i, j = shared.row.astype(np.int64), shared.col.astype(np.int64)
    brief = (i < j) & (shared.data * step_s <= _BRIEF_S)
    distance = _foot_distances(start, frame, box, i[brief], j[brief])
    near = distance <= _NEAR_HEIGHTS
    first, second = i[brief][near], j[brief][near]  # (k,) the exceptions
    log_odds = _BASE - _PER_S * step_s * shared.data[brief][near]
    log_odds = log_odds - _PER_HEIGHT * np.maximum(distance[near] - _TOUCHING_HEIGHTS, 0)
    cannot_link = np.zeros((n, n), dtype=bool)
    cannot_link[i, j] = i != j
    cannot_link[first, second] = cannot_link[second, first] = False
    upper = sparse.csr_array((log_odds, (first, second)), shape=(n, n))
    return Overlaps(cannot_link, sparse.csr_array(upper + upper.T))


def simultaneous_tracklets(game: TrackedGame) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Tell which tracklets are simultaneous for too long to be one person.

    Returns:
        Track ids (n,), ascending, and the pairs (n, n).
    """
    row, owner = game.tracked_rows, game.tracks["track_id"].to_numpy(np.int64)
    order = np.lexsort((game.box_frame[row], owner))
    row, owner = row[order], owner[order]
    track_id, start = np.unique(owner, return_index=True)
    found = find_overlaps(np.append(start, len(row)), game.box_frame[row], game.xyxy_px[row], game.step_s)
    return track_id, found.cannot_link


def keep_one_box_per_frame(game: TrackedGame, identities: pd.DataFrame, seen_s: pd.Series) -> pd.DataFrame:
    """Keep one box of every player and frame: that of the tracklet seen for longest.

    Args:
        game: with tracklets.
        identities: table `identities`.
        seen_s: by track id.

    Returns:
        Table `tracks` in the order given.
    """
    boxes = game.tracks.merge(game.detections[["detection_id", "frame"]], on="detection_id")
    boxes = boxes.merge(identities, on="track_id")
    boxes = boxes.assign(seen_s=seen_s.loc[boxes["track_id"]].to_numpy())
    boxes = boxes.sort_values(["seen_s", "track_id"], ascending=[False, True], kind="stable")
    double = boxes.loc[boxes.duplicated(["player_id", "frame"]), "detection_id"]
    return conform("tracks", game.tracks[~game.tracks["detection_id"].isin(double)])


def _shared_frames(start: NDArray[np.int64], frame: NDArray[np.int64]) -> sparse.coo_array:
    """Count the frames (n, n) that tracklets share."""
    n = len(start) - 1
    owner = np.repeat(np.arange(n), np.diff(start))
    frames, column = np.unique(frame, return_inverse=True)
    present = sparse.csr_array((np.ones(len(owner), dtype=np.int32), (owner, column)), shape=(n, len(frames)))
    return (present @ present.T).tocoo()


def _foot_distances(
    start: NDArray[np.int64],
    frame: NDArray[np.int64],
    box: NDArray[np.float64],
    i: NDArray[np.int64],
    j: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Give the mean distances (k,) between the feet of pairs of tracklets in the frames they share, in body heights.

    Args:
        start: (n + 1,) as for `find_overlaps`, also `frame` and `box`.
        frame: (boxes,)
        box: (boxes, 4)
        i: (k,) one tracklet of each pair, that shares frames with the other.
        j: (k,) the other.
    """
    shorter, longer = np.where(np.diff(start)[i] <= np.diff(start)[j], (i, j), (j, i))
    count = np.diff(start)[shorter]
    pair = np.repeat(np.arange(len(i)), count)  # (c,) boxes of the shorter one
    at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + start[shorter][pair]
    span = int(frame.max(initial=0)) + 1
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    key = owner * span + frame  # ascending
    wanted = longer[pair] * span + frame[at]
    found = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    shared = key[found] == wanted if len(key) else np.zeros(0, dtype=bool)
    pair, box_i, box_j = pair[shared], box[at[shared]], box[found[shared]]  # (s,), (s, 4), (s, 4)
    height = (box_i[:, 3] - box_i[:, 1] + box_j[:, 3] - box_j[:, 1]) / 2
    across = (box_i[:, 0] + box_i[:, 2] - box_j[:, 0] - box_j[:, 2]) / 2
    distance = np.hypot(across, box_i[:, 3] - box_j[:, 3]) / np.maximum(height, 1e-6)
    border = np.searchsorted(pair, np.arange(len(i) + 1)).tolist()
    return np.array([distance[a:b].mean() for a, b in pairwise(border)])
