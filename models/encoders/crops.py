"""From crops of any size to the tensor that a network takes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.encoders.protocol import Crop

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of RGB values in [0, 1] over ImageNet, as the published person re-identification weights expect."""


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


def normalise(batch: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Map BGR uint8 (n, h, w, 3) to normalised RGB (n, 3, h, w) of `dtype`, channels last in memory."""
    scale = torch.tensor(STD, device=batch.device).mul(255).reciprocal().flip(0)
    shift = torch.tensor(MEAN, device=batch.device).div(torch.tensor(STD, device=batch.device)).flip(0)
    rgb = batch.to(torch.float32).mul_(scale).sub_(shift).flip(3)
    return rgb.to(dtype).permute(0, 3, 1, 2)
