"""Who is worth embedding: whoever meets somebody, begins or ends, and the clearest crop of each passage."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.perceive.motion import Motion
from pipeline.perceive.schedule import worth_embedding

STILL, CUT = Motion(np.eye(3), cut=False), Motion(None, cut=True)


def walk(starts: list[float], frames: int, step_px: float = 4.0) -> list[NDArray[np.float32]]:
    """People 40 x 100 px who go to the right together."""
    return [
        np.array([[x + step_px * n, 50, x + step_px * n + 40, 150] for x in starts], np.float32) for n in range(frames)
    ]


def chosen(
    people: list[NDArray[np.float32]], moved: list[Motion] | None = None, clarity: list[list[float]] | None = None
) -> list[list[bool]]:
    """Choose, with everybody equally clear if nothing else is said."""
    clear = [np.ones(len(boxes)) for boxes in people] if clarity is None else clarity
    values = [np.asarray(each, np.float32) for each in clear]
    motions = [STILL] * (len(people) - 1) if moved is None else moved
    return [each.tolist() for each in worth_embedding(people, values, motions)]


def test_somebody_alone_is_embedded_where_he_is_clearest() -> None:
    clarity = [[0.5], [0.9], [0.7], [0.9]]
    assert chosen(walk([100], 4), clarity=clarity) == [[False], [True], [False], [False]]


def test_a_passage_that_begins_or_ends_within_the_window_shows_its_ends() -> None:
    people = walk([100, 400], 6)
    people[0] = people[0][:1]  # the second comes in frame 1
    people[5] = people[5][:1]  # and is gone after frame 4
    found = chosen(people, clarity=[[0.1], *[[0.1, 0.1 * n] for n in (1, 2, 5, 3)], [0.1]])
    assert [frame[1] for frame in found[1:5]] == [True, False, True, True]
    assert [frame[0] for frame in found] == [True, False, False, False, False, False]


def test_people_who_meet_are_embedded_each_time() -> None:
    together = walk([100, 120, 400], 3)
    assert [frame[:2] for frame in chosen(together)] == [[True, True]] * 3
    assert [frame[2] for frame in chosen(together)] == [True, False, False]


def test_a_cut_begins_everybody_anew() -> None:
    assert chosen(walk([100], 4), [STILL, CUT, STILL]) == [[True], [True], [True], [False]]


def test_a_camera_that_pans_fast_does_not_break_passages() -> None:
    pan = np.array([[1, 0, 60.0], [0, 1, 0], [0, 0, 1]])
    people = walk([100], 3, step_px=64.0)
    assert chosen(people, [Motion(pan, cut=False)] * 2) == [[True], [False], [False]]
    assert chosen(people) == [[True], [True], [True]]


def test_frames_without_people_are_passed_over() -> None:
    nobody = np.zeros((0, 4), np.float32)
    assert chosen([nobody, *walk([100], 1), nobody]) == [[], [True], []]
    assert chosen([nobody]) == [[]]


@pytest.mark.parametrize(("between_px", "met"), [(30, True), (34, False)])
def test_boxes_meet_from_an_overlap_of_a_tenth_of_their_union(between_px: float, met: bool) -> None:
    second = [frame[0] for frame in chosen(walk([100, 100 + between_px], 3))]
    assert second == [True, met, met]
