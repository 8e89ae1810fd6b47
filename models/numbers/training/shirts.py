"""Shirts with a number on them, as flat pictures: uniform colours, outlines, names, stripes, and shirts without a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.numbers.training.glyphs import TALL_PX, Mask, Typeface, compose, print_word
from models.numbers.window import Image

Color = NDArray[np.float64]

SIDE_PX = 160
"""Of the square picture that a shirt is painted on; the number is in its middle."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LEAST_CONTRAST = 45.0
"""Between cloth and print, of 255."""


@dataclass(frozen=True)
class Shirt:
    """A painted shirt."""

    image: Image
    """(SIDE_PX, SIDE_PX, 3) BGR."""
    label: Mask
    """(SIDE_PX, SIDE_PX) 0, or the place of the digit from 1."""


def paint_shirt(text: str, face: Typeface, rng: np.random.Generator) -> Shirt:
    """Paint a shirt with a number ('' for none), whatever the colours, so that the number stands out a little.

    Args:
        text: the digits.
        face: their typeface.
        rng: everything random.
    """
    cloth, ink = _uniform_colors(rng)
    image = _cloth(cloth, rng)
    striped = rng.random() < (0.25 if text else 0.5)
    if striped:
        _stripe(image, cloth, rng)
    label = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    if text:
        digits, _ = compose([face.digits[int(digit)] for digit in text], int(rng.integers(1, 9)))
        digits = _within(digits)
        top, left = (SIDE_PX - digits.shape[0]) // 2, (SIDE_PX - digits.shape[1]) // 2
        label[top : top + digits.shape[0], left : left + digits.shape[1]] = digits
        if striped and rng.random() < 0.3:
            _panel(image, label, cloth, rng)
        _print_number(image, label, ink, cloth, rng)
    if rng.random() < (0.5 if text else 0.7):
        _words(image, ink, face, rng, middle=not text)
    if rng.random() < 0.2:
        _scribble(image, rng)
    return Shirt(np.clip(image, 0, 255).astype(np.uint8), label)


def _uniform_colors(rng: np.random.Generator) -> tuple[Color, Color]:
    """Draw two colours that differ: white, black and grey uniforms are the most common."""
    while True:
        cloth, ink = _color(rng), _color(rng)
        if np.abs(cloth - ink).max() > _LEAST_CONTRAST and np.linalg.norm(cloth - ink) > 1.5 * _LEAST_CONTRAST:
            return cloth, ink


def _color(rng: np.random.Generator) -> Color:
    """Draw a colour of cloth or print (3,) BGR, 0 to 255."""
    kind = rng.random()
    if kind < 0.3:
        return np.full(3, rng.uniform(190, 255)) * rng.uniform(0.92, 1.0, 3)
    if kind < 0.5:
        return np.full(3, rng.uniform(5, 60)) * rng.uniform(0.8, 1.2, 3)
    return np.asarray(rng.uniform(0, 255, 3))


def _cloth(color: Color, rng: np.random.Generator) -> NDArray[np.float32]:
    """Paint cloth with uneven light, (SIDE_PX, SIDE_PX, 3)."""
    light = rng.normal(1.0, rng.uniform(0.02, 0.18), (4, 4)).astype(np.float32)
    smooth = np.asarray(cv2.resize(light, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC), np.float32)
    return np.asarray(smooth[:, :, None] * color, np.float32)


def _stripe(image: NDArray[np.float32], cloth: Color, rng: np.random.Generator) -> None:
    """Add stripes, thin or as wide as the gaps between them, of another colour or another shade, in place."""
    color = (_color(rng) if rng.random() < 0.6 else np.clip(cloth * rng.uniform(0.5, 1.6), 0, 255)).tolist()
    step = int(rng.integers(8, 90) if rng.random() < 0.4 else rng.integers(8, 36))
    wide = int(rng.integers(1, 7) if rng.random() < 0.5 else max(2, step * rng.uniform(0.3, 0.6)))
    across = rng.random() < 0.2
    for at in range(int(rng.integers(0, step)), SIDE_PX, step):
        start, end = ((0, at), (SIDE_PX, at)) if across else ((at, 0), (at, SIDE_PX))
        cv2.line(image, start, end, color, wide)


def _panel(image: NDArray[np.float32], label: Mask, cloth: Color, rng: np.random.Generator) -> None:
    """Lay a plain panel between stripes and number, in place."""
    x, y, w, h = cv2.boundingRect((label > 0).astype(np.uint8))
    room = int(rng.integers(2, 14))
    image[max(0, y - room) : y + h + room, max(0, x - room) : x + w + room] = cloth


