"""Drawing on pictures as encoders take them: colours, transparent layers, and the way from BGR and back."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.present.drawing.layers import Bytes, cover
from pipeline.present.palette import Color
from pipeline.video import Planes

_FROM_BGR = (
    np.array([[0.0722, 0.7152, 0.2126], [0.5, -0.38543, -0.11457], [-0.04585, -0.45415, 0.5]])
    * np.array([[219.0], [224.0], [224.0]])
    / 255.0
)
"""BT.709, limited range: rows Y, Cb, Cr; columns B, G, R of 0 to 255."""
_OFFSET = np.array([16.0, 128.0, 128.0])
_FROM_BGR_32, _OFFSET_32 = _FROM_BGR.astype(np.float32), _OFFSET.astype(np.float32)


@cache
def yuv_of(color: Color) -> tuple[float, float, float]:
    """Return a colour's Y, Cb, Cr.

    Example:
        >>> [round(value) for value in yuv_of(Color(255, 255, 255))], round(yuv_of(Color(0, 0, 0))[0])
        ([235, 128, 128], 16)
    """
    y, cb, cr = _FROM_BGR @ np.array(color.bgr, np.float64) + _OFFSET
    return float(y), float(cb), float(cr)


def yuv_layer(premultiplied: NDArray[np.float32], coverage: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn BGR times coverage (h, w, 3) into Y, Cb, Cr times coverage (h, w, 3).

    Args:
        premultiplied: (h, w, 3), 0 to 255.
        coverage: (h, w, 1), 0 to 1.
    """
    return np.asarray(premultiplied @ _FROM_BGR_32.T + coverage * _OFFSET_32, np.float32)


def planes_of(image: Bytes) -> Planes:
    """Convert a picture (h, w, 3) BGR; an odd size is padded by a line or column."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.asarray(cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
    yuv = cv2.transform(image.astype(np.float32), np.column_stack([_FROM_BGR, _OFFSET]))  # (h, w, 3)
    planes = Planes.empty(image.shape[1], image.shape[0])
    planes.luma[:] = np.rint(yuv[..., 0])
    planes.chroma[:] = np.rint(halved(np.ascontiguousarray(yuv[..., 1:])))
    return planes


def bgr_of(planes: Planes) -> Bytes:
    """Convert back to (h, w, 3) BGR."""
    chroma = cv2.resize(planes.chroma, planes.size_px, interpolation=cv2.INTER_NEAREST)
    yuv = np.dstack([planes.luma, chroma]).astype(np.float32) - np.asarray(_OFFSET, np.float32)
    return np.asarray(np.clip(np.rint(cv2.transform(yuv, np.linalg.inv(_FROM_BGR))), 0, 255), np.uint8)


def halved(layer: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average squares of two by two pixels; both sizes even."""
    size = (layer.shape[1] // 2, layer.shape[0] // 2)
    return np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA), np.float32).reshape(
        size[1], size[0], *layer.shape[2:]
    )


def tint(planes: Planes, mask: Bytes, corner_px: tuple[int, int], color: Color, opacity: float) -> None:
    """Lay a colour on a picture in place where a mask says so.

    Args:
        planes: the picture.
        mask: (h, w), 255 for covered; both sizes even, all of it inside the picture.
        corner_px: left and upper edge of the mask, both even.
        color: what is laid on.
        opacity: of a covered pixel, 0 to 1.
    """
    left, top = corner_px
    height, width = mask.shape
    y, cb, cr = yuv_of(color)
    cover(
        planes.luma[top : top + height, left : left + width],
        np.asarray(cv2.convertScaleAbs(mask, alpha=-opacity, beta=255), np.uint8),
        np.asarray(cv2.convertScaleAbs(mask, alpha=opacity * y / 255), np.uint8),
    )
    half = cv2.resize(mask, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    kept = cv2.convertScaleAbs(half, alpha=-opacity, beta=255)
    cover(
        planes.chroma[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2],
        np.asarray(cv2.merge([kept, kept]), np.uint8),
        np.asarray(cv2.merge([cv2.convertScaleAbs(half, alpha=opacity * value / 255) for value in (cb, cr)]), np.uint8),
    )
