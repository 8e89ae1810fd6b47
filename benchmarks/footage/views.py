"""How the picture of a copy lies in the picture of its clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Size = tuple[int, int]
"""Width and height in px."""
ZOOM = 1.8
STRIP_ASPECT, STRIP_HEIGHT_PX = 22 / 3, 450


@dataclass(frozen=True)
class View:
    """A part of the picture, flipped or not, scaled, and with borders at both sides."""

    left_px: int
    top_px: int
    part_px: Size
    """Of the part in the picture of the clip."""
    scaled_px: Size
    """Of the part in the picture of the copy."""
    flipped: bool = False
    border_px: int = 0
    """At each side, filled with the colours of the picture's edge."""

    @property
    def size_px(self) -> Size:
        """Size of the copy's picture."""
        return self.scaled_px[0] + 2 * self.border_px, self.scaled_px[1]

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Return the affine map (3, 3), px of the clip to px of the copy."""
        x, y = (scaled / part for scaled, part in zip(self.scaled_px, self.part_px, strict=True))
        moved = np.array([[x, 0, -x * self.left_px], [0, y, -y * self.top_px], [0, 0, 1]])
        if self.flipped:
            moved = np.array([[-1.0, 0, self.scaled_px[0]], [0, 1, 0], [0, 0, 1]]) @ moved
        return np.asarray(np.array([[1.0, 0, self.border_px], [0, 1, 0], [0, 0, 1]]) @ moved)

    def picture(self, image: Image) -> Image:
        """Return a picture of the clip (h, w, 3) as the copy shows it; a new array."""
        part: NDArray[Any] = image[
            self.top_px : self.top_px + self.part_px[1], self.left_px : self.left_px + self.part_px[0]
        ]
        if self.scaled_px != self.part_px:
            shrinks = self.scaled_px[0] < self.part_px[0]
            part = cv2.resize(part, self.scaled_px, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        if self.flipped:
            part = part[:, ::-1]
        if self.border_px:
            part = cv2.copyMakeBorder(part, 0, 0, self.border_px, self.border_px, cv2.BORDER_REPLICATE)
        return np.array(part, dtype=np.uint8, order="C")


ViewOf = Callable[[Size], View]
"""From the size of the clip's picture to how the copy shows it."""


def whole(size_px: Size) -> View:
    """Show the picture as it is."""
    return View(0, 0, size_px, size_px)


def mirrored(size_px: Size) -> View:
    """Flip left and right."""
    return View(0, 0, size_px, size_px, flipped=True)


def halved(size_px: Size) -> View:
    """Shrink the picture to half its size."""
    return View(0, 0, size_px, _even(size_px[0] / 2, size_px[1] / 2))


def zoomed(size_px: Size) -> View:
    """Enlarge the middle to the size of the whole."""
    part = _even(size_px[0] / ZOOM, size_px[1] / ZOOM)
    return View((size_px[0] - part[0]) // 2, (size_px[1] - part[1]) // 2, part, size_px)


def strip(size_px: Size) -> View:
    """Put the picture into the middle of a strip as panorama cameras give it."""
    scaled = _even(size_px[0] * STRIP_HEIGHT_PX / size_px[1], STRIP_HEIGHT_PX)
    return View(0, 0, size_px, scaled, border_px=round((STRIP_ASPECT * STRIP_HEIGHT_PX - scaled[0]) / 2))


def upright(size_px: Size) -> View:
    """Cut out the upright part in the middle, 9 to 16, that a phone held so would film, and enlarge it to 1280 px."""
    part = _even(size_px[1] * 9 / 16, size_px[1])
    return View((size_px[0] - part[0]) // 2, 0, part, (720, 1280))


def _even(width: float, height: float) -> Size:
    return round(width / 2) * 2, round(height / 2) * 2
