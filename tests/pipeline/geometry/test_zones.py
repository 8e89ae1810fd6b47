"""Zones of the court against areas that the rule books give."""

import numpy as np
import pytest

from pipeline.geometry.court import COURTS, beyond_three_point, in_paint
from pipeline.geometry.zones import ABOVE_BREAK, BACKCOURT, CORNER_THREE, PAINT, ZONES, turned, zones


def grid(court, step_m=0.05):
    x, y = np.meshgrid(np.arange(step_m / 2, court.length_m, step_m), np.arange(step_m / 2, court.width_m, step_m))
    return np.column_stack([x.ravel(), y.ravel()])


@pytest.mark.parametrize("name", COURTS)
def test_areas_are_those_of_the_rule_book(name):
    court = COURTS[name]
    points = grid(court)
    area = np.bincount(zones(court, points), minlength=len(ZONES)) / len(points) * court.length_m * court.width_m
    half_angle = np.arccos((court.three_point_straight_m - court.basket_m) / court.three_point_radius_m)
    lateral = court.width_m / 2 - court.three_point_side_m
    cap = court.three_point_radius_m**2 * (half_angle - np.sin(2 * half_angle) / 2)
    inside_line = 2 * lateral * court.three_point_straight_m + cap
    corners = 2 * court.three_point_side_m * court.three_point_straight_m
    lane = court.lane_width_m * court.free_throw_m
    floor = court.length_m * court.width_m
    half = floor / court.baskets
    expected = [lane, inside_line - lane, corners, half - inside_line - corners, floor - half]
    assert area == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("name", COURTS)
def test_zones_agree_with_the_lines_in_the_attacked_half(name):
    court = COURTS[name]
    points = grid(court, 0.2)
    points = points[points[:, 0] > court.length_m / 2] if court.baskets == 2 else points
    zone = zones(court, points if court.baskets == 2 else turned(court, points))
    assert ((zone == PAINT) == in_paint(court, points)).all()
    assert (np.isin(zone, [CORNER_THREE, ABOVE_BREAK]) == beyond_three_point(court, points)).all()


@pytest.mark.parametrize(
    ("place", "zone"),
    [((28.9, 7.5), PAINT), ((28.4, 15.4), CORNER_THREE), ((-0.5, 3.0), BACKCOURT), ((20.0, -0.6), ABOVE_BREAK)],
)
def test_a_step_off_the_court_is_the_zone_beside_it(place, zone):
    assert zones(COURTS["fiba"], np.array([place])).tolist() == [zone]


def test_half_a_turn_takes_one_basket_to_the_other_and_back():
    court = COURTS["fiba"]
    place = np.array([[court.length_m - court.basket_m, court.width_m / 2], [1.0, 2.0]])
    assert turned(court, place)[0] == pytest.approx([court.basket_m, court.width_m / 2])
    assert turned(court, turned(court, place)) == pytest.approx(place)
