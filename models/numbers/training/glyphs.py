"""Digits in many shapes: strokes of our own as on jerseys (blocks, cut or round corners, serifs), and fonts."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Mask = NDArray[np.uint8]
Point = tuple[float, float]
Line = tuple[Point, ...]

TALL_PX = 56
"""Height of every glyph."""
_ROOM_PX = 20
_M = 0.48
"""Height of the middle bar."""
_SHAPES: dict[str, tuple[tuple[Line, ...], ...]] = {
    "0": (((((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))),),),
    "1": (
        (((0.5, 0), (0.5, 1)),),
        (((0.15, 0.2), (0.5, 0), (0.5, 1)),),
        (((0.15, 0.15), (0.5, 0.0), (0.5, 1)), ((0.1, 1), (0.9, 1))),
        (((0.1, 0), (0.5, 0), (0.5, 1)), ((0.1, 1), (0.9, 1))),
    ),
    "2": (
        (((0, 0.22), (0, 0), (1, 0), (1, _M), (0, _M), (0, 1), (1, 1)),),
        (((0, 0.22), (0, 0), (1, 0), (1, 0.4), (0, 1), (1, 1)),),
        (((0, 0.25), (0, 0), (1, 0), (1, 0.35), (0, 0.8), (0, 1), (1, 1), (1, 0.8)),),
    ),
    "3": (
        (((0, 0.22), (0, 0), (1, 0), (1, _M), (0.3, _M)), ((0.3, _M), (1, _M), (1, 1), (0, 1), (0, 0.78))),
        (((0, 0), (1, 0), (0.45, 0.42), (1, 0.55), (1, 1), (0, 1), (0, 0.8)),),
        (((0, 0), (1, 0), (1, _M), (0.3, _M)), ((0.3, _M), (1, _M), (1, 1), (0, 1))),
    ),
    "4": (
        (((0.72, 1), (0.72, 0), (0, 0.68), (1, 0.68)),),
        (((0, 0), (0, 0.55), (1, 0.55)), ((0.85, 0), (0.85, 1))),
        (((0.75, 1), (0.75, 0), (0.5, 0), (0, 0.55), (0, 0.7), (1, 0.7)), ((0.45, 1), (1, 1))),
    ),
    "5": (
        (((1, 0), (0, 0), (0, _M), (1, _M), (1, 1), (0, 1), (0, 0.78)),),
        (((0.95, 0), (0.1, 0), (0, 0.5), (0.3, 0.4), (1, 0.4), (1, 1), (0, 1), (0, 0.8)),),
    ),
    "6": (
        (((1, 0.22), (1, 0), (0, 0), (0, 1), (1, 1), (1, _M), (0, _M)),),
        (((0.8, 0), (0.1, 0.45), (0, 0.6), (0, 1), (1, 1), (1, _M), (0.05, _M)),),
    ),
    "7": (
        (((0, 0), (1, 0), (0.35, 1)),),
        (((0, 0.2), (0, 0), (1, 0), (1, 0.15), (0.4, 0.6), (0.4, 1)),),
        (((0, 0), (1, 0), (1, 1)),),
    ),
    "8": (((((0, 0), (1, 0), (1, _M), (0, _M), (0, 0))), ((0, _M), (1, _M), (1, 1), (0, 1), (0, _M))),),
    "9": (
        (((0, 0.78), (0, 1), (1, 1), (1, 0), (0, 0), (0, _M + 0.04), (1, _M + 0.04)),),
        (((0.2, 1), (0.9, 0.55), (1, 0.4), (1, 0), (0, 0), (0, 0.5), (0.95, 0.5)),),
    ),
}
"""Drawings of each digit in a unit square, y downwards; corners are cut or rounded when it is drawn."""
_FONTS = ("DejaVuSans*Bold*", "DejaVuSans.ttf", "DejaVuSerif*Bold*", "STIXGeneralBol*", "cmb10*", "cmss10*", "cmtt10*")
"""Fonts with digits that every installation of matplotlib brings."""
_UNWANTED = re.compile(
    r"italic|latin-ext|cyrillic|greek|vietnamese|devanagari|arabic|hebrew|thai|tamil|-[1-3]00-|-math"
)
"""Names of font files that are slanted, hairline thin, or of another script."""


@dataclass(frozen=True)
class Typeface:
    """Ten digits of one make."""

    digits: tuple[Mask, ...]
    """Masks (TALL_PX, w) of 0 to 9."""
    letters: Path | None
    """Font of the words beside the number; None where there is no font."""


def draw_typeface(rng: np.random.Generator, fonts: Sequence[Path] = ()) -> Typeface:
    """Make up a typeface: strokes as on jerseys, or a font, wider or narrower, bolder and more slanted than it is.

    Args:
        rng: everything random.
        fonts: font files beside those that come with matplotlib.
    """
    builtin = font_files()
    candidates = builtin if not fonts or rng.random() < 0.1 else fonts
    letters = candidates[int(rng.integers(len(candidates)))] if candidates else None
    if letters is None or rng.random() < (0.5 if fonts else 0.7):
        return _stroked(rng, letters)
    font = ImageFont.truetype(str(letters), 64)
    wide, slant = rng.uniform(0.6, 1.3), float(rng.choice([0.0, rng.uniform(-0.1, 0.25)], p=[0.8, 0.2]))
    bolder = int(rng.choice([0, 3, 5], p=[0.6, 0.25, 0.15]))
    digits = [_slanted(_printed(str(digit), font), slant) for digit in range(10)]
    if bolder:
        digits = [np.asarray(cv2.dilate(digit, np.ones((bolder, bolder), np.uint8)), np.uint8) for digit in digits]
    return Typeface(tuple(_fit(digit, wide) for digit in digits), letters)


def _slanted(mask: Mask, slant: float) -> Mask:
    """Lean a mask to the right, by so many widths per height."""
    tall, wide = mask.shape
    room = int(abs(slant) * tall) + 4
    matrix = np.array([[1.0, -slant, room + max(0.0, slant) * tall], [0.0, 1.0, 0.0]])
    return np.asarray(cv2.warpAffine(mask, matrix, (wide + 3 * room, tall)), np.uint8)


def fonts_in(folder: Path) -> tuple[Path, ...]:
    """Find the upright Latin fonts of regular and bold weight in a folder and below it, in order of name."""
    found = (path for path in folder.rglob("*") if path.suffix in {".ttf", ".otf", ".woff"})
    return tuple(sorted(path for path in found if _UNWANTED.search(path.name) is None))


@cache
def font_files() -> tuple[Path, ...]:
    """Find the fonts that come with matplotlib, in order of name; none if it is not there."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return ()
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return tuple(sorted({path for pattern in _FONTS for path in folder.glob(pattern)}))


