"""Embeddings of boxes, and the colour of the jersey beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.vectors import unit_or_nan

Vectors = NDArray[np.float32]

_JERSEY_SCALE = 20.0
"""CIE76 colour difference of clearly different jerseys; a player's own torso varies by about half of it."""


def with_jersey_colour(embeddings: NDArray[np.floating], jersey_lab: NDArray[np.floating]) -> Vectors:
    """Append jersey colours (n, 3), CIE L* a* b*, to embeddings (n, dim) scaled to unit length: (n, dim + 3)."""
    return np.hstack([unit_or_nan(embeddings.astype(np.float32)), jersey_lab.astype(np.float32)])


def jersey_distances(first_lab: NDArray[np.floating], second_lab: NDArray[np.floating]) -> NDArray[np.floating]:
    """Compare jersey colours (..., 3): (...) from 0 for equal to 1 for quite different ones; NaN where unknown."""
    squared = np.square(first_lab - second_lab).sum(axis=-1)
    return np.asarray(1.0 - np.exp(-0.5 * squared / _JERSEY_SCALE**2))


def cosine_distances(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give 1 - cosine (n, m), 0 to 2, of unit vectors (n, dim) and (m, dim); NaN where a vector is NaN."""
    distance = first.astype(np.float64) @ second.astype(np.float64).T  # (n, m)
    np.subtract(1.0, distance, out=distance)  # in place: in a long game such a matrix is half a gigabyte and more
    return np.clip(distance, 0.0, 2.0, out=distance)
