"""What the network learns to say of each place in a picture, and how that is turned back into court positions.

A place's court position is told in two distributions: over steps along the court and over steps across it, both of the
court's own length and width, a little beyond the lines included. A distribution can say "left or right end, I cannot
tell", which a number cannot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.court.cameras import Camera, floor_of
from pipeline.geometry.court import Court

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

INPUT_PX = (512, 288)
"""Width and height of the network's picture."""
STRIDE = 8
"""Of the court positions."""
LINE_STRIDE = 4
ALONG, ACROSS = 34, 20
"""Steps along the court and across it."""
MARGIN_ALONG, MARGIN_ACROSS = 0.08, 0.16
"""How far beyond the lines the steps reach, in court lengths and widths."""


def steps(count: int, margin: float) -> Array:
    """Return the places (count,) of the steps, 0 to 1 from line to line."""
    return np.array(np.linspace(-margin, 1 + margin, count), dtype=np.float64)


def cell_centres() -> Array:
    """Return the px (rows * columns, 2) of the network's picture that its cells look at."""
    u, v = np.meshgrid(np.arange(INPUT_PX[0] // STRIDE), np.arange(INPUT_PX[1] // STRIDE))
    return np.asarray((np.column_stack([u.ravel(), v.ravel()]) + 0.5) * STRIDE, np.float64)


def positions(camera: Camera, court: Court) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Say where on the court each cell looks.

    Returns:
        (rows, columns, 2) in court lengths and widths, NaN beyond the reach of the steps; (rows, columns) whether the
        position is known; whether it is on the court.
    """
    shape = (INPUT_PX[1] // STRIDE, INPUT_PX[0] // STRIDE)
    centres = cell_centres()
    place = floor_of(camera, centres) / [court.length_m, court.width_m]
    inside = (centres <= camera.size).all(axis=1)
    with np.errstate(invalid="ignore"):
        on = inside & (place >= 0).all(axis=1) & (place <= 1).all(axis=1)
        low, high = [-MARGIN_ALONG, -MARGIN_ACROSS], [1 + MARGIN_ALONG, 1 + MARGIN_ACROSS]
        valid = inside & (place > low).all(axis=1) & (place < high).all(axis=1)
    place[~valid] = np.nan
    return place.reshape(*shape, 2).astype(np.float32), valid.reshape(shape), on.reshape(shape)
