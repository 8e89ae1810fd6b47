"""Which tracklets nobody could connect, however fast."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.understand.identify.continuation import gaps
from pipeline.understand.identify.evidence import Evidence

_SLACK_M = 2.0
"""How far a foot point may be off: feet hidden behind others when a tracklet ends or begins."""


_SLACK_HEIGHTS = 1.0
"""The same in body heights, in the picture."""
_BODY_M = 1.9
"""A player's height: makes metres of body heights. Motion towards the camera shows as less, never as more."""
_BLOCK = 256
"""Tracklets whose pairs are judged in one go."""


def beyond_reach(frames: pd.DataFrame, evidence: Evidence, max_speed_mps: float) -> NDArray[np.bool_]:
    """Tell which pairs of tracklets nobody could connect, on the court or in the picture (n, n).

    Args:
        frames: table `frames`.
        evidence: of n tracklets.
        max_speed_mps: nobody gets from the end of one tracklet to the start of the next faster than this.
    """
    return out_of_reach(evidence, max_speed_mps) | out_of_reach_in_picture(frames, evidence, max_speed_mps)


def out_of_reach(evidence: Evidence, max_speed_mps: float) -> NDArray[np.bool_]:
    """Tell from which tracklet's end the start of another can not be reached in the time between (n, n).

    Pairs that overlap in time, or have no place on the court, are not judged.
    """
    n = len(evidence)
    beyond = np.zeros((n, n), dtype=bool)
    for rows in np.split(np.arange(n), range(_BLOCK, n, _BLOCK)):  # whole (n, n, 2) arrays are gigabytes in a long game
        gap_s = evidence.first_s[None, :] - evidence.last_s[rows, None]  # (rows, n): i ends, j starts
        way_m = np.linalg.norm(evidence.first_m[None, :] - evidence.last_m[rows, None], axis=2)
        beyond[rows] = (gap_s > 0) & (way_m - _SLACK_M > max_speed_mps * gap_s)
    return np.asarray(beyond | beyond.T)


def out_of_reach_in_picture(frames: pd.DataFrame, evidence: Evidence, max_speed_mps: float) -> NDArray[np.bool_]:
    """Tell the same without a court (n, n), in body heights and with the camera's motion taken out.

    Judged are gaps of up to three seconds within a shot, through which the camera's motion is known.
    """
    beyond = np.zeros((len(evidence), len(evidence)), dtype=bool)
    i, j, way, gap_s = gaps(frames, evidence)
    beyond[i, j] = way > _SLACK_HEIGHTS + max_speed_mps / _BODY_M * gap_s
    return np.asarray(beyond | beyond.T)
