"""Random floors for training, painted from above: wood, paint, logos, lines of other sports, the court's own lines."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court, markings

Image = NDArray[np.uint8]
Array = NDArray[np.float64]
Color = tuple[int, int, int]

PX_PER_M = 30.0
ROOM_M = 9.0
"""Floor painted around the court on all sides."""
BARE, LINE = 120, 255
"""Values of the fourth channel: floor, and the court's own lines."""
_SHIFT = 4
_WOODS: tuple[Color, ...] = (
    (130, 180, 215), (150, 190, 215), (110, 165, 205), (140, 175, 195), (165, 200, 220), (95, 140, 190),
    (170, 195, 230), (120, 200, 235), (150, 160, 175), (185, 205, 215), (80, 120, 165), (140, 185, 245),
)  # fmt: skip
_PLASTICS: tuple[Color, ...] = ((150, 100, 40), (90, 120, 60), (60, 90, 160), (140, 140, 140), (110, 160, 90))


@dataclass(frozen=True)
class Floor:
    """A painted floor from above."""

    court: Court
    texture: Image
    """(h, w, 4): BGR and `BARE` or `LINE`; the far-left corner of the court is `ROOM_M` from both edges."""


def random_floor(court: Court, rng: np.random.Generator) -> Floor:
    """Paint a floor."""
    width = round((court.length_m + 2 * ROOM_M) * PX_PER_M)
    height = round((court.width_m + 2 * ROOM_M) * PX_PER_M)
    ground = _WOODS[int(rng.integers(len(_WOODS)))] if rng.random() < 0.9 else _PLASTICS[int(rng.integers(5))]
    image = _wood(height, width, ground, rng)
    board = _Board(image)
    _areas(board, court, ground, rng)
    _logos(board, court, rng)
    if rng.random() < 0.45:
        _other_sports(board, court, rng)
    line_mask = np.full((height, width), BARE, dtype=np.uint8)
    _court_lines(board, line_mask, court, ground, rng)
    if rng.random() < 0.15:
        _other_sports(board, court, rng)
    _glare(image, rng)
    return Floor(court, np.dstack([image, line_mask]))


