"""Which candidates are the ball, whatever the rate of the pictures."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.understand.ball import linked
from pipeline.understand.ball.sightings import BallCandidates

PX_PER_M = 60.0


def chain(fps: float, log_odds: float, seconds: float = 1.0) -> tuple[BallCandidates, SimpleNamespace]:
    """A ball that goes 3 m in a second, found in every picture."""
    count = round(seconds * fps)
    time_s, row = np.arange(count) / fps, np.arange(count)
    px = np.column_stack([100 + 3 * PX_PER_M * time_s, np.full(count, 50.0)])
    scale = np.full(count, PX_PER_M)
    found = BallCandidates(row, row, time_s, px, px, 0.24 * scale, scale, np.full(count, log_odds))
    game = SimpleNamespace(shot=np.zeros(count, int), step_s=1 / fps, camera=np.tile(np.eye(3), (count, 1, 1)))
    return found, game


@pytest.mark.parametrize("fps", [15.0, 12.5, 10.0, 7.5])
def test_a_second_of_weak_candidates_is_a_ball_at_any_rate(fps: float) -> None:
    path, chains = linked(*chain(fps, log_odds=0.4))
    assert len(path) == round(fps)
    assert len(np.unique(chains)) == 1


@pytest.mark.parametrize("fps", [15.0, 10.0, 7.5])
def test_half_a_second_of_them_is_none(fps: float) -> None:
    assert not len(linked(*chain(fps, log_odds=0.4, seconds=0.5))[0])
