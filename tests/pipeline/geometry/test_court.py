"""The court against the numbers that the rule books print."""

import itertools

import numpy as np
import pytest

from pipeline.geometry.court import (
    COURTS,
    FOOT_M,
    INCH_M,
    beyond_three_point,
    in_paint,
    landmarks,
    markings,
    small_markings,
)

FT, IN = FOOT_M, INCH_M

FIBA_RULES = [
    # Official Basketball Rules 2024, and Basketball Equipment
    ("length_m", 28.0),  # art. 2.1: to the inner edge of the boundary lines
    ("width_m", 15.0),  # art. 2.1
    ("line_m", 0.05),  # art. 2.4
    ("centre_radius_m", 1.80),  # art. 2.4.2: to the outer edge
    ("halfway_beyond_m", 0.15),  # art. 2.4.2
    ("free_throw_radius_m", 1.80),  # art. 2.4.2: to the outer edge, from the middle of the free-throw line
    ("free_throw_m", 5.80),  # art. 2.4.3: furthest edge from the inner edge of the end line
    ("lane_width_m", 2 * 2.45),  # art. 2.4.3: outer edges 2.45 m from the middle of the end line
    ("three_point_side_m", 0.90),  # art. 2.4.4: outer edge from the inner edge of the side line
    ("three_point_radius_m", 6.75),  # art. 2.4.4: to the outer edge
    ("basket_m", 1.575),  # art. 2.4.4: inner edge of the end line to the point below the centre of the basket
    ("three_point_straight_m", 2.99),  # diagram 2
    ("restricted_radius_m", 1.25),  # art. 2.4.7: to the inner edge
    ("backboard_m", 1.575 - 0.375),  # art. 2.4.7: the straight parts are 0.375 m long and end below the backboard
    ("backboard_width_m", 1.80),  # Equipment, backboards
    ("ring_radius_m", 0.45 / 2),  # Equipment, rings: inner diameter 450 to 459 mm
    ("lane_hash_m", 0.10),  # diagram 3
    ("team_size", 5),  # 4.2.2: five on the court during playing time
]
THREE_RULES = [
    # 3x3 Basketball Rules of the Game 2024, art. 1: the rest is the full court's
    ("width_m", 15.0),
    ("length_m", 11.0),
    ("free_throw_m", 5.80),
    ("three_point_radius_m", 6.75),  # "2-point line"
    ("restricted_radius_m", 1.25),
    ("baskets", 1),
    ("team_size", 3),  # art. 2: up to four players, three of them on court
]
NBA_RULES = [
    # Rule 1, section I (letters) and II, and the court diagram
    ("length_m", 94 * FT),  # diagram, inside
    ("width_m", 50 * FT),  # diagram, inside
    ("line_m", 2 * IN),  # I c
    ("lane_width_m", 16 * FT),  # I b and diagram, outside
    ("lane_hash_m", 6 * IN),  # I b: 2 by 6 inches
    ("free_throw_m", 4 * FT + 15 * FT),  # I c: 15 ft from the face of the backboard
    ("three_point_side_m", 3 * FT),  # I d
    ("three_point_radius_m", 23 * FT + 9 * IN),  # I d
    ("three_point_straight_m", 14 * FT + 2 * IN),  # follows; the diagram says 14 ft
    ("hash_m", (28 * FT, 3 * FT)),  # I e
    ("restricted_radius_m", 4 * FT),  # diagram
    ("centre_radius_m", 6 * FT),  # diagram
    ("inner_circle_m", 2 * FT),  # diagram
    ("free_throw_radius_m", 6 * FT),  # diagram
    ("backboard_m", 4 * FT),  # diagram
    ("basket_m", 63 * IN),  # diagram
    ("backboard_width_m", 6 * FT),  # II a
    ("ring_radius_m", 18 * IN / 2),  # II d
    ("team_size", 5),  # rule 3, section I
]
WNBA_RULES = [
    # Rule 1, section I; all else as the NBA
    ("three_point_radius_m", 22 * FT + 1.75 * IN),  # I d, since 2013
    ("three_point_side_m", 25 * FT - 22 * FT),  # I d
    ("lane_width_m", 16 * FT),  # I b, since 2004
]
NCAA_RULES = [
    # Rule 1 and "NCAA Men's and Women's Basketball Court", June 17, 2019; women's three-point line since 2021-22
    ("length_m", 94 * FT),
    ("width_m", 50 * FT),  # "optimum width inside sidelines"
    ("line_m", 2 * IN),
    ("lane_width_m", 12 * FT),  # "to the outside edge"
    ("lane_hash_m", 8 * IN),  # "2 wide by 8 deep"
    ("free_throw_m", 19 * FT),  # "to the outside edge of the free throw line"
    ("three_point_radius_m", 22 * FT + 1.75 * IN),  # "outside edge"
    ("three_point_side_m", 40.125 * IN),
    ("three_point_straight_m", 9 * FT + 10.375 * IN),
    ("basket_m", 63 * IN),
    ("basket_m", 4 * FT + 15 * IN),  # the backboard's 48 in, and 15 in to the middle of the ring
    ("restricted_radius_m", 4 * FT),  # "from center of ring to inner edge"
    ("centre_radius_m", 6 * FT),  # "outside edge"
    ("ring_radius_m", 18 * IN / 2),
    ("hash_m", None),
    ("inner_circle_m", None),
]
RULES = [
    (court, *rule)
    for court, rules in (
        ("fiba", FIBA_RULES), ("3x3", THREE_RULES), ("nba", NBA_RULES), ("wnba", WNBA_RULES), ("ncaa", NCAA_RULES),
        ("ncaaw", NCAA_RULES),
    )
    for rule in rules
]  # fmt: skip


