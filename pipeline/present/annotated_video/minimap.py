"""The mini-map: the court from above with everybody on it, as an inset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.present.annotated_video.sprites import Coverage, Picture, Sprite, dot, rounded
from pipeline.present.annotated_video.trails import draw_trails, smooth_line, unbroken
from pipeline.present.court_drawing import NIGHT, CourtPicture, draw_picture
from pipeline.present.palette import Color

MARGIN_M = 1.5

_JUMP_M = 1.5
"""A longer step from one analysed frame to the next breaks the trail."""


@dataclass(frozen=True)
class _Rows:
    """Positions as arrays in order of time."""

    time_s: NDArray[np.float64]
    player_id: NDArray[np.int64]
    points_m: NDArray[np.float64]
    bridged: NDArray[np.bool_]


class MiniMap:
    """Draws positions and trails of one moment on the court."""

    def __init__(
        self, court: Court, positions: pd.DataFrame, colors: dict[int, Color], width_px: int, trail_s: float
    ) -> None:
        """Draw the empty court and sort the positions.

        Args:
            court: the court.
            positions: table `positions`.
            colors: colour per player.
            width_px: width of the mini-map.
            trail_s: length of the trails.
        """
        self._court: CourtPicture = draw_picture(court, width_px, MARGIN_M, NIGHT)
        self._colors = colors
        self._trail_s = trail_s
        self._radius_px = max(2.5, width_px / 62)
        height, width = self._court.image.shape[:2]
        self._shape: Coverage = rounded(width, height, width / 40)[..., None] * np.float32(0.9)
        rows = positions.sort_values(["time_s", "player_id"], kind="stable")
        self._rows = _Rows(
            rows["time_s"].to_numpy(np.float64),
            rows["player_id"].to_numpy(np.int64),
            rows[["x_m", "y_m"]].to_numpy(np.float64),
            (rows["source"] == "bridged").to_numpy(bool),
        )
        self._dots: dict[tuple[int, bool], Sprite] = {}

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self._court.image.shape[:2]
        return width, height

    def picture(self, time_s: float) -> Picture:
        """Draw the moment: those located at this time with their trails."""
        low, first, last = np.searchsorted(self._rows.time_s, [time_s - self._trail_s, time_s - 1e-6, time_s + 1e-6])
        image = self._court.image.copy()
        present = np.arange(first, last)
        draw_trails(image, self._trails(low, last, present), self._radius_px * 0.7, 0.6)
        for row in present:
            self._draw_person(image, row)
        return image

    def lay(self, image: Picture, time_s: float, left: int, top: int) -> None:
        """Draw the moment on a frame in place, rounded and slightly see-through.

        Args:
            image: (h, w, 3) BGR, drawn on in place.
            time_s: the moment.
            left: px of the mini-map's left edge.
            top: px of its upper edge.
        """
        width, height = self.size_px
        ground = image[top : top + height, left : left + width]
        ground[:] = ground + self._shape * (self.picture(time_s).astype(np.float32) - ground) + 0.5

    def _trails(self, low: int, last: int, present: NDArray[np.int64]) -> list[tuple[NDArray[np.float64], Color]]:
        """Collect the recent path in px of everybody present."""
        ids, times_s = self._rows.player_id[low:last], self._rows.time_s[low:last]
        px = self._court.to_px(self._rows.points_m[low:last])
        found = []
        for who in self._rows.player_id[present]:
            of_person = ids == who
            found.append(
                (
                    smooth_line(
                        px[of_person][unbroken(times_s[of_person], px[of_person], _JUMP_M * self._court.metre_px) :], 3
                    ),
                    self._colors[int(who)],
                )
            )
        return found

    def _draw_person(self, image: Picture, row: int) -> None:
        """Draw one person; nobody is moved to the edge who is beyond it."""
        who, bridged = int(self._rows.player_id[row]), bool(self._rows.bridged[row])
        x, y = self._court.to_px(self._rows.points_m[row])
        width, height = self.size_px
        if 0 <= x < width and 0 <= y < height:
            key = (who, bridged)
            if key not in self._dots:
                self._dots[key] = dot(self._radius_px, self._colors[who], hollow=bridged)
            sprite = self._dots[key]
            sprite.lay(image, round(x - sprite.width / 2), round(y - sprite.height / 2))