def _scribble(image: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Draw something like a sponsor's lettering below the number, in place."""
    top = (SIDE_PX + TALL_PX) // 2 + int(rng.integers(6, 20))
    x = np.linspace(rng.uniform(20, 60), rng.uniform(90, 140), 14)
    points = np.column_stack([x, top + rng.normal(0, rng.uniform(2, 6), 14)]).astype(np.int32)
    cv2.polylines(image, [points], False, _color(rng).tolist(), int(rng.integers(1, 5)))


def _within(digits: Mask) -> Mask:
    """Narrow a number that is wider than the shirt."""
    most = int(1.6 * TALL_PX)
    if digits.shape[1] <= most:
        return digits
    return np.asarray(cv2.resize(digits, (most, TALL_PX), interpolation=cv2.INTER_NEAREST), np.uint8)


def _print_number(image: NDArray[np.float32], label: Mask, ink: Color, cloth: Color, rng: np.random.Generator) -> None:
    """Print the digits with none, one or two outlines, or a shadow, in place; sometimes an outline alone."""
    mask = (label > 0).astype(np.uint8)
    edges = int(rng.choice(3, p=[0.45, 0.4, 0.15]))
    first = int(rng.integers(1, 5))
    for edge in range(edges, 0, -1):
        size = 2 * (first * edge) + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        _fill(image, np.asarray(cv2.dilate(mask, kernel), np.uint8), _color(rng))
    if edges == 0 and rng.random() < 0.1:
        shift = np.roll(mask, (int(rng.integers(1, 5)), int(rng.integers(-4, 5))), (0, 1))
        _fill(image, shift, _color(rng))
    inside = cloth if edges and rng.random() < 0.1 else ink
    _fill(image, mask, inside)


def _fill(image: NDArray[np.float32], mask: Mask, color: Color) -> None:
    """Lay a colour over the picture where the mask holds, with the cloth's light, in place."""
    soft = np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0), np.float32)[:, :, None]
    light = image.mean(axis=2, keepdims=True) / max(float(image.mean()), 1.0)
    image += soft * (color.astype(np.float32) * np.clip(light, 0.5, 1.5) - image)


def _words(image: NDArray[np.float32], ink: Color, face: Typeface, rng: np.random.Generator, middle: bool) -> None:
    """Write a name or a club above, or a town below the number (or, without one, in the middle), in place."""
    large = rng.random() < 0.3  # a club's three letters may be as high as the number
    count = int(rng.integers(2, 5) if large else rng.integers(4, 11))
    word = "".join(_LETTERS[k] for k in rng.integers(0, len(_LETTERS), count))
    tall = int(rng.integers(22, 60) if large else rng.integers(8, 22))
    mask = print_word(word, tall, face.letters)[:, : SIDE_PX - 2]
    gap = int(rng.integers(2, 14))
    above, below = (SIDE_PX - TALL_PX) // 2 - gap - tall, (SIDE_PX + TALL_PX) // 2 + gap
    mask = mask[max(0, -above) :] if large and not middle else mask
    if large and not middle:
        below = above = max(0, above)
    choices = [above, below] if not middle else [int(rng.integers(40, 110))]
    top = int(np.clip(choices[int(rng.integers(len(choices)))], 0, SIDE_PX - tall))
    left = (SIDE_PX - mask.shape[1]) // 2
    share = (mask.astype(np.float32) / 255)[:, :, None]
    part = image[top : top + mask.shape[0], left : left + mask.shape[1]]
    part += share * (ink.astype(np.float32) - part)


def paint_clutter(rng: np.random.Generator) -> Shirt:
    """Paint something without a number: blots, lines and edges in the colours of skin, floor and uniforms."""
    image = _cloth(_color(rng), rng)
    for _ in range(int(rng.integers(1, 9))):
        color = (skin(rng) if rng.random() < 0.3 else _color(rng)).tolist()
        points = rng.integers(0, SIDE_PX, (int(rng.integers(2, 6)), 2)).astype(np.int32)
        if rng.random() < 0.5:
            cv2.fillPoly(image, [np.asarray(cv2.convexHull(points), np.int32)], color)
        else:
            cv2.polylines(image, [points], bool(rng.random() < 0.3), color, int(rng.integers(1, 22)))
    return Shirt(np.clip(image, 0, 255).astype(np.uint8), np.zeros((SIDE_PX, SIDE_PX), np.uint8))


def skin(rng: np.random.Generator) -> Color:
    """Draw a colour of skin (3,) BGR."""
    light = rng.uniform(0.25, 1.0)
    return np.array([150, 180, 225]) * light * rng.uniform(0.85, 1.1, 3)


def hide(image: Image, label: Mask, rng: np.random.Generator) -> None:
    """Lay an arm or another body over a part of the picture, in place; what it hides has no label any more.

    Args:
        image: (h, w, 3).
        label: (h, w) place of the digit, 0 for none.
        rng: everything random.
    """
    side = image.shape[0]
    color = [float(c) for c in (skin(rng) if rng.random() < 0.5 else _color(rng))]
    if rng.random() < 0.6:
        ends = rng.integers(0, side, (3, 2)).astype(np.int32)
        thick = int(rng.integers(side // 16, side // 4))
        cv2.polylines(image, [ends], False, color, thick)
        cv2.polylines(label, [ends], False, 0, thick)
        return
    edge = _edge_polygon(side, rng)
    cv2.fillPoly(image, [edge], color)
    cv2.fillPoly(label, [edge], 0)


def _edge_polygon(side: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Make a polygon that covers one side of the picture up to an uneven line."""
    reach = rng.uniform(0.25, 0.65)
    line = np.column_stack([reach * side + rng.normal(0, 0.05 * side, 4), np.linspace(0, side, 4)])
    points: Sequence[Sequence[float]] = [[0.0, 0.0], *line.tolist(), [0.0, float(side)]]
    polygon = np.array(points)
    if rng.random() < 0.5:
        polygon[:, 0] = side - polygon[:, 0]
    return np.asarray(np.rint(polygon if rng.random() < 0.8 else polygon[:, ::-1]), np.int32)
