"""Zones of the court as a scout names them, relative to the basket that a team attacks."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court

ZoneName = Literal["paint", "mid_range", "corner_three", "above_break", "backcourt"]
ZONES: tuple[ZoneName, ...] = get_args(ZoneName)
PAINT, MID_RANGE, CORNER_THREE, ABOVE_BREAK, BACKCOURT = range(5)


def zones(court: Court, points_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """Find the zone of each place, for a team that attacks the right basket.

    In the attacked half: the lane between end line and free-throw line; else inside the three-point line; else beyond its
    straight parts, where they are straight (corner three), or beyond its arc (above the break). The other half is the
    backcourt; a court with one basket has none. A place off the court belongs to the zone at the nearest point of it.

    Args:
        court: the court.
        points_m: (n, 2) court metres.

    Returns:
        (n,) index into ZONES.

    Example:
        >>> from pipeline.geometry.court import COURTS
        >>> places = np.array([[27.0, 7.5], [24.0, 2.0], [26.5, 0.5], [19.0, 7.5], [3.0, 7.5]])
        >>> [ZONES[k] for k in zones(COURTS["fiba"], places)]
        ['paint', 'mid_range', 'corner_three', 'above_break', 'backcourt']
    """
    inside = np.clip(points_m, 0.0, [court.length_m, court.width_m])
    depth = court.length_m - inside[:, 0]
    across = np.abs(inside[:, 1] - court.width_m / 2)
    beside = depth <= court.three_point_straight_m
    return np.select(
        [
            (depth > court.length_m / 2) & (court.baskets == 2),
            (depth <= court.free_throw_m) & (across <= court.lane_width_m / 2),
            beside & (across > court.width_m / 2 - court.three_point_side_m),
            ~beside & (np.hypot(depth - court.basket_m, across) > court.three_point_radius_m),
        ],
        [BACKCOURT, PAINT, CORNER_THREE, ABOVE_BREAK],
        MID_RANGE,
    ).astype(np.int64)


def turned(court: Court, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn places (n, 2) by half a turn about the centre of the court: the left basket becomes the right one."""
    return np.array([court.length_m, court.width_m]) - points_m
