"""The pictures of each player in the report: the clearest crops, spread over the time."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.present.results import Results
from pipeline.video import frames_at

HEIGHT_PX = 200
MIN_HEIGHT_PX = 24.0
_NEARLY_AS_GOOD = 0.9
"""Share of the best quality."""
_JPEG_QUALITY = 84
"""From 0 to 100."""
CROP_MARGIN = 0.06
"""Around a box, in heights of the box."""


def choose_crops(results: Results, per_player: int) -> pd.DataFrame:
    """Choose a good box of each player in each of `per_player` equal stretches of the player's boxes.

    Of those nearly as good as the best, one is taken that others are good in, too: fewer frames are decoded.

    Args:
        results: the run.
        per_player: at most so many pictures of each player.

    Returns:
        Columns player_id, frame, x1, y1, x2, y2, in order of frame; boxes without a quality or very small are left out.
    """
    boxes = results.detections.merge(results.tracks, on="detection_id").merge(results.identities, on="track_id")
    tall = boxes["y2"] - boxes["y1"] >= MIN_HEIGHT_PX
    boxes = boxes[tall & boxes["quality"].notna()].sort_values(["player_id", "frame", "detection_id"])
    by_player = boxes.groupby("player_id")["frame"]
    boxes = boxes.assign(stretch=by_player.cumcount() * per_player // by_player.transform("size"))
    if per_player < 1:
        boxes = boxes[:0]
    most = boxes.groupby(["player_id", "stretch"])["quality"].transform("max")
    good = boxes.loc[boxes["quality"] >= _NEARLY_AS_GOOD * most]
    good = good.assign(shared=good.groupby("frame")["player_id"].transform("size"))
    ranked = good.sort_values(["shared", "quality"], ascending=False, kind="stable")
    best = ranked.groupby(["player_id", "stretch"]).head(1)
    chosen = best[["player_id", "frame", "x1", "y1", "x2", "y2"]]
    return chosen.sort_values(["frame", "player_id"], ignore_index=True)


@dataclass(frozen=True)
class Crop:
    """A picture of one person."""

    frame: int
    jpeg: bytes


def cut_crops(results: Results, per_player: int) -> dict[int, list[Crop]]:
    """Decode the frames that hold the clearest pictures of each player, and cut them out.

    Args:
        results: a run whose video is at hand.
        per_player: at most so many pictures of each player.

    Returns:
        Pictures by player, in order of time; frames that cannot be decoded are left out.

    Raises:
        InputError: the video cannot be read any more.
    """
    chosen = choose_crops(results, per_player).merge(results.frames[["frame", "time_s"]], on="frame")
    crops: dict[int, list[Crop]] = {int(who): [] for who in chosen["player_id"].unique()}
    by_frame = [rows for _, rows in chosen.groupby("frame")]
    for picture in frames_at(results.video, [float(rows["time_s"].iloc[0]) for rows in by_frame]):
        rows = by_frame[picture.index]
        for who, frame, x1, y1, x2, y2 in rows[["player_id", "frame", "x1", "y1", "x2", "y2"]].to_numpy(np.float64):
            crops[int(who)].append(Crop(int(frame), crop_jpeg(picture.image, (x1, y1, x2, y2))))
    return crops


def crop_jpeg(image: NDArray[np.uint8], box_px: tuple[float, float, float, float]) -> bytes:
    """Cut a box with a small margin, scale it to a common height, and compress it."""
    x1, y1, x2, y2 = box_px
    margin = CROP_MARGIN * (y2 - y1)
    height, width = image.shape[:2]
    left, right = (int(np.clip(v, 0, width)) for v in (x1 - margin, x2 + margin))
    top, bottom = (int(np.clip(v, 0, height)) for v in (y1 - margin, y2 + margin))
    crop = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    scale = HEIGHT_PX / crop.shape[0]
    size = (max(1, round(crop.shape[1] * scale)), HEIGHT_PX)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    _, data = cv2.imencode(
        ".jpg", cv2.resize(crop, size, interpolation=method), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    )
    return data.tobytes()
