"""The basketball court by the rule books, in metres.

Origin at the far-left corner as the main camera sees the court (inner edge of the boundary lines), x to the right
along the length, y towards the camera. Sizes are to the edge of the line that the rule names. A court with one basket
has it at x = 0: its origin is the far-left corner as seen by a camera that has the basket on its left.

Sources, line by line: docs/concepts/courts.md, and the table in tests/pipeline/geometry/test_court.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.choices import CourtName

FOOT_M = 0.3048
INCH_M = 0.0254

Polyline = NDArray[np.float64]
"""(n, 2) x, y in metres."""


@dataclass(frozen=True)
class Court:
    """One rule book's court; all sizes in metres."""

    name: CourtName
    length_m: float
    """Between the inner edges of the end lines."""
    width_m: float
    """Between the inner edges of the side lines."""
    line_m: float
    """Width of a line."""
    basket_m: float
    """End line to the centre of the basket."""
    backboard_m: float
    """End line to the face of the backboard."""
    lane_width_m: float
    """Outer edges of the lane lines."""
    free_throw_m: float
    """End line to the far edge of the free-throw line."""
    free_throw_radius_m: float
    """Free-throw circle, outer edge."""
    centre_radius_m: float
    """Centre circle, outer edge."""
    three_point_radius_m: float
    """Centre of the basket to the outer edge of the arc."""
    three_point_side_m: float
    """Inner edge of the side line to the outer edge of the straight three-point lines."""
    restricted_radius_m: float
    """No-charge semicircle, inner edge."""
    backboard_width_m: float
    ring_radius_m: float
    """Inner edge."""
    lane_hashes_m: tuple[float, ...]
    """End line to the middle of each hash mark beside the lane; those that bound the neutral zone are its edges."""
    lane_hash_m: float
    """Length of these hash marks, from the outer edge of the lane line outwards."""
    hash_m: tuple[float, float] | None = None
    """Marks on both side lines: end line to their middle, and how far they reach into the court."""
    inner_circle_m: float | None = None
    """Small circle in the centre circle, outer edge."""
    halfway_beyond_m: float = 0.0
    """By which the half-way line goes on beyond the side lines."""
    baskets: Literal[1, 2] = 2
    team_size: int = 5
    """Players of one team on court at once."""

    def from_end(self, x_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Measure from the end line of the nearer basket.

        Example:
            >>> COURTS["fiba"].from_end(np.array([1.0, 27.0])).tolist(), COURTS["3x3"].from_end(np.array([9.0])).tolist()
            ([1.0, 1.0], [9.0])
        """
        return x_m if self.baskets == 1 else np.minimum(x_m, self.length_m - x_m)

    @property
    def points_inside(self) -> int:
        """What a basket from inside of the arc is worth; from outside one more (FIBA 3x3 Rules of the Game, article 3).

        Example:
            >>> COURTS["fiba"].points_inside, COURTS["3x3"].points_inside
            (2, 1)
        """
        return 1 if self.name == "3x3" else 2

    @property
    def three_point_straight_m(self) -> float:
        """Length of the straight three-point lines from the end line to where the arc begins.

        Example:
            >>> round(COURTS["nba"].three_point_straight_m / FOOT_M, 1)
            14.2
        """
        lateral = self.width_m / 2 - self.three_point_side_m
        return self.basket_m + float(np.sqrt(self.three_point_radius_m**2 - lateral**2))


_FIBA = Court(
    name="fiba",
    length_m=28.0,
    width_m=15.0,
    line_m=0.05,
    basket_m=1.575,
    backboard_m=1.2,
    lane_width_m=4.9,
    free_throw_m=5.8,
    free_throw_radius_m=1.8,
    centre_radius_m=1.8,
    three_point_radius_m=6.75,
    three_point_side_m=0.9,
    restricted_radius_m=1.25,
    backboard_width_m=1.8,
    ring_radius_m=0.225,
    lane_hashes_m=(1.775, 2.65, 3.05, 3.925, 4.825),
    lane_hash_m=0.1,
    halfway_beyond_m=0.15,
)
_3X3 = replace(_FIBA, name="3x3", length_m=11.0, halfway_beyond_m=0.0, baskets=1, team_size=3)
_NBA = Court(
    name="nba",
    length_m=94 * FOOT_M,
    width_m=50 * FOOT_M,
    line_m=2 * INCH_M,
    basket_m=5.25 * FOOT_M,
    backboard_m=4 * FOOT_M,
    lane_width_m=16 * FOOT_M,
    free_throw_m=19 * FOOT_M,
    free_throw_radius_m=6 * FOOT_M,
    centre_radius_m=6 * FOOT_M,
    three_point_radius_m=23.75 * FOOT_M,
    three_point_side_m=3 * FOOT_M,
    restricted_radius_m=4 * FOOT_M,
    backboard_width_m=6 * FOOT_M,
    ring_radius_m=9 * INCH_M,
    lane_hashes_m=(7 * FOOT_M, 8 * FOOT_M, 11 * FOOT_M, 14 * FOOT_M),
    lane_hash_m=6 * INCH_M,
    hash_m=(28 * FOOT_M, 3 * FOOT_M),
    inner_circle_m=2 * FOOT_M,
)
_WNBA = replace(_NBA, name="wnba", three_point_radius_m=22 * FOOT_M + 1.75 * INCH_M)
_NCAA = replace(
    _WNBA,
    name="ncaa",
    lane_width_m=12 * FOOT_M,
    three_point_side_m=3 * FOOT_M + 4.125 * INCH_M,
    lane_hash_m=8 * INCH_M,
    hash_m=None,
    inner_circle_m=None,
)
_NCAAW = replace(_NCAA, name="ncaaw")

COURTS: MappingProxyType[CourtName, Court] = MappingProxyType(
    {court.name: court for court in (_NBA, _WNBA, _NCAA, _NCAAW, _FIBA, _3X3)}
)


def court_of(name: CourtName, size_m: Sequence[float] | None = None) -> Court:
    """Return a rule book's court, or one with its lines on a floor of another size, as in school halls.

    Args:
        name: the rule book.
        size_m: length and width between the inner edges of the lines; None for those of the book.

    Example:
        >>> hall = court_of("fiba", (26.0, 14.0))
        >>> hall.length_m, hall.width_m, hall.free_throw_m
        (26.0, 14.0, 5.8)
    """
    return (
        COURTS[name] if size_m is None else replace(COURTS[name], length_m=float(size_m[0]), width_m=float(size_m[1]))
    )


def stored_court(facts: Mapping[str, Any]) -> Court:
    """Return the court that the facts of the stage `court` name.

    Example:
        >>> stored_court({"court": "fiba", "court_size_m": [26.0, 14.0]}).length_m, stored_court({"court": "fiba"}).length_m
        (26.0, 28.0)
    """
    return court_of(facts["court"], facts.get("court_size_m"))


def off_the_book_m(court: Court) -> tuple[float, float] | None:
    """Return the length and width of a court that has not the size of its rule book; None where it has.

    Example:
        >>> off_the_book_m(COURTS["nba"]), off_the_book_m(court_of("fiba", (26.0, 14.0)))
        (None, (26.0, 14.0))
    """
    return None if court == COURTS[court.name] else (court.length_m, court.width_m)


def markings(court: Court, step_m: float = 0.1) -> list[Polyline]:
    """Trace the lines that make the court along their centre.

    Args:
        court: the court.
        step_m: distance between the points of an arc.

    Returns:
        Polylines (n, 2) in metres: boundary, half-way line and centre circle where there are two baskets, and for each
        basket lane, free-throw circle, three-point line and no-charge semicircle.
    """
    half = court.line_m / 2
    length, width = court.length_m, court.width_m
    boundary = np.array(
        [[-half, -half], [length + half, -half], [length + half, width + half], [-half, width + half], [-half, -half]]
    )
    ends = _at_each_end(court, _left_end(court, step_m))
    if court.baskets == 1:
        return [boundary, *ends]
    halfway = np.array([[length / 2, 0.0], [length / 2, width]])
    centre = _arc((length / 2, width / 2), court.centre_radius_m - half, 0, 2 * np.pi, step_m)
    return [boundary, halfway, centre, *ends]


def small_markings(court: Court, step_m: float = 0.1) -> list[Polyline]:
    """Trace what is painted besides `markings`: hash marks beside the lane and on the side lines, the straight ends of the
    no-charge line, the ends of the half-way line, an inner centre circle.

    Args:
        court: the court.
        step_m: distance between the points of an arc.
    """
    length, width, middle, half = court.length_m, court.width_m, court.width_m / 2, court.line_m / 2
    lane, tangent = court.lane_width_m / 2, court.restricted_radius_m + half
    left = [
        np.array([[x, middle + side * lane], [x, middle + side * (lane + court.lane_hash_m)]])
        for x in court.lane_hashes_m
        for side in (-1, 1)
    ]
    left += [
        np.array([[court.backboard_m, middle + side * tangent], [court.basket_m, middle + side * tangent]])
        for side in (-1, 1)
    ]
    if court.hash_m is not None:
        x, reach = court.hash_m
        left += [np.array([[x, 0.0], [x, reach]]), np.array([[x, width], [x, width - reach]])]
    lines = _at_each_end(court, left)
    if court.halfway_beyond_m:
        out = court.line_m + court.halfway_beyond_m
        lines += [np.array([[length / 2, y], [length / 2, y + way * out]]) for y, way in ((0.0, -1), (width, 1))]
    if court.inner_circle_m is not None:
        lines.append(_arc((length / 2, middle), court.inner_circle_m - half, 0, 2 * np.pi, step_m))
    return lines


def backboards(court: Court) -> list[Polyline]:
    """Trace the faces of the backboards."""
    half, middle = court.backboard_width_m / 2, court.width_m / 2
    return _at_each_end(court, [np.array([[court.backboard_m, middle - half], [court.backboard_m, middle + half]])])


def rings(court: Court) -> list[Polyline]:
    """Trace the rings, seen from above."""
    angle = np.linspace(0, 2 * np.pi, 33)
    circle = court.ring_radius_m * np.column_stack([np.cos(angle), np.sin(angle)])
    return _at_each_end(court, [circle + np.array([court.basket_m, court.width_m / 2])])


def paints(court: Court) -> list[tuple[float, float, float, float]]:
    """Name the lanes as (x, y, length, width) in metres."""
    y, length = court.width_m / 2 - court.lane_width_m / 2, court.free_throw_m
    return [(x, y, length, court.lane_width_m) for x in (0.0, court.length_m - length)[: court.baskets]]


def _at_each_end(court: Court, left: list[Polyline]) -> list[Polyline]:
    """Repeat what is at the left end, mirrored, at the right one if there is a basket."""
    if court.baskets == 1:
        return left
    flip = np.array([court.length_m, 0.0])
    return [*left, *(flip + line * np.array([-1.0, 1.0]) for line in left)]


def _left_end(court: Court, step_m: float) -> list[Polyline]:
    """Trace the lines of the left end."""
    half, middle = court.line_m / 2, court.width_m / 2
    lane = court.lane_width_m / 2 - half
    throw = court.free_throw_m - half
    lane_box = np.array([[0.0, middle - lane], [throw, middle - lane], [throw, middle + lane], [0.0, middle + lane]])
    circle = _arc((throw, middle), court.free_throw_radius_m - half, -np.pi / 2, np.pi / 2, step_m)
    restricted = _arc((court.basket_m, middle), court.restricted_radius_m + half, -np.pi / 2, np.pi / 2, step_m)
    return [lane_box, circle, _three_point(court, step_m), restricted]


def _three_point(court: Court, step_m: float) -> Polyline:
    """Trace the left three-point line."""
    half, middle = court.line_m / 2, court.width_m / 2
    lateral = middle - court.three_point_side_m - half
    radius = court.three_point_radius_m - half
    angle = float(np.arcsin(lateral / radius))
    arc = _arc((court.basket_m, middle), radius, -angle, angle, step_m)
    return np.vstack([[0.0, middle - lateral], arc, [0.0, middle + lateral]])


def _arc(centre: tuple[float, float], radius: float, start: float, stop: float, step_m: float) -> Polyline:
    """Sample an arc; angles in radians from the x axis towards y."""
    count = max(8, int(np.ceil(radius * abs(stop - start) / step_m)) + 1)
    angles = np.linspace(start, stop, count)
    return np.column_stack([centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)])


def in_paint(court: Court, points_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which points (n, 2) are in a lane between end line and free-throw line."""
    x = court.from_end(points_m[:, 0])
    across = np.abs(points_m[:, 1] - court.width_m / 2)
    return (x >= 0) & (x <= court.free_throw_m) & (across <= court.lane_width_m / 2)


def beyond_three_point(court: Court, points_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which points (n, 2) are outside the three-point line of the nearer basket.

    Example:
        >>> beyond_three_point(COURTS["fiba"], np.array([[1.0, 0.5], [1.0, 1.5], [14.0, 7.5]])).tolist()
        [True, False, True]
    """
    x = court.from_end(points_m[:, 0])
    across = np.abs(points_m[:, 1] - court.width_m / 2)
    in_corner = x <= court.three_point_straight_m
    outside_straight = across > court.width_m / 2 - court.three_point_side_m
    outside_arc = np.hypot(x - court.basket_m, across) > court.three_point_radius_m
    return np.where(in_corner, outside_straight, outside_arc)


def landmarks(court: Court) -> dict[str, tuple[float, float]]:
    """Name the points that one can click on: where painted lines meet or turn, at the centre of the paint.

    Args:
        court: the court.

    Returns:
        x, y in metres by name. `left`/`right` is the end, `far`/`near` the side as the main camera sees it. A court
        with one basket has only corners at the right.

    Example:
        >>> landmarks(COURTS["fiba"])["free_throw_far_left"]
        (5.775, 5.075)
    """
    half, middle, width = court.line_m / 2, court.width_m / 2, court.width_m
    lane = court.lane_width_m / 2 - half
    lateral = middle - court.three_point_side_m - half
    left = {
        "corner_far": (-half, -half),
        "corner_near": (-half, width + half),
        "lane_base_far": (-half, middle - lane),
        "lane_base_near": (-half, middle + lane),
        "free_throw_far": (court.free_throw_m - half, middle - lane),
        "free_throw_near": (court.free_throw_m - half, middle + lane),
        "free_throw_circle_top": (court.free_throw_m - 2 * half + court.free_throw_radius_m, middle),
        "three_point_base_far": (-half, middle - lateral),
        "three_point_base_near": (-half, middle + lateral),
        "three_point_top": (court.basket_m + court.three_point_radius_m - half, middle),
        "basket": (court.basket_m, middle),
    }
    points = {f"{name}_left": place for name, place in left.items()}
    names = left if court.baskets == 2 else ("corner_far", "corner_near")
    points |= {f"{name}_right": (court.length_m - left[name][0], left[name][1]) for name in names}
    if court.baskets == 2:
        points |= _middle_landmarks(court)
    return {name: (round(x, 6), round(y, 6)) for name, (x, y) in points.items()}


def _middle_landmarks(court: Court) -> dict[str, tuple[float, float]]:
    """Name the points on the half-way line and the centre circle."""
    half, centre, middle = court.line_m / 2, court.length_m / 2, court.width_m / 2
    radius = court.centre_radius_m - half
    return {
        "half_far": (centre, -half),
        "half_near": (centre, court.width_m + half),
        "centre_spot": (centre, middle),
        "centre_circle_far": (centre, middle - radius),
        "centre_circle_near": (centre, middle + radius),
        "centre_circle_left": (centre - radius, middle),
        "centre_circle_right": (centre + radius, middle),
    }
