"""Jumps of time in front of a camera that shows the same background."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.perceive.motion import Motion
from pipeline.perceive.time_jumps import time_jumps

PEOPLE = 10
STILL, UNKNOWN = Motion(np.eye(3), cut=False), Motion(None, cut=False)


def walk(count: int, step_px: float, seed: int = 1) -> list[NDArray[np.float32]]:
    """Boxes (10, 4) of people who walk straight on, 60 x 150 px."""
    rng = np.random.default_rng(seed)
    start, angle = rng.uniform([100, 100], [1100, 500], (PEOPLE, 2)), rng.uniform(0, 2 * np.pi, PEOPLE)
    heading = np.column_stack([np.cos(angle), np.sin(angle)])
    corner = [start + k * step_px * heading for k in range(count)]
    return [np.hstack([each, each + np.array([60, 150])]).astype(np.float32) for each in corner]


def times(count: int, fps: float = 15.0) -> NDArray[np.float64]:
    return np.arange(count) / fps


def found(people: list[NDArray[np.float32]], moved: Motion = STILL, fps: float = 15.0) -> list[int]:
    return np.flatnonzero(time_jumps(people, [moved] * len(people), times(len(people), fps))).tolist()


@pytest.mark.parametrize("step_px", [0.0, 5.0, 20.0, 80.0])
def test_people_who_walk_or_run_out_of_their_boxes_are_no_jump(step_px: float) -> None:
    assert found(walk(40, step_px)) == []


def test_time_that_was_cut_out_is_a_jump_where_it_was() -> None:
    people = walk(90, 5.0)

    assert found(people[:20] + people[70:]) == [20]


def test_another_part_of_the_game_from_the_same_camera_is_a_jump() -> None:
    assert found(walk(20, 5.0) + walk(20, 5.0, seed=2)) == [20]


def test_a_jump_is_found_where_the_motion_is_unknown() -> None:
    people = walk(20, 5.0) + walk(20, 5.0, seed=2)

    assert found(people, UNKNOWN) == [20]
    cut = [STILL] * 20 + [Motion(None, cut=True)] + [STILL] * 19
    assert not time_jumps(people, cut, times(40)).any(), "a cut is one already"


def test_the_camera_moves_and_people_do_not() -> None:
    step = np.array([[1.0, 0, -50], [0, 1, 0], [0, 0, 1]])
    people = [boxes - np.float32(50 * k) * np.array([1, 0, 1, 0], np.float32) for k, boxes in enumerate(walk(20, 2.0))]

    assert found(people, Motion(step, cut=False)) == []
    assert found(people, UNKNOWN) == [], "a shift of everybody is the camera's"


def test_a_frame_in_which_nobody_is_found_is_no_jump() -> None:
    people = walk(20, 3.0)
    people[10] = people[10][:0]

    assert found(people) == []
    assert found(people[:1]) == []


def test_pictures_far_apart_may_show_people_elsewhere() -> None:
    people = walk(90, 5.0)
    shown = [*range(20), *range(70, 90)]

    assert not time_jumps([people[k] for k in shown], [STILL] * len(shown), times(90)[shown]).any()
