"""Random changes of a person crop that leave the person the same: what detectors, cameras and codecs do."""

from __future__ import annotations

import cv2
import numpy as np

from models.encoders.crops import resize
from models.reid.data.crops import CropSet, Image
from models.reid.data.settings import CutSettings


def augment(
    crops: CropSet, row: int, size_px: tuple[int, int], settings: CutSettings, rng: np.random.Generator
) -> Image:
    """Cut one crop as a detector might, and change it.

    Args:
        crops: the set; another of its crops may be laid over this one.
        row: which crop.
        size_px: height and width of the result.
        settings: probabilities and sizes.
        rng: source of all chance.

    Returns:
        (height, width, 3) BGR uint8.
    """
    out = _cut(crops.image(row), crops.box_px[row], settings, rng)
    if rng.random() < settings.p_low_resolution:
        out = _low_resolution(out, rng)
    out = resize(np.ascontiguousarray(out), size_px)
    if rng.random() < 0.5:
        out = out[:, ::-1]
    if settings.p_person and rng.random() < settings.p_person:
        out = _somebody_in_front(out, crops, row, rng)
    if rng.random() < settings.p_erase:
        out = _cover(out, crops, rng)
    if settings.color:
        out = _color(out, settings.color, rng)
    if rng.random() < settings.p_blur:
        out = _blur(out, rng)
    if rng.random() < settings.p_jpeg:
        out = _jpeg(out, rng)
    return out


def recoloured(image: Image, seed: int) -> Image:
    """Give everybody other uniforms: the hue of what is neither skin, wood nor grey goes round by an angle, channels get gains.

    Args:
        image: (h, w, 3) BGR.
        seed: the same for all crops of a scene, so that team-mates stay team-mates.
    """
    rng = np.random.default_rng(seed)
    shift, gain = int(rng.integers(180)), (1 + rng.uniform(-0.15, 0.15, 3)).astype(np.float32)
    hsv = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGR2HSV)
    hue = hsv[..., 0].astype(np.int16)  # of 180
    cloth = (hue > 28) & (hue < 168) & (hsv[..., 1] > 50)
    hsv[..., 0] = np.where(cloth, (hue + shift) % 180, hue)
    return np.asarray(np.clip(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR) * gain, 0, 255), np.uint8)


def plain(crops: CropSet, row: int, size_px: tuple[int, int]) -> Image:
    """Cut one crop without any change.

    Args:
        crops: the set.
        row: of the crop.
        size_px: height and width.
    """
    return resize(np.ascontiguousarray(crops.person(row)), size_px)


def _cut(image: Image, box: np.ndarray, settings: CutSettings, rng: np.random.Generator) -> Image:
    """Cut the box with moved edges; sometimes a part of the body is missing."""
    x1, y1, x2, y2 = (float(edge) for edge in box)
    width, height = x2 - x1, y2 - y1
    shift = np.clip(rng.normal(0, settings.jitter, 4), -0.2, 0.2)
    x1, x2 = x1 + shift[0] * width, x2 + shift[1] * width
    y1, y2 = y1 + shift[2] * height, y2 + shift[3] * height
    if rng.random() < settings.p_cut:
        side = rng.integers(4)
        y2 -= (side <= 1) * rng.uniform(0.1, 0.45) * height
        x1 += (side == 2) * rng.uniform(0.1, 0.35) * width
        x2 -= (side == 3) * rng.uniform(0.1, 0.35) * width
    left, top = int(np.clip(x1, 0, image.shape[1] - 2)), int(np.clip(y1, 0, image.shape[0] - 2))
    right, bottom = int(np.clip(x2, left + 1, image.shape[1])), int(np.clip(y2, top + 1, image.shape[0]))
    return image[top:bottom, left:right]


