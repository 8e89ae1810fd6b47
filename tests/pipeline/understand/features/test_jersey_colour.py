"""Two jersey colours, and which of the two a jersey is."""

import numpy as np
import pytest

from pipeline.understand.features.jersey_colour import JerseyColours, find_jersey_colours, hex_color

WHITE, RED = [90.0, 0.0, 0.0], [50.0, 60.0, 40.0]


def test_the_lighter_colour_is_team_a() -> None:
    for first, second in ((WHITE, RED), (RED, WHITE)):
        colours = find_jersey_colours(np.array([first, first, second, second]), np.ones(4))
        assert colours is not None
        assert colours.centre.tolist() == [WHITE, RED]


def test_colours_are_medians_by_weight_and_what_is_unknown_or_without_weight_is_left_aside() -> None:
    jersey = np.array([WHITE, [80.0, 0, 0], [94.0, 0, 0], RED, RED, [np.nan] * 3, [0.0, 0, 0]])
    colours = find_jersey_colours(jersey, np.array([1, 1, 3, 1, 1, 9, 0.0]))
    assert colours is not None
    assert colours.centre.tolist() == [[94, 0, 0], RED]


@pytest.mark.parametrize(("apart", "found"), [(11.9, False), (12.0, True)])
def test_colours_closer_than_the_spread_of_a_jersey_are_alike(apart: float, found: bool) -> None:
    jersey = np.array([[60.0, 0, 0]] * 3 + [[60.0 - apart, 0, 0]] * 3)
    assert (find_jersey_colours(jersey, np.ones(6)) is not None) == found


def test_colours_that_scatter_by_half_their_distance_are_alike() -> None:
    """Centres 20 apart; on each side two of three jerseys are off by as much as is said."""
    for off, found in ((9.9, True), (10.1, False)):
        side = np.array([[0.0, 0, -off], [0.0, 0, 0], [0.0, 0, off]])
        jersey = np.concatenate([side + np.array([70.0, 30.0, 0]), side + np.array([70.0, -30.0, 0])])
        assert find_jersey_colours(jersey, np.ones(6)) is not None
        jersey = np.concatenate([side + np.array([70.0, 10.0, 0]), side + np.array([70.0, -10.0, 0])])
        assert (find_jersey_colours(jersey, np.ones(6)) is not None) == found


def test_fewer_than_two_colours_are_none() -> None:
    assert find_jersey_colours(np.array([WHITE]), np.ones(1)) is None
    assert find_jersey_colours(np.array([WHITE, WHITE]), np.ones(2)) is None
    assert find_jersey_colours(np.array([WHITE, RED]), np.array([1.0, 0.0])) is None


def test_a_jersey_between_far_off_or_unknown_is_undecided() -> None:
    """Centres 50 apart: up to 20 from one, of 50 from both, it is that; a jersey 50 beyond is neither."""
    colours = JerseyColours(np.array([[80.0, 0, 0], [30.0, 0, 0]]))
    lightness = [80, 61, 59, 51, 49, 30, 129, 131, np.nan]
    teams = colours.team(np.array([[value, 0.0, 0.0] for value in lightness]))
    assert teams.tolist() == [0, 0, -1, -1, 1, 1, 0, -1, -1]


@pytest.mark.parametrize(
    ("lab", "written"),
    [((53.585, 0, 0), "#808080"), ((0, 0, 0), "#000000"), ((46.228, -51.698, 49.898), "#008000"),
     ((32.297, 79.188, -107.860), "#0000ff"), ((2.0, 0, 0), "#070707"), ((97.139, -21.554, 94.478), "#ffff00")],
)  # fmt: skip
def test_colours_are_those_of_the_standard(lab: tuple[float, float, float], written: str) -> None:
    assert hex_color(np.array(lab)) == written


def test_an_unknown_colour_is_none() -> None:
    assert hex_color(np.array([np.nan, 0.0, 0.0])) is None
