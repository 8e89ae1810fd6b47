"""Boxes that blink: a tracklet goes on where the detector misses somebody for a few frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

LONGEST_FRAMES = 5
"""Most analysed frames that a box is filled in for."""
LONGEST_S = 0.5
"""Longest time between the two boxes around, s."""
_BOX = ["x1", "y1", "x2", "y2"]


def filled_boxes(boxes: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
    """Fill short gaps within tracklets by boxes on the straight way, marked; other columns are those of the box before.

    Never across a cut, and never over more than `LONGEST_FRAMES`.

    Args:
        boxes: track_id, frame, x1, y1, x2, y2, score and others.
        frames: table `frames`.

    Returns:
        The same columns and `interpolated`, by tracklet and frame; an interpolated box has the lower of the two scores.

    Example:
        >>> boxes = pd.DataFrame({"track_id": 1, "frame": [0, 2, 9], "x1": [0.0, 4.0, 0.0], "y1": 0.0, "x2": 9.0, "y2": 9.0,
        ...                       "score": [0.9, 0.7, 0.8]})
        >>> frames = pd.DataFrame({"frame": range(10), "time_s": np.arange(10) / 25, "shot": 0})
        >>> filled_boxes(boxes, frames)[["frame", "x1", "score", "interpolated"]].values.tolist()
        [[0, 0.0, 0.9, False], [1, 2.0, 0.7, True], [2, 4.0, 0.7, False], [9, 0.0, 0.8, False]]
    """
    boxes = boxes.sort_values(["track_id", "frame"], kind="stable", ignore_index=True).assign(interpolated=False)
    if len(boxes) < 2:
        return boxes
    number, time_s = frames["frame"].to_numpy(np.int64), frames["time_s"].to_numpy(np.float64)
    row = np.searchsorted(number, boxes["frame"].to_numpy())
    missing = np.diff(row) - 1
    gaps = (np.diff(boxes["track_id"].to_numpy()) == 0) & (missing > 0) & (missing <= LONGEST_FRAMES)
    gaps &= (np.diff(frames["shot"].to_numpy()[row]) == 0) & (np.diff(time_s[row]) <= LONGEST_S + 1e-9)
    before = np.repeat(np.flatnonzero(gaps), missing[gaps])
    if not len(before):
        return boxes
    begin = np.cumsum(missing[gaps]) - missing[gaps]
    at = row[before] + 1 + np.arange(len(before)) - np.repeat(begin, missing[gaps])
    first, last = boxes.iloc[before], boxes.iloc[before + 1]
    share = (time_s[at] - time_s[row[before]]) / (time_s[row[before + 1]] - time_s[row[before]])
    added = first.assign(frame=number[at], interpolated=True)
    for name in _BOX:
        way = (1 - share) * first[name].to_numpy() + share * last[name].to_numpy()
        added[name] = way.astype(boxes[name].dtype)
    added["score"] = np.minimum(first["score"].to_numpy(), last["score"].to_numpy())
    return pd.concat([boxes, added]).sort_values(["track_id", "frame"], kind="stable", ignore_index=True)
