"""What the maps of the ball head mean."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE = 4
"""Input px per cell of the maps."""
OUTPUTS = 5
"""Logit of the ball, its middle from the cell's (2, in cells), logarithm of width and height against the usual ones (2)."""
USUAL_PX = 10.0
"""Width and height of a ball where the network says 0, input px."""
MOST_BALLS = 5
"""Of one picture."""
_LARGEST = 2.0
"""No ball is larger: logarithm against the usual size."""


def decode(maps: NDArray[np.float32], lowest: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn the maps of a picture into boxes: one for each cell that is above all its neighbours.

    Args:
        maps: (OUTPUTS, h, w) of the network.
        lowest: logit from which a cell counts.

    Returns:
        (n, 4) boxes in input px and (n,) scores, best first, at most `MOST_BALLS`.
    """
    logit = np.ascontiguousarray(maps[0], np.float32)
    top = cv2.dilate(logit, np.ones((5, 5), np.uint8))
    rows, columns = np.nonzero((logit >= lowest) & (logit == top))
    order = np.argsort(-logit[rows, columns], kind="stable")[:MOST_BALLS]
    rows, columns = rows[order], columns[order]
    said = maps[:, rows, columns]  # (OUTPUTS, n)
    middle = (np.stack([columns, rows]) + 0.5 + said[1:3]) * STRIDE
    half = np.exp(np.minimum(said[3:5], _LARGEST)) * USUAL_PX / 2
    xyxy = np.concatenate([middle - half, middle + half]).T.astype(np.float32)
    return xyxy, np.asarray(1 / (1 + np.exp(-said[0])), np.float32)
