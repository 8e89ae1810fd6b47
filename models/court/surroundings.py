"""What is around and before a rendered court: walls, crowd, boards, baskets, people, graphics. Rough, and many."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.court.cameras import Camera
from models.court.floors import Color, any_color
from pipeline.geometry.court import Court

Image = NDArray[np.uint8]
Array = NDArray[np.float64]

_WORDS = ("ARENA", "COLA", "SPORT", "BANK", "TYRES", "PIZZA", "CITY", "POWER", "AIR", "42", "HOTEL", "FM 101")


def backdrop(shape: tuple[int, int], rng: np.random.Generator) -> Image:
    """Paint a wall or a stand (h, w, 3): noise of many sizes, crowd, boards."""
    height, width = shape
    dark = rng.uniform(10, 210) if rng.random() < 0.6 else rng.uniform(5, 60)
    base = np.full((height, width, 3), 0, np.float32) + (dark + rng.normal(0, 12, 3)).astype(np.float32)
    for cells in (3, 9, 27):
        noise = rng.normal(0, rng.uniform(2, 18), (cells, cells * 2, 3)).astype(np.float32)
        base += cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
    image = np.clip(base, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        top, bottom = sorted(rng.uniform(0, height, 2).astype(int))
        _crowd(image[top : max(bottom, top + 8)], rng)
    for _ in range(int(rng.integers(0, 9))):
        _sign(image, rng)
    for _ in range(int(rng.integers(0, 6))):  # beams, rails, edges of stands
        a, b = rng.uniform(0, 1, (2, 2)) * [width, height]
        if rng.random() < 0.6:
            b[1] = a[1] + rng.normal(0, 8)
        cv2.line(image, _px(a), _px(b), any_color(rng), int(rng.integers(1, 7)), cv2.LINE_AA)
    return image


def _crowd(part: Image, rng: np.random.Generator) -> None:
    """Fill a part of a picture with specks of two or three sizes, in place."""
    height, width = part.shape[:2]
    speck = rng.uniform(2.5, 9)
    rows, columns = max(2, int(height / speck)), max(2, int(width / speck))
    colors = rng.uniform(0, 1, (rows, columns, 3)) ** rng.uniform(0.7, 2.5) * rng.uniform(90, 255)
    if rng.random() < 0.4:  # the home side's colour
        worn = rng.random((rows, columns)) < rng.uniform(0.3, 0.8)
        colors[worn] = np.array(any_color(rng)) * rng.uniform(0.7, 1.1, (int(worn.sum()), 1))
    skin = rng.random((rows, columns)) < 0.25
    colors[skin] = np.array([110, 140, 190]) * rng.uniform(0.4, 1.1, (int(skin.sum()), 1))
    picture = np.clip(colors, 0, 255).astype(np.uint8)
    flags = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR
    part[:] = cv2.resize(picture, (width, height), interpolation=flags)


def _sign(image: Image, rng: np.random.Generator) -> None:
    """One advertising board, in place."""
    height, width = image.shape[:2]
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    w, h = rng.uniform(20, 160), rng.uniform(8, 40)
    back, ink = any_color(rng), any_color(rng)
    cv2.rectangle(image, _px((x, y)), _px((x + w, y + h)), back, -1)
    word = str(rng.choice(_WORDS))
    cv2.putText(
        image, word, _px((x + 3, y + h * 0.75)), cv2.FONT_HERSHEY_DUPLEX, h / 38, ink, max(1, int(h / 20)), cv2.LINE_AA
    )


def _write(image: Image, text: str, at: tuple[int, int], size: float, color: Color) -> None:
    """Write on a picture (h, w, 4), in place; the fourth channel stays."""
    kept = image[..., 3].copy()
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_DUPLEX, size, (*color, 0), max(1, int(size * 2)), cv2.LINE_AA)
    image[..., 3] = kept


def furnish(image: Image, camera: Camera, court: Court, rng: np.random.Generator) -> None:
    """Put boards, benches, baskets, people and near spectators into a picture (h, w, 4), in place, far to near.

    Args:
        image: (h, w, 4).
        camera: the camera, without a lens.
        court: the court.
        rng: everything random.
    """
    if rng.random() < 0.55:
        _boards(image, camera, court, rng)
    far = rng.uniform([-3, -4], [court.length_m + 3, -1.0], (int(rng.integers(0, 30)), 2))
    ends = np.column_stack([
        rng.choice([-1, 1], 12) * rng.uniform(15.5, 18.5, 12) + court.length_m / 2, rng.uniform(-2, court.width_m, 12)
    ])  # fmt: skip
    for place in far[np.argsort(far[:, 1])]:
        _person(image, camera, place, rng.uniform(1.0, 1.8), (any_color(rng), any_color(rng)), rng)
    if rng.random() < 0.4:
        for place in ends[: int(rng.integers(2, 12))]:
            _person(image, camera, place, rng.uniform(1.0, 1.8), (any_color(rng), any_color(rng)), rng)
    uniforms = [(any_color(rng), any_color(rng)) for _ in range(3)]
    players = _players(court, rng)
    drawn = [False, False]
    for place in players[np.argsort(players[:, 1])]:
        for side in (0, 1):
            if not drawn[side] and place[1] > court.width_m / 2:
                drawn[side] = True
                _basket(image, camera, court, side, rng)
        _person(image, camera, place, rng.uniform(1.75, 2.1), uniforms[int(rng.choice(3, p=[0.42, 0.42, 0.16]))], rng)
    for side in (0, 1):
        if not drawn[side]:
            _basket(image, camera, court, side, rng)
    if rng.random() < 0.5:
        _near_crowd(image, rng)
    if rng.random() < 0.2:
        _rail(image, rng)


def _players(court: Court, rng: np.random.Generator) -> Array:
    """Place players and referees (n, 2): most of them in one half."""
    count = int(rng.integers(0, 15))
    half = rng.choice([0.25, 0.5, 0.75]) * court.length_m
    x = np.clip(rng.normal(half, rng.uniform(3, 7), count), -1, court.length_m + 1)
    y = np.clip(rng.normal(court.width_m / 2, 4, count), -1, court.width_m + 1.5)
    return np.column_stack([x, y])


def _px(point: Array | tuple[float, float]) -> tuple[int, int]:
    return int(min(max(point[0], -9000), 9000)), int(min(max(point[1], -9000), 9000))


def _person(
    image: Image, camera: Camera, place: Array, tall_m: float, uniform: tuple[Color, Color], rng: np.random.Generator
) -> None:
    """Draw one person of sticks and blobs."""
    ends = camera.project(np.array([[place[0], place[1], 0.0], [place[0], place[1], tall_m]]))
    if not np.isfinite(ends).all():
        return
    foot, head = ends
    up = head - foot
    tall = float(np.hypot(*up))
    if tall < 3 or tall > 1500 or not -100 < foot[0] < image.shape[1] + 100:
        return
    side = np.array([-up[1], up[0]]) * rng.uniform(0.8, 1.2)
    dark = rng.uniform(0.3, 1.0)
    skin = (int(120 * dark), int(150 * dark), int(205 * dark), 0)
    shirt, shorts = (*uniform[0], 0), (*uniform[1], 0)

    def at(high: float, beside: float) -> tuple[int, int]:
        return _px(foot + up * high + side * beside)

    def limb(a: tuple[float, float], b: tuple[float, float], wide: float, color: tuple[int, int, int, int]) -> None:
        cv2.line(image, at(*a), at(*b), color, max(1, round(wide * tall)), cv2.LINE_AA if tall > 30 else cv2.LINE_8)

    stride, swing = rng.uniform(0.02, 0.16), rng.uniform(-0.2, 0.25)
    if rng.random() < 0.5:
        reach = max(2, int(tall * 0.16))
        cv2.ellipse(image, at(0, 0), (reach, max(1, reach // 3)), 0, 0, 360, tuple(int(c) for c in (40, 50, 60, 0)), -1)
    for way in (-1, 1):
        limb((0.02, way * stride), (0.28, way * stride * 0.8), 0.07, skin)
        limb((0.28, way * stride * 0.8), (0.5, way * 0.05), 0.1, shorts)
        limb((0.78, way * 0.1), (0.58 + swing * way, way * rng.uniform(0.12, 0.3)), 0.055, skin)
    limb((0.5, 0), (0.78, 0), 0.2, shirt)
    cv2.circle(image, at(0.92, 0), max(1, round(0.07 * tall)), skin, -1, cv2.LINE_AA if tall > 30 else cv2.LINE_8)


def _basket(image: Image, camera: Camera, court: Court, side: int, rng: np.random.Generator) -> None:
    """Draw backboard, rim and stand of one end."""
    middle, way = court.width_m / 2, 1.0 if side == 0 else -1.0
    end = 0.0 if side == 0 else court.length_m
    face = end + way * court.backboard_m
    board = np.array(
        [[face, middle - 0.9, 2.9], [face, middle + 0.9, 2.9], [face, middle + 0.9, 3.95], [face, middle - 0.9, 3.95]]
    )
    rim = np.array(
        [
            [end + way * (court.basket_m + 0.23 * np.cos(a)), middle + 0.23 * np.sin(a), 3.05]
            for a in np.linspace(0, 6.28, 12)
        ]
    )
    foot = end - way * rng.uniform(0.6, 2.5)
    arm = np.array([[foot, middle, 0.0], [foot, middle, rng.uniform(1.5, 2.6)], [face - way * 0.1, middle, 3.3]])
    px = [camera.project(part) for part in (arm, board, rim)]
    if not all(np.isfinite(part).all() and np.abs(part).max() < 8000 for part in px):
        return
    scale = camera.focal_px / max(1.0, float(np.linalg.norm(camera.position - board[0])))
    color = (*any_color(rng), 0)
    cv2.polylines(image, [np.rint(px[0]).astype(np.int32)], False, color, max(1, round(rng.uniform(0.15, 0.7) * scale)))
    outline = [np.rint(px[1]).astype(np.int32)]
    if rng.random() < 0.5:
        cv2.fillPoly(image, outline, (225, 225, 225, 0))
    cv2.polylines(
        image,
        outline,
        True,
        (*((240, 240, 240) if rng.random() < 0.6 else any_color(rng)), 0),
        max(1, round(0.06 * scale)),
    )
    cv2.polylines(image, [np.rint(px[2]).astype(np.int32)], True, (40, 80, 230, 0), max(1, round(0.03 * scale)))


def _boards(image: Image, camera: Camera, court: Court, rng: np.random.Generator) -> None:
    """Draw advertising boards behind the far side line."""
    away, tall = rng.uniform(-5, -1.2), rng.uniform(0.6, 1.2)
    x = rng.uniform(-8, 0)
    color = any_color(rng)
    while x < court.length_m + 6:
        wide = rng.uniform(2, 6)
        corners = np.array([[x, away, 0], [x + wide, away, 0], [x + wide, away, tall], [x, away, tall]])
        px = camera.project(corners)
        if np.isfinite(px).all() and np.abs(px).max() < 8000:
            back = color if rng.random() < 0.5 else any_color(rng)
            cv2.fillPoly(image, [np.rint(px).astype(np.int32)], (*back, 0))
            size = abs(float(px[0, 1] - px[3, 1])) / 45
            if size > 0.1:
                at = _px((px[0, 0] + 2, px[0, 1] - 2))
                _write(image, str(rng.choice(_WORDS)), at, size, any_color(rng))
        x += wide + rng.choice([0.0, 0.5])


def _near_crowd(image: Image, rng: np.random.Generator) -> None:
    """Cover the lower edge with heads and shoulders."""
    height, width = image.shape[:2]
    cover, size = rng.uniform(0.02, 0.3) * height, rng.uniform(0.02, 0.07) * height
    if rng.random() < 0.35:
        cover = rng.uniform(0.0, 0.1) * height
    rows = max(1, int(cover / (size * 1.6)))
    home = any_color(rng)
    for row in range(rows, -1, -1):
        base = height - row * size * 1.6
        for x in np.arange(-size, width + size, size * rng.uniform(1.9, 3.2)):
            if rng.random() < 0.15:
                continue
            at = np.array([x + rng.normal(0, size * 0.4), base + rng.normal(0, size * 0.3)])
            shirt = home if rng.random() < 0.4 else any_color(rng)
            gain = rng.uniform(0.25, 1.0)
            tone = tuple(int(c * gain) for c in shirt)
            cv2.ellipse(
                image, _px((at[0], at[1] + size * 1.9)), _px((size * 1.1, size * 1.3)), 0, 0, 360, (*tone, 0), -1
            )
            hair = (
                (int(110 * gain), int(135 * gain), int(180 * gain))
                if rng.random() < 0.3
                else (int(45 * gain), int(40 * gain), int(35 * gain))
            )
            cv2.circle(image, _px(at), max(1, int(size * 0.6)), (*hair, 0), -1)


def _rail(image: Image, rng: np.random.Generator) -> None:
    """Draw a railing across the lower part."""
    height, width = image.shape[:2]
    y, slope, tall = rng.uniform(0.7, 1.0) * height, rng.normal(0, 0.08), rng.uniform(0.05, 0.25) * height
    color = (*any_color(rng), 0)
    thick = int(rng.integers(1, 5))
    for level in (0.0, 0.5, 1.0):
        a, b = (0, y + level * tall), (width, y + slope * width + level * tall)
        cv2.line(image, _px(a), _px(b), color, thick)
    for x in np.arange(0, width, rng.uniform(8, 90)):
        top = y + slope * x
        cv2.line(image, _px((x, top)), _px((x, top + tall)), color, max(1, thick // 2))


def close_people(image: Image, rng: np.random.Generator) -> None:
    """Fill a picture (h, w, 4) with a few large people, in place: a close-up."""
    height, width = image.shape[:2]
    if rng.random() < 0.3:
        _near_crowd(image, rng)
    for _ in range(int(rng.integers(0, 6))):
        size = rng.uniform(0.06, 0.35) * height
        at = rng.uniform(0, 1, 2) * [width, height * 0.8]
        shirt, gain = any_color(rng), rng.uniform(0.4, 1)
        cv2.ellipse(image, _px((at[0], at[1] + size * 2.6)), _px((size * 1.4, size * 2.0)), 0, 0, 360, (*shirt, 0), -1)
        cv2.ellipse(
            image,
            _px(at),
            _px((size * 0.6, size * 0.8)),
            0,
            0,
            360,
            (int(120 * gain), int(150 * gain), int(200 * gain), 0),
            -1,
        )


def overlays(image: Image, rng: np.random.Generator) -> None:
    """Lay the graphics of a broadcast over a picture (h, w, 4), in place."""
    height, width = image.shape[:2]
    if rng.random() < 0.35:
        y, h = rng.choice([rng.uniform(0.8, 0.94), rng.uniform(0.02, 0.06)]) * height, rng.uniform(0.04, 0.1) * height
        x1, x2 = np.sort(rng.uniform(0.02, 0.98, 2)) * width
        cv2.rectangle(image, _px((x1, y)), _px((x2, y + h)), (*any_color(rng), 0), -1)
        for x in np.arange(x1, x2, h * 1.6):
            if rng.random() < 0.7:
                cv2.rectangle(image, _px((x, y)), _px((min(x2, x + h), y + h)), (*any_color(rng), 0), -1)
            text = str(rng.integers(0, 130))
            _write(image, text, _px((x + 2, y + h * 0.8)), h / 36, any_color(rng))
    if rng.random() < 0.15:
        x, y = rng.uniform(0, 0.85) * width, rng.uniform(0, 0.9) * height
        w, h = rng.uniform(0.05, 0.35) * width, rng.uniform(0.05, 0.16) * height
        cv2.rectangle(image, _px((x, y)), _px((x + w, y + h)), (*any_color(rng), 0), -1)
    if rng.random() < 0.1:
        at = _px((rng.uniform(0, 0.8) * width, rng.uniform(0.06, 0.99) * height))
        _write(image, str(rng.choice(_WORDS)), at, float(rng.uniform(0.4, 1.2)), any_color(rng))
