"""Points in the middle of painted lines, to a fraction of a pixel (Steger, "An unbiased detector of curvilinear
structures", PAMI 1998)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Array = NDArray[np.float32]

WORKING_PX = 1024
"""Width of the picture that lines are looked for in, at most; twice the network's."""
_SIGMAS = (1.0, 2.0)
"""Lines up to three times as wide are found."""
_SURROUNDINGS_PX = 10
"""Of a pixel, that its measures depend on: four of the larger sigma, and the derivative."""
_LEAST_STRENGTH = 2.0
"""Grey levels that a line differs from both sides, roughly."""
_FLANK = 0.55
"""A line that has less of the strength of one in a neighbouring cell is its flank."""
_OFF_CENTRE = 0.75
"""How far, in px, the middle of a line may lie from the pixel that speaks for it."""


@dataclass(frozen=True)
class Strokes:
    """Points on lines."""

    px: NDArray[np.float64]
    """(n, 2) source px."""
    angle: NDArray[np.float64]
    """(n,) direction of the line in the picture, radians, 0 to pi."""
    strength: NDArray[np.float64]
    """(n,) grey levels."""


def find_strokes(image: Image, wanted: NDArray[np.bool_], most: int) -> Strokes:
    """Find at most one point per cell of a picture.

    Args:
        image: (h, w, 3) BGR.
        wanted: (rows, columns) cells of the picture in which lines are looked for.
        most: at most so many points, evenly thinned out.
    """
    rows, columns = wanted.shape
    gray, scale = _working_gray(image)
    cell = gray.shape[1] / columns
    at, cells = _pixels_of(wanted, gray.shape, cell)
    strength, middle, angle = _ridges(gray, at)
    order = np.flatnonzero(strength)
    order = order[np.argsort(strength[order])]  # the strongest of a cell is written last
    best = np.full(rows * columns, -1, dtype=np.int64)
    best[cells[order]] = order
    best = best[_outstanding(best, strength, rows, columns)]
    if len(best) > most:
        best = best[np.linspace(0, len(best) - 1, most).round().astype(int)]
    row, column = np.divmod(at[best], gray.shape[1])
    centre = np.column_stack([column, row]) + 0.5 + middle[best]
    return Strokes(
        centre.astype(np.float64) / scale,
        angle[best].astype(np.float64) % np.pi,
        strength[best].astype(np.float64),
    )


def _working_gray(image: Image) -> tuple[Image, float]:
    """Reduce a picture to grey at the working width; returns also working px per source px."""
    scale = min(1.0, WORKING_PX / image.shape[1])
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else gray
    return np.asarray(small, np.uint8), scale


def _outstanding(best: NDArray[np.int64], strength: Array, rows: int, columns: int) -> NDArray[np.bool_]:
    """Say which cells (rows * columns,) hold a line that is not just the flank of a stronger one next to it."""
    has_peak = best >= 0
    height = (
        np.where(has_peak, strength[np.maximum(best, 0)], 0).astype(np.float32)
        if len(strength)
        else np.zeros(len(best), np.float32)
    )
    around = cv2.dilate(height.reshape(rows, columns), np.ones((3, 3), np.uint8)).ravel()
    return np.asarray(has_peak & (height >= _FLANK * around))


def _pixels_of(
    wanted: NDArray[np.bool_], shape: tuple[int, ...], cell: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the pixels (n,) of the wanted cells, away from the border, and the cell of each (n,)."""
    height, width = shape
    row = np.minimum(((np.arange(height) + 0.5) / cell).astype(np.int64), wanted.shape[0] - 1)
    column = np.minimum(((np.arange(width) + 0.5) / cell).astype(np.int64), wanted.shape[1] - 1)
    mask = wanted[row][:, column]
    mask[:3] = mask[-3:] = False
    mask[:, :3] = mask[:, -3:] = False
    at = np.flatnonzero(mask)
    return at, row[at // width] * wanted.shape[1] + column[at % width]


def _ridges(gray: Image, at: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Measure pixels (n,): strength of the line whose middle is there, else 0; how far off it is (n, 2); its angle.

    Only the rows about these pixels, which are in order, are looked at: the court is rarely all of the picture.
    """
    if not len(at):
        return np.zeros(0, np.float32), np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
    width = gray.shape[1]
    top = max(0, int(at[0]) // width - _SURROUNDINGS_PX)
    below = int(at[-1]) // width + _SURROUNDINGS_PX + 1
    gray, at = gray[top:below].astype(np.float32), at - top * width
    best = np.zeros(len(at), np.float32)
    middle = np.zeros((len(at), 2), np.float32)
    angle = np.zeros(len(at), np.float32)
    for sigma in _SIGMAS:
        soft = np.asarray(cv2.GaussianBlur(gray, (0, 0), sigma), np.float32)
        xx, yy, xy = (_derivative(soft, at, dx, dy) for dx, dy in ((2, 0), (0, 2), (1, 1)))
        half, spread = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
        curve: Array = np.where(half < 0, half - spread, half + spread)  # of the larger magnitude, across the line
        strength = np.abs(curve) * np.float32(2 * sigma**1.5)
        better = np.flatnonzero((strength > _LEAST_STRENGTH) & (strength > best))
        shift, across = _across(soft, at[better], xx[better] - yy[better], xy[better], curve[better])
        central = (np.abs(shift) <= _OFF_CENTRE).all(axis=1)
        better = better[central]
        best[better] = strength[better]
        middle[better] = shift[central]
        angle[better] = across[central] + np.float32(np.pi / 2)
    return best, middle, angle


def _across(soft: Array, at: NDArray[np.int64], difference: Array, xy: Array, curve: Array) -> tuple[Array, Array]:
    """Return how far the middle of the line is (n, 2) from pixels (n,), and the angle across it (n,).

    Args:
        soft: the blurred picture.
        at: the pixels.
        difference: second derivatives there, along x less along y.
        xy: the mixed one.
        curve: that across the line.
    """
    gx, gy = (_derivative(soft, at, dx, dy) for dx, dy in ((1, 0), (0, 1)))
    across = 0.5 * np.arctan2(2 * xy, difference) + np.where(curve < 0, np.float32(np.pi / 2), np.float32(0))
    normal = np.column_stack([np.cos(across), np.sin(across)])
    shift = -(gx * normal[:, 0] + gy * normal[:, 1]) / curve
    return np.asarray(shift[:, None] * normal, np.float32), np.asarray(across, np.float32)


def _derivative(soft: Array, at: NDArray[np.int64], dx: int, dy: int) -> Array:
    """Return a derivative of a picture at pixels (n,), grey levels per px to the power of its order."""
    scale = 1 / 8 if dx + dy == 1 else 1 / 4
    return np.asarray(cv2.Sobel(soft, cv2.CV_32F, dx, dy, scale=scale).ravel()[at], np.float32)