def _wood(height: int, width: int, color: Color, rng: np.random.Generator) -> Image:
    """Planks along the length or across it, each a little different."""
    plank, contrast = int(rng.integers(2, 8)), rng.uniform(1, 9)
    shades = rng.normal(0, contrast, (-(-height // plank), -(-width // 40) + 1)).astype(np.float32)
    tone = cv2.resize(shades, (width, height), interpolation=cv2.INTER_NEAREST)
    if rng.random() < 0.3:  # blocks, as in a parquet floor
        block = int(rng.integers(15, 60))
        checks = rng.normal(0, contrast, (-(-height // block), -(-width // block))).astype(np.float32)
        tone = tone * 0.5 + cv2.resize(checks, (width, height), interpolation=cv2.INTER_NEAREST)
    cloud = cv2.resize(rng.normal(0, rng.uniform(2, 14), (5, 7)).astype(np.float32), (width, height))
    total = np.asarray(tone + cloud)[..., None] * np.array([0.8, 1.0, 1.05], dtype=np.float32)
    tint = np.array(color, dtype=np.float32) * rng.uniform(0.8, 1.12) + rng.normal(0, 6, 3).astype(np.float32)
    return np.asarray(np.clip(total + tint, 0, 255), np.uint8)


class _Board:
    """Drawing on the floor in metres."""

    def __init__(self, image: Image) -> None:
        self.image = image

    def points(self, line: Array) -> NDArray[np.int32]:
        return np.rint((line + ROOM_M) * PX_PER_M * (1 << _SHIFT)).astype(np.int32)

    def stroke(self, line: Array, color: Color, width_m: float, opacity: float = 1.0) -> None:
        thick = max(1, round(width_m * PX_PER_M))
        if opacity >= 0.97:
            cv2.polylines(self.image, [self.points(line)], False, color, thick, cv2.LINE_AA, _SHIFT)
            return
        mask = np.zeros(self.image.shape[:2], np.uint8)
        cv2.polylines(mask, [self.points(line)], False, 255, thick, cv2.LINE_AA, _SHIFT)
        self._blend(mask, color, opacity)

    def fill(self, rings: list[Array], color: Color, opacity: float) -> None:
        """Paint an area as varnish does: the wood shines through."""
        mask = np.zeros(self.image.shape[:2], dtype=np.uint8)
        cv2.fillPoly(mask, [self.points(r) for r in rings], 255, cv2.LINE_AA, _SHIFT)
        self._blend(mask, color, opacity)

    def _blend(self, mask: Image, color: Color, opacity: float) -> None:
        x, y, w, h = cv2.boundingRect(mask)
        part = self.image[y : y + h, x : x + w]
        share = cv2.merge([mask[y : y + h, x : x + w].astype(np.float32) * (opacity / 255)] * 3)
        flat = np.array(color, np.float32)
        part[:] = (part * (1 - share) + flat * share).astype(np.uint8)

    def word(self, text: str, centre_m: Array, tall_m: float, angle: float, color: Color) -> None:
        """Write a word about a place, turned by an angle in degrees."""
        scale = max(0.3, tall_m * PX_PER_M / 22)
        thick = max(1, round(scale * 3))
        (w, h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, thick)
        side = int(np.hypot(w, h)) + 8
        plate = np.zeros((side, side), np.uint8)
        at = ((side - w) // 2, (side + h) // 2)
        cv2.putText(plate, text, at, cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick, cv2.LINE_AA)
        turn = cv2.getRotationMatrix2D((side / 2, side / 2), angle, 1)
        plate = np.asarray(cv2.warpAffine(plate, turn, (side, side)), np.uint8)
        corner = np.rint((centre_m + ROOM_M) * PX_PER_M - side / 2).astype(int)
        mask = np.zeros(self.image.shape[:2], np.uint8)
        high, wide = self.image.shape[:2]
        x1, y1 = max(0, corner[0]), max(0, corner[1])
        x2, y2 = min(wide, corner[0] + side), min(high, corner[1] + side)
        if x1 < x2 and y1 < y2:
            mask[y1:y2, x1:x2] = plate[y1 - corner[1] : y2 - corner[1], x1 - corner[0] : x2 - corner[0]]
            self._blend(mask, color, 0.95)


def any_color(rng: np.random.Generator) -> Color:
    """Draw a colour: often a strong one, sometimes nearly black or white."""
    kind = rng.random()
    if kind < 0.15:
        level = rng.integers(5, 60)
        return (int(level), int(level), int(level))
    if kind < 0.3:
        level = rng.integers(200, 255)
        return (int(level), int(level), int(level))
    pixel = np.array([[[rng.integers(180), rng.integers(80, 255), rng.integers(50, 255)]]], np.uint8)
    blue, green, red = cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0].tolist()
    return (blue, green, red)


def _rectangle(x1: float, y1: float, x2: float, y2: float) -> Array:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2], [x1, y1]])


def _areas(board: _Board, court: Court, ground: Color, rng: np.random.Generator) -> None:
    """Paint what lies between the lines: aprons, lanes, circles, the inside of the three-point line."""
    length, width = court.length_m, court.width_m
    paint, second = any_color(rng), any_color(rng)
    opacity = rng.uniform(0.75, 1.0)
    inner = _rectangle(0, 0, length, width)
    if rng.random() < 0.65:  # another floor further out
        a, b, c, d = rng.uniform(0.4, 5, 4)
        rest = any_color(rng) if rng.random() < 0.6 else tuple(int(v * rng.uniform(0.5, 1.1)) for v in ground)
        everything = _rectangle(-ROOM_M, -ROOM_M, length + ROOM_M, width + ROOM_M)
        board.fill([everything, _rectangle(-a, -b, length + c, width + d)], (rest[0], rest[1], rest[2]), opacity)
    if rng.random() < 0.6:
        a, b, c = rng.uniform(0.6, 2.6, 3)
        board.fill([_rectangle(-a, -b, length + a, width + c), inner], paint if rng.random() < 0.7 else second, opacity)
    lines = markings(court)
    if rng.random() < 0.12:
        board.fill([inner], tuple(int(np.clip(v * rng.uniform(0.7, 1.2), 0, 255)) for v in ground), opacity)  # type: ignore[arg-type]
    inside, lane, circle = rng.random(6) < 0.25, rng.random() < 0.6, rng.random() < 0.3
    shade = tuple(int(np.clip(v * rng.uniform(0.75, 1.15), 0, 255)) for v in ground)
    for box, half, arc, _ in (lines[3:7], lines[7:11]):
        if inside[0]:
            board.fill([arc], (shade[0], shade[1], shade[2]) if inside[1] else second, opacity)
        if lane:
            board.fill([box], paint, opacity)
        if circle:
            board.fill([half], paint if lane else second, opacity)
    if rng.random() < 0.35:
        board.fill([lines[2]], paint if rng.random() < 0.5 else second, opacity)


def _logos(board: _Board, court: Court, rng: np.random.Generator) -> None:
    """Lay a sign over the centre and words here and there."""
    middle = np.array([court.length_m / 2, court.width_m / 2])
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 5))):
            count = int(rng.integers(3, 9))
            angles = np.sort(rng.uniform(0, 2 * np.pi, count))
            radius = rng.uniform(0.4, 3.2, count)
            ring = middle + rng.normal(0, 0.5, 2) + np.column_stack([np.cos(angles), np.sin(angles)]) * radius[:, None]
            board.fill([ring], any_color(rng), 0.9)
    words = ["ARENA", "BASKET", "CITY", "HOME COURT", "ENERGY", "FIRST", "BANK", "PLAYOFFS", "TELECOM", "AUTO", "WAY"]
    for _ in range(int(rng.integers(0, 7))):
        side = rng.random()
        if side < 0.4:  # on the aprons
            x, y = rng.uniform(0, court.length_m), rng.choice([-1.0, court.width_m + 1.2])
            place, angle = np.array([x, y]), 0.0
        elif side < 0.7:
            place, angle = np.array([rng.choice([-1.2, court.length_m + 1.2]), rng.uniform(3, 12)]), 90.0
        else:
            place, angle = rng.uniform(0, 1, 2) * [court.length_m, court.width_m], float(rng.choice([0, 0, 20, -20]))
        angle += 180.0 * (rng.random() < 0.3)
        board.word(str(rng.choice(words)), place, float(rng.uniform(0.5, 1.6)), angle, any_color(rng))


