"""What cameras and codecs do to a picture: light, colour, blur, noise, compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def degrade(image: Image, rng: np.random.Generator) -> Image:
    """Return a worse picture (h, w, 3)."""
    if rng.random() < 0.3:
        image = _smear(image, rng)
    if rng.random() < 0.35:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.3))), np.uint8)
    if rng.random() < 0.25:
        share = float(rng.uniform(0.45, 0.95))
        small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    image = _light(image, rng)
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(1, 9), image.shape[:2]).astype(np.int16)[..., None]
        image = np.clip(image.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(18, 95))])
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return image


def _smear(image: Image, rng: np.random.Generator) -> Image:
    """Blur along one direction, as a pan does."""
    length, angle = int(rng.integers(2, 9)), rng.normal(0, 0.25)
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    step = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    a, b = np.rint(length - step).astype(int), np.rint(length + step).astype(int)
    cv2.line(kernel, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def _light(image: Image, rng: np.random.Generator) -> Image:
    """Change brightness, contrast, gamma, colour balance and saturation."""
    values = image.astype(np.float32) / 255
    if rng.random() < 0.5:
        gray = values.mean(axis=2, keepdims=True)
        values = gray + (values - gray) * np.float32(rng.uniform(0.35, 1.5))
    values = np.clip(values, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.25)))
    gain = np.exp(rng.normal(0, 0.07, 3)) * np.exp(rng.normal(0.02, 0.2))
    values = (values - 0.5) * np.float32(rng.uniform(0.6, 1.25)) + 0.5
    if rng.random() < 0.3:
        corner = np.linspace(-1, 1, values.shape[1]) ** 2 + np.linspace(-1, 1, values.shape[0])[:, None] ** 2
        values *= (1 - rng.uniform(0, 0.3) * corner / 2)[..., None].astype(np.float32)
    return np.asarray(np.clip(values * gain.astype(np.float32) * 255, 0, 255), np.uint8)
