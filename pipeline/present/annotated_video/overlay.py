"""Everything drawn on one frame of the annotated video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.present.annotated_video.canvas import yuv_of
from pipeline.present.annotated_video.layout import Caption, LabelLayout, Rectangle, overlap, quietest_corner
from pipeline.present.annotated_video.minimap import MiniMap
from pipeline.present.annotated_video.scenes import Scene
from pipeline.present.annotated_video.sprites import (
    Sprite,
    dot,
    foot_ring,
    pill,
    rounded,
    stack,
    triangle,
)
from pipeline.present.annotated_video.trails import Trails, draw_trails
from pipeline.present.drawing.text import text_coverage
from pipeline.present.palette import NOBODY, Color
from pipeline.video import Planes

BALL = Color(255, 138, 31)
"""Colour of the pointer to the ball, and of the time line."""
NOT_COUNTED = Color(244, 196, 66)
"""Colour of the label of shots that do not count."""
_REFERENCE_HEIGHT_PX = 720
_LONGEST_CLOCK = "8:88:88"
_LEADER_FROM = 1.3
"""A label that stands so many of its heights off its place has a line to it."""
_JUMP_HEIGHTS = 0.7
"""Nobody moves by more of the own height from one analysed frame to the next (0.4 at 10 frames per second)."""


@dataclass(frozen=True)
class LabelStyle:
    """How one person is drawn."""

    label: str
    color: Color
    referee: bool


UNKNOWN = LabelStyle("?", Color.parse(NOBODY), referee=True)
"""Somebody of whom it is too doubtful who he is: drawn as quietly as a referee."""


@dataclass(frozen=True)
class Legend:
    """One entry of the header: a team and its colour."""

    text: str
    color: Color


class Overlay:
    """Draws scenes one after the other; sizes follow the height of the picture."""

    def __init__(
        self,
        size_px: tuple[int, int],
        source_scale: float,
        styles: dict[int, LabelStyle],
        legend: Sequence[Legend],
        trail_s: float,
        minimap: MiniMap | None,
        boxes_px: NDArray[np.float64] | None = None,
        graphics_px: Sequence[Rectangle] = (),
    ) -> None:
        """Prepare for a video.

        Args:
            size_px: width and height of the pictures drawn on.
            source_scale: px of the picture per px of the source frame.
            styles: how to draw each player.
            legend: teams for the header.
            trail_s: length of the trails; 0: none.
            minimap: drawn in the corner where it hides least; None: left out.
            boxes_px: (n, 4) of people over the whole video, px of the source frame.
            graphics_px: scoreboards and the like, px of the picture.
        """
        self._width, self._height = size_px
        self._unit = self._height / _REFERENCE_HEIGHT_PX
        self._scale = source_scale
        self._styles = styles
        self._legend = tuple(legend)
        self._minimap = minimap
        self._trails = Trails(trail_s) if trail_s > 0 else None
        self._rings: dict[tuple[Color, int, bool, bool], Sprite] = {}
        self._pills: dict[tuple[str, Color, int], Sprite] = {}
        self._headers: dict[str, Sprite] = {}
        self._pointer = triangle(max(9, round(15 * self._unit)), BALL)
        self._layout = LabelLayout((self._width, self._height - self._line_px))
        self._graphics = tuple(graphics_px)
        boxes_px = np.empty((0, 4)) if boxes_px is None else boxes_px * source_scale
        self._map_corner = (0, 0) if minimap is None else self._corner(minimap.size_px, boxes_px)
        self._header_corner = self._header_place()

    def draw(self, planes: Planes, scene: Scene, progress: float) -> None:
        """Draw a scene in place.

        Args:
            planes: the frame, scaled to the size given at the start.
            scene: what is on it; scenes come in order of time, as trails grow.
            progress: share of the video that is over, for the time line.
        """
        self._draw_trails(planes, scene)
        self._draw_rings(planes, scene)
        reserved = [*self._draw_header(planes, scene), *self._graphics]
        if self._minimap is not None and scene.not_counted is None:
            self._minimap.lay(planes, scene.time_s, *self._map_corner)
            reserved.append(_rectangle(self._map_corner, self._minimap.size_px))
        self._draw_labels(planes, scene, reserved)
        if scene.ball_px is not None:
            self._draw_ball(planes, scene.ball_px)
        self._draw_time_line(planes, progress)

    def _draw_trails(self, planes: Planes, scene: Scene) -> None:
        """Carry the trails to this frame, extend and draw them."""
        if self._trails is None:
            return
        self._trails.move(scene.motion)
        feet = np.column_stack([scene.boxes_px[:, [0, 2]].mean(axis=1), scene.boxes_px[:, 3]])
        jump_px = _JUMP_HEIGHTS * (scene.boxes_px[:, 3] - scene.boxes_px[:, 1])
        self._trails.add(
            scene.time_s, scene.player_id[scene.identified], feet[scene.identified], jump_px[scene.identified]
        )
        present = set(scene.player_id[scene.identified].tolist())
        lines = [
            (line * self._scale, self._styles[who].color)
            for who, line in self._trails.lines().items()
            if who in present and not self._styles[who].referee
        ]
        draw_trails(planes, lines, max(1.5, 3.4 * self._unit), 0.55)

    def _draw_rings(self, planes: Planes, scene: Scene) -> None:
        """Draw the rings under everybody's feet."""
        boxes = (scene.boxes_px * self._scale).tolist()  # plain numbers are much the quicker ones, one by one
        for box, who, identified in zip(boxes, scene.player_id.tolist(), scene.identified.tolist(), strict=True):
            style = self._styles.get(who) if identified else None
            sprite = self._ring(style, _ring_half_width(box, self._unit))
            x, y = (box[0] + box[2]) / 2, box[3]
            sprite.lay(planes, round(x - sprite.width / 2), round(y - sprite.height / 2))

    def _draw_labels(self, planes: Planes, scene: Scene, reserved: list[Rectangle]) -> None:
        """Draw the labels below the rings: none covers another, the header or the map, and all lie within the picture.

        Where there is no room for all, those of whoever is not identified, and then of the farthest, are left out.
        """
        boxes = (scene.boxes_px * self._scale).tolist()
        people = (scene.player_id.tolist(), scene.identified.tolist(), scene.unsure.tolist())
        captions: list[tuple[Caption, Sprite, LabelStyle]] = []
        for box, who, identified, unsure in reversed(list(zip(boxes, *people, strict=True))):  # the nearest first
            style = UNKNOWN if unsure else self._styles.get(who) if identified else None
            if style is None:
                continue
            sprite = self._pill(style, _label_size(box, self._unit))
            below = box[3] + 0.35 * _ring_half_width(box, self._unit) + 2 * self._unit
            key = who if identified else None
            caption = Caption(key, (sprite.width, sprite.height), (box[0] + box[2]) / 2, below)
            captions.append((caption, sprite, style))
        captions.sort(key=lambda each: each[2] is UNKNOWN)
        corners = self._layout.place([caption for caption, _, _ in captions], reserved)
        for (caption, sprite, style), corner in reversed(list(zip(captions, corners, strict=True))):
            if corner is not None:
                self._draw_leader(planes, caption, corner, style.color)
                sprite.lay(planes, *corner)

    def _draw_leader(self, planes: Planes, caption: Caption, corner: tuple[int, int], color: Color) -> None:
        """Draw a line from a label that had to move to whom it is about."""
        width, height = caption.size_px
        middle = np.array([corner[0] + width / 2, corner[1] + height / 2])
        place = np.array([caption.centre_x, caption.top])
        off = np.abs(middle - place - [0, height / 2])
        if off[0] > width * 0.8 or off[1] > _LEADER_FROM * height:
            draw_trails(planes, [(np.vstack([place, middle]), color)], max(1.5, 2 * self._unit), 0.9)

    def _corner(self, inset_px: tuple[int, int], boxes_px: NDArray[np.float64]) -> tuple[int, int]:
        """Choose where the mini-map stands."""
        size_px = (self._width, self._height - self._line_px)
        return quietest_corner(size_px, inset_px, 2 * round(7 * self._unit), boxes_px, self._graphics)

    def _header_place(self) -> tuple[int, int]:
        """Choose where the header stands: at the top left, else where it covers neither graphics nor the map."""
        margin = round(14 * self._unit)
        sprite = header(_LONGEST_CLOCK, self._legend, self._header_size)
        taken = list(self._graphics)
        if self._minimap is not None:
            taken.append(_rectangle(self._map_corner, self._minimap.size_px))
        low, right = self._height - self._line_px - margin - sprite.height, self._width - sprite.width - margin
        below = [bottom + margin // 2 for left, top, _, bottom in self._graphics if top < self._height / 4]
        places = [
            (margin, margin),
            *((margin, top) for top in below),
            (margin, low),
            (max(right, 0), margin),
            (max(right, 0), low),
        ]
        free = [
            place
            for place in places
            if not any(overlap(_rectangle(place, (sprite.width, sprite.height)), covered) for covered in taken)
        ]
        return free[0] if free else places[0]

    @property
    def _header_size(self) -> int:
        """Height of the header's letters, px."""
        return max(11, round(16 * self._unit))

    def _draw_ball(self, planes: Planes, box_px: NDArray[np.float64]) -> None:
        """Point at the ball from above."""
        x, top = (box_px[0] + box_px[2]) / 2 * self._scale, box_px[1] * self._scale
        sprite = self._pointer
        sprite.lay(planes, round(x - sprite.width / 2), round(top - sprite.height - self._unit))

    def _draw_header(self, planes: Planes, scene: Scene) -> list[Rectangle]:
        """Write the clock and what the colours mean; beside it that the shot does not count, if so. Return what it covers."""
        clock = f"{int(scene.time_s) // 60}:{int(scene.time_s) % 60:02d}"
        if clock not in self._headers:
            self._headers = {clock: header(clock, self._legend, self._header_size)}
        shown, (left, top) = self._headers[clock], self._header_corner
        shown.lay(planes, left, top)
        covered = [_rectangle((left, top), (shown.width, shown.height))]
        if scene.not_counted is not None:
            note = self._pill(LabelStyle(f"{scene.not_counted}, not counted", NOT_COUNTED, False), self._header_size)
            gap = round(7 * self._unit)
            beside = top + shown.height + gap if top < self._height / 2 else top - note.height - gap
            note.lay(planes, left, beside)
            covered.append(_rectangle((left, beside), (note.width, note.height)))
        return covered

    def _draw_time_line(self, planes: Planes, progress: float) -> None:
        """Draw how much of the video is over along the lower edge."""
        top, end = self._height - self._line_px, round(self._width * min(max(progress, 0.0), 1.0))
        y, cb, cr = yuv_of(BALL)
        luma, chroma = planes.luma[top:], planes.chroma[top // 2 :]
        cv2.convertScaleAbs(luma, dst=luma, alpha=1 / 3, beta=16 * 2 / 3)
        cv2.convertScaleAbs(chroma, dst=chroma, alpha=1 / 3, beta=128 * 2 / 3)
        luma[:, :end] = round(y)
        chroma[:, : end // 2] = (round(cb), round(cr))

    @property
    def _line_px(self) -> int:
        """Height of the time line, even."""
        return 2 * max(1, round(1.6 * self._unit))

    def _ring(self, style: LabelStyle | None, half_width: int) -> Sprite:
        """Take a ring from the cache, or draw it."""
        color = Color.parse(NOBODY) if style is None else style.color
        quiet = style is None or style.referee
        key = (color, half_width, quiet, style is None)
        if key not in self._rings:
            thickness = max(1.2, (1.3 if quiet else 2.6) * self._unit)
            self._rings[key] = foot_ring(half_width, color, thickness, broken=quiet)
        return self._rings[key]

    def _pill(self, style: LabelStyle, size_px: int) -> Sprite:
        """Take a label from the cache, or draw it."""
        key = (style.label, style.color, size_px)
        if key not in self._pills:
            self._pills[key] = pill(style.label, style.color, size_px, 0.75 if style.referee else 0.92)
        return self._pills[key]


def _rectangle(corner: tuple[int, int], size_px: tuple[int, int]) -> Rectangle:
    """Return the rectangle of a size at a corner."""
    return corner[0], corner[1], corner[0] + size_px[0], corner[1] + size_px[1]


def _ring_half_width(box: Sequence[float], unit: float) -> int:
    """Size a ring by the person's height and width, in steps of 2 px so that few sizes exist."""
    size = 0.5 * min(box[2] - box[0], 0.55 * (box[3] - box[1]))
    return max(round(9 * unit), 2 * round(size * 1.1 / 2))


def _label_size(box: Sequence[float], unit: float) -> int:
    """Size a label's text: smaller for small people, legible always."""
    return max(10, round(unit * min(max(0.12 * (box[3] - box[1]) / unit, 11.0), 17.0)))


def header(clock: str, legend: Sequence[Legend], size_px: int) -> Sprite:
    """Make the header: the clock, then each team with a dot of its colour.

    Args:
        clock: time of the video.
        legend: the teams.
        size_px: height of the text.
    """
    white, ground = Color(255, 255, 255), Color(18, 20, 24)
    gap, pad = round(size_px * 0.9), round(size_px * 0.55)
    texts = [text_coverage(clock, size_px), *(text_coverage(entry.text, size_px, bold=False) for entry in legend)]
    team_dots = [dot(size_px * 0.33, entry.color) for entry in legend]
    line_height = max(text.shape[0] for text in texts)
    width = (
        2 * pad + sum(text.shape[1] for text in texts) + sum(gap + team_dot.width + pad // 2 for team_dot in team_dots)
    )
    height = line_height + round(size_px * 0.5)
    letters = np.zeros((height, width), np.float32)
    places, x = [], pad
    for text, team_dot in zip(texts, [None, *team_dots], strict=True):
        if team_dot is not None:
            places.append((team_dot, x + gap, (height - team_dot.height) // 2))
            x += gap + team_dot.width + pad // 2
        top = (height - text.shape[0]) // 2
        letters[top : top + text.shape[0], x : x + text.shape[1]] = text
        x += text.shape[1]
    sprite = stack([(rounded(width, height, size_px * 0.45), ground, 0.74), (letters, white, 1.0)])
    return _with_dots(sprite, places)


def _with_dots(sprite: Sprite, places: list[tuple[Sprite, int, int]]) -> Sprite:
    """Lay sprites (sprite, left, top) on a sprite."""
    color, clear = sprite.premultiplied.copy(), sprite.clear.copy()
    for team_dot, left, top in places:
        area = np.s_[top : top + team_dot.height, left : left + team_dot.width]
        color[area] = team_dot.premultiplied + team_dot.clear * color[area]
        clear[area] *= team_dot.clear
    return Sprite(color, clear)
