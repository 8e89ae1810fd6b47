"""How far people are spread over the floor: mean distance between any two, and the area that they span."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BLOCK = 5000
"""Moments whose convex hulls are computed in one go."""


def spacings(place_m: Floats) -> Floats:
    """Average the distance (n,) between any two of the people at places (n, k, 2).

    Example:
        >>> spacings(np.array([[[0.0, 0], [3, 0], [3, 4]]])).tolist()
        [4.0]
    """
    first, second = np.triu_indices(place_m.shape[1], 1)
    gaps: Floats = np.linalg.norm(place_m[:, first] - place_m[:, second], axis=2).mean(axis=1)
    return gaps


def hull_areas(place_m: Floats) -> Floats:
    """Measure the area (n,) of the convex hull of places (n, k, 2).

    The way from one place to another is an edge of the hull if all others lie to its left, or between the two.

    Example:
        >>> hull_areas(np.array([[[0.0, 0], [2, 0], [2, 2], [0, 2], [1, 1]]])).tolist()
        [4.0]
    """
    blocks = [_hull_areas(place_m[start : start + _BLOCK]) for start in range(0, len(place_m), _BLOCK)]
    return np.concatenate(blocks) if blocks else np.zeros(0)


def _hull_areas(place: Floats) -> Floats:
    """Measure one block."""
    count = place.shape[1]
    way = place[:, None] - place[:, :, None]  # (n, i, j, 2): from i to j
    to_third = way[:, :, None]  # (n, i, 1, k, 2): from i to k
    along = way[:, :, :, None]  # (n, i, j, 1, 2)
    turn = along[..., 0] * to_third[..., 1] - along[..., 1] * to_third[..., 0]  # (n, i, j, k)
    inward = (to_third * (to_third - along)).sum(axis=-1) <= 0
    edge = ((turn > 0) | ((turn == 0) & inward)).all(axis=3) & ~np.eye(count, dtype=bool)
    cross = place[:, :, None, 0] * place[:, None, :, 1] - place[:, :, None, 1] * place[:, None, :, 0]
    area: Floats = (cross * edge).sum(axis=(1, 2)) / 2
    return area
