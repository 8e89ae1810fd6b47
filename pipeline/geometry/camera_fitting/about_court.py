"""Cameras where cameras may stand about a court, for views that the network never saw: its places then lead nowhere.

What it says of such a view is wrong by metres in what it calls places, but not in where court is seen at all: a camera at random is
compared with that first, and what is alike by its lines afterwards (`alignment.line_support`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera_fitting.evidence import CourtEvidence
from pipeline.geometry.court import Court
from pipeline.geometry.motion import project_all
from pipeline.geometry.pinhole import Pinhole, floor_homographies

Floats = NDArray[np.float64]

_TRIED = 6000
_BESIDE_M, _HEIGHT_M = (1.0, 16.0), (1.3, 14.0)
"""How far beside the court's lines, and how high above the floor."""
_FOCALS = (0.4, 1.6)
"""In widths of the picture."""
_AIM = (0.15, 0.85)
"""Shares of length and width within which the middle of the picture lies."""
_GRID = (15, 9)
_NEAR_PX = 70.0
"""Court is seen at a point where a place lies so near, at 1280 px width."""


def cameras_about(
    evidence: CourtEvidence, court: Court, size_px: tuple[int, int], rng: np.random.Generator, most: int
) -> list[Pinhole]:
    """Choose cameras that see court where the picture shows it, the best first.

    A court looks the same from behind either end line, and from either side: only the near side is tried, and the end line to its left.

    Args:
        evidence: of the picture; what its places say is not used, only where they lie.
        court: the court.
        size_px: width, height.
        rng: of the cameras.
        most: cameras to choose.
    """
    values = _random_cameras(court, size_px, rng)
    to_px = floor_homographies(values, size_px)
    likeness = _places_on_court(to_px, evidence.place_px, court) * _court_at_places(to_px, evidence, court, size_px)
    best = np.argsort(-likeness, kind="stable")[:most]
    return [Pinhole(each, size_px) for each in values[best]]


def _random_cameras(court: Court, size_px: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Return the numbers (k, 7) of cameras at random places, aimed at the court."""
    beside = rng.uniform(*_BESIDE_M, _TRIED)
    along, across = court.length_m / 2 + beside, court.width_m / 2 + beside
    angle = rng.uniform(0.0, np.pi, _TRIED)  # from behind the left end line past the near side to the right one
    reach = 1.0 / np.maximum(np.abs(np.cos(angle)) / along, np.abs(np.sin(angle)) / across)
    x = court.length_m / 2 - reach * np.cos(angle)
    y = court.width_m / 2 + reach * np.sin(angle)
    right = (y < court.width_m) & (x > court.length_m / 2)  # the same picture as from behind the other end
    x, y = np.where(right, court.length_m - x, x), np.where(right, court.width_m - y, y)
    z = np.exp(rng.uniform(np.log(_HEIGHT_M[0]), np.log(_HEIGHT_M[1]), _TRIED))
    to_x = court.length_m * rng.uniform(*_AIM, _TRIED) - x
    to_y = court.width_m * rng.uniform(*_AIM, _TRIED) - y
    pan, tilt = np.arctan2(to_x, -to_y), np.arctan2(z, np.hypot(to_x, to_y))
    longer = max(size_px) / size_px[0]
    focal = rng.uniform(np.log(_FOCALS[0]), np.log(_FOCALS[1]), _TRIED) + np.log(longer)
    return np.column_stack([pan, tilt, np.zeros(_TRIED), x, y, z, focal])


def _places_on_court(to_px: Floats, place_px: Floats, court: Court) -> Floats:
    """Return which share (k,) of the points where court is seen is court to each camera (k, 3, 3)."""
    floor = project_all(np.linalg.inv(to_px).astype(np.float64), place_px)  # (k, n, 2)
    with np.errstate(invalid="ignore"):
        on_court = ((floor >= 0) & (floor <= [court.length_m, court.width_m])).all(axis=2)
    return np.asarray(on_court.mean(axis=1))


def _court_at_places(to_px: Floats, evidence: CourtEvidence, court: Court, size_px: tuple[int, int]) -> Floats:
    """Return which share (k,) of the court that each camera sees is seen as court in the picture."""
    x, y = (
        np.linspace(0, 1, count + 2)[1:-1] * length
        for count, length in zip(_GRID, (court.length_m, court.width_m), strict=True)
    )
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    ahead = np.concatenate([grid, np.ones((len(grid), 1))], axis=1) @ to_px[:, 2].T > 0  # (g, k)
    px = np.where(ahead.T[..., None], project_all(to_px, grid), np.nan)  # (k, g, 2)
    cell = _NEAR_PX / 2 * size_px[0] / 1280
    shape = tuple(int(np.ceil(side / cell)) for side in size_px)
    seen = np.zeros((shape[0] + 2, shape[1] + 2), bool)
    column, row = (np.clip(evidence.place_px / cell, 0, np.array(shape) - 1).astype(int) + 1).T
    for right in (-1, 0, 1):
        for down in (-1, 0, 1):
            seen[column + right, row + down] = True
    with np.errstate(invalid="ignore"):
        inside = np.all((px >= 0) & (px < np.array(size_px)), axis=2)
        at = np.where(inside[..., None], px / cell, 0).astype(int) + 1
    found = seen[at[..., 0], at[..., 1]] & inside
    return np.asarray(found.sum(axis=1) / np.maximum(inside.sum(axis=1), 5))
