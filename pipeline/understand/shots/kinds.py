"""Readers of the table `shots`: what each frame shows, for how long, and which boxes count."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.understand.game import TrackedGame, frame_durations


def kinds_of_frames(frames: pd.DataFrame, shots: pd.DataFrame) -> NDArray[np.object_]:
    """Return the kind of shot (t,) that each of the frames, t rows of table `frames`, belongs to."""
    row = np.searchsorted(shots["first_frame"].to_numpy(), frames["frame"].to_numpy(), side="right") - 1
    return shots["kind"].to_numpy(object)[row]


def seconds_by_kind(frames: pd.DataFrame, shots: pd.DataFrame) -> dict[str, float]:
    """Sum the analysed time by the kind of shot, the game first; kinds that do not occur are left out."""
    seconds = pd.Series(frame_durations(frames)).groupby(kinds_of_frames(frames, shots)).sum()
    return {kind: float(seconds[kind]) for kind in ("game", "close-up", "replay") if kind in seconds.index}


def live_tracks(game: TrackedGame, shots: pd.DataFrame) -> pd.DataFrame:
    """Keep the tracklets' boxes that lie in shots of the game.

    Args:
        game: frames, boxes and tracklets.
        shots: table `shots`.

    Returns:
        Rows of `game.tracks`.
    """
    live = game.frames.loc[kinds_of_frames(game.frames, shots) == "game", "frame"]
    boxes = game.detections.loc[game.detections["frame"].isin(live), "detection_id"]
    return game.tracks[game.tracks["detection_id"].isin(boxes)].reset_index(drop=True)
