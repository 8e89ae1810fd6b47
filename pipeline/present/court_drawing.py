"""The court as a drawing: vector lines for plots (matplotlib) and a picture for the mini-map (OpenCV).

Both trace the lines of `geometry.court`; the y axis points down, towards the camera, as the origin is the far-left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from pipeline.geometry.court import Court, Polyline, backboards, markings, paints, rings, small_markings
from pipeline.present.palette import Color

_SUPERSAMPLING = 4
"""Drawn so many times larger in each direction, then reduced."""
_FRACTION_BITS = 4
"""Of OpenCV's fixed-point coordinates."""
_DPI = 100


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


# --- vector drawing ---------------------------------------------------------------------------------------------------


def court_figure(
    court: Court, width_px: int, margin_m: float, style: CourtStyle = PAPER, head_px: int = 0, foot_px: int = 0
) -> tuple[Figure, Axes]:
    """Make a figure whose only axes are the court's floor in metres, true to scale, with room above and below.

    Args:
        court: the court.
        width_px: width of the picture at 100 dpi.
        margin_m: floor drawn around the lines.
        style: colours.
        head_px: room above the floor for a title.
        foot_px: room below the floor for a scale.

    Returns:
        The figure (not known to pyplot) and its axes, without the lines: see `draw_lines`.
    """
    length, width = court.length_m + 2 * margin_m, court.width_m + 2 * margin_m
    floor_px = round(width_px * width / length)
    height_px = floor_px + head_px + foot_px
    figure = Figure(figsize=(width_px / _DPI, height_px / _DPI), dpi=_DPI, facecolor=style.surround)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, foot_px / height_px, 1, floor_px / height_px))
    axes.set_xlim(-margin_m, court.length_m + margin_m)
    axes.set_ylim(court.width_m + margin_m, -margin_m)
    axes.axis("off")
    axes.add_patch(Rectangle((-margin_m, -margin_m), length, width, color=style.floor, lw=0, zorder=0))
    for x, y, across, along in paints(court):
        axes.add_patch(Rectangle((x, y), across, along, color=style.paint, lw=0, zorder=0.5))
    return figure, axes


def draw_lines(axes: Axes, court: Court, style: CourtStyle = PAPER, min_px: float = 1.1, alpha: float = 1.0) -> None:
    """Draw the court's lines, backboards and rings above everything else, lines as wide as painted.

    Args:
        axes: axes in metres made by `court_figure`.
        court: the court.
        style: colours.
        min_px: lines are at least this wide.
        alpha: opacity of the lines.
    """
    corners = axes.transData.transform(np.array([[0.0, 0.0], [court.length_m, 0.0]]))
    metre_px = abs(float(corners[1, 0] - corners[0, 0])) / court.length_m
    point = 72 / _DPI
    line_pt = max(min_px, court.line_m * metre_px) * point
    _add(axes, markings(court) + small_markings(court), style.line, line_pt, alpha)
    _add(axes, backboards(court), style.line, line_pt * 1.3, alpha)
    _add(axes, rings(court), style.ring, line_pt, 1.0)


def _add(axes: Axes, lines: Sequence[Polyline], color: str, width_pt: float, alpha: float) -> None:
    """Add polylines as one collection."""
    axes.add_collection(
        LineCollection(
            [np.asarray(line) for line in lines],
            colors=color,
            linewidths=width_pt,
            alpha=alpha,
            joinstyle="miter",
            capstyle="projecting",
            zorder=5,
        )
    )


# --- picture ----------------------------------------------------------------------------------------------------------


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
    """Draw the court with OpenCV, supersampled, lines as wide as painted or at least `min_px`.

    Args:
        court: the court.
        width_px: width of the picture; the height follows.
        margin_m: floor drawn around the lines.
        style: colours.
        min_px: lines are at least this wide.
    """
    metre_px = width_px / (court.length_m + 2 * margin_m)
    height_px = round(metre_px * (court.width_m + 2 * margin_m))
    scale = metre_px * _SUPERSAMPLING
    big = np.full((height_px * _SUPERSAMPLING, width_px * _SUPERSAMPLING, 3), Color.parse(style.floor).bgr, np.uint8)
    for x, y, across, along in paints(court):
        corners = np.array([[x, y], [x + across, y], [x + across, y + along], [x, y + along]])
        cv2.fillPoly(big, [_fixed(corners, scale, margin_m)], Color.parse(style.paint).bgr, cv2.LINE_8, _FRACTION_BITS)
    thickness = max(round(min_px * _SUPERSAMPLING), round(court.line_m * scale))
    painted = markings(court) + small_markings(court) + backboards(court)
    for lines, color in ((painted, style.line), (rings(court), style.ring)):
        points = [_fixed(line, scale, margin_m) for line in lines]
        cv2.polylines(big, points, False, Color.parse(color).bgr, thickness, cv2.LINE_AA, _FRACTION_BITS)
    image = cv2.resize(big, (width_px, height_px), interpolation=cv2.INTER_AREA)
    return CourtPicture(np.asarray(image, dtype=np.uint8), metre_px, margin_m)


def _fixed(points_m: Polyline, scale: float, margin_m: float) -> NDArray[np.int32]:
    """Map metres to OpenCV's fixed-point px, whose integers are the pixels' centres."""
    px = (points_m + margin_m) * scale - 0.5
    return np.rint(px * (1 << _FRACTION_BITS)).astype(np.int32)
