"""Where a player spends the time: share of located time per square metre, on the court."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from pipeline.geometry.court import Court
from pipeline.present.court_drawing import PAPER, court_figure, draw_lines
from pipeline.present.palette import Color
from pipeline.understand.game import frame_durations

CELL_M = 0.1
MARGIN_M = 1.6
"""Floor shown around the lines."""

WIDTH_PX = 1200
HEAD_PX = 90
FOOT_PX = 58
REPORT_WIDTH_PX = 760

UNSEEN_RGBA = (0.80, 0.81, 0.83, 1.0)

InView = Callable[[NDArray[np.float64]], NDArray[np.bool_]]

_TRUNCATE = 4.0
"""Radius of the kernel, in standard deviations."""
_COARSE = 5
"""Cells on a side of the squares that are tested against the camera's view."""
_PAD_CELLS = 5
"""Further cells around the reach of the kernel."""


@dataclass(frozen=True)
class HeatMap:
    """Time spent per place."""

    density: NDArray[np.float64]
    """(rows, columns), share of the located time per square metre; sums to 1 over the cells' area. NaN where the
    floor was never in view."""
    x0_m: float
    y0_m: float
    """The grid's corner nearest to the origin's side: cell (i, j) begins at (x0 + j cell, y0 + i cell)."""
    located_s: float


def heat_map(
    positions: pd.DataFrame, frames: pd.DataFrame, court: Court, sigma_m: float, seen: InView | None = None
) -> HeatMap | None:
    """Estimate where the time of these positions was spent, with a Gaussian kernel.

    Args:
        positions: rows of table `positions`, of one or several players.
        frames: table `frames`.
        court: the court; positions further than MARGIN_M from it are left out.
        sigma_m: standard deviation of the kernel.
        seen: says of places (n, 2) whether they were ever in view; None: all of them.

    Returns:
        The map; None where there is no position or no time.
    """
    lasting = pd.Series(frame_durations(frames), index=frames["frame"].to_numpy())
    seconds = positions["frame"].map(lasting).to_numpy(np.float64)
    points = positions[["x_m", "y_m"]].to_numpy(np.float64)
    size = np.array([court.length_m, court.width_m])
    with np.errstate(invalid="ignore"):
        near = ((points >= -MARGIN_M) & (points <= size + MARGIN_M)).all(axis=1)
    usable = near & (seconds > 0)
    if not usable.any():
        return None
    points, seconds = points[usable], seconds[usable]
    beyond_m = MARGIN_M + sigma_m * _TRUNCATE + _PAD_CELLS * CELL_M
    cells = np.ceil((size + 2 * beyond_m) / CELL_M).astype(int)
    edges = [CELL_M * np.arange(cells[k] + 1) - beyond_m for k in (0, 1)]
    time_s, _, _ = np.histogram2d(
        points[:, 1], points[:, 0], bins=[edges[1], edges[0]], weights=seconds
    )  # (rows, columns)
    smooth = gaussian_filter(time_s, sigma_m / CELL_M, mode="constant", truncate=_TRUNCATE)
    located_s = float(seconds.sum())
    density = smooth / (located_s * CELL_M**2)
    if seen is not None:
        density[_unseen(edges[0], edges[1], seen)] = np.nan
    return HeatMap(density, -beyond_m, -beyond_m, located_s)


