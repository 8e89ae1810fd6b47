"""The court as a picture, drawn with OpenCV: for the mini-map, and under a heat map.

The lines are those of `geometry.court`; the y axis points down, towards the camera, as the origin is the far-left corner.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court, Polyline, backboards, markings, paints, rings, small_markings
from pipeline.present.palette import Color

_SUPERSAMPLING = 4
"""Drawn so many times larger in each direction, then reduced."""
_FRACTION_BITS = 4
"""Of OpenCV's fixed-point coordinates."""


@dataclass(frozen=True)
class CourtStyle:
    """The colours of a drawn court, as '#rrggbb'."""

    surround: str
    floor: str
    paint: str
    line: str
    ring: str


PAPER = CourtStyle(surround="#ffffff", floor="#f6f2ea", paint="#eee7da", line="#3d4148", ring="#d9480f")
"""For heat maps and the report."""
NIGHT = CourtStyle(surround="#14171c", floor="#20252d", paint="#2a313b", line="#aeb6c2", ring="#ff8a3d")
"""For the mini-map of the video."""


@dataclass(frozen=True)
class CourtPicture:
    """A drawn court and how metres map to its pixels."""

    image: NDArray[np.uint8]
    """(h, w, 3) BGR."""
    metre_px: float
    margin_m: float

    def to_px(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map court metres (n, 2) to px (n, 2), continuous: pixel (0, 0) covers [0, 1) x [0, 1).

        Example:
            >>> from pipeline.geometry.court import COURTS
            >>> draw_picture(COURTS["fiba"], width_px=300, margin_m=1.0).to_px(np.array([[-1.0, -1.0]])).tolist()
            [[0.0, 0.0]]
        """
        return (points_m + self.margin_m) * self.metre_px


def draw_picture(
    court: Court, width_px: int, margin_m: float, style: CourtStyle = NIGHT, min_px: float = 1.0
) -> CourtPicture:
    """Draw the court, supersampled, lines as wide as painted or at least `min_px`.

    Args:
        court: the court.
        width_px: width of the picture; the height follows.
        margin_m: floor drawn around the lines.
        style: colours.
        min_px: lines are at least this wide.
    """
    floor = draw_floor(court, width_px, margin_m, style)
    image = floor.image.astype(np.float32)
    for coverage, color in line_layers(court, floor, style, min_px):
        image += coverage[..., None] * (np.array(color.bgr, np.float32) - image)
    return CourtPicture(np.rint(image).astype(np.uint8), floor.metre_px, margin_m)


def draw_floor(court: Court, width_px: int, margin_m: float, style: CourtStyle) -> CourtPicture:
    """Draw floor and painted areas alone.

    Args:
        court: the court.
        width_px: width of the picture; the height follows.
        margin_m: floor drawn around the lines.
        style: colours.
    """
    metre_px = width_px / (court.length_m + 2 * margin_m)
    height_px = round(metre_px * (court.width_m + 2 * margin_m))
    scale = metre_px * _SUPERSAMPLING
    big = np.zeros((height_px * _SUPERSAMPLING, width_px * _SUPERSAMPLING), np.uint8)
    for x, y, across, along in paints(court):
        corners = np.array([[x, y], [x + across, y], [x + across, y + along], [x, y + along]])
        cv2.fillPoly(big, [_fixed(corners, scale, margin_m)], 255, cv2.LINE_8, _FRACTION_BITS)
    painted = cv2.resize(big, (width_px, height_px), interpolation=cv2.INTER_AREA)
    colors = np.linspace(Color.parse(style.floor).bgr, Color.parse(style.paint).bgr, 256)  # (256, 3)
    return CourtPicture(np.rint(colors).astype(np.uint8)[painted], metre_px, margin_m)


def line_layers(
    court: Court, floor: CourtPicture, style: CourtStyle, min_px: float
) -> list[tuple[NDArray[np.float32], Color]]:
    """Draw the lines and backboards, then the rings: coverage (h, w) from 0 to 1, and colour.

    Args:
        court: the court.
        floor: what the lines lie on.
        style: colours.
        min_px: lines are at least this wide.
    """
    height_px, width_px = floor.image.shape[:2]
    scale = floor.metre_px * _SUPERSAMPLING
    thickness = max(round(min_px * _SUPERSAMPLING), round(court.line_m * scale))
    painted = markings(court) + small_markings(court) + backboards(court)
    layers = []
    for lines, color in ((painted, style.line), (rings(court), style.ring)):
        big = np.zeros((height_px * _SUPERSAMPLING, width_px * _SUPERSAMPLING), np.uint8)
        points = [_fixed(line, scale, floor.margin_m) for line in lines]
        cv2.polylines(big, points, False, 255, thickness, cv2.LINE_AA, _FRACTION_BITS)
        small = cv2.resize(big, (width_px, height_px), interpolation=cv2.INTER_AREA)
        layers.append((np.asarray(small / 255, np.float32), Color.parse(color)))
    return layers


def _fixed(points_m: Polyline, scale: float, margin_m: float) -> NDArray[np.int32]:
    """Map metres to OpenCV's fixed-point px, whose integers are the pixels' centres."""
    px = (points_m + margin_m) * scale - 0.5
    return np.rint(px * (1 << _FRACTION_BITS)).astype(np.int32)