def _court_lines(board: _Board, line_mask: Image, court: Court, ground: Color, rng: np.random.Generator) -> None:
    """Paint the court's lines, and mark them in the mask."""
    white: Color = (int(rng.integers(215, 255)),) * 3
    color = white if rng.random() < 0.6 else any_color(rng)
    if np.abs(np.subtract(color, ground)).max() < 45:
        color = white if sum(ground) < 480 else (40, 35, 35)
    opacity = rng.uniform(0.75, 1.0)
    three_color = any_color(rng) if rng.random() < 0.15 else color
    lines = markings(court, 0.25)
    three = {5, 9}
    for number, line in enumerate(lines):
        if number in (6, 10) and rng.random() < 0.2:
            continue
        board.stroke(line, three_color if number in three else color, court.line_m * rng.uniform(0.9, 1.4), opacity)
        thick = max(1, round(1.6 * court.line_m * PX_PER_M))
        cv2.polylines(line_mask, [board.points(line)], False, LINE, thick, cv2.LINE_8, _SHIFT)
    if court.name != "fiba" or rng.random() < 0.3:
        _small_marks(board, court, color, rng)


def _small_marks(board: _Board, court: Court, color: Color, rng: np.random.Generator) -> None:
    """Hash marks, the dashed half of the free-throw circle, lane-space marks: a choice of what rule books have."""
    flip = np.array([court.length_m, 0.0])
    middle = court.width_m / 2
    pieces: list[Array] = []
    for y, way in ((0.0, 1.0), (court.width_m, -1.0)):
        pieces.append(np.array([[8.53, y], [8.53, y + way * 0.91]]))
    for k in range(6):
        angle = np.linspace(np.pi / 2 + k * np.pi / 6, np.pi / 2 + (k + 0.5) * np.pi / 6, 5)
        radius = court.free_throw_radius_m
        pieces.append(np.column_stack([court.free_throw_m + radius * np.cos(angle), middle + radius * np.sin(angle)]))
    for x in (2.13, 3.05, 3.96):
        for way in (-1, 1):
            edge = middle + way * court.lane_width_m / 2
            pieces.append(np.array([[x, edge], [x, edge + way * 0.15]]))
    for piece in pieces:
        if rng.random() < 0.85:
            board.stroke(piece, color, 0.05)
            board.stroke(flip + piece * [-1, 1], color, 0.05)


