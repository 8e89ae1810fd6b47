"""Tracks as a table, and as MOT challenge text: `frame,id,x,y,w,h,conf,-1,-1,-1`, frames and ids from 1, players only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.geometry.filled_boxes import filled_boxes
from pipeline.present.results import Results

_BOX = ["x1", "y1", "x2", "y2"]
_VALUES = [*_BOX, "score"]
_LINE = "%d,%d,%.2f,%.2f,%.2f,%.2f,%.4f,-1,-1,-1\n"
"""As one format for a row, it is written three times as fast as value by value; a game has hundreds of thousands."""


def player_mot(results: Results) -> str:
    """Write the boxes of identified players; the id is the stable `player_id`."""
    roles = results.players.set_index("player_id")["role"]
    identities = results.identities
    player_of = identities[identities["player_id"].map(roles) == "player"].set_index("track_id")["player_id"]
    boxes = fill_steps(_boxes(results), results.frames)
    boxes = boxes[boxes["track_id"].isin(player_of.index)]
    return mot_text(boxes.assign(id=boxes["track_id"].map(player_of).astype("int64")))


def tracklet_mot(results: Results) -> str:
    """Write the boxes of tracklets of players before identification; the id is `track_id`."""
    boxes = _boxes(results)
    referee = (boxes["class"] == "referee").groupby(boxes["track_id"]).mean() > 0.5
    boxes = fill_steps(boxes[~boxes["track_id"].map(referee).to_numpy(bool)], results.frames)
    return mot_text(boxes.assign(id=boxes["track_id"]))


def person_boxes(results: Results) -> pd.DataFrame:
    """Make the table of everybody's boxes: those found, and those between them where a box is missing for a few frames.

    Returns:
        player_id, track_id, frame, time_s, x1, y1, x2, y2, score, interpolated; by player and frame, each once.
    """
    boxes = _boxes(results).merge(results.identities[["track_id", "player_id"]], on="track_id")
    boxes = boxes.merge(results.frames[["frame", "time_s"]], on="frame")
    order = boxes.sort_values(
        ["player_id", "frame", "interpolated", "score"], ascending=[True, True, True, False], kind="stable"
    )
    columns = ["player_id", "track_id", "frame", "time_s", *_VALUES, "interpolated"]
    return order.drop_duplicates(["player_id", "frame"])[columns].reset_index(drop=True)


def _boxes(results: Results) -> pd.DataFrame:
    """Join detections with their tracklet, short gaps filled."""
    boxes = results.tracks.merge(results.detections, on="detection_id", how="inner", validate="one_to_one")
    return filled_boxes(boxes, results.frames)


def fill_steps(boxes: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
    """Interpolate boxes on the source frames that the analysis rate skipped.

    Between two boxes of one tracklet that are neighbours in `frames` of the same shot, one usual analysis step apart;
    never over a frame that was analysed without finding the person, and never over a longer hole.

    Args:
        boxes: columns track_id, frame, x1, y1, x2, y2, score.
        frames: table `frames`.

    Returns:
        The same columns with the rows in between, which have linear boxes and the lower score.

    Example:
        >>> boxes = pd.DataFrame({"track_id": 1, "frame": [0, 2], "x1": [0.0, 4.0], "y1": 0.0, "x2": [9.0, 13.0],
        ...                       "y2": 9.0, "score": [0.9, 0.7]})
        >>> fill_steps(boxes, pd.DataFrame({"frame": [0, 2, 4], "shot": 0}))[["frame", "x1", "score"]].values.tolist()
        [[0.0, 0.0, 0.9], [1.0, 2.0, 0.7], [2.0, 4.0, 0.7]]
    """
    boxes = boxes[["track_id", "frame", *_VALUES]].sort_values(["track_id", "frame"], ignore_index=True)
    numbers = frames["frame"].to_numpy(np.int64)
    if len(numbers) < 2 or len(boxes) < 2:
        return boxes
    step = int(np.median(np.diff(numbers)))
    place = np.searchsorted(numbers, boxes["frame"].to_numpy())
    shot = frames["shot"].to_numpy()[place]
    track, frame = boxes["track_id"].to_numpy(), boxes["frame"].to_numpy()
    gap = np.diff(frame)
    joined = (np.diff(track) == 0) & (np.diff(place) == 1) & (np.diff(shot) == 0) & (gap > 1) & (gap <= step)
    extra = [_between(boxes, np.flatnonzero(joined & (gap > k)), k) for k in range(1, int(gap[joined].max(initial=1)))]
    return pd.concat([boxes, *extra]).sort_values(["track_id", "frame"], ignore_index=True)


def _between(boxes: pd.DataFrame, first: np.ndarray, k: int) -> pd.DataFrame:
    """Make the boxes `k` frames after the rows `first`, on the way to the rows after them."""
    a, b = boxes.iloc[first], boxes.iloc[first + 1]
    share = k / (b["frame"].to_numpy() - a["frame"].to_numpy())
    filled = a[["track_id"]].assign(frame=a["frame"] + k)
    for name in _BOX:
        filled[name] = a[name].to_numpy() * (1 - share) + b[name].to_numpy() * share
    return filled.assign(score=np.minimum(a["score"].to_numpy(), b["score"].to_numpy()))


def mot_text(boxes: pd.DataFrame) -> str:
    """Write rows (id, frame, x1, y1, x2, y2, score) sorted by frame and id.

    Two boxes of one id in one frame, which no scorer accepts, are reduced to the surer one.
    """
    rows = boxes.sort_values(["frame", "id", "score"], ascending=[True, True, False], kind="stable")
    rows = rows.drop_duplicates(["frame", "id"])
    frame, who = (rows[name].to_numpy(np.int64) for name in ("frame", "id"))
    x1, y1, x2, y2, score = (rows[name].to_numpy(np.float64) for name in _VALUES)
    columns = [values.tolist() for values in (frame + 1, who, x1, y1, x2 - x1, y2 - y1, score)]
    return "".join([_LINE % row for row in zip(*columns, strict=True)])
