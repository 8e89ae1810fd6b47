"""Batches of one size, whatever comes."""

from __future__ import annotations

import numpy as np

from models.runtime.protocol import Pictures


def filled_up(pictures: Pictures, count: int) -> Pictures:
    """Append black pictures until there are `count`.

    Example:
        >>> filled_up(np.ones((2, 4, 4, 3), np.uint8), 8).shape
        (8, 4, 4, 3)
    """
    missing = count - len(pictures)
    if missing <= 0:
        return pictures
    return np.concatenate([pictures, np.zeros((missing, *pictures.shape[1:]), pictures.dtype)])
