"""Jersey numbers and names in block letters."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Stroke = tuple[tuple[float, float], ...]

_WIDE, _TALL, _PEN = 6.5, 8.5, 11
"""Px per step of the grid across and down, and of the pen."""
_STROKES: dict[str, tuple[Stroke, ...]] = {
    "0": (((1, 0), (3, 0), (4, 1), (4, 5), (3, 6), (1, 6), (0, 5), (0, 1), (1, 0)),),
    "1": (((0.8, 1), (2, 0), (2, 6)), ((0.8, 6), (3.2, 6))),
    "2": (((0, 1), (1, 0), (3, 0), (4, 1), (4, 2.2), (0, 6), (4, 6)),),
    "3": (((0, 1), (1, 0), (3, 0), (4, 1), (4, 2), (3, 3), (4, 4), (4, 5), (3, 6), (1, 6), (0, 5)), ((1.6, 3), (3, 3))),
    "4": (((3.1, 6), (3.1, 0), (0, 4), (4.2, 4)),),
    "5": (((4, 0), (0, 0), (0, 2.7), (3, 2.7), (4, 3.7), (4, 5), (3, 6), (1, 6), (0, 5)),),
    "6": (((4, 1), (3, 0), (1, 0), (0, 1), (0, 5), (1, 6), (3, 6), (4, 5), (4, 4), (3, 3), (0, 3)),),
    "7": (((0, 0), (4, 0), (1.6, 6)),),
    "8": (
        (
            (1, 0),
            (3, 0),
            (4, 1),
            (4, 2),
            (3, 3),
            (4, 4),
            (4, 5),
            (3, 6),
            (1, 6),
            (0, 5),
            (0, 4),
            (1, 3),
            (0, 2),
            (0, 1),
        ),
        ((0, 1), (1, 0)),
        ((1, 3), (3, 3)),
    ),
    "9": (((0, 5), (1, 6), (3, 6), (4, 5), (4, 1), (3, 0), (1, 0), (0, 1), (0, 2), (1, 3), (4, 3)),),
}
"""Strokes of each digit on a grid 4 wide and 6 tall, from the top left."""


@lru_cache(maxsize=256)
def number_glyph(text: str) -> NDArray[np.uint8]:
    """Draw a jersey number as a read-only mask (h, w) uint8, cut to its ink.

    Raises:
        KeyError: `text` has something else than digits.

    Example:
        >>> number_glyph("7").shape[1] < number_glyph("23").shape[1]
        True
    """
    cell = 4 * _WIDE + 1.45 * _PEN
    mask = np.zeros((round(6 * _TALL + 2 * _PEN), round(cell * len(text) + _PEN)), dtype=np.uint8)
    for place, digit in enumerate(text):
        for stroke in _STROKES[digit]:
            points = np.array(stroke) * [_WIDE, _TALL] + [place * cell + _PEN, _PEN]
            cv2.polylines(mask, [np.rint(points * 16).astype(np.int32)], False, 255, _PEN, cv2.LINE_AA, 4)
    x, y, w, h = cv2.boundingRect(mask)
    glyph = np.ascontiguousarray(mask[y : y + h, x : x + w])
    glyph.setflags(write=False)
    return glyph


@lru_cache(maxsize=256)
def name_glyph(text: str) -> NDArray[np.uint8]:
    """Draw a name in capitals as a read-only mask (h, w) uint8, cut to its ink.

    Example:
        >>> name_glyph("Rossi").shape[1] > 3 * name_glyph("Rossi").shape[0]
        True
    """
    word = text.upper()
    (width, height), _ = cv2.getTextSize(word, cv2.FONT_HERSHEY_DUPLEX, 1.0, 3)
    mask = np.zeros((height + 24, width + 24), dtype=np.uint8)
    cv2.putText(mask, word, (12, height + 10), cv2.FONT_HERSHEY_DUPLEX, 1.0, 255, 3, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect(mask)
    glyph = np.ascontiguousarray(mask[y : y + h, x : x + w])
    glyph.setflags(write=False)
    return glyph
