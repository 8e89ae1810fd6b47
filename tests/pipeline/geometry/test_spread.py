"""How far people are spread over the floor."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from pipeline.geometry.spread import hull_areas, spacings


def test_hulls_are_those_of_the_standard_library():
    rng = np.random.default_rng(3)
    places = rng.uniform(0, 20, (300, 5, 2))
    assert hull_areas(places) == pytest.approx([ConvexHull(place).volume for place in places])


@pytest.mark.parametrize(
    ("place", "area"),
    [
        ([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]], 0.0),
        ([[0, 0], [1, 0], [2, 0], [2, 2], [0, 2]], 4.0),
        ([[0, 0], [4, 0], [4, 4], [0, 4], [2, 2]], 16.0),
    ],
)
def test_hulls_of_people_in_line(place, area):
    assert hull_areas(np.array([place], float)) == pytest.approx([area])


def test_nobody_has_no_hull():
    assert hull_areas(np.zeros((0, 5, 2))).shape == (0,)
    assert spacings(np.zeros((0, 5, 2))).shape == (0,)
