"""From crops of any size to pictures of the size that a network takes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.encoders.protocol import Crop


def resize(crop: Crop, size_px: tuple[int, int]) -> Crop:
    """Stretch one crop to (height, width): averaging where it shrinks, bilinear where it grows.

    Args:
        crop: (h, w, 3) BGR uint8.
        size_px: height and width.

    Raises:
        ValueError: the crop has no pixel or is not (h, w, 3) uint8.
    """
    if crop.ndim != 3 or crop.shape[2] != 3 or crop.size == 0 or crop.dtype != np.uint8:
        raise ValueError(f"expected a crop (h, w, 3) of uint8 with at least one pixel, got {crop.shape} {crop.dtype}")
    height, width = size_px
    shrinks = crop.shape[0] > height and crop.shape[1] > width
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (width, height), interpolation=interpolation), np.uint8)


def to_batch(crops: Sequence[Crop], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Bring n crops to one size: (n, height, width, 3) BGR uint8."""
    batch = np.empty((len(crops), *size_px, 3), np.uint8)
    for row, crop in zip(batch, crops, strict=True):
        row[:] = resize(crop, size_px)
    return batch
