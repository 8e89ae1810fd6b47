"""The square around a jersey number that the reader is shown, cut out of a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""x1 y1 x2 y2 in px."""
INPUT_PX = 40
"""Side of what the network takes."""
WINDOW = 1.3
"""Side of the square that is read, in longer sides of the number's box."""


def window(image: Image, box: NDArray[np.floating]) -> Image:
    """Cut what is read around a number's box: a square a little larger than it, (40, 40, 3).

    Args:
        image: (h, w, 3) BGR.
        box: (4,) x1 y1 x2 y2 in px.
    """
    x, y, side = window_of((float(box[0]), float(box[1]), float(box[2]), float(box[3])))
    side = max(side, 2.0)
    return cut_window(image, (x, y), (side, side), INPUT_PX)


def window_of(box: Box, window: float = WINDOW) -> tuple[float, float, float]:
    """Give the square that is read around a number's box: centre x, y and side."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, window * max(box[2] - box[0], box[3] - box[1])


def cut_window(image: Image, centre: tuple[float, float], size: tuple[float, float], out_px: int) -> Image:
    """Cut a window out of a picture, beyond whose border its edge goes on.

    Args:
        image: (h, w, 3).
        centre: x, y in px.
        size: width and height of the window in px.
        out_px: side of the result; bilinear where it grows, averaged where it shrinks.

    Returns:
        (out_px, out_px, 3) uint8.
    """
    image, centre, size = _shrunk(image, centre, size, out_px)
    scale_x, scale_y = size[0] / out_px, size[1] / out_px
    matrix = np.array(
        [
            [scale_x, 0.0, centre[0] - size[0] / 2 + scale_x / 2 - 0.5],
            [0.0, scale_y, centre[1] - size[1] / 2 + scale_y / 2 - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(image, matrix, (out_px, out_px), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _shrunk(
    image: Image, centre: tuple[float, float], size: tuple[float, float], out_px: int
) -> tuple[Image, tuple[float, float], tuple[float, float]]:
    """Cut out what the window needs, averaged down by whole factors so that bilinear sampling leaves nothing out."""
    height, width = image.shape[:2]
    reach = [max(2.0, 0.6 * side) + 2 for side in size]
    left, right = (int(np.clip(centre[0] + sign * reach[0], 0, width)) for sign in (-1, 1))
    top, bottom = (int(np.clip(centre[1] + sign * reach[1], 0, height)) for sign in (-1, 1))
    left, top = min(left, width - 1), min(top, height - 1)
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    factors = [max(1, int(side / out_px + 0.3)) for side in size]
    wide, tall = (max(1, part.shape[1 - axis] // factors[axis]) for axis in (0, 1))
    if factors != [1, 1]:
        scale = part.shape[1] / wide, part.shape[0] / tall
        part = np.asarray(cv2.resize(part, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8)
    else:
        scale = 1.0, 1.0
    moved = (centre[0] - left) / scale[0], (centre[1] - top) / scale[1]
    return part, moved, (size[0] / scale[0], size[1] / scale[1])
