"""The FIBA court's lines, rings and boards, point by point."""

from typing import Any

import numpy as np
import pytest

from pipeline.geometry.court import COURTS, backboards, in_paint, landmarks, markings, paints, rings, small_markings

FIBA = COURTS["fiba"]


def is_near(line: np.ndarray, expected: Any) -> bool:
    return line.shape == np.shape(expected) and bool(np.allclose(line, expected))


def drawn_once(lines: list[np.ndarray], expected: Any) -> bool:
    return sum(is_near(line, expected) for line in lines) == 1


def test_boards_are_as_wide_as_they_are_at_both_ends() -> None:
    left, right = backboards(FIBA)
    assert left == pytest.approx(np.array([[1.2, 6.6], [1.2, 8.4]]))
    assert right == pytest.approx(np.array([[26.8, 6.6], [26.8, 8.4]]))
    assert len(backboards(COURTS["3x3"])) == 1


def test_rings_are_round_about_the_baskets() -> None:
    for ring, x in zip(rings(FIBA), (1.575, 26.425), strict=True):
        assert np.linalg.norm(ring - [x, 7.5], axis=1) == pytest.approx(np.full(33, 0.225))
        assert np.ptp(ring, axis=0) == pytest.approx([0.45, 0.45])
        assert ring[0] == pytest.approx(ring[-1])


def test_straight_lines_run_along_the_middle_of_the_paint() -> None:
    lines = markings(FIBA)
    assert len(lines) == 3 + 2 * 4
    low, high, right = -0.025, 15.025, 28.025
    assert drawn_once(lines, [[low, low], [right, low], [right, high], [low, high], [low, low]])
    assert drawn_once(lines, [[14, 0], [14, 15]])
    assert drawn_once(lines, [[0, 5.075], [5.775, 5.075], [5.775, 9.925], [0, 9.925]])
    assert drawn_once(lines, [[28, 5.075], [22.225, 5.075], [22.225, 9.925], [28, 9.925]])


@pytest.mark.parametrize(
    ("centre", "radius", "x_range", "points"),
    [
        ((14, 7.5), 1.775, (12.225, 15.775), 113),
        ((5.775, 7.5), 1.775, (5.775, 7.55), 57),
        ((1.575, 7.5), 1.275, (1.575, 2.85), 42),
        ((26.425, 7.5), 1.275, (25.15, 26.425), 42),
    ],
)
def test_circles_are_drawn_every_tenth_of_a_metre(
    centre: tuple[float, float], radius: float, x_range: tuple[float, float], points: int
) -> None:
    """Outer edges of the centre and free-throw circle, and the inner edge of the no-charge line, are as the rules say."""
    (line,) = [
        line
        for line in markings(FIBA)
        if np.allclose(np.linalg.norm(line - centre, axis=1), radius)
        and np.allclose([line[:, 0].min(), line[:, 0].max()], x_range, atol=0.01)
    ]
    assert len(line) == points
    assert np.linalg.norm(np.diff(line, axis=0), axis=1).max() <= 0.1
    assert np.ptp(line[:, 1]) == pytest.approx(2 * radius, abs=0.01)


def test_the_three_point_line_is_straight_and_then_round() -> None:
    """Its middle is 0.925 m from the side line, and 6.725 m from the basket."""
    (line,) = [line for line in markings(FIBA) if np.allclose(line[0], [0, 0.925])]
    assert line[-1] == pytest.approx([0, 14.075])
    assert line[1:-1, 1].min() == pytest.approx(0.925)
    assert np.linalg.norm(line[1:-1] - [1.575, 7.5], axis=1) == pytest.approx(np.full(len(line) - 2, 6.725))
    assert line[:, 0].max() == pytest.approx(1.575 + 6.725, abs=0.01)
    assert line[1, 0] == pytest.approx(2.99, abs=0.01)


def test_small_lines() -> None:
    lines = small_markings(FIBA)
    assert drawn_once(lines, [[14, 0], [14, -0.2]])
    assert drawn_once(lines, [[14, 15], [14, 15.2]])
    for x in (0.0, 28.0):
        ends = [abs(x - place) for place in (1.2, 1.575)]
        assert drawn_once(lines, [[ends[0], 6.225], [ends[1], 6.225]])
        assert drawn_once(lines, [[ends[0], 8.775], [ends[1], 8.775]])
    for depth in FIBA.lane_hashes_m:
        for x in (depth, 28 - depth):
            assert drawn_once(lines, [[x, 5.05], [x, 4.95]])
            assert drawn_once(lines, [[x, 9.95], [x, 10.05]])
    nba = COURTS["nba"]
    x, reach = 28 * 0.3048, 3 * 0.3048
    assert drawn_once(small_markings(nba), [[x, 0], [x, reach]])
    assert drawn_once(small_markings(nba), [[nba.length_m - x, nba.width_m], [nba.length_m - x, nba.width_m - reach]])
    inner = small_markings(nba)[-1] - [nba.length_m / 2, nba.width_m / 2]
    assert np.linalg.norm(inner, axis=1) == pytest.approx(np.full(len(inner), 2 * 0.3048 - nba.line_m / 2))


def test_lanes() -> None:
    assert paints(FIBA) == [pytest.approx((0, 5.05, 5.8, 4.9)), pytest.approx((22.2, 5.05, 5.8, 4.9))]
    assert len(paints(COURTS["3x3"])) == 1
    corners = np.array([[0, 5.05], [5.8, 9.95], [22.21, 5.05], [28, 9.95], [-0.01, 7], [5.81, 7], [3, 5.04], [3, 9.96]])
    assert in_paint(FIBA, corners).tolist() == [True] * 4 + [False] * 4


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("corner_far_left", (-0.025, -0.025)), ("corner_near_left", (-0.025, 15.025)),
        ("corner_near_right", (28.025, 15.025)), ("lane_base_far_left", (-0.025, 5.075)),
        ("lane_base_near_left", (-0.025, 9.925)), ("free_throw_near_right", (22.225, 9.925)),
        ("free_throw_circle_top_left", (7.55, 7.5)), ("three_point_base_far_left", (-0.025, 0.925)),
        ("three_point_base_near_right", (28.025, 14.075)), ("three_point_top_left", (8.3, 7.5)),
        ("three_point_top_right", (19.7, 7.5)), ("basket_right", (26.425, 7.5)), ("half_far", (14, -0.025)),
        ("half_near", (14, 15.025)), ("centre_spot", (14, 7.5)), ("centre_circle_far", (14, 5.725)),
        ("centre_circle_near", (14, 9.275)), ("centre_circle_left", (12.225, 7.5)),
        ("centre_circle_right", (15.775, 7.5)),
    ],
)  # fmt: skip
def test_landmarks_are_where_lines_meet_or_turn(name: str, place: tuple[float, float]) -> None:
    assert landmarks(FIBA)[name] == pytest.approx(place)


def test_a_court_with_a_single_basket_has_corners_alone_at_the_right() -> None:
    names = {name for name in landmarks(COURTS["3x3"]) if not name.endswith("_left")}
    assert names == {"corner_far_right", "corner_near_right"}