def _unseen(x_m: NDArray[np.float64], y_m: NDArray[np.float64], seen: InView) -> NDArray[np.bool_]:
    """Find the cells (rows, columns) between these edges that were never in view, on a coarser grid."""
    x, y = (edges[:-1][_COARSE // 2 :: _COARSE] + CELL_M / 2 for edges in (x_m, y_m))
    places = np.stack(np.meshgrid(x, y), axis=-1)  # (rows, columns, 2)
    coarse = ~seen(places.reshape(-1, 2)).reshape(len(y), len(x))
    row = np.minimum(np.arange(len(y_m) - 1) // _COARSE, len(y) - 1)
    column = np.minimum(np.arange(len(x_m) - 1) // _COARSE, len(x) - 1)
    return np.asarray(coarse[np.ix_(row, column)])


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
    ink, quiet = "#1d2025", "#6b7079"
    left = 24 * unit / width_px
    text: dict[str, Any] = {"va": "center", "parse_math": False}
    figure.text(left, 1 - 32 * unit / height_px, heads[0], size=20 * unit, weight="bold", color=ink, **text)
    figure.text(left, 1 - 66 * unit / height_px, heads[1], size=12.5 * unit, color=quiet, **text)
    bar_height, bar_width = 12 * unit / height_px, 290 * unit / width_px
    middle = FOOT_PX / 2 * unit / height_px
    label = figure.text(left, middle, scale.before, size=12 * unit, color=quiet, **text)
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
    figure.text(end, middle, behind, size=12 * unit, color=quiet, **text)


def heat_colors() -> Colormap:
    """Make the colours: magma from light to dark, even to the eye, clear where nothing was."""
    base = matplotlib.colormaps["magma_r"](np.linspace(0.06, 0.80, 256))
    base[:, 3] = np.clip(np.linspace(0, 1, 256) / 0.18, 0, 1) ** 0.8 * 0.94
    return LinearSegmentedColormap.from_list("courtside_heat", base)


def versus_colors() -> Colormap:
    """Make the colours of a comparison: the first blue, the second red, clear where both are alike."""
    base = matplotlib.colormaps["RdBu"](np.linspace(0.02, 0.98, 257))
    base[:, 3] = np.clip(np.abs(np.linspace(-1, 1, 257)) / 0.25, 0, 1) ** 0.8 * 0.94
    return LinearSegmentedColormap.from_list("courtside_versus", base)


def figure_bytes(figure: Figure, kind: Literal["png", "svg"]) -> bytes:
    """Write a figure as a PNG or SVG file; the same figure gives the same bytes."""
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "courtside"}):
        figure.savefig(stream, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return stream.getvalue()


@dataclass(frozen=True)
class HeatPictures:
    """A heat map as pictures."""

    file_png: bytes
    """With title and scale, for the file."""
    report_png: bytes
    """The floor alone, smaller, few colours."""
    peak_share_per_m2: float
    """What the darkest colour means: share of the located time per square metre."""


def heat_pictures(heat: HeatMap, court: Court, title: str, subtitle: str) -> HeatPictures:
    """Draw a heat map once and compress it for both uses.

    Args:
        heat: the map.
        court: the court.
        title: stands above.
        subtitle: stands below the title.
    """
    figure = heat_figure(heat, court, title, subtitle)
    stream = io.BytesIO()
    figure.savefig(stream, format="rgba")
    size_px = (round(figure.bbox.width), round(figure.bbox.height))
    picture = Image.frombytes("RGBA", size_px, stream.getvalue()).convert("RGB")
    floor = picture.crop((0, HEAD_PX, picture.width, picture.height - FOOT_PX))
    size = (REPORT_WIDTH_PX, round(floor.height * REPORT_WIDTH_PX / floor.width))
    small = floor.resize(size, Image.Resampling.LANCZOS).quantize(200, dither=Image.Dither.NONE)
    return HeatPictures(_png(picture), _png(small), float(np.nanmax(heat.density)))


def color_stops(count: int = 9) -> list[str]:
    """Sample the colours as they appear on the floor, '#rrggbb' from nothing to the most."""
    floor = np.array([Color.parse(PAPER.floor).bgr[::-1]]) / 255
    rgba = heat_colors()(np.linspace(0, 1, count))
    seen = rgba[:, 3:] * rgba[:, :3] + (1 - rgba[:, 3:]) * floor
    return [Color(*(int(v) for v in np.rint(255 * color))).hex for color in seen]


def _png(picture: Image.Image) -> bytes:
    """Compress a picture."""
    stream = io.BytesIO()
    picture.save(stream, format="PNG", compress_level=3)
    return stream.getvalue()
