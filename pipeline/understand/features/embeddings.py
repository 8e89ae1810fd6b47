"""Embeddings of boxes, and the colour of the jersey beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_JERSEY_SCALE = 20.0
"""CIE76 colour difference of clearly different jerseys; a player's own torso varies by about half of it."""


def with_jersey_colour(embeddings: NDArray[np.floating], jersey_lab: NDArray[np.floating]) -> Vectors:
    """Append jersey colours (n, 3), CIE L* a* b*, to embeddings (n, dim) scaled to unit length: (n, dim + 3)."""
    return np.hstack([unit(embeddings.astype(np.float32)), jersey_lab.astype(np.float32)])


def jersey_distances(first_lab: NDArray[np.floating], second_lab: NDArray[np.floating]) -> NDArray[np.floating]:
    """Compare jersey colours (..., 3): (...) from 0 for equal to 1 for quite different ones; NaN where unknown."""
    squared = np.square(first_lab - second_lab).sum(axis=-1)
    return np.asarray(1.0 - np.exp(-0.5 * squared / _JERSEY_SCALE**2))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows (n, dim) to unit length; a row with NaN, infinity or no length becomes NaN as a whole."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    usable = np.isfinite(length) & (length > 1e-6)
    return np.where(usable, vectors / np.where(usable, length, 1.0), np.float32(np.nan))
