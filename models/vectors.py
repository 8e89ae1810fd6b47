"""Vectors of unit length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale vectors (n, dim) to unit length; null vectors stay.

    Example:
        >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)).round(1).tolist()
        [[0.6..., 0.8...], [0.0, 0.0]]
    """
    length = np.linalg.norm(vectors, axis=1, keepdims=True)  # (n, 1)
    scaled: NDArray[np.float32] = (vectors / np.where(length > 0, length, 1)).astype(np.float32)
    return scaled


def unit_or_nan(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale vectors (n, dim) to unit length; one with NaN, infinity or no length becomes NaN as a whole.

    Example:
        >>> unit_or_nan(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)).round(1).tolist()
        [[0.6..., 0.8...], [nan, nan]]
    """
    length = np.linalg.norm(vectors, axis=1, keepdims=True)  # (n, 1)
    usable = np.isfinite(length) & (length > 1e-6)
    return np.where(usable, vectors / np.where(usable, length, 1.0), np.float32(np.nan))
