"""From the ball head's maps to boxes, and what training asks of them."""

import numpy as np
import pytest
import torch

from models.ball.loss import ball_loss
from models.ball.maps import MOST_BALLS, OUTPUTS, STRIDE, USUAL_PX, decode
from models.ball.network import BallHead


def maps_of(*balls: tuple[float, float, float, float]) -> np.ndarray:
    """Maps (OUTPUTS, 24, 32) that say balls (x, y, width, logit), px, and no other."""
    maps = np.zeros((OUTPUTS, 24, 32), np.float32)
    maps[0] = -9.0
    for x, y, width, logit in balls:
        column, row = int(x / STRIDE), int(y / STRIDE)
        maps[0, row, column] = logit
        maps[1:, row, column] = x / STRIDE - column - 0.5, y / STRIDE - row - 0.5, *[np.log(width / USUAL_PX)] * 2
    return maps


def test_decoding_gives_middle_and_size_back() -> None:
    boxes, scores = decode(maps_of((50.3, 20.9, 12.0, 0.0), (101.0, 77.5, 7.0, 2.0)), lowest=-1.0)
    assert scores == pytest.approx([1 / (1 + np.exp(-2)), 0.5])
    assert boxes[0] == pytest.approx([97.5, 74.0, 104.5, 81.0], abs=1e-4)
    assert boxes[1] == pytest.approx([44.3, 14.9, 56.3, 26.9], abs=1e-4)


def test_neighbours_of_a_peak_and_weak_cells_are_no_balls() -> None:
    maps = maps_of((50.0, 50.0, 10.0, 1.0), (54.0, 50.0, 10.0, 0.5), (100.0, 20.0, 10.0, -3.0))
    assert len(decode(maps, lowest=-2.0)[0]) == 1
    assert len(decode(maps, lowest=-4.0)[0]) == 2


def test_a_picture_has_few_balls() -> None:
    many = [(10.0 + 14 * k, 20.0 + 30 * (k % 2), 8.0, 1.0) for k in range(8)]
    assert len(decode(maps_of(*many), lowest=0.0)[0]) == MOST_BALLS


def test_right_maps_cost_nothing_and_wrong_ones_more() -> None:
    truth = [(torch.tensor([[44.3, 14.9, 56.3, 26.9]]), torch.tensor([True]))]
    right = maps_of((50.3, 20.9, 12.0, 9.0))
    right[1] = (50.3 / STRIDE - 0.5) - np.arange(32)[None]  # cells near the middle say the same ball
    right[2] = (20.9 / STRIDE - 0.5) - np.arange(24)[:, None]
    right[3:] = np.log(12.0 / USUAL_PX)
    shifted = np.roll(right, 3, axis=2)
    costs = [ball_loss(torch.from_numpy(maps)[None], truth) for maps in (right, shifted)]
    assert costs[0].tolist() == pytest.approx([0, 0], abs=1e-3)
    assert costs[1][0] > 5
    assert costs[1][1] > 0.3


def test_a_ball_that_is_not_asked_for_is_not_forbidden_either() -> None:
    truth = [(torch.tensor([[44.3, 14.9, 56.3, 26.9]]), torch.tensor([False]))]
    said = torch.from_numpy(maps_of((50.3, 20.9, 12.0, 9.0)))[None]
    assert ball_loss(said, truth)[0] == pytest.approx(0, abs=1e-3)
    nothing = [(torch.zeros(0, 4), torch.zeros(0, dtype=torch.bool))]
    assert ball_loss(said, nothing)[0] > 5


def test_maps_are_a_quarter_of_the_picture() -> None:
    features = torch.zeros(1, 64, 16, 24), torch.zeros(1, 128, 8, 12), torch.zeros(1, 64, 8, 12)
    assert BallHead().eval()(*features).shape == (1, OUTPUTS, 16, 24)
