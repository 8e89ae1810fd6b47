"""Small anti-aliased pictures with transparency - labels, rings under feet, markers - drawn once and laid on frames.

Shapes are drawn four times too large and without anti-aliasing; reduced, they are smooth. Text is set by Pillow, in any
script that DejaVu Sans has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.present.annotated_video.canvas import halved, yuv_layer
from pipeline.present.drawing.layers import Bytes, cover
from pipeline.present.drawing.text import Coverage, text_coverage
from pipeline.present.palette import Color
from pipeline.video import Planes

_SUPERSAMPLING = 4
"""Drawn so many times larger in each direction, then reduced."""


@dataclass(frozen=True)
class Sprite:
    """A picture with transparency."""

    premultiplied: NDArray[np.float32]
    """(h, w, 3) BGR times coverage, 0 to 255."""
    clear: NDArray[np.float32]
    """(h, w, 1) share of the ground that shows through."""

    @property
    def width(self) -> int:
        """In px."""
        return int(self.clear.shape[1])

    @property
    def height(self) -> int:
        """In px."""
        return int(self.clear.shape[0])

    @cached_property
    def _layers(self) -> dict[tuple[int, int], _SpriteForm]:
        """As they are laid, by the corner's place in the two by two pixels that share a colour; filled when asked for."""
        return {}

    def lay(self, planes: Planes, left: int, top: int) -> None:
        """Lay the sprite on a picture in place; what lies outside is cut off.

        Args:
            planes: drawn on in place.
            left: px of the sprite's left edge.
            top: px of its upper edge.
        """
        phase = (left % 2, top % 2)
        if phase not in self._layers:
            self._layers[phase] = _SpriteForm.of(self, phase)
        layer = self._layers[phase]
        left, top = left - phase[0], top - phase[1]
        _lay(planes.luma, layer.luma_kept, layer.luma, left, top)
        _lay(planes.chroma, layer.chroma_kept, layer.chroma, left // 2, top // 2)


@dataclass(frozen=True)
class _SpriteForm:
    """A sprite as `cover` takes it, padded to even sizes and an even corner."""

    luma_kept: Bytes
    luma: Bytes
    chroma_kept: Bytes
    chroma: Bytes

    @classmethod
    def of(cls, sprite: Sprite, phase: tuple[int, int]) -> _SpriteForm:
        """Convert a sprite that is laid at an odd place, or not, in x and y."""
        x, y = phase
        height, width = (sprite.height + y + 1) // 2 * 2, (sprite.width + x + 1) // 2 * 2
        area = np.s_[y : y + sprite.height, x : x + sprite.width]
        yuv, clear = np.zeros((height, width, 3), np.float32), np.ones((height, width), np.float32)
        yuv[area] = yuv_layer(sprite.premultiplied, 1 - sprite.clear)
        clear[area] = sprite.clear[..., 0]
        kept = _bytes(255 * halved(clear))
        chroma = halved(np.ascontiguousarray(yuv[..., 1:]))
        return cls(_bytes(255 * clear), _bytes(yuv[..., 0]), np.dstack([kept, kept]), _bytes(chroma))


def _bytes(values: NDArray[np.float32]) -> Bytes:
    return np.asarray(cv2.convertScaleAbs(np.ascontiguousarray(values)), np.uint8)


def _lay(ground: Bytes, kept: Bytes, added: Bytes, left: int, top: int) -> None:
    """Cover a ground with a layer at a corner; what lies outside is cut off."""
    height, width = kept.shape[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, ground.shape[1]), min(top + height, ground.shape[0])
    if x0 < x1 and y0 < y1:
        window = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        cover(ground[y0:y1, x0:x1], kept[window], added[window])


def stack(layers: list[tuple[Coverage, Color, float]]) -> Sprite:
    """Lay (coverage, colour, opacity) over one another, the first at the bottom."""
    shape = layers[0][0].shape
    color = np.zeros((*shape, 3), np.float32)
    clear = np.ones((*shape, 1), np.float32)
    for coverage, layer_color, opacity in layers:
        alpha = (coverage * opacity)[..., None]
        color = color * (1 - alpha) + alpha * np.array(layer_color.bgr, np.float32)
        clear = clear * (1 - alpha)
    return Sprite(color, clear)


def rounded(width: int, height: int, radius: float) -> Coverage:
    """Fill a rectangle with rounded corners.

    Args:
        width: px.
        height: px.
        radius: px, of the corners.
    """
    y = np.abs(np.arange(height)[:, None] + 0.5 - height / 2) - (height / 2 - radius)
    x = np.abs(np.arange(width)[None] + 0.5 - width / 2) - (width / 2 - radius)
    outside = np.hypot(np.maximum(x, 0), np.maximum(y, 0)) - radius
    return np.asarray(np.clip(0.5 - outside, 0, 1), dtype=np.float32)


def pill(text: str, color: Color, size_px: int, opacity: float = 0.92) -> Sprite:
    """Make a label: text on a rounded ground of a colour, with a thin rim of the text's colour.

    Args:
        text: one line.
        color: of the ground.
        size_px: height of the letters.
        opacity: of the ground, 0 to 1.
    """
    letters = text_coverage(text, size_px)
    pad_x, pad_y = round(size_px * 0.42), max(1, round(size_px * 0.06))
    padded = np.pad(letters, ((pad_y, pad_y), (pad_x, pad_x)))
    height, width = padded.shape
    radius = min(height / 2, size_px * 0.38)
    rim = rounded(width, height, radius)
    inner = np.pad(rounded(width - 2, height - 2, max(radius - 1, 0)), 1)
    return stack([(rim, color.ink, 0.45), (inner, color, opacity), (padded, color.ink, 1.0)])


def foot_ring(half_width: int, color: Color, thickness_px: float, broken: bool = False) -> Sprite:
    """Make the ring on the floor around a person's feet, open behind the legs; its centre is the sprite's centre.

    Args:
        half_width: half the ring's width in px.
        color: of the ring.
        thickness_px: of the line.
        broken: dashed and without filling, for people who are not players.
    """
    rim = max(1.0, thickness_px * 0.5)
    pad = int(np.ceil(thickness_px / 2 + rim)) + 1
    size = (2 * (half_width + pad), 2 * (round(half_width * 0.35) + pad))
    line = _ellipse(size, half_width, thickness_px)
    halo = _ellipse(size, half_width, thickness_px + 2 * rim)
    if broken:
        dashes = _dashes(size)
        return stack([(halo * dashes, color.ink, 0.35), (line * dashes, color, 0.95)])
    filled = _ellipse(size, half_width, 0)
    return stack([(filled, color, 0.22), (halo, color.ink, 0.4), (line, color, 1.0)])


def _ellipse(size: tuple[int, int], half_width: int, thickness_px: float) -> Coverage:
    """Draw a flat ellipse in the middle of a (width, height) px canvas, open behind; thickness 0 fills it."""
    width, height = (v * _SUPERSAMPLING for v in size)
    canvas = np.zeros((height, width), np.uint8)
    half = half_width * _SUPERSAMPLING
    full = thickness_px == 0
    first, last = (0, 360) if full else (-50, 230)
    thickness = cv2.FILLED if full else max(1, round(thickness_px * _SUPERSAMPLING))
    axes = (half, int(0.35 * half))
    cv2.ellipse(canvas, (width // 2, height // 2), axes, 0, first, last, 255, thickness, cv2.LINE_4)
    return _reduce(canvas, size)


def _dashes(size: tuple[int, int], count: int = 16) -> Coverage:
    """Mask every other of `count` sectors, as seen on the flattened ellipse."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    angle = np.arctan2((y + 0.5 - height / 2) / 0.35, x + 0.5 - width / 2)
    return np.asarray(np.sin(angle * count / 2) > -0.2, dtype=np.float32)


def triangle(size_px: int, color: Color) -> Sprite:
    """Make a pointer whose tip, at the bottom centre, points down."""
    size = (size_px + 4, size_px + 4)
    half, tall = size_px * _SUPERSAMPLING // 2, round(size_px * 0.8) * _SUPERSAMPLING
    x, y = size[0] * _SUPERSAMPLING // 2, (size[1] - 2) * _SUPERSAMPLING
    corners = np.array([[x, y], [x + half, y - tall], [x - half, y - tall]], np.int32)
    layers = []
    for outline in (size_px // 6 * _SUPERSAMPLING, 0):
        canvas = np.zeros((size[1] * _SUPERSAMPLING, size[0] * _SUPERSAMPLING), np.uint8)
        cv2.fillPoly(canvas, [corners], 255)
        if outline:
            cv2.polylines(canvas, [corners], True, 255, outline)
        layers.append(_reduce(canvas, size))
    return stack([(layers[0], Color(18, 20, 24), 0.75), (layers[1], color, 1.0)])


def dot(radius_px: float, color: Color, hollow: bool = False) -> Sprite:
    """Make a round marker with a rim that shows on any ground; its centre is the sprite's centre.

    Args:
        radius_px: without the rim.
        color: of the dot.
        hollow: with a core of the rim's colour.
    """
    rim = max(1.0, radius_px * 0.28)
    size = 2 * int(np.ceil(radius_px + rim + 1))
    y, x = np.mgrid[:size, :size] + 0.5 - size / 2
    distance = np.hypot(x, y)
    outer, inner, core = (
        np.clip(0.5 + radius - distance, 0, 1).astype(np.float32)
        for radius in (radius_px + rim, radius_px, radius_px * 0.5)
    )
    edge = Color(255, 255, 255) if color.luminance < 0.3 else Color(18, 20, 24)
    layers = [(outer, edge, 0.85), (inner, color, 1.0)]
    return stack([*layers, (core, edge, 0.85)] if hollow else layers)


def numbered_dot(radius_px: float, color: Color, text: str, opacity: float = 1.0) -> Sprite:
    """Make a round marker with a number in it; its centre is the sprite's centre.

    Args:
        radius_px: without the rim.
        color: of the dot.
        text: one or two digits.
        opacity: of the dot, 0 to 1.
    """
    rim = max(1.0, radius_px * 0.14)
    size = 2 * int(np.ceil(radius_px + rim + 1))
    y, x = np.mgrid[:size, :size] + 0.5 - size / 2
    distance = np.hypot(x, y)
    outer, inner = (
        np.clip(0.5 + radius - distance, 0, 1).astype(np.float32) for radius in (radius_px + rim, radius_px)
    )
    letters = text_coverage(text, radius_px * (1.25 if len(text) < 2 else 1.1))
    rows, columns = (np.flatnonzero(letters.max(axis=axis) > 0.1) for axis in (1, 0))
    letters = letters[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1][:size, :size]
    written = np.zeros((size, size), np.float32)
    top, left = round((size - letters.shape[0]) / 2), round((size - letters.shape[1]) / 2)
    written[top : top + letters.shape[0], left : left + letters.shape[1]] = letters
    return stack([(outer, color.ink, 0.85 * opacity), (inner, color, opacity), (written, color.ink, 1.0)])


def _reduce(canvas: Bytes, size: tuple[int, int]) -> Coverage:
    """Reduce a supersampled white-on-black drawing to its coverage."""
    small = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small / 255, dtype=np.float32)
