"""How a stored picture is turned, flipped and stretched to be shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import cv2
import numpy as np
from av.sidedata.sidedata import Type
from numpy.typing import NDArray

Pixels = TypeVar("Pixels", bound=NDArray[Any])
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
"""OpenCV's code for a clockwise turn in degrees."""
_MATRIX_BYTES = 36
"""Of the display matrix: nine whole numbers of 32 bits."""
_SQUARE = Fraction(1, 50)
"""Pixels that are so nearly square are square: sizes of codecs are rounded."""
_WIDEST = 4
"""Pixels more than four times as wide as high, or as high as wide, are an error in the file."""


@dataclass(frozen=True)
class Orientation:
    """A flip of left and right, if any, and then a clockwise turn by 0, 90, 180 or 270 degrees."""

    rotation_deg: int = 0
    mirrored: bool = False

    @property
    def is_upright(self) -> bool:
        """Say whether there is nothing to do."""
        return not self.rotation_deg and not self.mirrored

    @property
    def swaps_sides(self) -> bool:
        """Say whether width and height change places."""
        return self.rotation_deg in (90, 270)

    def applied(self, pixels: Pixels) -> Pixels:
        """Return a picture (h, w) or (h, w, c) as it is shown."""
        shown: Any = cv2.flip(pixels, 1) if self.mirrored else pixels
        turn = TURNS.get(self.rotation_deg)
        return shown if turn is None else cv2.rotate(shown, turn)  # type: ignore[no-any-return]


def orientation_of(frame: Any) -> Orientation:
    """Read the display matrix of a decoded frame; one that is no turn and no flip counts as the nearest turn."""
    data = frame.side_data.get(Type.DISPLAYMATRIX)
    if data is None or len(bytes(data)) < _MATRIX_BYTES:
        return Orientation(-round(frame.rotation / 90) * 90 % 360)
    matrix = np.frombuffer(bytes(data)[:_MATRIX_BYTES], np.int32).reshape(3, 3)[:2, :2].astype(np.float64)
    mirrored = float(np.linalg.det(matrix)) < 0
    across = -matrix[0] if mirrored else matrix[0]  # where the picture's x axis goes, without the flip
    degrees = math.degrees(math.atan2(across[1], across[0]))
    return Orientation(round(degrees / 90) * 90 % 360, mirrored)


def pixel_aspect(stream: Any) -> Fraction:
    """Return width over height of a stored pixel: 1 where the file says nothing, or nothing sensible."""
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
    sensible = Fraction(1, _WIDEST) <= aspect <= _WIDEST
    return Fraction(aspect) if sensible and abs(aspect - 1) > _SQUARE else Fraction(1)
