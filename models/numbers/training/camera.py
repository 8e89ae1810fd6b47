"""How a camera sees a shirt: bent round a body, turned, folded, blurred, small, and compressed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.numbers.training.shirts import SIDE_PX, Shirt
from models.numbers.window import Box, Image, cut_window, window_of

_GRID = np.stack(np.meshgrid(np.linspace(-1, 1, SIDE_PX), np.linspace(-1, 1, SIDE_PX)), axis=-1).astype(np.float32)


def bend(shirt: Shirt, rng: np.random.Generator) -> Shirt:
    """See a shirt on a body: cylinder, turn, tilt, shear, perspective, folds and another aspect."""
    grid = _GRID.copy()
    angle = rng.normal(0, 0.14)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1.0, rng.normal(0, 0.15)], [rng.normal(0, 0.08), 1.0]])
    stretch = np.diag([float(np.exp(rng.normal(0.1, 0.25))), 1.0])
    grid = grid @ (stretch @ shear @ turn).T.astype(np.float32)
    depth = 1 + grid @ rng.normal(0, 0.12, 2).astype(np.float32)
    grid = grid / np.clip(depth, 0.4, 2.0)[:, :, None]
    if rng.random() < 0.6:
        grid[:, :, 0] = _round_body(grid[:, :, 0], rng)
    if rng.random() < 0.5:
        grid = grid + _folds(grid, rng)
    x, y = (np.ascontiguousarray((grid[:, :, axis] + 1) * (SIDE_PX / 2), np.float32) for axis in (0, 1))
    image = cv2.remap(shirt.image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    label = cv2.remap(shirt.label, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    return Shirt(np.asarray(image, np.uint8), np.asarray(label, np.uint8))


def _round_body(x: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Wrap columns round a cylinder that is turned away by up to about 50 degrees."""
    radius = rng.uniform(0.9, 2.5)
    away = rng.uniform(-0.9, 0.9)
    seen = np.clip(x / radius + np.sin(away), -0.98, 0.98)
    return np.asarray(radius * (np.arcsin(seen) - away), np.float32)


def _folds(grid: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Shift cloth along a wave or two, (SIDE_PX, SIDE_PX, 2)."""
    shift = np.zeros_like(grid)
    for _ in range(int(rng.integers(1, 3))):
        wave = grid @ rng.normal(0, 4, 2).astype(np.float32) + rng.uniform(0, 6.3)
        shift += (np.sin(wave)[:, :, None] * rng.normal(0, 0.035, 2)).astype(np.float32)
    return shift


def number_box(label: NDArray[np.uint8]) -> Box | None:
    """Give x1 y1 x2 y2 of everything labelled; None where nothing is."""
    x, y, w, h = cv2.boundingRect((label > 0).astype(np.uint8))
    return None if w == 0 or h == 0 else (float(x), float(y), float(x + w), float(y + h))


@dataclass(frozen=True)
class Film:
    """How good the picture is."""

    digit_px: float
    """Height of the number's box in px of the video."""
    blur_px: float
    """Standard deviation of the blur, in px of the video."""
    motion_px: float
    motion_angle: float
    noise: float
    jpeg: int | None
    sharpened: float = 0.0
    """Strength of the halo that a camera or an encoder puts around edges."""


def draw_film(rng: np.random.Generator) -> Film:
    """Draw a picture quality: from 7 px high numbers to 45 px, most of them small."""
    moving = rng.random() < 0.3
    digit_px = float(np.exp(rng.uniform(np.log(7), np.log(45))))
    return Film(
        digit_px=digit_px,
        blur_px=float(rng.uniform(0.2, 0.4 + 0.06 * digit_px)),
        motion_px=float(rng.uniform(0.05, 0.3)) * digit_px if moving else 0.0,
        motion_angle=float(rng.uniform(0, np.pi)),
        noise=float(rng.exponential(4.0)),
        jpeg=int(rng.integers(20, 96)) if rng.random() < 0.8 else None,
        sharpened=float(rng.uniform(0.2, 1.5)) if rng.random() < 0.3 else 0.0,
    )


def film(image: Image, box: Box, side_in_boxes: float, out_px: int, take: Film, rng: np.random.Generator) -> Image:
    """Film the surroundings of a box and bring them back to a fixed size, as they are cut out of a video.

    Args:
        image: (h, w, 3) sharp and large.
        box: of the number, in px of it.
        side_in_boxes: side of what is kept, in longer sides of the box.
        out_px: side of the result.
        take: the picture quality.
        rng: for the noise.

    Returns:
        (out_px, out_px, 3) uint8.
    """
    x, y, side = window_of(box, side_in_boxes)
    scale = take.digit_px / max(box[3] - box[1], 1.0)  # video px per px
    small_px = max(4, round(side * scale))
    soft = _blurred(image, take, scale)
    small = cut_window(soft, (x, y), (side, side), small_px).astype(np.float32)
    if take.sharpened:
        small += take.sharpened * (small - cv2.GaussianBlur(small, (0, 0), 1.2))
    noisy = np.clip(small + rng.normal(0, take.noise, small.shape), 0, 255).astype(np.uint8)
    if take.jpeg is not None:
        _, packed = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, take.jpeg])
        noisy = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return cut_window(noisy, (small_px / 2, small_px / 2), (small_px, small_px), out_px)


def _blurred(image: Image, take: Film, scale: float) -> Image:
    """Blur by lens and motion, given in px of the video."""
    sigma = max(take.blur_px / scale, 0.3)
    soft = cv2.GaussianBlur(image, (0, 0), sigma)
    length = int(min(take.motion_px / scale, 41))
    if length >= 2:
        kernel = np.zeros((length, length), np.float32)
        middle = (length - 1) / 2
        reach = np.array([np.cos(take.motion_angle), np.sin(take.motion_angle)]) * middle
        start, end = (np.rint(middle + sign * reach).astype(int).tolist() for sign in (-1, 1))
        cv2.line(kernel, start, end, 1.0, 1)
        soft = cv2.filter2D(soft, -1, kernel / kernel.sum())
    return np.asarray(soft, np.uint8)