@pytest.mark.parametrize(("court", "size", "expected_m"), RULES)
def test_sizes_are_those_of_the_rule_book(court, size, expected_m):
    printed_to = 0.06 if (court, size) == ("nba", "three_point_straight_m") else 0.006
    assert getattr(COURTS[court], size) == pytest.approx(expected_m, abs=printed_to)


@pytest.mark.parametrize(
    ("court", "middles_m"),
    [
        # first mark 1.75 m from the end line, then 0.85, a block of 0.40, 0.85, 0.85, each line 0.05 (FIBA, diagram 3)
        ("fiba", [1.775, 1.8 + 0.85, 1.8 + 0.85 + 0.4, 3.05 + 0.85 + 0.025, 3.95 + 0.85 + 0.025]),
        # a block from 7 to 8 ft, then 3 ft each (court diagrams)
        ("nba", [7 * FT, 8 * FT, 11 * FT, 14 * FT]),
        ("ncaa", [7 * FT, 8 * FT, 11 * FT, 14 * FT]),
    ],
)
def test_marks_beside_the_lane_are_where_the_diagram_has_them(court, middles_m):
    assert COURTS[court].lane_hashes_m == pytest.approx(middles_m)


@pytest.mark.parametrize("court", COURTS.values(), ids=list(COURTS))
class TestEdges:
    """The rule names an edge: half a line's width from the middle of the paint."""

    def test_boundary_lines_are_outside(self, court):
        boundary = markings(court)[0]
        assert boundary.min() == pytest.approx(-court.line_m / 2)
        assert boundary.max(axis=0) == pytest.approx(
            [court.length_m + court.line_m / 2, court.width_m + court.line_m / 2]
        )

    def test_the_three_point_line_is_inside_its_radius(self, court):
        basket = np.array([court.basket_m, court.width_m / 2])
        top = landmarks(court)["three_point_top_left"]
        assert np.hypot(*(top - basket)) + court.line_m / 2 == pytest.approx(court.three_point_radius_m)

    def test_the_no_charge_line_is_outside_its_radius(self, court):
        basket = np.array([court.basket_m, court.width_m / 2])
        arcs = [line for line in markings(court) if np.ptp(np.hypot(*(line - basket).T)) < 1e-9]
        nearest = min(np.hypot(*(line - basket).T)[0] for line in arcs)
        assert nearest - court.line_m / 2 == pytest.approx(court.restricted_radius_m)

    def test_the_lane_and_its_free_throw_line_are_inside_the_lane(self, court):
        x, y = landmarks(court)["free_throw_far_left"]
        assert x + court.line_m / 2 == pytest.approx(court.free_throw_m)
        assert court.width_m / 2 - y + court.line_m / 2 == pytest.approx(court.lane_width_m / 2)

    def test_the_straight_no_charge_lines_go_on_from_the_arc_to_the_backboard(self, court):
        ends = [line for line in small_markings(court) if np.isclose(line[0, 0], court.backboard_m)]
        assert len(ends) == 2
        for line in ends:
            assert line[1, 0] == pytest.approx(court.basket_m)
            across = abs(line[1, 1] - court.width_m / 2)
            assert across - court.line_m / 2 == pytest.approx(court.restricted_radius_m)


