"""Textures: the wooden floor with its lines, walls, boards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court, markings
from pipeline.rendering.people.appearance import Color

Image = NDArray[np.uint8]

APRON_M = (4.0, 3.6, 4.0, 7.0)
"""Floor beyond the lines: left, far, right, near."""
_SHIFT = 4


@dataclass(frozen=True)
class FloorStyle:
    """A floor's colours."""

    wood: Color
    apron: Color
    lane: Color
    line: Color
    inside: Color | None
    """Inside the three-point line, where it differs."""


def draw_floor_style(arena: bool, rng: np.random.Generator) -> FloorStyle:
    """Draw a floor's colours."""
    woods: tuple[Color, ...] = ((120, 172, 208), (140, 180, 205), (105, 158, 198), (132, 166, 186), (150, 184, 205))
    paints: tuple[Color, ...] = (
        (150, 70, 30),
        (35, 35, 160),
        (60, 60, 60),
        (100, 40, 70),
        (70, 110, 40),
        (170, 110, 20),
    )
    wood = woods[int(rng.integers(len(woods)))]
    paint = paints[int(rng.integers(len(paints)))]
    painted = rng.random() < (0.7 if arena else 0.35)
    apron = paint if rng.random() < 0.55 else wood
    white: Color = (238, 238, 238)
    line = white if rng.random() < 0.65 or apron != wood else (40, 35, 30)
    inside = tuple(int(c * 0.88) for c in wood) if rng.random() < 0.25 else None
    return FloorStyle(wood, apron, paint if painted else wood, line, inside)  # type: ignore[arg-type]


def paint_floor(
    court: Court,
    style: FloorStyle,
    px_per_m: float,
    lines_of_others: Literal["none", "some", "many"],
    title: str,
    rng: np.random.Generator,
) -> Image:
    """Paint the floor from above.

    Args:
        court: whose lines.
        style: colours.
        px_per_m: resolution.
        lines_of_others: none; some: volleyball, handball and badminton as in a school gym; many: five sports, and courts
            across, in colours that basketball has as well.
        title: word on the end aprons; empty for none.
        rng: grain of the wood.

    Returns:
        (h, w, 3): row 0 is `APRON_M[1]` beyond the far side line, column 0 `APRON_M[0]` left of the left end line.
    """
    left, far, right, near = APRON_M
    width = round((court.length_m + left + right) * px_per_m)
    height = round((court.width_m + far + near) * px_per_m)
    image = _wood(height, width, style.wood, px_per_m, rng)
    painter = _FloorPainter(image, np.array([left, far]), px_per_m)
    if style.apron != style.wood:
        inner = np.array([[0, 0], [court.length_m, 0], [court.length_m, court.width_m], [0, court.width_m]])
        outer = np.array(
            [[-2, -2], [court.length_m + 2, -2], [court.length_m + 2, court.width_m + 2], [-2, court.width_m + 2]]
        )
        painter.fill([outer, inner], style.apron)
    lines = markings(court)
    ends = (lines[3:7], lines[7:11])
    for box, circle, arc, _ in ends:
        if style.inside is not None:
            painter.fill([arc], style.inside)
        if style.lane != style.wood:
            painter.fill([box], style.lane)
            if rng.random() < 0.3:
                painter.fill([circle], style.lane)
    if style.lane != style.wood:
        painter.fill([lines[2]], style.lane)
    if lines_of_others == "some":
        _other_sports(painter, court, rng)
    if lines_of_others == "many":
        _many_sports(painter, court, rng.spawn(1)[0])
    for line in lines:
        painter.stroke(line, style.line, court.line_m)
    if title:
        painter.text(title, court, style)
        painter.emblem(title[:2], court, style)
    return image


