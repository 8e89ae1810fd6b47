"""Embeddings of boxes, and the colour of the jersey beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_KIT_SCALE = 20.0
"""CIE76 colour difference of clearly different kits; a player's own torso varies by about half of it."""


def with_kit(embeddings: NDArray[np.floating], kit: NDArray[np.floating]) -> Vectors:
    """Put embeddings (n, dim), scaled to unit length, and kits (n, 3) side by side for `Looks`."""
    return np.hstack([unit(embeddings.astype(np.float32)), kit.astype(np.float32)])


def kit_distances(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give 0 for equal kits to 1 for quite different ones of colours (..., 3); NaN where unknown."""
    return np.asarray(1.0 - np.exp(-0.5 * np.square(one - other).sum(axis=-1) / _KIT_SCALE**2))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows (n, dim) to unit length; a row with NaN, infinity or no length becomes NaN as a whole."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    usable = np.isfinite(length) & (length > 1e-6)
    return np.where(usable, vectors / np.where(usable, length, 1.0), np.float32(np.nan))
