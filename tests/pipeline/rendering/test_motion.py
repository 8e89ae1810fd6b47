"""The simulated game: people move like people, five a team."""

import numpy as np
import pytest

from pipeline.geometry.court import COURTS
from pipeline.rendering import RenderSettings
from pipeline.rendering.cast import Cast
from pipeline.rendering.motion import TOP_SPEED_MPS, simulate

SECONDS, FPS = 90, 15


@pytest.fixture(scope="module", params=[0, 1])
def played(request):
    settings = RenderSettings(fps=FPS, seed=request.param, dead_ball_every_s=15)
    moments = simulate(COURTS["fiba"], Cast(8, 2), settings, np.random.default_rng(request.param))
    return [next(moments) for _ in range(SECONDS * FPS)]


def stack(played, name):
    return np.stack([getattr(moment.bodies, name) for moment in played])


def test_speeds_are_human(played):
    position = stack(played, "position")
    speed = np.linalg.norm(np.diff(position, axis=0), axis=2) * FPS
    assert speed.max() <= TOP_SPEED_MPS + 1e-6
    live = np.array([m.live for m in played])[1:]
    playing = np.stack([m.on_court for m in played])[1:] & live[:, None]
    playing[:, 16:] = False
    assert 1.3 < speed[playing].mean() < 2.5


def test_nobody_stands_in_another(played):
    for moment in played:
        standing = moment.bodies.position[~moment.seated]
        gaps = np.linalg.norm(standing[:, None] - standing[None], axis=2) + np.eye(len(standing)) * 9
        assert gaps.min() > 0.3


def test_five_a_team_on_the_court_while_the_ball_is_live(played):
    court = COURTS["fiba"]
    for moment in played:
        for team in (slice(0, 8), slice(8, 16)):
            assert moment.on_court[team].sum() == 5
        if moment.live:
            place = moment.bodies.position[:16][moment.on_court[:16]]
            assert (place > -0.8).all()
            assert (place < np.array([court.length_m, court.width_m]) + 0.8).all()


def test_substitutes_come_and_go(played):
    lineups = {tuple(np.flatnonzero(m.on_court)) for m in played}
    assert len(lineups) > 1
    assert any(not m.live for m in played)


def test_feet_do_not_slide():
    """A walking person's carrying foot stays where it is."""
    from pipeline.rendering.motion import Bodies
    from pipeline.rendering.pose import Joint, skeletons

    speed, fps = 1.5, 50
    stride = 0.75 + 0.42 * speed
    feet = []
    for k in range(100):
        bodies = Bodies(
            np.array([[speed * k / fps, 5.0]]),
            np.array([[speed, 0.0]]),
            np.zeros(1),
            np.array([speed * k / fps / stride]),
            np.zeros(1),
            np.zeros((1, 2, 3)),
            np.zeros(1),
            np.zeros(1),
        )
        feet.append(skeletons(bodies, np.array([1.9]), np.ones(1), np.zeros(1, dtype=bool))[0, Joint.L_ANKLE])
    steps = np.linalg.norm(np.diff(np.array(feet)[:, :2], axis=0), axis=1) * fps
    assert (steps < 0.3).mean() > 0.5


def test_teams_change_sides_at_half_time():
    settings = RenderSettings(fps=10, dead_ball_every_s=20, half_s=60)
    court = COURTS["fiba"]
    moments = simulate(court, Cast(6, 3), settings, np.random.default_rng(2))
    played = [next(moments) for _ in range(1500)]
    baskets = []
    for half in (played[:600], played[800:]):
        ends = [m.ball[0] > court.length_m / 2 for m in half if m.attacking == 0 and m.ball[2] > 2.8]
        assert len(ends) > 5
        baskets.append(np.mean(ends))
    assert baskets in ([1.0, 0.0], [0.0, 1.0])
