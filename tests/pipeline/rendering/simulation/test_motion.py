"""The simulated game: people move like people, five a team."""

import numpy as np
import pytest

from pipeline.geometry.court import COURTS
from pipeline.rendering import RenderSettings, whole_game
from pipeline.rendering.simulation.bodies import TOP_SPEED_MPS
from pipeline.rendering.simulation.cast import Cast
from pipeline.rendering.simulation.motion import simulate

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
    live = np.array([m.facts.live for m in played])[1:]
    playing = np.stack([m.facts.on_court for m in played])[1:] & live[:, None]
    playing[:, 16:] = False
    assert 1.3 < speed[playing].mean() < 2.5


def test_nobody_stands_in_another(played):
    for moment in played:
        standing = moment.bodies.position[~moment.facts.seated]
        gaps = np.linalg.norm(standing[:, None] - standing[None], axis=2) + np.eye(len(standing)) * 9
        assert gaps.min() > 0.3


def test_five_a_team_on_the_court_while_the_ball_is_live(played):
    court = COURTS["fiba"]
    for moment in played:
        for team in (slice(0, 8), slice(8, 16)):
            assert moment.facts.on_court[team].sum() == 5
        if moment.facts.live:
            place = moment.bodies.position[:16][moment.facts.on_court[:16]]
            assert (place > -0.8).all()
            assert (place < np.array([court.length_m, court.width_m]) + 0.8).all()


def test_substitutes_come_and_go(played):
    lineups = {tuple(np.flatnonzero(m.facts.on_court)) for m in played}
    assert len(lineups) > 1
    assert any(not m.facts.live for m in played)


def test_feet_do_not_slide():
    """A walking person's carrying foot stays where it is."""
    from pipeline.rendering.people.pose import Joint, skeletons
    from pipeline.rendering.simulation.bodies import Bodies

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
    settings = RenderSettings(fps=10, dead_ball_every_s=20, periods=2, period_s=60, break_s=10)
    court = COURTS["fiba"]
    moments = simulate(court, Cast(6, 3), settings, np.random.default_rng(2))
    played = [next(moments) for _ in range(1500)]
    assert [m.facts.period for m in played[::1499]] == [1, 2]
    baskets = []
    for half in (1, 2):
        shots = [m for m in played if m.facts.half == half and m.facts.state == "play" and m.ball[2] > 2.8]
        ends = [m.ball[0] > court.length_m / 2 for m in shots if m.facts.attacking == 0]
        assert len(ends) > 5
        baskets.append(np.mean(ends))
    assert baskets in ([1.0, 0.0], [0.0, 1.0])


def test_the_game_is_the_same_at_any_frame_rate():
    def paths(fps):
        moments = simulate(COURTS["fiba"], Cast(6, 2), RenderSettings(fps=fps), np.random.default_rng(4))
        return np.stack([next(moments).bodies.position for _ in range(int(6 * fps))])

    np.testing.assert_allclose(paths(60)[::4], paths(15))


@pytest.fixture(scope="module")
def quarter():
    """Five minutes with time-outs, free throws and two periods, at 5 fps."""
    settings = whole_game(
        fps=5, periods=2, period_s=140, break_s=20, dead_ball_every_s=15, timeout_every_s=60, stint_s=40
    )
    moments = simulate(COURTS["fiba"], Cast(10, 3), settings, np.random.default_rng(6))
    return [next(moments) for _ in range(1500)]


def test_a_game_has_everything_that_stops_it(quarter):
    assert {m.facts.state for m in quarter} == {"play", "dead", "free-throws", "time-out", "break"}
    assert quarter[-1].facts.board.score > (0, 0)


def test_players_are_as_fast_as_published(quarter):
    """Mean speed while the ball is live: 1.70 to 2.01 m/s for nine of ten NBA players (benchmarks/motion.py)."""
    step = np.linalg.norm(np.diff([m.bodies.position[:20] for m in quarter], axis=0), axis=2) * 5
    playing = np.stack([m.facts.on_court[:20] & m.facts.live for m in quarter])[1:]
    assert 1.6 < step[playing].mean() < 2.15


def test_free_throws_are_thrown_from_the_line(quarter):
    """The ball rises from the line to the rim, also where the foul was at the other end of the court."""
    court = COURTS["fiba"]
    fouls = whole_game(fps=5, dead_ball_every_s=6)
    moments = simulate(court, Cast(10, 3), fouls, np.random.default_rng(1))
    waiting = [m for m in [*quarter, *(next(moments) for _ in range(600))] if m.facts.state == "free-throws"]
    high = [m for m in waiting if m.ball[2] > 3.4]
    assert len(high) > 20
    for moment in high:
        away = np.minimum(moment.ball[0], court.length_m - moment.ball[0])
        assert court.basket_m - 0.3 < away < court.free_throw_m + 0.3
        assert abs(moment.ball[1] - court.width_m / 2) < 0.5


def test_in_a_time_out_the_teams_are_at_their_benches(quarter):
    states = [m.facts.state for m in quarter]
    runs = [k for k in range(60, 1500) if states[k - 60 : k] == ["time-out"] * 60]
    assert runs
    players = quarter[runs[0]].bodies.position[:20]
    assert (players[:, 1] < -1).all()
    left, right = players[:10, 0], players[10:, 0]
    assert left.max() < COURTS["fiba"].length_m / 2 < right.min()


def test_coaches_stay_off_the_court(played):
    position = stack(played, "position")[:, 18:]
    assert position.shape[1] == 2
    assert (position[..., 1] < -0.4).all()
    assert np.median(position[..., 1]) < -1
    assert np.ptp(position[..., 0], axis=0).min() > 1
