"""A detector and what finds balls beside it: balls of both, each once."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.ball.joined import BallAwareDetector
from models.detector.classes import BALL, CLASS_NAMES, PLAYER
from models.detector.detection import Boxes, Image


def boxes_of(*rows: tuple[float, float, float, float, float, int]) -> Boxes:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Boxes(table[:, :4], table[:, 4], table[:, 5].astype(np.int16))


class Said:
    """Says the same of every image."""

    class_names = CLASS_NAMES

    def __init__(self, boxes: Boxes) -> None:
        self.boxes = boxes

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        return [self.boxes for _ in images]

    find = detect


def joined(found: Boxes, balls: Boxes) -> list[list[float]]:
    (result,) = BallAwareDetector(Said(found), Said(balls)).detect([np.zeros((90, 160, 3), np.uint8)])
    table = np.column_stack([result.xyxy_px, result.score, result.class_index])
    return [[float(value) for value in row] for row in table]


PLAYER_BOX = (10.0, 10.0, 40.0, 80.0, 0.9, PLAYER)


def test_one_ball_that_both_see_is_the_heads() -> None:
    found = boxes_of(PLAYER_BOX, (42.0, 50.0, 52.0, 60.0, 0.8, BALL), (100.0, 20.0, 110.0, 30.0, 0.3, BALL))
    balls = boxes_of((43.0, 51.0, 53.0, 61.0, 0.5, BALL))
    assert joined(found, balls) == [
        [10.0, 10.0, 40.0, 80.0, pytest.approx(0.9), PLAYER],
        [43.0, 51.0, 53.0, 61.0, pytest.approx(0.5), BALL],
        [100.0, 20.0, 110.0, 30.0, pytest.approx(0.3), BALL],
    ]


def test_a_ball_in_front_of_a_player_is_no_player() -> None:
    assert len(joined(boxes_of(PLAYER_BOX), boxes_of((20.0, 30.0, 30.0, 40.0, 0.5, BALL)))) == 2


def test_without_balls_nothing_changes() -> None:
    assert joined(boxes_of(PLAYER_BOX), boxes_of()) == joined(boxes_of(PLAYER_BOX), boxes_of())
    assert len(joined(boxes_of(), boxes_of())) == 0
    assert len(joined(boxes_of(), boxes_of((43.0, 51.0, 53.0, 61.0, 0.5, BALL)))) == 1
