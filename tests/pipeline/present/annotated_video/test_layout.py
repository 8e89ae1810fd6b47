"""Labels keep off each other, the header and the map, and stay inside the picture; the map stands where it hides least."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.present.annotated_video.layout import Caption, LabelLayout, overlap, quietest_corner

SIZE = (640, 360)
PLACES = st.lists(st.tuples(st.integers(-50, 700), st.integers(-50, 400), st.integers(20, 120)), max_size=14)


def captions(places: list[tuple[int, int, int]]) -> list[Caption]:
    return [Caption(key, (width, 18), float(x), float(y)) for key, (x, y, width) in enumerate(places)]


@settings(max_examples=60)
@given(PLACES, PLACES)
def test_no_label_covers_another_or_leaves_the_picture(
    first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]
) -> None:
    layout, reserved = LabelLayout(SIZE), [(10, 10, 200, 34)]
    for frame in (first, second):
        corners = layout.place(captions(frame), reserved)
        shown = [
            (left, top, left + caption.size_px[0], top + caption.size_px[1])
            for caption, corner in zip(captions(frame), corners, strict=True)
            if corner is not None
            for left, top in [corner]
        ]
        assert not any(overlap(a, b) for a, b in combinations([*shown, *reserved], 2))
        assert all(left >= 0 and top >= 0 and right <= 640 and bottom <= 360 for left, top, right, bottom in shown)


def test_a_label_alone_stands_in_its_place_and_one_that_moved_stays_where_it_is() -> None:
    layout = LabelLayout(SIZE)
    assert layout.place([Caption(1, (60, 18), 100.0, 200.0)], []) == [(70, 200)]
    near = [Caption(2, (60, 18), 100.0, 195.0), Caption(1, (60, 18), 100.0, 200.0)]
    (_, moved) = layout.place(near, [])
    assert moved is not None
    assert moved != (70, 200)
    near = [Caption(2, (60, 18), 100.0, 179.0), Caption(1, (60, 18), 100.0, 200.0)]  # there would be room again, barely
    assert layout.place(near, [])[1] == moved


@pytest.mark.parametrize(
    ("boxes", "taken", "corner"),
    [
        ([], [], (480, 10)),
        ([[500.0, 20, 540, 90]], [], (10, 10)),
        ([[500.0, 20, 540, 90]], [(20, 20, 100, 40)], (480, 260)),
        ([[500.0, 20, 540, 90], [20, 20, 60, 90], [500, 300, 540, 350]], [], (10, 260)),
    ],
)
def test_the_map_stands_where_it_hides_least(boxes: list[list[float]], taken: list, corner: tuple[int, int]) -> None:
    people = np.array(boxes, np.float64).reshape(-1, 4)
    assert quietest_corner(SIZE, (150, 90), 10, people, taken) == corner
