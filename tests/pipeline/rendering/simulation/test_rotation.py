"""Minutes and tired legs."""

import numpy as np
import pytest

from pipeline.rendering.simulation.cast import Cast
from pipeline.rendering.simulation.rotation import Rotation, shares


@pytest.mark.parametrize("per_team", range(5, 13))
def test_five_of_a_team_play_at_a_time(per_team):
    assert shares(per_team).sum() == pytest.approx(5)
    assert (np.diff(shares(per_team)) <= 0).all()
    assert shares(per_team).max() <= 1


def test_minutes_come_out_as_planned():
    """Over 48 minutes with a dead ball each 40 s, every player's time is near his share."""
    cast = Cast(10, 2)
    rotation = Rotation(cast, 330.0, np.random.default_rng(1))
    lineup = np.arange(5)
    changes = 0
    for second in range(2880):
        rotation.pass_time(np.isin(np.arange(cast.count), lineup), live=True, dt=1.0)
        if second % 40 == 39:
            for out, incoming in rotation.changes(lineup, 0):
                assert out in lineup
                assert incoming not in lineup
                lineup = np.where(lineup == out, incoming, lineup)
                changes += 1
    assert 20 < changes < 60
    np.testing.assert_allclose(rotation.played_s[:10] / 2880, shares(10), atol=0.12)


def test_who_plays_tires_and_who_sits_recovers():
    cast = Cast(8, 2)
    rotation = Rotation(cast, 60.0, np.random.default_rng(0))
    playing = np.arange(cast.count) < 5
    rotation.pass_time(playing, live=True, dt=60.0)
    tired = rotation.pace.copy()
    assert tired[:5].max() < tired[5:].min() == 1
    rotation.pass_time(~playing, live=True, dt=60.0)
    assert (rotation.pace[:5] > tired[:5]).all()
