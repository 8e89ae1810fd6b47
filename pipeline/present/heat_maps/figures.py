"""Heat maps that are asked for, one by one, as figures of matplotlib: PNG or SVG, alone or compared."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.present.drawing.court import PAPER
from pipeline.present.heat_maps.colors import FOOT_PX, HEAD_PX, INK, QUIET, UNSEEN_RGBA, WIDTH_PX, heat_rgba
from pipeline.present.heat_maps.court_figure import court_figure, draw_lines
from pipeline.present.heat_maps.heatmaps import CELL_M, MARGIN_M, HeatMap
from pipeline.present.heat_maps.subjects import Direction, Subject, drawn_map, subtitle
from pipeline.present.on_court import OnCourt


def heat_figure(heat: HeatMap, court: Court, title: str, subtitle: str, width_px: int = WIDTH_PX) -> Figure:
    """Draw a heat map under the court's lines, with a title and the scale of its colours.

    Args:
        heat: the map.
        court: the court.
        title: stands above.
        subtitle: stands below the title.
        width_px: width of the picture.
    """
    peak = float(np.nanmax(heat.density))
    scale = Scale(heat_colors(), 0.0, peak, "Time per square metre:  0", f"{100 * peak:.2g} % of the time seen")
    return _figure(heat.density, heat, court, (title, subtitle), scale, width_px)


def versus_figure(
    first: HeatMap,
    second: HeatMap,
    court: Court,
    heads: tuple[str, str],
    names: tuple[str, str],
    width_px: int = WIDTH_PX,
) -> Figure:
    """Draw the difference of two heat maps: where the first spent a larger share of the time than the second, and where less.

    Args:
        first: shown in blue where its share of the time is larger.
        second: on the same grid; shown in red likewise.
        court: the court.
        heads: title and subtitle.
        names: of first and second, for the colour scale.
        width_px: width of the picture.
    """
    gap = first.density - second.density
    peak = float(np.nanmax(np.abs(gap)))
    scale = Scale(
        versus_colors(),
        -peak,
        peak,
        f"{names[1]} more",
        f"{names[0]} more, up to {100 * peak:.2g} % of the time per m²",
    )
    return _figure(gap, first, court, heads, scale, width_px)


@dataclass(frozen=True)
class Scale:
    """What the colours mean."""

    colors: Colormap
    low: float
    high: float
    before: str
    """Written before the bar of colours."""
    behind: str


def _figure(
    values: NDArray[np.float64], heat: HeatMap, court: Court, heads: tuple[str, str], scale: Scale, width_px: int
) -> Figure:
    """Draw values on the grid of a heat map; grey where the floor was never in view."""
    unit = width_px / WIDTH_PX
    head_px, foot_px = round(HEAD_PX * unit), round(FOOT_PX * unit)
    figure, axes = court_figure(court, width_px, MARGIN_M, PAPER, head_px, foot_px)
    rows, columns = values.shape
    extent = (heat.x0_m, heat.x0_m + columns * CELL_M, heat.y0_m + rows * CELL_M, heat.y0_m)
    view = (axes.get_xlim(), axes.get_ylim())
    hidden = np.isnan(values)
    grey = np.where(hidden[..., None], UNSEEN_RGBA, 0.0)
    axes.imshow(grey, extent=extent, interpolation="nearest", zorder=3)
    shown = np.where(hidden, 0.0, values)
    axes.imshow(
        shown, cmap=scale.colors, vmin=scale.low, vmax=scale.high, extent=extent, interpolation="bilinear", zorder=2
    )
    axes.set_xlim(view[0])
    axes.set_ylim(view[1])
    axes.set_aspect("auto")
    draw_lines(axes, court, PAPER, min_px=2.6, alpha=0.85)
    _write(figure, heads, scale, unit, _any_shown(hidden, heat, court))
    return figure


def _any_shown(hidden: NDArray[np.bool_], heat: HeatMap, court: Court) -> bool:
    """Say whether any of the court itself was never in view."""
    low = round(-heat.x0_m / CELL_M)
    inside = hidden[low : low + int(court.width_m / CELL_M), low : low + int(court.length_m / CELL_M)]
    return bool(inside.any())


def _write(figure: Figure, heads: tuple[str, str], scale: Scale, unit: float, unseen: bool) -> None:
    """Write the title above and the scale below."""
    width_px, height_px = figure.get_size_inches() * 100
    left = 24 * unit / width_px
    text: dict[str, Any] = {"va": "center", "parse_math": False}
    figure.text(left, 1 - 32 * unit / height_px, heads[0], size=20 * unit, weight="bold", color=INK, **text)
    figure.text(left, 1 - 66 * unit / height_px, heads[1], size=12.5 * unit, color=QUIET, **text)
    bar_height, bar_width = 12 * unit / height_px, 290 * unit / width_px
    middle = FOOT_PX / 2 * unit / height_px
    label = figure.text(left, middle, scale.before, size=12 * unit, color=QUIET, **text)
    right = figure.transFigure.inverted().transform(label.get_window_extent().max)[0] + 12 * unit / width_px
    bar = figure.add_axes((right, middle - bar_height / 2, bar_width, bar_height))
    bar.imshow(np.linspace(0, 1, 256)[None], cmap=scale.colors, aspect="auto", extent=(0, 1, 0, 1))
    bar.set_facecolor(PAPER.floor)
    bar.set_xticks([])
    bar.set_yticks([])
    for spine in bar.spines.values():
        spine.set(color="#d5d0c6", linewidth=0.8 * unit)
    end = right + bar_width + 12 * unit / width_px
    behind = f"{scale.behind}   ·   grey: never in view" if unseen else scale.behind
    figure.text(end, middle, behind, size=12 * unit, color=QUIET, **text)


def figure_bytes(figure: Figure, kind: Literal["png", "svg"]) -> bytes:
    """Write a figure as a PNG or SVG file; the same figure gives the same bytes."""
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "courtside"}):
        figure.savefig(stream, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return stream.getvalue()


def heat_colors() -> Colormap:
    """Return the colours of a heat map."""
    return ListedColormap(heat_rgba(), "courtside_heat")


def versus_colors() -> Colormap:
    """Make the colours of a comparison: the first blue, the second red, clear where both are alike."""
    base = matplotlib.colormaps["RdBu"](np.linspace(0.02, 0.98, 257))
    base[:, 3] = np.clip(np.abs(np.linspace(-1, 1, 257)) / 0.25, 0, 1) ** 0.8 * 0.94
    return LinearSegmentedColormap.from_list("courtside_versus", base)


def picture(
    game: OnCourt,
    subject: Subject,
    compared_with: Subject | None,
    period: int | None,
    direction: Direction,
    sigma_m: float,
) -> Figure:
    """Draw one subject's heat map, or what tells it from another's.

    Args:
        game: the run.
        subject: whose time.
        compared_with: from whose time it is subtracted; None for a plain heat map.
        period: None for the whole game.
        direction: as filmed, or attacking to the right.
        sigma_m: standard deviation of the kernel.

    Raises:
        InputError: there is no such period, or somebody has no position in what is asked for.
    """
    shown = game.during(period)
    compared = [subject] if compared_with is None else [subject, compared_with]
    maps = [drawn_map(shown, each, sigma_m, direction, period) for each in compared]
    if compared_with is None:
        return heat_figure(maps[0], shown.court, subject.title, subtitle(subject, maps[0], period, direction))
    heads = (f"{subject.title} and {compared_with.title}", _when(period, direction))
    return versus_figure(maps[0], maps[1], shown.court, heads, (subject.title, compared_with.title))


def _when(period: int | None, direction: Direction) -> str:
    """Say which period and direction a comparison is of."""
    phrases = [*([f"period {period}"] if period is not None else []), "difference of the shares of time"]
    return " · ".join([*phrases, *(["attacking to the right"] if direction == "attacking" else [])])