def test_the_3x3_court_is_the_basket_end_of_a_full_one():
    full, half = COURTS["fiba"], COURTS["3x3"]
    here, there = landmarks(half), landmarks(full)
    ends = {name for name in there if name.endswith("_left") and not name.startswith("centre")}
    assert {name for name in here if name.endswith("_left")} == ends
    assert all(here[name] == there[name] for name in ends)
    assert not [name for name in here if name.startswith(("half", "centre"))]
    far_away = np.array([[half.length_m - 1.0, half.width_m / 2]])
    assert not in_paint(half, far_away).any()
    assert beyond_three_point(half, far_away).all()


def test_ncaa_corner_distance_is_the_printed_one():
    court = COURTS["ncaa"]
    assert court.width_m / 2 - court.three_point_side_m == pytest.approx(21 * FT + 7.875 * IN, abs=1e-6)


@pytest.mark.parametrize("court", COURTS.values(), ids=list(COURTS))
class TestEveryCourt:
    def test_markings_lie_on_the_court_and_its_boundary_lines(self, court):
        for line in markings(court):
            assert np.isfinite(line).all()
            assert line.min() >= -court.line_m
            assert (line <= [court.length_m + court.line_m, court.width_m + court.line_m]).all()

    def test_markings_are_symmetric_end_to_end(self, court):
        if court.baskets == 1:
            pytest.skip("one end only")
        points = np.vstack(markings(court))
        turned = [court.length_m, court.width_m] - points
        away = np.min(np.linalg.norm(points[:, None] - turned[None], axis=2), axis=0)
        assert away.max() < 0.06

    def test_landmarks_lie_on_markings_or_on_the_floor_under_the_basket(self, court):
        lines = [np.vstack([line, *_dense(line)]) for line in markings(court)]
        painted = np.vstack(lines)
        for name, point in landmarks(court).items():
            if name.startswith("basket") or name == "centre_spot":
                continue
            assert np.min(np.linalg.norm(painted - point, axis=1)) < 0.04, name

    def test_left_landmarks_mirror_the_right_ones(self, court):
        named = landmarks(court)
        for name, (x, y) in named.items():
            right = name.removesuffix("_left") + "_right"
            if name.endswith("_left") and (court.baskets == 2 or right in named):
                assert named[right] == pytest.approx((court.length_m - x, y), abs=1e-6)

    def test_the_three_point_line_is_continuous(self, court):
        x = court.three_point_straight_m
        lateral = court.width_m / 2 - court.three_point_side_m
        assert np.hypot(x - court.basket_m, lateral) == pytest.approx(court.three_point_radius_m)
        around = np.array([[x - 0.01, court.three_point_side_m - 0.02], [x + 0.01, court.three_point_side_m - 0.02]])
        assert beyond_three_point(court, around).all()

    def test_a_player_under_the_basket_is_in_the_paint_and_inside_the_arc(self, court):
        x = [court.basket_m, court.length_m - court.basket_m][: court.baskets]
        point = np.column_stack([x, np.full(len(x), court.width_m / 2)])
        assert in_paint(court, point).all()
        assert not beyond_three_point(court, point).any()

    def test_behind_the_end_line_is_not_the_paint(self, court):
        assert not in_paint(court, np.array([[-0.1, court.width_m / 2]])).any()


def _dense(line):
    for start, stop in itertools.pairwise(line):
        count = max(2, int(np.linalg.norm(stop - start) / 0.02))
        yield start + np.linspace(0, 1, count)[:, None] * (stop - start)
