"""Which tracklets nobody could connect, however fast: cannot-links from a top speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.features.continuation import Gaps
from pipeline.understand.features.evidence import TrackletEvidence

_SLACK_M = 4.0
"""How far foot points may be off, m: the lower half of somebody hidden by others at the end or the beginning of a tracklet is
3.4 m of court for a camera that looks down by 15 degrees."""
_SLACK_HEIGHTS = 1.0
"""The same in body heights, in the picture."""
_BODY_M = 1.9
"""A player's height, m: converts body heights to metres. Motion towards the camera shows as less, never as more."""
_MAX_DISTANCE_M = 40.0
"""Nobody on a court is further from anybody, m, foot points being off as they may."""


def unreachable_pairs(
    evidence: TrackletEvidence, gaps: Gaps, max_speed_mps: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the pairs of tracklets that nobody could connect, on the court or in the picture.

    Args:
        evidence: of n tracklets.
        gaps: between them in the picture.
        max_speed_mps: nobody gets from the end of one tracklet to the start of the next faster than this.

    Returns:
        The earlier and the later tracklet of each pair (k,).
    """
    on_court, in_picture = _on_court(evidence, max_speed_mps), _in_picture(gaps, max_speed_mps)
    return np.concatenate([on_court[0], in_picture[0]]), np.concatenate([on_court[1], in_picture[1]])


def _on_court(evidence: TrackletEvidence, max_speed_mps: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Compare tracklets with a place on the court, of which one starts so soon after the other that not all is in reach."""
    horizon_s = _MAX_DISTANCE_M / max_speed_mps
    low = np.searchsorted(evidence.first_s, evidence.last_s, side="right")  # tracklets are in order of first box
    count = np.searchsorted(evidence.first_s, evidence.last_s + horizon_s, side="right") - low
    i = np.repeat(np.arange(len(evidence)), count)
    j = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    distance_m = np.linalg.norm(evidence.first_m[j] - evidence.last_m[i], axis=1)
    beyond = distance_m - _SLACK_M > max_speed_mps * (evidence.first_s[j] - evidence.last_s[i])
    return i[beyond], j[beyond]


def _in_picture(gaps: Gaps, max_speed_mps: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Do the same without a court, in body heights and with the camera's motion taken out.

    Only gaps of up to three seconds within a shot are compared, through which the camera's motion is known.
    """
    beyond = gaps.distance_heights > _SLACK_HEIGHTS + max_speed_mps / _BODY_M * gaps.gap_s
    return gaps.earlier[beyond], gaps.later[beyond]
