"""Boxes and places of a window of time as the page reads them: arrays one after another, little endian.

| bytes | what |
|---|---|
| 16 | four uint32: frames t, boxes n, places m, 0 |
| 8 t | float64: time of each frame, s |
| 4 (t + 1) | uint32: where the boxes of each frame begin, and the end |
| 4 (t + 1) | uint32: the same of places |
| 4 n | int32: tracklet of each box; negative where the box is interpolated |
| 16 n | float32: x1, y1, x2, y2 of each box, px |
| 4 m | int32: player of each place |
| 8 m | float32: x, y of each place, m |

Then nothing. Eight-byte values come first, so that a browser can view them where they lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.review.game import Floats, Ints, ReviewedGame

LONGEST_S = 60.0
"""Of a window, in seconds."""


@dataclass(frozen=True, eq=False)
class WindowSource:
    """The boxes and places of a game, laid ready by frame."""

    time_s: Floats
    """(t,)"""
    box_begin: Ints
    """(t + 1,) first box of each frame, and the end."""
    tracks: NDArray[np.int32]
    """(n,) negative where interpolated."""
    xyxy_px: NDArray[np.float32]
    """(n, 4)"""
    place_begin: Ints
    """(t + 1,)"""
    players: NDArray[np.int32]
    """(m,)"""
    xy_m: NDArray[np.float32]
    """(m, 2)"""

    @classmethod
    def of(cls, game: ReviewedGame) -> WindowSource:
        """Lay a game ready."""
        boxes, frames = game.boxes, game.tables["frames"]
        sign = np.where(boxes["interpolated"].to_numpy(bool), -1, 1)
        places = _places(game.tables["positions"], frames)
        edges = np.arange(len(frames) + 1)
        return cls(
            game.time_s,
            np.searchsorted(boxes["row"].to_numpy(np.int64), edges),
            (boxes["track_id"].to_numpy(np.int64) * sign).astype(np.int32),
            boxes[["x1", "y1", "x2", "y2"]].to_numpy(np.float32),
            np.searchsorted(places["row"].to_numpy(np.int64), edges),
            places["player_id"].to_numpy(np.int32),
            places[["x_m", "y_m"]].to_numpy(np.float32),
        )

    def window(self, begin_s: float, end_s: float) -> bytes:
        """Pack the frames from `begin_s` until before `end_s`, at most `LONGEST_S`."""
        first, stop = np.searchsorted(self.time_s, [begin_s, min(end_s, begin_s + LONGEST_S)])
        box, box_end = self.box_begin[first], self.box_begin[stop]
        place, place_end = self.place_begin[first], self.place_begin[stop]
        parts = (
            np.array([stop - first, box_end - box, place_end - place, 0], "<u4"),
            self.time_s[first:stop].astype("<f8"),
            (self.box_begin[first : stop + 1] - box).astype("<u4"),
            (self.place_begin[first : stop + 1] - place).astype("<u4"),
            self.tracks[box:box_end].astype("<i4"),
            self.xyxy_px[box:box_end].astype("<f4"),
            self.players[place:place_end].astype("<i4"),
            self.xy_m[place:place_end].astype("<f4"),
        )
        return b"".join(part.tobytes() for part in parts)


def _places(positions: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
    """Sort positions by the row of their frame."""
    row = np.searchsorted(frames["frame"].to_numpy(np.int64), positions["frame"].to_numpy(np.int64))
    return positions.assign(row=row).sort_values(["row", "player_id"], kind="stable")