def _wood(height: int, width: int, color: Color, px_per_m: float, rng: np.random.Generator) -> Image:
    """Planks along the length, each a little different."""
    plank = max(2, round(0.08 * px_per_m))
    rows, columns = -(-height // plank), -(-width // round(1.4 * px_per_m)) + 1
    shades = rng.normal(0, 4.0, (rows, columns)).astype(np.float32)
    tone = cv2.resize(shades, (width, rows), interpolation=cv2.INTER_NEAREST)
    tone = np.repeat(tone, plank, axis=0)[:height]
    cloud = cv2.resize(rng.normal(0, 7, (6, 9)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    coarse = rng.normal(0, 2.0, (height, width // 4 + 1)).astype(np.float32)
    grain = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    total = np.asarray(tone + cloud + grain)[..., None] * np.array([0.8, 1.0, 1.05], dtype=np.float32)
    painted: Image = np.clip(total + np.array(color, dtype=np.float32), 0, 255).astype(np.uint8)
    return painted


class _FloorPainter:
    """Drawing on the floor in metres."""

    def __init__(self, image: Image, offset_m: NDArray[np.float64], px_per_m: float) -> None:
        self.image, self.offset, self.scale = image, offset_m, px_per_m

    def points(self, line: NDArray[np.float64]) -> NDArray[np.int32]:
        return np.rint((line + self.offset) * self.scale * (1 << _SHIFT)).astype(np.int32)

    def stroke(self, line: NDArray[np.float64], color: Color, width_m: float) -> None:
        thick = max(1, round(width_m * self.scale))
        cv2.polylines(self.image, [self.points(line)], False, color, thick, cv2.LINE_AA, _SHIFT)

    def fill(self, rings: list[NDArray[np.float64]], color: Color) -> None:
        """Paint an area as varnish does: the wood shines through a little."""
        mask = np.zeros(self.image.shape[:2], dtype=np.uint8)
        cv2.fillPoly(mask, [self.points(r) for r in rings], 255, cv2.LINE_AA, _SHIFT)
        x, y, w, h = cv2.boundingRect(mask)
        part = self.image[y : y + h, x : x + w]
        share = mask[y : y + h, x : x + w, None].astype(np.float32) * (0.86 / 255)
        part[:] = (part * (1 - share) + np.array(color, dtype=np.float32) * share).astype(np.uint8)

    def text(self, title: str, court: Court, style: FloorStyle) -> None:
        """A word along each end line, outside."""
        scale = self.scale / 15
        color = style.line if style.apron != style.wood else style.lane
        (w, h), _ = cv2.getTextSize(title, cv2.FONT_HERSHEY_TRIPLEX, scale, max(2, round(self.scale / 12)))
        plate = np.zeros((h + 10, w + 10), dtype=np.uint8)
        cv2.putText(
            plate, title, (5, h + 2), cv2.FONT_HERSHEY_TRIPLEX, scale, 255, max(2, round(self.scale / 12)), cv2.LINE_AA
        )
        for x, turn in ((-1.3, cv2.ROTATE_90_COUNTERCLOCKWISE), (court.length_m + 1.3, cv2.ROTATE_90_CLOCKWISE)):
            sign = cv2.rotate(plate, turn)
            centre = (np.array([x, court.width_m / 2]) + self.offset) * self.scale
            y1, x1 = max(0, int(centre[1] - sign.shape[0] / 2)), max(0, int(centre[0] - sign.shape[1] / 2))
            part = self.image[y1 : y1 + sign.shape[0], x1 : x1 + sign.shape[1]]
            share = sign[: part.shape[0], : part.shape[1], None] / np.float32(300)
            part[:] = (part * (1 - share) + np.array(color, dtype=np.float32) * share).astype(np.uint8)

    def emblem(self, letters: str, court: Court, style: FloorStyle) -> None:
        """A round sign on the centre circle."""
        middle = (np.array([court.length_m / 2, court.width_m / 2]) + self.offset) * self.scale
        centre = round(float(middle[0])), round(float(middle[1]))
        ring = tuple(int(0.75 * c) for c in style.lane)
        for radius, color in ((1.65, ring), (1.35, style.wood)):
            cv2.circle(self.image, centre, round(radius * self.scale), color, -1, cv2.LINE_AA)
        size = self.scale / 14
        (w, h), _ = cv2.getTextSize(letters, cv2.FONT_HERSHEY_TRIPLEX, size, 4)
        at = centre[0] - w // 2, centre[1] + h // 2
        cv2.putText(self.image, letters, at, cv2.FONT_HERSHEY_TRIPLEX, size, ring, max(2, round(size * 2)), cv2.LINE_AA)


def _other_sports(painter: _FloorPainter, court: Court, rng: np.random.Generator) -> None:
    """Volleyball court, handball arcs, badminton fields."""
    colors: tuple[Color, ...] = ((40, 160, 40), (180, 70, 20), (40, 40, 60), (30, 200, 230), (50, 50, 200))
    order = rng.permutation(len(colors))
    middle = np.array([court.length_m / 2, court.width_m / 2])

    def box(half_x: float, half_y: float) -> NDArray[np.float64]:
        corners: NDArray[np.float64] = middle + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * np.array(
            [half_x, half_y]
        )
        return corners

    volley = colors[order[0]]
    painter.stroke(box(9, 4.5), volley, 0.05)
    for x in (-3, 0, 3):
        painter.stroke(middle + np.array([[x, -4.5], [x, 4.5]]), volley, 0.05)
    angles = np.linspace(-np.pi / 2, np.pi / 2, 40)
    for way in (-1, 1):
        arc = np.column_stack([-way * 14 + way * 6 * np.cos(angles), 6 * np.sin(angles)])
        painter.stroke(middle + arc, colors[order[1]], 0.05)
    for way in (-1, 1):
        field = box(6.7, 3.05) + np.array([way * 7.0, 0])
        painter.stroke(field, colors[order[2]], 0.04)


def _many_sports(painter: _FloorPainter, court: Court, rng: np.random.Generator) -> None:
    """Handball, volleyball along and across, badminton, futsal and small basketball courts across, a colour each."""
    colors: list[Color] = [(238, 238, 238), (40, 210, 240), (190, 90, 30), (50, 60, 200), (60, 150, 60), (40, 35, 30)]
    handball, volley, badminton, futsal, small, across = (colors[k] for k in rng.permutation(len(colors)))
    middle = np.array([court.length_m / 2, court.width_m / 2])

    def rectangle(half_x: float, half_y: float, at: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.float64]:
        signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
        return np.asarray(middle + at + signs * np.array([half_x, half_y]))

    angles = np.linspace(-np.pi / 2, np.pi / 2, 48)
    for way in (-1, 1):
        goal = middle + np.array([way * 16.0, 0.0])
        for radius, dashed in ((6.0, False), (9.0, True)):
            curve = np.column_stack([-way * radius * np.cos(angles), radius * np.sin(angles)])
            pieces = np.array_split(curve, 12)[::2] if dashed else [curve]
            for piece in pieces:
                painter.stroke(goal + piece, handball, 0.05)
        painter.stroke(rectangle(2.6, 2.6, (way * 10.5, 0.0)), futsal, 0.05)
        painter.stroke(rectangle(6.1, 3.05, (way * 6.7, 0.0)), badminton, 0.04)
        painter.stroke(rectangle(4.0, 6.9, (way * 7.0, 0.0)), across, 0.05)
        painter.stroke(
            middle + np.array([way * 7.0, 0.0]) + 1.3 * np.column_stack([np.sin(2 * angles), np.cos(2 * angles)]),
            small,
            0.05,
        )
    painter.stroke(rectangle(17.5, 10.0), handball, 0.05)
    painter.stroke(rectangle(9.0, 4.5), volley, 0.05)
    for x in (-3.0, 0.0, 3.0):
        painter.stroke(middle + np.array([[x, -4.5], [x, 4.5]]), volley, 0.05)


def paint_wall(length_m: float, height_m: float, px_per_m: float, arena: bool, rng: np.random.Generator) -> Image:
    """Paint a wall with advertising boards and windows; row 0 is its top.

    Args:
        length_m: of the wall.
        height_m: of the wall.
        px_per_m: resolution.
        arena: boards and stands, not a gym's bricks and windows.
        rng: everything random.

    Returns:
        (h, w, 3) uint8.
    """
    height, width = round(height_m * px_per_m), round(length_m * px_per_m)
    base = np.array((28, 26, 26) if arena else _gym_wall(rng), dtype=np.float32)
    rows = np.linspace(0.75, 1.05, height, dtype=np.float32)[:, None, None]
    image = np.broadcast_to(base * rows, (height, width, 3)).copy()
    image += cv2.resize(rng.normal(0, 5, (8, 20)).astype(np.float32), (width, height))[..., None]
    wall = np.clip(image, 0, 255).astype(np.uint8)
    if arena:
        return wall
    if rng.random() < 0.4:
        _bricks(wall, px_per_m, rng)
    if rng.random() < 0.6:
        _windows(wall, height_m, px_per_m, bool(rng.random() < 0.4))
    for bottom, chance in ((float(rng.uniform(1.3, 1.8)), 0.9), (float(rng.uniform(2.7, 3.1)), 0.6)):
        x = float(rng.uniform(0.5, 3))
        while rng.random() < chance and x < length_m - 4:
            board_w, board_h = float(rng.uniform(1.4, 3.6)), float(rng.uniform(0.7, 1.1))
            _sign(wall, x, height_m - bottom - board_h, board_w, board_h, px_per_m, rng)
            x += board_w + float(rng.choice([0.1, 0.1, 0.4, 2.5]))
    return wall


def _bricks(wall: Image, px_per_m: float, rng: np.random.Generator) -> None:
    """Rows of bricks, each a little different, in place."""
    high, long = max(2, round(0.12 * px_per_m)), max(4, round(0.34 * px_per_m))
    rows, columns = -(-wall.shape[0] // high), -(-wall.shape[1] // long) + 1
    shades = rng.normal(0, 11, (rows, columns)).astype(np.float32)
    shades = np.repeat(np.repeat(shades, long, axis=1), high, axis=0)[: wall.shape[0], : wall.shape[1]]
    shades[::high] -= 14
    wall[:] = np.clip(wall + shades[..., None], 0, 255).astype(np.uint8)


def _gym_wall(rng: np.random.Generator) -> Color:
    walls: tuple[Color, ...] = (
        (205, 212, 215),
        (170, 190, 200),
        (120, 140, 165),
        (190, 190, 180),
        (150, 160, 150),
        (95, 115, 150),
        (80, 95, 120),
        (70, 72, 80),
    )
    return walls[int(rng.integers(len(walls)))]


def _windows(wall: Image, height_m: float, px_per_m: float, night: bool) -> None:
    top, bottom = round((height_m - 5.6) * px_per_m), round((height_m - 4.3) * px_per_m)
    step = round(3.2 * px_per_m)
    for x in range(step, wall.shape[1] - step, step):
        wall[max(0, top) : bottom, x : x + int(step * 0.8)] = (38, 34, 32) if night else (250, 245, 235)


def _sign(wall: Image, x: float, y: float, w: float, h: float, px_per_m: float, rng: np.random.Generator) -> None:
    """One advertising board with a made-up word."""
    x1, y1, x2, y2 = (round(v * px_per_m) for v in (x, y, x + w, y + h))
    pale = rng.random() < 0.5
    back = tuple(int(v) for v in (rng.integers(195, 250, 3) if pale else rng.integers(20, 200, 3)))
    ink = (245, 245, 245) if sum(back) < 380 else (30, 30, 40)
    cv2.rectangle(wall, (x1, y1), (x2, y2), back, -1)
    word = "".join(rng.choice(list("ABCDEILMNORSTU"), int(rng.integers(4, 9))))
    (tw, th), _ = cv2.getTextSize(word, cv2.FONT_HERSHEY_DUPLEX, 1.0, 2)
    scale = min((x2 - x1) * 0.85 / tw, (y2 - y1) * 0.55 / th)
    at = (int((x1 + x2 - tw * scale) / 2), int((y1 + y2 + th * scale) / 2))
    cv2.putText(wall, word, at, cv2.FONT_HERSHEY_DUPLEX, scale, ink, max(1, round(2 * scale)), cv2.LINE_AA)
