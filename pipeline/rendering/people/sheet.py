"""A small picture with transparency, painted from a list of rounded shapes in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.people.appearance import Color

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
Point = tuple[float, float]

_SHIFT = 3
_ROUND = np.linspace(-np.pi / 2, np.pi / 2, 6)
_LIGHT = np.array([-0.16, -0.24])
"""Where the light comes from in the picture, in radii of a limb."""
_SHADE, _SHINE, _INNER = 0.85, 1.05, 0.66
"""Colour of a limb's rim and of its lit inside, and the inside's width."""


def mix(a: Point, b: Point, share: float) -> Point:
    """Go from `a` towards `b` by a share of the way.

    Args:
        a: where the way starts.
        b: where it ends.
        share: 0 at `a`, 1 at `b`.
    """
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


@lru_cache(maxsize=4096)
def tint(color: Color, factor: float) -> tuple[int, int, int, int]:
    """Scale a colour's lightness; opaque."""
    b, g, r = color
    return min(255, int(b * factor)), min(255, int(g * factor)), min(255, int(r * factor)), 255


def capsules(limbs: Array) -> Array:
    """Outline tapered limbs.

    Args:
        limbs: (n, 6) ends x1, y1, x2, y2 and radii at both.

    Returns:
        (n, 12, 2) convex polygons.
    """
    a, b = limbs[:, None, 0:2], limbs[:, None, 2:4]
    way = np.arctan2(limbs[:, 3] - limbs[:, 1], limbs[:, 2] - limbs[:, 0])[:, None] + _ROUND
    end = np.stack([np.cos(way), np.sin(way)], axis=-1)
    outline: Array = np.concatenate([b + limbs[:, 5, None, None] * end, a - limbs[:, 4, None, None] * end], axis=1)
    return outline


@dataclass
class Sheet:
    """Shapes in frame px, listed far to near, then painted `scale` times finer than the frame."""

    limbs: list[tuple[float, float, float, float, float, float]] = field(default_factory=list)
    steps: list[tuple[int, Array | None, Color, float]] = field(default_factory=list)
    """Number of the limb or -1, polygon, colour, lightness; a flat shape has lightness 0."""
    _outlines: NDArray[np.int32] | None = field(default=None, init=False)

    def limb(self, a: Point, b: Point, radius_a: float, radius_b: float, color: Color, light: float = 1.0) -> None:
        """Add a tapered limb, lit from one side.

        Args:
            a: one end, px.
            b: the other end, px.
            radius_a: at `a`, px.
            radius_b: at `b`, px.
            color: of the lit side.
            light: factor on the colour.
        """
        self.steps.append((len(self.limbs), None, color, light))
        self.limbs.append((*a, *b, radius_a, radius_b))

    def stripe(self, a: Point, b: Point, radius: float, color: Color) -> None:
        """Add a flat line with round ends.

        Args:
            a: one end, px.
            b: the other end, px.
            radius: half the width, px.
            color: all over.
        """
        self.limb(a, b, radius, radius, color, 0.0)

    def oval(self, centre: Point, axis: Point, along: float, across: float, color: Color) -> None:
        """Add a head-like shape: half axes `along` the unit vector `axis` and `across` it.

        Args:
            centre: px.
            axis: unit vector.
            along: half axis along `axis`, px.
            across: half axis across it, px.
            color: all over.
        """
        reach = max(0.0, along - across)
        top = centre[0] + axis[0] * reach, centre[1] + axis[1] * reach
        low = centre[0] - axis[0] * reach, centre[1] - axis[1] * reach
        self.limb(low, top, min(along, across), min(along, across), color)

    def polygon(self, points: Array, color: Color, light: float) -> None:
        """Add a flat polygon (k, 2).

        Args:
            points: (k, 2) px.
            color: all over.
            light: factor on the colour.
        """
        self.steps.append((-1, points, color, light))

    def paint(self, image: Image, corner: Array, scale: float, steps: slice = slice(None)) -> None:
        """Paint the listed shapes onto an image (h, w, 4) in place; several times onto one image, all being listed.

        Args:
            image: (h, w, 4).
            corner: (2,) px of the image's top left.
            scale: image px per px of the shapes.
            steps: which of the shapes.
        """
        factor = scale * (1 << _SHIFT)
        if self._outlines is None:
            self._outlines = np.rint((self._limb_outlines() - corner) * factor).astype(np.int32)
        outlines, count = self._outlines, len(self.limbs)
        for index, points, color, light in self.steps[steps]:
            if points is not None:
                fixed = np.rint((points - corner) * factor).astype(np.int32)
                cv2.fillPoly(image, [fixed], tint(color, light), cv2.LINE_AA, _SHIFT)
            elif light == 0:
                cv2.fillConvexPoly(image, outlines[index], tint(color, 1.0), cv2.LINE_AA, _SHIFT)
            else:
                cv2.fillConvexPoly(image, outlines[index], tint(color, _SHADE * light), cv2.LINE_AA, _SHIFT)
                cv2.fillConvexPoly(image, outlines[count + index], tint(color, _SHINE * light), cv2.LINE_AA, _SHIFT)

    def _limb_outlines(self) -> Array:
        """Outline the n limbs and then their lit insides: (2 n, 12, 2) px."""
        limbs = np.array(self.limbs)
        inside = limbs.copy()
        inside[:, 4:] *= _INNER
        inside[:, :4] += np.tile(np.minimum(limbs[:, 4], limbs[:, 5])[:, None] * _LIGHT, 2)
        return capsules(np.vstack([limbs, inside]))
