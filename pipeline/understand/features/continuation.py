"""Motion cue between tracklets of a shot: how well one continues where another ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.game import TrackedGame

HORIZON_S = 3.0
"""After so many seconds everything in the picture can be reached."""
_BASE_SD_HEIGHTS, _SD_HEIGHTS_PER_S = 0.35, 1.3
"""Standard deviation of where a person reappears, body heights: at once, and more for every second away."""
_FLOOR_HEIGHTS2 = 120.0
"""Area over which somebody else would appear, squared body heights: the part of the court in view."""
_WEIGHT = 0.7
"""Share of the log-odds that counts: people appear where people are, not anywhere."""
_MAX_LOG_ODDS = 4.0
"""Neither speaks for nor against one person by more than this."""


@dataclass(frozen=True)
class Gaps:
    """k pairs of tracklets of which the second starts soon after the first ended, in the same shot."""

    earlier: NDArray[np.int64]
    """(k,) the tracklet that ended."""
    later: NDArray[np.int64]
    """(k,) the tracklet that starts."""
    distance_heights: NDArray[np.float64]
    """(k,) between end and start in the picture, body heights; the camera's motion is taken out."""
    gap_s: NDArray[np.float64]
    """(k,)"""


def find_gaps(game: TrackedGame, evidence: TrackletEvidence) -> Gaps:
    """Find the pairs of tracklets of which one starts after the other ended, at most three seconds later, in one shot.

    The end of the earlier one is carried through the camera's motion; where that is unknown there is no pair.
    """
    time_s, shot = game.time_s, game.shot
    first = np.searchsorted(game.frame, evidence.frame[evidence.start[:-1]])  # (n,)
    last = np.searchsorted(game.frame, evidence.frame[evidence.start[1:] - 1])  # (n,)
    carried = np.column_stack([evidence.last_px, np.ones(len(evidence))])  # (n, 3) where the end is, frame by frame
    position = last.copy()
    active = np.arange(len(evidence))
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    by_start = np.argsort(first, kind="stable")
    starts = first[by_start]
    while len(active):
        position[active] += 1
        active = active[position[active] < len(game.frame)]
        active = active[time_s[position[active]] - time_s[last[active]] <= HORIZON_S]
        active = active[shot[position[active]] == shot[last[active]]]
        moved = np.einsum("nij,nj->ni", game.motion[position[active]], carried[active])
        carried[active] = moved / moved[:, 2:]
        active = active[np.isfinite(carried[active]).all(axis=1)]
        low, high = (np.searchsorted(starts, position[active], side=side) for side in ("left", "right"))
        i = np.repeat(active, high - low)
        count = high - low
        j = by_start[np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)]
        found.append((i, j, np.linalg.norm(carried[i, :2] - evidence.first_px[j], axis=1)))
    i, j, distance_px = (np.concatenate([pairs[k] for pairs in found] or [np.zeros(0)]) for k in range(3))
    i, j = i.astype(np.int64), j.astype(np.int64)
    height_px = np.maximum(evidence.height_px[i], evidence.height_px[j])
    return Gaps(i, j, distance_px / height_px, time_s[first[j]] - time_s[last[i]])


def continuation_log_odds(gaps: Gaps, count: int) -> sparse.csr_array:
    """Give the log-odds that two tracklets are one person, by where and when one ends and the other starts.

    A Gaussian motion model against a uniform one: one person is near where he was last seen, with a standard deviation that
    grows with time; somebody else is anywhere.

    Args:
        gaps: between n tracklets.
        count: n.

    Returns:
        (n, n) symmetric; nothing where the gap is too long to say.
    """
    variance = (_BASE_SD_HEIGHTS + _SD_HEIGHTS_PER_S * gaps.gap_s) ** 2
    log_odds = np.log(_FLOOR_HEIGHTS2 / (2 * np.pi * variance)) - gaps.distance_heights**2 / (2 * variance)
    weighted = np.clip(_WEIGHT * log_odds, -_MAX_LOG_ODDS, _MAX_LOG_ODDS)
    upper = sparse.csr_array((weighted, (gaps.earlier, gaps.later)), shape=(count, count))
    return sparse.csr_array(upper + upper.T)
