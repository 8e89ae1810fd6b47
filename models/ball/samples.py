"""Crops to learn from: of real and rendered frames, at several scales, with balls of other frames pasted in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.court.degrade import degrade
from models.detector.classes import BALL
from models.detector.dataset import LabelledImage, read_pixels
from models.strict import Strict

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

WHOLE_PX = 640
"""Long side of a whole frame at scale 1."""
_PATCH_SCALE = 2.0
"""Balls to paste are cut out at this scale."""
_SEEN = 0.3
"""A pasted ball reaches as far as it covers so much."""


class BallSampleSettings(Strict):
    """How crops differ from their frames."""

    crop_px: tuple[int, int] = (288, 224)
    """Width and height, multiples of 32."""
    scale: tuple[float, float] = (0.65, 2.2)
    """A frame is first resized to so many times 640 px."""
    on_ball: float = Field(default=0.6, ge=0, le=1)
    """Odds that a crop is taken around a ball; else it is anywhere."""
    pasted: float = Field(default=0.6, ge=0, le=1)
    """Odds that a ball of another frame is pasted into a crop."""
    smeared: float = Field(default=0.5, ge=0, le=1)
    """Odds that a pasted ball moves while it is exposed."""
    longest_smear: float = 1.0
    """In widths of the ball."""
    degraded: float = Field(default=0.6, ge=0, le=1)
    """Odds of other light, blur, noise and compression."""
    least_visible: float = 0.6
    """Share of a ball that must be inside the crop; with less it is neither asked for nor forbidden."""


@dataclass(frozen=True)
class BallSample:
    """A crop (h, w, 3) uint8 BGR and the balls in it."""

    image: Image
    xyxy_px: Floats
    """(n, 4)"""
    asked: NDArray[np.bool_]
    """(n,) whether the ball is to be found; one of the others is neither asked for nor forbidden."""


@dataclass(frozen=True)
class StoredFrame:
    """A frame as it is stored, maybe stretched, and its balls at scale 1."""

    image: Image
    size_px: tuple[int, int]
    """Width and height at scale 1 and the true aspect ratio."""
    xyxy_px: Floats
    """(n, 4) at scale 1."""


def stored_frame(image: LabelledImage) -> StoredFrame:
    """Decode a frame and put its balls to scale 1."""
    factor = WHOLE_PX / max(image.width_px, image.height_px)
    size = (round(image.width_px * factor), round(image.height_px * factor))
    balls = image.xyxy_px[image.class_index == BALL].astype(np.float64) * factor
    return StoredFrame(read_pixels(image), size, balls)


def resized(frame: StoredFrame, scale: float) -> Image:
    """Resize a frame to its true aspect ratio."""
    size = (max(round(frame.size_px[0] * scale), 32), max(round(frame.size_px[1] * scale), 32))
    shrinks = size[0] < frame.image.shape[1] or size[1] < frame.image.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(frame.image, size, interpolation=interpolation), np.uint8)


class BallSampler:
    """Makes crops of frames.

    Args:
        frames: with or without balls.
        settings: ranges and odds.
        rng: source of all randomness.
    """

    def __init__(self, frames: Sequence[StoredFrame], settings: BallSampleSettings, rng: np.random.Generator) -> None:
        self._frames = list(frames)
        self._settings = settings
        self._rng = rng
        self._balls = [patch for frame in self._frames for patch in _patches(frame)]

    def draw(self) -> BallSample:
        """Make a crop of some frame."""
        rng, settings = self._rng, self._settings
        frame = self._frames[int(rng.integers(len(self._frames)))]
        scale = float(np.exp(rng.uniform(*np.log(settings.scale))))
        balls = frame.xyxy_px * scale
        corner = self._corner(np.array(frame.size_px) * scale, balls)
        crop = _cut(frame, scale, corner, settings.crop_px)
        shown = balls - np.tile(corner, 2)
        asked = _inside(shown, settings.crop_px) >= settings.least_visible
        touched = _inside(shown, settings.crop_px) > 0
        shown, asked = shown[touched], asked[touched]
        if rng.random() < settings.pasted:
            pasted = self._paste(crop, shown, scale)
            if pasted is not None:
                shown, asked = np.vstack([shown, pasted]), np.append(asked, True)
        if rng.random() < 0.5:
            crop = np.ascontiguousarray(crop[:, ::-1])
            shown = shown.copy()
            shown[:, [0, 2]] = settings.crop_px[0] - shown[:, [2, 0]]
        if rng.random() < settings.degraded:
            crop = degrade(crop, rng)
        return BallSample(crop, shown, asked)

    def _corner(self, size: Floats, balls: Floats) -> Floats:
        """Choose where (2,) a crop begins; it may reach beyond the frame where that is smaller."""
        crop = np.array(self._settings.crop_px)
        if len(balls) and self._rng.random() < self._settings.on_ball:
            ball = balls[int(self._rng.integers(len(balls)))]
            corner = (ball[:2] + ball[2:]) / 2 - self._rng.uniform(0.1, 0.9, 2) * crop
        else:
            corner = self._rng.uniform(0, 1, 2) * (size - crop)
        return np.asarray(np.round(np.clip(corner, np.minimum(0, size - crop), np.maximum(0, size - crop))))

    def _paste(self, crop: Image, taken: Floats, scale: float) -> Floats | None:
        """Paste a ball of another frame into a crop, in place; return its box (4,), or None where there is no room."""
        if not self._balls:
            return None
        patch = self._balls[int(self._rng.integers(len(self._balls)))]
        pixels, cover = self._moving(patch, scale)
        height, width = cover.shape
        if height >= crop.shape[0] or width >= crop.shape[1] or not (cover > _SEEN).any():
            return None
        left = int(self._rng.integers(0, crop.shape[1] - width))
        top = int(self._rng.integers(0, crop.shape[0] - height))
        rows, columns = np.nonzero(cover > _SEEN)
        box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float64)
        box += [left, top, left, top]
        apart = (taken[:, :2] > box[2:] + 4).any(axis=1) | (taken[:, 2:] < box[:2] - 4).any(axis=1)
        if not apart.all():
            return None
        place = crop[top : top + height, left : left + width]
        place[:] = np.clip(place * (1 - cover[..., None]) + pixels, 0, 255).astype(np.uint8)
        return box

    def _moving(self, patch: Image, scale: float) -> tuple[Floats, Floats]:
        """Resize a ball, and smear it: its light (h, w, 3), and how much (h, w) of what is behind it covers."""
        rng = self._rng
        factor = scale / _PATCH_SCALE * float(np.exp(rng.normal(0, 0.15)))
        side = np.maximum(np.round(np.array(patch.shape[1::-1]) * factor), 3).astype(int)
        small = cv2.resize(patch, (int(side[0]), int(side[1])), interpolation=cv2.INTER_AREA).astype(np.float64)
        v, u = np.mgrid[: side[1], : side[0]]
        away = np.hypot((u + 0.5) * 2 / side[0] - 1, (v + 0.5) * 2 / side[1] - 1)
        cover = np.clip((1.0 - away) * side.min() / 2 + 0.5, 0, 1)  # an ellipse with an edge of a px
        light = small * cover[..., None] * float(np.exp(rng.normal(0, 0.12)))
        margin = 2 + round(float(side.max()) * self._settings.longest_smear / 2)
        light = np.pad(light, ((margin, margin), (margin, margin), (0, 0)))
        cover = np.pad(cover, margin)
        if rng.random() < self._settings.smeared:
            length, angle = float(side.max()) * rng.uniform(0.1, self._settings.longest_smear), rng.uniform(0, np.pi)
            kernel = _line(length, float(angle))
            light, cover = cv2.filter2D(light, -1, kernel), cv2.filter2D(cover, -1, kernel)
        return np.asarray(light), np.asarray(cover)


def _line(length_px: float, angle: float) -> Floats:
    """Make a filter that smears along a line through its middle."""
    reach = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    for along in np.linspace(-length_px / 2, length_px / 2, 4 * reach + 1):
        x, y = reach + along * np.cos(angle), reach + along * np.sin(angle)
        column, row = int(np.floor(x)), int(np.floor(y))
        for right, down in ((0, 0), (0, 1), (1, 0), (1, 1)):
            share = (1 - abs(x - column - right)) * (1 - abs(y - row - down))
            if 0 <= column + right <= 2 * reach and 0 <= row + down <= 2 * reach:
                kernel[row + down, column + right] += share
    return np.asarray(kernel / kernel.sum())


def _patches(frame: StoredFrame) -> list[Image]:
    """Cut the balls out of a frame, for pasting; none of those at the border."""
    if not len(frame.xyxy_px):
        return []
    image = resized(frame, _PATCH_SCALE)
    boxes = np.round(frame.xyxy_px * _PATCH_SCALE).astype(int)
    limit = np.array(image.shape[1::-1])
    return [
        image[top:bottom, left:right].copy()
        for left, top, right, bottom in boxes
        if left > 0 and top > 0 and right < limit[0] and bottom < limit[1] and min(right - left, bottom - top) >= 8
    ]


def _cut(frame: StoredFrame, scale: float, corner: Floats, size: tuple[int, int]) -> Image:
    """Cut a crop out of a frame at a scale, grey beyond the frame's borders."""
    crop = np.full((size[1], size[0], 3), 114, np.uint8)
    whole = np.array(frame.size_px) * scale
    first = np.round(np.maximum(corner, 0))
    last = np.round(np.minimum(corner + size, whole))
    to_stored = np.array(frame.image.shape[1::-1]) / whole
    (left, top), (right, bottom) = np.round(first * to_stored).astype(int), np.round(last * to_stored).astype(int)
    shown = (last - first).astype(int)
    shrinks = shown[0] < right - left or shown[1] < bottom - top
    part = cv2.resize(
        frame.image[top:bottom, left:right],
        (int(shown[0]), int(shown[1])),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    )
    x, y = (first - corner).astype(int)
    crop[y : y + shown[1], x : x + shown[0]] = part
    return crop


def _inside(boxes: Floats, size: tuple[int, int]) -> Floats:
    """Return the share (n,) of each box that is inside a crop."""
    shown = np.clip(boxes, 0, np.tile(size, 2))
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(np.prod(np.maximum(shown[:, 2:] - shown[:, :2], 0), axis=1) / np.maximum(area, 1e-6))