@dataclass(frozen=True)
class _Pen:
    """How strokes become shapes."""

    aspect: float
    corner: float
    rounded: bool
    serif: float
    slant: float
    kernel: Mask


def _stroked(rng: np.random.Generator, letters: Path | None) -> Typeface:
    """Draw the ten digits with one pen."""
    square = rng.random() < 0.7
    aspect = rng.uniform(0.32, 0.8)
    thick = round(rng.uniform(5.0, max(7.0, 0.32 * aspect * TALL_PX)))
    size = (thick, max(4, round(thick * rng.uniform(0.75, 1.1))))
    pen = _Pen(
        aspect=aspect,
        corner=float(rng.choice([0.0, rng.uniform(0.05, 0.3)], p=[0.15, 0.85])),
        rounded=bool(rng.random() < 0.4),
        serif=float(rng.choice([0.0, rng.uniform(0.06, 0.14)], p=[0.65, 0.35])) if thick < 10 else 0.0,
        slant=float(rng.choice([0.0, rng.uniform(-0.05, 0.2)], p=[0.7, 0.3])),
        kernel=np.asarray(cv2.getStructuringElement(cv2.MORPH_RECT if square else cv2.MORPH_ELLIPSE, size), np.uint8),
    )
    digits = tuple(_drawn(shapes[int(rng.integers(len(shapes)))], pen) for shapes in _SHAPES.values())
    return Typeface(digits, letters)


