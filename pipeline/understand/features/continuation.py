"""How well one tracklet goes on where another ended: evidence from place and time, within a shot."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from pipeline.tables import MOTION_COLUMNS
from pipeline.understand.features.evidence import TrackletEvidence

HORIZON_S = 3.0
"""After this long everything in the picture can be reached."""
_HERE_HEIGHTS, _HEIGHTS_PER_S = 0.35, 1.3
"""Standard deviation of where a person comes back, in body heights: at once, and more for every second away."""
_FLOOR_HEIGHTS2 = 120.0
"""Area, in squared body heights, over which somebody else would turn up: the part of the court in view."""
_TRUST = 0.7
"""How much of the log-odds counts: people turn up where people are, not anywhere."""
_MOST = 4.0
"""Neither speaks for nor against one person by more than this."""


def gaps(frames: pd.DataFrame, evidence: TrackletEvidence) -> tuple[NDArray[np.int64], ...]:
    """Find the pairs of tracklets of which one starts after the other ended, at most three seconds later, in one shot.

    The end of the earlier one is carried through the camera's motion; where that is unknown there is no pair.

    Returns:
        Four arrays (k,): the earlier tracklet, the later one, the way between them in body heights, and the time in s.
    """
    time_s, known = frames["time_s"].to_numpy(np.float64), frames["frame"].to_numpy()
    first = np.searchsorted(known, evidence.frame[evidence.start[:-1]])
    last = np.searchsorted(known, evidence.frame[evidence.start[1:] - 1])
    motion = frames[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
    shot = frames["shot"].to_numpy()
    carried = np.column_stack([evidence.last_px, np.ones(len(evidence))])  # where the end is, frame by frame
    position = last.copy()
    going = np.arange(len(evidence))
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    by_start = np.argsort(first, kind="stable")
    starts = first[by_start]
    while len(going):
        position[going] += 1
        going = going[position[going] < len(known)]
        going = going[time_s[position[going]] - time_s[last[going]] <= HORIZON_S]
        going = going[shot[position[going]] == shot[last[going]]]
        moved = np.einsum("nij,nj->ni", motion[position[going]], carried[going])
        carried[going] = moved / moved[:, 2:]
        going = going[np.isfinite(carried[going]).all(axis=1)]
        low, high = (np.searchsorted(starts, position[going], side=side) for side in ("left", "right"))
        i = np.repeat(going, high - low)
        j = by_start[np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)] or [low])]
        found.append((i, j, np.linalg.norm(carried[i, :2] - evidence.first_px[j], axis=1)))
    i, j, way_px = (np.concatenate([part[k] for part in found] or [np.zeros(0)]) for k in range(3))
    i, j = i.astype(np.int64), j.astype(np.int64)
    height_px = np.maximum(evidence.height_px[i], evidence.height_px[j])
    return i, j, way_px / height_px, time_s[first[j]] - time_s[last[i]]


def log_odds(frames: pd.DataFrame, evidence: TrackletEvidence) -> sparse.csr_array:
    """Give the log-odds that two tracklets are one person, by where and when one ends and the other starts.

    One person is near where he was last seen, by a normal distribution that widens with time; somebody else is anywhere.

    Returns:
        (n, n) symmetric; nothing where the gap is too long to say.
    """
    i, j, way, gap_s = gaps(frames, evidence)
    variance = (_HERE_HEIGHTS + _HEIGHTS_PER_S * gap_s) ** 2
    odds = np.log(_FLOOR_HEIGHTS2 / (2 * np.pi * variance)) - way**2 / (2 * variance)
    n = len(evidence)
    one_way = sparse.csr_array((np.clip(_TRUST * odds, -_MOST, _MOST), (i, j)), shape=(n, n))
    return sparse.csr_array(one_way + one_way.T)
