"""The court as a vector drawing of matplotlib: for heat maps that are asked for, and for axes of the user's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.geometry.court import Court, Polyline, backboards, markings, paints, rings, small_markings
from pipeline.present.drawing.court import PAPER, CourtStyle

_DPI = 100


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
