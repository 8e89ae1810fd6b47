"""Calibration of the distance threshold from the game itself: above it two tracklets are two people.

Encoders differ in scale, and so do games (light, size of the people, jerseys). But every game shows pairs whose answer is
known: the two halves of one tracklet, and team-mates who are in the picture together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

USUAL_LIMIT = 0.45
"""Cosine distance where a game shows too little: from the shipped encoder's held-out game, where 88 % of pairs of one player's tracklets
are nearer, and 17 % of pairs of team-mates."""

_MIN_PAIRS = 15
"""Pairs of either kind from which on the game is believed."""
_SAME_QUANTILE, _DIFFERENT_QUANTILE = 0.8, 0.1
"""Quantiles that stand for the far end of one person and the near end of two; outliers are impure tracklets and people
boxed twice."""
_TOWARDS_DIFFERENT = 0.75
"""Where the limit lies between the two: beyond the middle, since halves of a tracklet are nearer to each other than
tracklets of one person minutes apart."""


def distance_limit(
    self_distance: NDArray[np.float64], distance: NDArray[np.float64], different: NDArray[np.bool_]
) -> float:
    """Find the average distance up to which tracklets are merged.

    Args:
        self_distance: (n,) between the two halves of each tracklet; NaN where unknown.
        distance: (n, n) between tracklets; NaN where unknown.
        different: (n, n) pairs that are surely two people and hard to tell apart: team-mates seen together.

    Returns:
        The limit, 0 to 2; USUAL_LIMIT where there are too few pairs of either kind, or they do not differ.

    Example:
        >>> distance = np.full((20, 20), 0.4)
        >>> round(distance_limit(np.full(20, 0.04), distance, ~np.eye(20, dtype=bool)), 2)
        0.31
    """
    same = self_distance[np.isfinite(self_distance)]
    upper = np.triu(different, 1) & np.isfinite(distance)
    if min(len(same), int(upper.sum())) < _MIN_PAIRS:
        return USUAL_LIMIT
    near, far = float(np.quantile(same, _SAME_QUANTILE)), float(np.quantile(distance[upper], _DIFFERENT_QUANTILE))
    if far <= near:  # halves of a tracklet differ like two people: tracklets are mixed, the game says nothing
        return USUAL_LIMIT
    return near + _TOWARDS_DIFFERENT * (far - near)
