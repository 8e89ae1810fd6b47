"""When each person was in view, and how sure it is who it was: rows of bars."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = 600
_LEVELS = 5


@dataclass(frozen=True)
class Bar:
    """A stretch in view."""

    begin: float
    """Share of the time axis from 0 to 1."""
    end: float
    confidence: float
    """Mean confidence of the identity, in steps of 1 / 5."""


def presence(
    frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame, identities: pd.DataFrame
) -> dict[int, NDArray[np.float64]]:
    """Say for each person and each part of the time how sure the identity is.

    Args:
        frames: table `frames`.
        detections: table `detections`.
        tracks: table `tracks`.
        identities: table `identities`.

    Returns:
        player_id -> (COLUMNS,) mean confidence over the boxes in each equal part of the time; NaN where out of view.
    """
    times = frames.set_index("frame")["time_s"]
    seen = detections[["detection_id", "frame"]].merge(tracks, on="detection_id").merge(identities, on="track_id")
    if seen.empty:
        return {}
    begin, end = time_axis(frames)
    share = (seen["frame"].map(times).to_numpy(np.float64) - begin) / max(end - begin, 1e-9)
    column = np.clip((share * COLUMNS).astype(int), 0, COLUMNS - 1)
    mean = seen["confidence"].astype("float64").groupby([seen["player_id"], column]).mean()
    reach = _frames_apart(times.to_numpy(np.float64), begin, end)
    return {int(who): _spread(mean.loc[who], reach) for who in mean.index.unique(level=0)}


def bars(row: NDArray[np.float64]) -> list[Bar]:
    """Join neighbouring parts of equal confidence into bars.

    Example:
        >>> [(b.begin, b.end, b.confidence) for b in bars(np.array([np.nan, 0.92, 0.95, 0.4]))]
        [(0.25, 0.75, 1.0), (0.75, 1.0, 0.4)]
    """
    level = np.where(np.isnan(row), -1, np.rint(np.nan_to_num(row) * _LEVELS)).astype(int)
    borders = [0, *(np.flatnonzero(np.diff(level)) + 1).tolist(), len(level)]
    return [
        Bar(a / len(level), b / len(level), float(level[a]) / _LEVELS) for a, b in pairwise(borders) if level[a] >= 0
    ]


def time_axis(frames: pd.DataFrame) -> tuple[float, float]:
    """First and last analysed second."""
    return float(frames["time_s"].min()), float(frames["time_s"].max())


def ticks(begin_s: float, end_s: float) -> list[float]:
    """Choose round times for an axis: four to ten of them.

    Example:
        >>> ticks(0.0, 15.0)
        [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]
    """
    span = end_s - begin_s
    steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800]
    step = next((s for s in steps if span / s <= 9), 3600)
    return [round(float(k * step), 6) for k in range(int(np.ceil(begin_s / step)), int(end_s / step) + 1)]


def _frames_apart(times_s: NDArray[np.float64], begin: float, end: float) -> int:
    """Count the parts of the axis that one frame lasts, at least 1."""
    if len(times_s) < 2:
        return COLUMNS
    return max(1, int(np.ceil(float(np.median(np.diff(times_s))) / max(end - begin, 1e-9) * COLUMNS)))


def _spread(rows: pd.Series[float], reach: int) -> NDArray[np.float64]:
    """Put values at their columns; each lasts `reach` columns or until the next."""
    line = np.full(COLUMNS, np.nan)
    for k in reversed(range(reach)):
        columns = rows.index.to_numpy() + k
        inside = columns < COLUMNS
        line[columns[inside]] = rows.to_numpy()[inside]
    return line
