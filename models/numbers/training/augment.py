"""Random changes of stored examples while training: another window, other colours, noise."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.numbers.training.render import STORED_PX
from models.numbers.window import INPUT_PX

_PLAIN = INPUT_PX / STORED_PX


def augmented(images: NDArray[np.uint8], rng: np.random.Generator) -> Tensor:
    """Change n stored examples (n, 48, 48, 3) at random; returns BGR uint8 (n, 40, 40, 3)."""
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    grid = torch.nn.functional.affine_grid(_windows(len(images), rng), [len(images), 3, INPUT_PX, INPUT_PX], False)
    moved = torch.nn.functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    colored = _recolored(moved, rng)
    noise = torch.from_numpy(rng.standard_normal(colored.shape, dtype=np.float32))
    strength = torch.from_numpy(rng.exponential(3.0, (len(images), 1, 1, 1)).astype(np.float32))
    return (colored + noise * strength).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def plain(images: NDArray[np.uint8]) -> Tensor:
    """Take the middle of n stored examples (n, 48, 48, 3); returns (n, 40, 40, 3) uint8."""
    edge = (STORED_PX - INPUT_PX) // 2
    return torch.from_numpy(np.ascontiguousarray(images[:, edge:-edge, edge:-edge]))


def _windows(count: int, rng: np.random.Generator) -> Tensor:
    """Draw windows (n, 2, 3): moved, scaled, turned, sheared a little."""
    angle, shear = rng.normal(0, 0.1, count), rng.normal(0, 0.08, count)
    wide = _PLAIN * np.exp(rng.normal(0, 0.08, count))
    tall = _PLAIN * np.exp(rng.normal(0, 0.08, count))
    shift = rng.normal(0, 0.06, (count, 2))
    rows = [
        [wide * np.cos(angle), -tall * (np.sin(angle) + shear), shift[:, 0]],
        [wide * np.sin(angle), tall * np.cos(angle), shift[:, 1]],
    ]
    return torch.from_numpy(np.moveaxis(np.array(rows), 2, 0).astype(np.float32))


def _recolored(pixels: Tensor, rng: np.random.Generator) -> Tensor:
    """Permute channels, invert, change brightness and contrast, so that no uniform's colours stand for a number."""
    count = len(pixels)
    order = np.stack([rng.permutation(3) if rng.random() < 0.5 else np.arange(3) for _ in range(count)])
    mixed = pixels[torch.arange(count)[:, None], torch.from_numpy(order)]
    negative = torch.from_numpy(rng.random((count, 1, 1, 1)) < 0.3)
    mixed = torch.where(negative, 255 - mixed, mixed)
    gain = torch.from_numpy(np.exp(rng.normal(0, 0.15, (count, 3, 1, 1))).astype(np.float32))
    shift = torch.from_numpy(rng.normal(0, 12, (count, 3, 1, 1)).astype(np.float32))
    return mixed * gain + shift
