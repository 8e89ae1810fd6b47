"""Transparent layers on pictures of bytes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def cover(ground: Bytes, kept: Bytes, added: Bytes) -> None:
    """Lay a layer on a ground in place, all of one shape.

    Args:
        ground: what is drawn on.
        kept: share of the ground that shows through, 255 for all.
        added: the layer's colour times its coverage.
    """
    cv2.multiply(ground, kept, dst=ground, scale=1 / 255)
    cv2.add(ground, added, dst=ground)