def _drawn(lines: tuple[Line, ...], pen: _Pen) -> Mask:
    """Draw the lines of one digit."""
    tall = TALL_PX - len(pen.kernel)
    wide = tall * pen.aspect
    canvas = np.zeros((TALL_PX + 2 * _ROOM_PX, round(wide + pen.slant * tall) + 4 * _ROOM_PX), np.uint8)
    drawn = [_softened(line, pen, wide / tall) for line in lines]
    if pen.serif:
        drawn += [tick for line in lines if line[0] != line[-1] for tick in _serifs(line, pen.serif)]
    for points in drawn:
        x = points[:, 0] * wide + (1 - points[:, 1]) * pen.slant * tall + 2 * _ROOM_PX
        y = points[:, 1] * tall + _ROOM_PX
        cv2.polylines(canvas, [np.rint(np.column_stack([x, y])).astype(np.int32)], False, 255, 1)
    return _fit(np.asarray(cv2.dilate(canvas, pen.kernel), np.uint8), 1.0)


def _softened(line: Line, pen: _Pen, aspect: float) -> NDArray[np.float64]:
    """Cut or round the corners of a line; returns its points (k, 2)."""
    points = np.array(line, dtype=np.float64)
    closed = line[0] == line[-1]
    scale = np.array([aspect, 1.0])
    result: list[NDArray[np.float64]] = [] if closed else [points[0]]
    inner = range(len(points) - 1) if closed else range(1, len(points) - 1)
    for i in inner:
        here = points[i]
        before, after = points[i - 1] if i else points[-2], points[i + 1]
        ends = []
        for neighbour in (before, after):
            way = (neighbour - here) * scale
            share = min(0.5, pen.corner * min(1.0, aspect * 1.5) / max(float(np.hypot(*way)), 1e-6))
            ends.append(here + (neighbour - here) * share)
        result.append(ends[0])
        if pen.rounded:
            result += [(1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * here + t**2 * ends[1] for t in (0.25, 0.5, 0.75)]
        result.append(ends[1])
    result.append(result[0] if closed else points[-1])
    return np.array(result)


def _serifs(line: Line, length: float) -> list[NDArray[np.float64]]:
    """Make a short stroke across either end of a line."""
    ticks = []
    for end, before in ((line[0], line[1]), (line[-1], line[-2])):
        way = np.subtract(end, before)
        across = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-6) * length
        ticks.append(np.array([np.add(end, across), np.subtract(end, across)]))
    return ticks


def _printed(text: str, font: ImageFont.FreeTypeFont) -> Mask:
    """Print text with a font as a mask cut to its ink."""
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(picture).text((4 - left, 4 - top), text, fill=255, font=font)
    return np.asarray(picture, np.uint8)


def _fit(mask: Mask, wide: float) -> Mask:
    """Cut a mask to its ink and bring it to the common height, `wide` times as wide."""
    x, y, w, h = cv2.boundingRect(mask)
    width = max(6, round(w * TALL_PX / max(h, 1) * wide))
    return np.asarray(cv2.resize(mask[y : y + h, x : x + w], (width, TALL_PX), interpolation=cv2.INTER_AREA), np.uint8)


def compose(digits: Sequence[Mask], gap_px: int) -> tuple[Mask, NDArray[np.int64]]:
    """Set digits beside each other.

    Args:
        digits: masks (TALL_PX, w).
        gap_px: between them.

    Returns:
        Labels (TALL_PX, w): 0 where there is nothing, else the digit's place from 1 wherever its mask is over a half;
        and the left edge of each digit (k,).
    """
    lefts = np.cumsum([0, *(digit.shape[1] + gap_px for digit in digits[:-1])])
    label = np.zeros((TALL_PX, int(lefts[-1]) + digits[-1].shape[1]), np.uint8)
    for place, (left, digit) in enumerate(zip(lefts, digits, strict=True), start=1):
        label[:, left : left + digit.shape[1]][digit > 127] = place
    return label, lefts.astype(np.int64)


def print_word(text: str, tall_px: int, letters: Path | None) -> Mask:
    """Print a name or a town, `tall_px` high; an empty mask (tall_px, 1) where there is no font.

    Args:
        text: letters.
        tall_px: height.
        letters: font file.
    """
    if letters is None or not text:
        return np.zeros((tall_px, 1), np.uint8)
    mask = _printed(text, ImageFont.truetype(str(letters), max(8, round(tall_px * 1.3))))
    x, y, w, h = cv2.boundingRect(mask)
    if not w:
        return np.zeros((tall_px, 1), np.uint8)
    width = max(2, round(w * tall_px / h))
    return np.asarray(cv2.resize(mask[y : y + h, x : x + w], (width, tall_px), interpolation=cv2.INTER_AREA), np.uint8)
