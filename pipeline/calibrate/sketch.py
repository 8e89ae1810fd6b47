"""What the page draws: a court seen from above, and the court drawn back into a picture."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.calibration import CalibratedFrame
from pipeline.geometry.court import Court, Polyline, landmarks, markings, paints, rings, small_markings
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens

Floats = NDArray[np.float64]
Drawn = list[list[list[float]]]
"""Polylines of [u, v] in px."""

_STEP_M = 0.25
"""Between two points of a drawn line: a lens bends straight ones."""
_MARGIN = 0.5
"""Lines are drawn so many pictures beyond the picture, for zooming out."""


def from_above(court: Court) -> dict[str, Any]:
    """Describe a court for the page, in metres: lines, lanes, rings, and the landmarks that one can click on."""
    return {
        "length_m": court.length_m,
        "width_m": court.width_m,
        "line_m": court.line_m,
        "lines": [_rounded(line, 3) for line in markings(court, 0.2) + small_markings(court, 0.2)],
        "paints": paints(court),
        "rings": [_rounded(ring, 3) for ring in rings(court)],
        "landmarks": landmarks(court),
    }


def in_picture(court: Court, view: CalibratedFrame, lens: Lens, size_px: tuple[int, int]) -> Drawn:
    """Draw a court's lines into the picture of a calibrated frame; what is behind the camera is left out.

    Args:
        court: the court.
        view: the calibrated frame.
        lens: the lens.
        size_px: width, height of the picture.
    """
    drawn = []
    for line in [*markings(court), *rings(court)]:
        drawn += _pieces(to_px(_dense(line), view, lens), size_px)
    return drawn


def to_px(points_m: Floats, view: CalibratedFrame, lens: Lens) -> Floats:
    """Map court metres (n, 2) to source px (n, 2); NaN where the camera cannot see them.

    Args:
        points_m: (n, 2).
        view: the calibrated frame.
        lens: the lens.
    """
    return lens.distort(project(np.asarray(np.linalg.inv(view.homography), np.float64), points_m))


def _pieces(px: Floats, size_px: tuple[int, int]) -> Drawn:
    """Split a polyline (n, 2) where it leaves the picture by far."""
    reach = np.array(size_px) * _MARGIN
    with np.errstate(invalid="ignore"):
        near: NDArray[np.bool_] = np.all((px > -reach) & (px < np.array(size_px) + reach), axis=1)
    breaks = np.flatnonzero(np.diff(near.astype(np.int8))) + 1
    pieces = np.split(np.arange(len(px)), breaks)
    return [_rounded(px[piece], 1) for piece in pieces if len(piece) > 1 and near[piece[0]]]


def _dense(line: Polyline) -> Floats:
    """Put points between those of a polyline (n, 2)."""
    segments = []
    for start, stop in itertools.pairwise(line):
        count = max(1, int(np.ceil(np.linalg.norm(stop - start) / _STEP_M)))
        segments.append(start + np.linspace(0, 1, count, endpoint=False)[:, None] * (stop - start))
    return np.concatenate([*segments, line[-1:]])


def _rounded(points: Floats, digits: int) -> list[list[float]]:
    rounded: list[list[float]] = points.round(digits).tolist()
    return rounded
