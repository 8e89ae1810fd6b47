"""When each person was in view, and how sure it is who it was: lanes of bars along the time."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.present.results import Results

COLUMNS = 600
"""Equal stretches that the time axis is divided into."""
LEVELS = 5
"""Steps of confidence that are shown by opacity."""
WIDTH, HEIGHT = 1000, 16
"""Of a lane, in its own units."""


def boxes_of_people(results: Results) -> pd.DataFrame:
    """Collect the boxes of identified people: who (player_id), frame, confidence."""
    frames = results.detections[["detection_id", "frame"]]
    seen = frames.merge(results.tracks, on="detection_id").merge(results.identities, on="track_id")
    return seen.rename(columns={"player_id": "who"})[["who", "frame", "confidence"]]


def presence(frames: pd.DataFrame, boxes: pd.DataFrame) -> dict[Hashable, NDArray[np.float64]]:
    """Say for everybody and each stretch of the time axis how confident the identity is.

    Args:
        frames: table `frames`.
        boxes: columns who, frame and confidence.

    Returns:
        who -> (COLUMNS,) mean confidence over the boxes in each equal stretch of the time; NaN where out of view.
    """
    if boxes.empty:
        return {}
    times = frames.set_index("frame")["time_s"]
    begin, end = time_axis(frames)
    share = (boxes["frame"].map(times).to_numpy(np.float64) - begin) / max(end - begin, 1e-9)
    column = np.clip((share * COLUMNS).astype(int), 0, COLUMNS - 1)
    mean = boxes["confidence"].astype("float64").groupby([boxes["who"], column]).mean()
    reach = _columns_per_frame(times.to_numpy(np.float64), begin, end)
    return {who: _spread(mean.loc[who], reach) for who in mean.index.unique(level=0)}


def lane(row: NDArray[np.float64]) -> dict[float, str]:
    """Draw a row of `presence` as SVG paths, one for each step of confidence (of `LEVELS` steps).

    Example:
        >>> lane(np.array([np.nan, 0.92, 0.95, 0.4]))
        {0.4: 'M750 2h250v12h-250z', 1.0: 'M250 2h500v12h-500z'}
    """
    level = np.where(np.isnan(row), -1, np.rint(np.nan_to_num(row) * LEVELS)).astype(int)
    borders = [0, *(np.flatnonzero(np.diff(level)) + 1).tolist(), len(level)]
    paths: dict[float, str] = {}
    for first, last in pairwise(borders):
        if level[first] >= 0:
            step = float(level[first]) / LEVELS
            paths[step] = paths.get(step, "") + bar(first / len(level), last / len(level))
    return dict(sorted(paths.items()))


def bar(begin: float, end: float, top: int = 2) -> str:
    """Draw a stretch of a lane, in shares of the time, as a piece of an SVG path.

    Args:
        begin: share of the time.
        end: share of the time.
        top: free room above and below, in units of the lane.

    Example:
        >>> bar(0.5, 0.75)
        'M500 2h250v12h-250z'
    """
    width = f"{WIDTH * (end - begin):.4g}"
    return f"M{WIDTH * begin:.4g} {top}h{width}v{HEIGHT - 2 * top}h-{width}z"


def time_axis(frames: pd.DataFrame) -> tuple[float, float]:
    """First and last analysed second."""
    return float(frames["time_s"].min()), float(frames["time_s"].max())


def ticks(begin_s: float, end_s: float, most: int = 9) -> list[float]:
    """Choose round times for an axis: about four to `most` of them.

    Args:
        begin_s: start of the axis.
        end_s: its end.
        most: at most so many.

    Example:
        >>> ticks(0.0, 15.0)
        [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]
    """
    span = end_s - begin_s
    steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800]
    step = next((s for s in steps if span / s <= most), 3600)
    return [round(float(k * step), 6) for k in range(int(np.ceil(begin_s / step)), int(end_s / step) + 1)]


def _columns_per_frame(times_s: NDArray[np.float64], begin: float, end: float) -> int:
    """Count the columns of the axis that one frame lasts, at least 1."""
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
