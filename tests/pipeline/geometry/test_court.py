"""The court against the numbers that the rule books print."""

import itertools

import numpy as np
import pytest

from pipeline.geometry.court import COURTS, FOOT_M, INCH_M, beyond_three_point, in_paint, landmarks, markings

FT, IN = FOOT_M, INCH_M

RULES = [
    # FIBA Official Basketball Rules, article 2 and diagrams 1 to 4
    ("fiba", "length_m", 28.0),
    ("fiba", "width_m", 15.0),
    ("fiba", "line_m", 0.05),
    ("fiba", "centre_radius_m", 1.80),
    ("fiba", "lane_width_m", 2 * 2.45),
    ("fiba", "free_throw_m", 5.80),
    ("fiba", "three_point_radius_m", 6.75),
    ("fiba", "three_point_side_m", 0.90),
    ("fiba", "restricted_radius_m", 1.25),
    ("fiba", "backboard_m", 1.20),
    ("fiba", "basket_m", 1.575),
    ("fiba", "three_point_straight_m", 2.99),
    # NBA rule 1 and its court diagram
    ("nba", "length_m", 94 * FT),
    ("nba", "width_m", 50 * FT),
    ("nba", "line_m", 2 * IN),
    ("nba", "lane_width_m", 16 * FT),
    ("nba", "free_throw_m", 4 * FT + 15 * FT),
    ("nba", "three_point_radius_m", 23 * FT + 9 * IN),
    ("nba", "three_point_side_m", 3 * FT),
    ("nba", "restricted_radius_m", 4 * FT),
    ("nba", "basket_m", 63 * IN),
    # WNBA rule 1: the arc is FIBA's in feet, 22 ft in the corners
    ("wnba", "three_point_radius_m", 22 * FT + 1.75 * IN),
    ("wnba", "three_point_side_m", 25 * FT - 22 * FT),
    # NCAA rule 1, court diagram of June 17, 2019
    ("ncaa", "lane_width_m", 12 * FT),
    ("ncaa", "three_point_radius_m", 22 * FT + 1.75 * IN),
    ("ncaa", "three_point_side_m", 40.125 * IN),
    ("ncaa", "three_point_straight_m", 9 * FT + 10.375 * IN),
    ("ncaa", "basket_m", 63 * IN),
    ("ncaa", "restricted_radius_m", 4 * FT),
]


@pytest.mark.parametrize(("court", "size", "expected_m"), RULES)
def test_sizes_are_those_of_the_rule_book(court, size, expected_m):
    assert getattr(COURTS[court], size) == pytest.approx(expected_m, abs=0.006)


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
            if name.endswith("_left"):
                assert named[name.removesuffix("_left") + "_right"] == pytest.approx((court.length_m - x, y), abs=1e-6)

    def test_the_three_point_line_is_continuous(self, court):
        x = court.three_point_straight_m
        lateral = court.width_m / 2 - court.three_point_side_m
        assert np.hypot(x - court.basket_m, lateral) == pytest.approx(court.three_point_radius_m)
        around = np.array([[x - 0.01, court.three_point_side_m - 0.02], [x + 0.01, court.three_point_side_m - 0.02]])
        assert beyond_three_point(court, around).all()

    def test_a_player_under_the_basket_is_in_the_paint_and_inside_the_arc(self, court):
        point = np.array([[court.basket_m, court.width_m / 2], [court.length_m - court.basket_m, court.width_m / 2]])
        assert in_paint(court, point).all()
        assert not beyond_three_point(court, point).any()

    def test_behind_the_end_line_is_not_the_paint(self, court):
        assert not in_paint(court, np.array([[-0.1, court.width_m / 2]])).any()


def _dense(line):
    for start, stop in itertools.pairwise(line):
        count = max(2, int(np.linalg.norm(stop - start) / 0.02))
        yield start + np.linspace(0, 1, count)[:, None] * (stop - start)
