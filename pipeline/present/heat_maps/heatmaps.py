"""Where a player spends the time: share of located time per square metre, on the court."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pipeline.geometry.court import Court
from pipeline.understand.game import frame_durations

CELL_M = 0.1
MARGIN_M = 1.6
"""Floor shown around the lines."""

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
