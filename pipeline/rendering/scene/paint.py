"""Putting painted things into a frame: blending, blur, shadows, noise."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Image = NDArray[np.uint8]

_BLOB_PX = 65


def clip_box(
    corner: tuple[int, int], size: tuple[int, int], frame: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """Cut a box (corner x, y and width, height) at the frame (width, height): x1, y1, x2, y2, or None when outside.

    Args:
        corner: x, y of the top left, px.
        size: width and height, px.
        frame: width and height of the picture, px.
    """
    x1, y1 = max(0, corner[0]), max(0, corner[1])
    x2, y2 = min(frame[0], corner[0] + size[0]), min(frame[1], corner[1] + size[1])
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def blend(image: Image, sprite: Image, corner: tuple[int, int]) -> None:
    """Lay a sprite (h, w, 4), colour multiplied by alpha, over an image in place; `corner` is its top left, px.

    Args:
        image: (H, W, 3) or (H, W, 4).
        sprite: (h, w, 4).
        corner: of the sprite, px.
    """
    height, width = sprite.shape[:2]
    box = clip_box(corner, (width, height), (image.shape[1], image.shape[0]))
    if box is None:
        return
    x1, y1, x2, y2 = box
    part = sprite[y1 - corner[1] : y2 - corner[1], x1 - corner[0] : x2 - corner[0]]
    rest = 255 - part[..., 3]
    under = image[y1:y2, x1:x2]
    kept = cv2.multiply(under, cv2.merge([rest] * under.shape[2]), scale=1 / 255)
    cv2.add(kept, np.ascontiguousarray(part[..., : under.shape[2]]), dst=kept)
    image[y1:y2, x1:x2] = kept


def fill_ids(ids: Image, sprite: Image, corner: tuple[int, int], value: int) -> int:
    """Write `value` into the id buffer (h, w) where the sprite is opaque; return its opaque px, outside included.

    Args:
        ids: (H, W).
        sprite: (h, w, 4).
        corner: of the sprite, px.
        value: of the person or thing.
    """
    solid = sprite[..., 3] > 127
    height, width = solid.shape
    box = clip_box(corner, (width, height), (ids.shape[1], ids.shape[0]))
    if box is not None:
        x1, y1, x2, y2 = box
        part = solid[y1 - corner[1] : y2 - corner[1], x1 - corner[0] : x2 - corner[0]]
        ids[y1:y2, x1:x2][part] = value
    return int(np.count_nonzero(solid))


def smear(sprite: Image, corner: tuple[int, int], motion_px: Array) -> tuple[Image, tuple[int, int]]:
    """Blur a sprite along its motion (2,) in px during the exposure.

    Args:
        sprite: (h, w, 4).
        corner: of the sprite, px.
        motion_px: (2,).
    """
    length = float(np.hypot(*motion_px))
    if not 1.5 < length < 200:
        return sprite, corner
    reach = min(int(np.ceil(length / 2)) + 1, 24)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float32)
    half = motion_px / length * min(length / 2, reach - 1) * 8
    middle = reach * 8
    a = (round(middle - half[0]), round(middle - half[1]))
    b = (round(middle + half[0]), round(middle + half[1]))
    cv2.line(kernel, a, b, 1.0, 1, cv2.LINE_8, 3)
    kernel /= kernel.sum()
    padded = cv2.copyMakeBorder(sprite, reach, reach, reach, reach, cv2.BORDER_CONSTANT)
    blurred = np.asarray(cv2.filter2D(padded, -1, kernel), dtype=np.uint8)
    return blurred, (corner[0] - reach, corner[1] - reach)


def blob() -> NDArray[np.float32]:
    """Return a soft round shadow (65, 65), 1 in the middle, 0 at the rim."""
    axis = np.linspace(-1, 1, _BLOB_PX, dtype=np.float32)
    radius2 = axis[:, None] ** 2 + axis[None] ** 2
    shadow: NDArray[np.float32] = np.clip(np.exp(-3.0 * radius2) - np.exp(-3.0), 0, None) / (1 - np.exp(-3.0))
    return shadow


def shade_floor(image: Image, shape: NDArray[np.float32], centre: Array, radii: Array, strength: float) -> None:
    """Darken an ellipse of the floor in place: centre and radii (2,) in px.

    Args:
        image: (h, w, 3).
        shape: darkness of a round blob, 0 to 1.
        centre: (2,) px.
        radii: (2,) px.
        strength: of the darkest spot, 0 to 1.
    """
    size = np.maximum(np.rint(2 * radii).astype(int), 3)
    corner = np.rint(centre - size / 2).astype(int)
    box = clip_box((int(corner[0]), int(corner[1])), (int(size[0]), int(size[1])), (image.shape[1], image.shape[0]))
    if box is None or size.max() > 2000:
        return
    x1, y1, x2, y2 = box
    soft = cv2.resize(shape, (int(size[0]), int(size[1])), interpolation=cv2.INTER_LINEAR)
    part = soft[y1 - corner[1] : y2 - corner[1], x1 - corner[0] : x2 - corner[0]]
    gain = cv2.merge([1 - strength * part] * 3)
    image[y1:y2, x1:x2] = cv2.multiply(image[y1:y2, x1:x2], gain, dtype=cv2.CV_8U)


def reflect(image: Image, sprite: Image, corner: tuple[int, int], ground_y: float, strength: float) -> None:
    """Mirror a sprite faintly in a polished floor in place; `ground_y` is the row of the feet.

    Args:
        image: (H, W, 3).
        sprite: (h, w, 4).
        corner: of the sprite, px.
        ground_y: row of the feet, px.
        strength: share of the light that is reflected.
    """
    flipped = cv2.flip(sprite, 0)
    height = flipped.shape[0]
    top = round(2 * ground_y - corner[1] - height)
    keep = height * 2 // 3
    faint = np.asarray(
        cv2.multiply(flipped[:keep], _fade(keep, flipped.shape[1]), scale=strength / 255), dtype=np.uint8
    )
    blend(image, faint, (corner[0], top))


@lru_cache(maxsize=512)
def _fade(height: int, width: int) -> Image:
    """Full above, nothing below: (h, w, 4)."""
    fall = np.linspace(255, 0, height).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(fall[:, None, None], (height, width, 4)))


class Grain:
    """Sensor noise: a few tiles drawn once, laid over each frame at a random place."""

    def __init__(self, size: tuple[int, int], sigma: float, rng: np.random.Generator) -> None:
        """Draw the tiles for frames of `size` (width, height); `sigma` in grey levels.

        Args:
            size: width and height, px.
            sigma: standard deviation of the noise, grey levels.
            rng: everything random.
        """
        self.size, self.sigma = size, sigma
        shape = (size[1] + 64, size[0] + 64, 3)
        noise = rng.normal(0, sigma, shape).astype(np.float32)
        noise = 0.6 * noise + 0.8 * cv2.GaussianBlur(noise, (3, 3), 0) * 1.6
        self.up = np.clip(noise, 0, 255).astype(np.uint8)
        self.down = np.clip(-noise, 0, 255).astype(np.uint8)

    def add(self, image: Image, rng: np.random.Generator) -> None:
        """Add noise to a frame in place."""
        if self.sigma <= 0:
            return
        x, y = (int(v) for v in rng.integers(0, 64, 2))
        window = np.s_[y : y + self.size[1], x : x + self.size[0]]
        cv2.add(image, self.up[window], dst=image)
        cv2.subtract(image, self.down[window], dst=image)


class Tone:
    """How a camera turns light into grey levels: exposure, contrast, a cast of colour; the same for a whole game."""

    def __init__(self, rng: np.random.Generator, reach: float = 1.0) -> None:
        """Draw a tone; `reach` 0 is none, 1 what cameras in halls do."""
        level = np.arange(256) / 255.0
        gamma = float(np.exp(reach * rng.uniform(-0.25, 0.25)))
        curve = level**gamma
        contrast = reach * float(rng.uniform(-0.1, 0.25))
        curve = curve + contrast * np.sin(2 * np.pi * (curve - 0.5)) / (2 * np.pi)
        cast = 1 + reach * rng.uniform(-0.07, 0.07, 3)
        gain = 1 + reach * float(rng.uniform(-0.08, 0.12))
        table = np.clip(255 * curve[:, None] * cast * gain, 0, 255)
        self.table = table.astype(np.uint8)[None]

    def apply(self, image: Image) -> None:
        """Tone a picture in place."""
        cv2.LUT(image, self.table, dst=image)