def _low_resolution(image: Image, rng: np.random.Generator) -> Image:
    """Shrink to a height of 30 to 100 px."""
    height = int(rng.integers(30, 101))
    if height >= image.shape[0]:
        return image
    width = max(1, round(image.shape[1] * height / image.shape[0]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _cover(image: Image, crops: CropSet, rng: np.random.Generator) -> Image:
    """Lay a rectangle of noise, or of another crop, over 5 to 30 % of the picture."""
    height, width = image.shape[:2]
    area, aspect = rng.uniform(0.05, 0.3) * height * width, rng.uniform(0.5, 2.5)
    h, w = min(height, max(1, int(np.sqrt(area * aspect)))), min(width, max(1, int(np.sqrt(area / aspect))))
    top, left = rng.integers(height - h + 1), rng.integers(width - w + 1)
    out = image.copy()
    if rng.random() < 0.5:
        stranger = resize(np.ascontiguousarray(crops.person(int(rng.integers(len(crops))))), (height, width))
        out[top : top + h, left : left + w] = stranger[top : top + h, left : left + w]
    else:
        out[top : top + h, left : left + w] = rng.integers(0, 256, (h, w, 3), np.uint8)
    return out


def _somebody_in_front(image: Image, crops: CropSet, row: int, rng: np.random.Generator) -> Image:
    """Lay another person of the clip over one side of the picture; who stands in front stands lower in it."""
    others = np.flatnonzero((crops.scene == crops.scene[row]) & (crops.identity != crops.identity[row]))
    if not len(others):
        return image
    height, width = image.shape[:2]
    tall, wide = (max(2, round(side * rng.uniform(0.85, 1.15))) for side in (height, width))
    stranger = resize(np.ascontiguousarray(crops.person(int(rng.choice(others)))), (tall, wide))
    across = (np.arange(wide) - wide / 2) / (0.3 * wide)  # a body: the middle 0.6 of its box
    down = (np.arange(tall) - tall / 2) / (0.52 * tall)
    body = np.clip(4 * (1 - across**2 - down[:, None] ** 2), 0, 1).astype(np.float32)[..., None]  # (tall, wide, 1)
    right = (width - wide) / 2 + rng.choice([-1, 1]) * rng.uniform(0.35, 0.65) * width
    lower = (height - tall) / 2 + rng.uniform(-0.05, 0.3) * height
    shift = np.array([[1, 0, right], [0, 1, lower]], np.float32)
    laid = cv2.warpAffine(stranger, shift, (width, height))
    mask = np.asarray(cv2.warpAffine(body, shift, (width, height)), np.float32)[..., None]
    return np.asarray(image * (1 - mask) + laid * mask, np.uint8)


def _color(image: Image, strength: float, rng: np.random.Generator) -> Image:
    """Change white balance, contrast, brightness and saturation; one table per channel."""
    contrast, brightness = 1 + rng.uniform(-strength, strength), rng.uniform(-strength, strength) * 128
    gain = contrast * (1 + rng.uniform(-strength, strength, 3) / 3)
    value = np.arange(256)[:, None]
    table = np.clip((value - 128) * gain + 128 + brightness, 0, 255).astype(np.uint8)
    out = cv2.LUT(np.ascontiguousarray(image), table.reshape(1, 256, 3))
    gray = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    saturation = 1 + rng.uniform(-2 * strength, strength)
    return np.asarray(cv2.addWeighted(out, saturation, gray, 1 - saturation, 0), np.uint8)


def _blur(image: Image, rng: np.random.Generator) -> Image:
    """Blur by defocus or by motion along x, as in a pan."""
    size = int(rng.choice([3, 5, 7]))
    kernel = (size, 1) if rng.random() < 0.5 else (size, size)
    return np.asarray(cv2.blur(np.ascontiguousarray(image), kernel), np.uint8)


def _jpeg(image: Image, rng: np.random.Generator) -> Image:
    """Compress and decompress."""
    quality = int(rng.integers(25, 85))
    coded = cv2.imencode(".jpg", np.ascontiguousarray(image), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