def _other_sports(board: _Board, court: Court, rng: np.random.Generator) -> None:
    """Volleyball, handball, badminton, small cross courts: some of them, in other colours."""
    middle = np.array([court.length_m / 2, court.width_m / 2])

    def box(half_x: float, half_y: float, at: Array) -> Array:
        corners = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * np.array([half_x, half_y])
        return np.asarray(at + corners, np.float64)

    opacity = rng.uniform(0.6, 1.0)
    if rng.random() < 0.7:
        color = any_color(rng)
        board.stroke(box(9, 4.5, middle), color, 0.05, opacity)
        for x in (-3, 0, 3):
            board.stroke(middle + np.array([[x, -4.5], [x, 4.5]]), color, 0.05, opacity)
    if rng.random() < 0.45:
        color = any_color(rng)
        angles = np.linspace(-np.pi / 2, np.pi / 2, 30)
        half = rng.uniform(13, 17)
        for radius in (6.0, 9.0):
            for way in (-1, 1):
                arc = np.column_stack([-way * half + way * radius * np.cos(angles), radius * np.sin(angles)])
                board.stroke(middle + arc, color, 0.06, opacity)
        board.stroke(box(half, rng.uniform(7.6, 9.5), middle), color, 0.06, opacity)
    if rng.random() < 0.4:
        color = any_color(rng)
        for x in rng.choice([-10.0, -7.0, 0.0, 7.0, 10.0], int(rng.integers(1, 4)), replace=False):
            field = box(3.05, 6.7, middle + np.array([x, 0.0]))
            board.stroke(field, color, 0.04, opacity)
            board.stroke(middle + np.array([[x, -6.7], [x, 6.7]]), color, 0.04, opacity)
    if rng.random() < 0.2:
        color = any_color(rng)
        for x in np.array([-7.0, 7.0]):
            board.stroke(box(7.0, 7.4, middle + np.array([x, 0.0])), color, 0.05, opacity)
            board.stroke(box(2.45, 5.8, middle + np.array([x, 0.0])), color, 0.05, opacity)


def _glare(image: Image, rng: np.random.Generator) -> None:
    """Uneven light: soft bright and dark patches."""
    if rng.random() < 0.4:
        return
    coarse = rng.normal(0, 1, (6, 9)).astype(np.float32) ** 3 * rng.uniform(3, 16)
    coarse = np.clip(coarse, -35, 140)
    light = cv2.resize(coarse, (image.shape[1] // 8, image.shape[0] // 8), interpolation=cv2.INTER_CUBIC)
    light = cv2.resize(light, (image.shape[1], image.shape[0]))
    image[:] = np.clip(image.astype(np.float32) + light[..., None], 0, 255).astype(np.uint8)
