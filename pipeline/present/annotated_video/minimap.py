"""The mini-map: the court from above with everybody on it, as an inset."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.present.annotated_video.canvas import halved, planes_of
from pipeline.present.annotated_video.sprites import Sprite, dot, numbered_dot, rounded
from pipeline.present.annotated_video.timeline import Timeline
from pipeline.present.annotated_video.trails import draw_trails, paths
from pipeline.present.drawing.court import NIGHT, CourtPicture, draw_picture
from pipeline.present.drawing.layers import cover
from pipeline.present.palette import Color
from pipeline.video import Planes

MARGIN_M = 1.5

_JUMP_M = 1.5
"""A longer step from one analysed frame to the next breaks the trail, and nobody is drawn in between."""
_LEGIBLE_PX = 6.0
"""Least radius of a dot with a number."""
_OPACITY = 0.9
"""Of the whole map, 0 to 1."""


@dataclass(frozen=True)
class _Rows:
    """Positions as arrays."""

    time_s: NDArray[np.float64]
    player_id: NDArray[np.int64]
    points_m: NDArray[np.float64]
    """(n, 2)."""
    bridged: NDArray[np.bool_]

    def taken(self, rows: NDArray[np.int64] | slice) -> _Rows:
        """Take some rows."""
        return _Rows(self.time_s[rows], self.player_id[rows], self.points_m[rows], self.bridged[rows])


class MiniMap:
    """Draws positions and trails of one moment on the court."""

    def __init__(
        self,
        court: Court,
        positions: pd.DataFrame,
        colors: dict[int, Color],
        width_px: int,
        trail_s: float,
        texts: dict[int, str] | None = None,
    ) -> None:
        """Draw the empty court and sort the positions.

        Args:
            court: the court.
            positions: table `positions`.
            colors: colour per player.
            width_px: width of the mini-map.
            trail_s: length of the trails.
            texts: what stands in the dots: numbers.
        """
        self._court: CourtPicture = draw_picture(court, width_px // 2 * 2, MARGIN_M, NIGHT)
        self._ground = planes_of(self._court.image)
        self._colors = colors
        self._trail_s = trail_s
        self._radius_px = max(2.5, width_px / 62)
        self._texts = {who: text for who, text in (texts or {}).items() if text}
        self._numbered_px = max(self._radius_px, width_px / 38)
        width, height = self._ground.size_px
        shape = rounded(width, height, width / 40)[..., None] * np.float32(_OPACITY)
        half = np.repeat(halved(shape), 2, axis=2)
        self._shapes = [np.rint(255 * each).astype(np.uint8) for each in (shape[..., 0], half)]
        self._outsides = [255 - each for each in self._shapes]
        rows = positions.sort_values(["time_s", "player_id"], kind="stable")
        self._rows = _Rows(
            rows["time_s"].to_numpy(np.float64),
            rows["player_id"].to_numpy(np.int64),
            rows[["x_m", "y_m"]].to_numpy(np.float64),
            (rows["source"] == "bridged").to_numpy(bool),
        )
        self._timeline = Timeline(np.unique(self._rows.time_s))
        self._dots: dict[tuple[int, bool], Sprite] = {}

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height, both even."""
        return self._ground.size_px

    def picture(self, time_s: float) -> Planes:
        """Draw the moment: those located at this time, or before and after it, with their trails."""
        planes = Planes(self._ground.buffer.copy())
        present = self._present(time_s)
        draw_trails(planes, self._trails(present, time_s), self._radius_px * 0.7, 0.6)
        for who, place, bridged in zip(present.player_id, present.points_m, present.bridged, strict=True):
            self._draw_person(planes, int(who), place, bool(bridged))
        return planes

    def lay(self, planes: Planes, time_s: float, left: int, top: int) -> None:
        """Draw the moment on a frame in place, rounded and slightly see-through.

        Args:
            planes: drawn on in place.
            time_s: the moment.
            left: px of the mini-map's left edge, even.
            top: px of its upper edge, even.
        """
        width, height = self.size_px
        drawn = self.picture(time_s)
        grounds = (
            planes.luma[top : top + height, left : left + width],
            planes.chroma[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2],
        )
        for ground, layer, shape, outside in zip(
            grounds, (drawn.luma, drawn.chroma), self._shapes, self._outsides, strict=True
        ):
            cv2.multiply(layer, shape, dst=layer, scale=1 / 255)
            cover(ground, outside, layer)

    def _present(self, time_s: float) -> _Rows:
        """Say where everybody is at a time: as located, or on the line between two located places a step apart."""
        place, share = self._timeline.locate(time_s)
        if place < 0 or share is None:
            return self._rows.taken(slice(0, 0))
        before = self._at(place)
        if share == 0:
            return before
        after = self._at(place + 1)
        _, first, second = np.intersect1d(before.player_id, after.player_id, return_indices=True)
        before, after = before.taken(first), after.taken(second)
        step_m = after.points_m - before.points_m
        close = np.hypot(*step_m.T) <= _JUMP_M
        between = _Rows(np.full(len(first), time_s), before.player_id, before.points_m + share * step_m, before.bridged)
        return between.taken(np.flatnonzero(close))

    def _at(self, place: int) -> _Rows:
        """Take the rows of an analysed frame."""
        time_s = self._timeline.times_s[place]
        first, last = np.searchsorted(self._rows.time_s, [time_s - 1e-6, time_s + 1e-6])
        return self._rows.taken(slice(first, last))

    def _trails(self, present: _Rows, time_s: float) -> list[tuple[NDArray[np.float64], Color]]:
        """Collect the recent path in px of everybody present."""
        low, end = np.searchsorted(self._rows.time_s, [time_s - self._trail_s, time_s - 1e-6])
        recent = self._rows.taken(slice(low, end))
        lines = paths(
            np.append(recent.player_id, present.player_id),
            np.append(recent.time_s, np.full(len(present.player_id), time_s)),
            self._court.to_px(np.vstack([recent.points_m, present.points_m])),
            _JUMP_M * self._court.metre_px,
            window=3,
        )
        return [(lines[who], self._colors[who]) for who in present.player_id.tolist()]

    def _draw_person(self, planes: Planes, who: int, place_m: NDArray[np.float64], bridged: bool) -> None:
        """Draw one person; nobody is moved to the edge who is beyond it."""
        x, y = self._court.to_px(place_m)
        width, height = self.size_px
        if 0 <= x < width and 0 <= y < height:
            key = (who, bridged)
            if key not in self._dots:
                self._dots[key] = self._dot(who, bridged)
            sprite = self._dots[key]
            sprite.lay(planes, round(x - sprite.width / 2), round(y - sprite.height / 2))

    def _dot(self, who: int, bridged: bool) -> Sprite:
        """Draw the dot of a person, with the number if there is one and it can be read; paler where bridged."""
        color, text = self._colors[who], self._texts.get(who)
        if text is None or self._numbered_px < _LEGIBLE_PX:
            return dot(self._radius_px, color, hollow=bridged)
        return numbered_dot(self._numbered_px, color, text, 0.6 if bridged else 1.0)
