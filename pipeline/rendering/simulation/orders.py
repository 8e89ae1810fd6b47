"""What everybody should do now: the state of the game turned into orders to bodies, and where the ball is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.simulation.cast import Action, Orders, bench_middle
from pipeline.rendering.simulation.flight import G_MPS2
from pipeline.rendering.simulation.play_state import PlayState

Array = NDArray[np.float64]

_COACH_Y_M = -1.3
_HUDDLE_M = np.array([[-1.25, -1.75], [-0.65, -1.9], [0.0, -1.95], [0.65, -1.9], [1.25, -1.75]])
"""Where five players stand around their coach: x from the middle of the bench, y."""


def everybody(game: PlayState, position: Array) -> Orders:
    """Give orders to all people of a game.

    Args:
        game: its state.
        position: (n, 2) where everybody is, metres.
    """
    orders = Orders.standing(position, position[game.handler])
    _bench(game, orders, position)
    if game.phase in ("timeout", "break"):
        _huddle(game, orders)
    elif game.phase == "dead":
        _stroll(game, orders)
    elif game.phase == "throws":
        _line_up(game, orders)
    else:
        _offence(game, orders)
        _defence(game, orders, position)
    _referees(game, orders, position)
    _coaches(game, orders, position)
    orders.speed *= game.temper * game.rotation.pace
    _jump(game, orders)
    return orders


def _bench(game: PlayState, orders: Orders, position: Array) -> None:
    """Everybody not in the game goes to his seat and sits."""
    resting = np.flatnonzero(~game.on_court[: len(game.seats)])
    place = game.seats[resting]
    orders.target[resting] = place
    orders.speed[resting] = 2.1
    arrived = resting[np.abs(position[resting] - place).max(axis=1) < 0.1]
    orders.seated[arrived] = True
    orders.action[arrived] = Action.SIT
    orders.facing[arrived] = np.pi / 2


def _stroll(game: PlayState, orders: Orders) -> None:
    """Walk about while the ball is dead."""
    ten = np.concatenate(game.lineup)
    orders.target[ten] = game.wander[ten]
    orders.speed[ten] = 1.6
    orders.action[ten] = np.where(game.hips[ten], Action.HIPS, Action.IDLE)
    orders.action[game.handler] = Action.HOLD


def _huddle(game: PlayState, orders: Orders) -> None:
    """Go to the bench and stand around the coach."""
    for team in (0, 1):
        middle = bench_middle(game.court, game.cast, team)
        five = game.lineup[team]
        orders.target[five] = _HUDDLE_M + np.array([middle, 0.0])
        orders.speed[five] = 2.3
        orders.look_at[five] = [middle, -0.9]
        orders.action[five] = np.where(game.hips[five], Action.HIPS, Action.IDLE)


def _line_up(game: PlayState, orders: Orders) -> None:
    """Take the places of a free throw; the shooter bounces the ball and throws."""
    spots = game.throw_spots()
    attackers, defenders = game.lineup[game.attacking], game.lineup[1 - game.attacking]
    ordered = np.concatenate([[game.handler], attackers[attackers != game.handler], defenders])
    orders.target[ordered] = spots
    orders.speed[ordered] = 2.2
    orders.look_at[ordered] = game.basket(game.attacking)
    orders.action[ordered] = np.where(game.hips[ordered], Action.HIPS, Action.IDLE)
    orders.action[game.handler] = Action.DRIBBLE if game.event_s < 1.4 else Action.HOLD
    if game.flight is not None and game.flight.age_s > 0.5 * game.flight.duration_s:
        _crash(game, orders, ordered[[1, 2, 5, 6]])


def _offence(game: PlayState, orders: Orders) -> None:
    """Five players to their spots; the handler dribbles."""
    team = game.lineup[game.attacking]
    players = team[game.roles]
    orders.target[players] = game.spots
    orders.speed[players] = {"advance": 6.2 if game.rush else 3.3, "attack": 3.0}.get(game.phase, 3.2)
    if game.phase == "rebound":
        _crash(game, orders, players[1:4])
    orders.action[players] = Action.IDLE
    orders.action[game.handler] = Action.DRIBBLE if game.flight is None else Action.HOLD
    if game.phase == "advance":
        orders.speed[game.handler] = 6.0 if game.rush else 3.3
    orders.look_at[game.handler] = game.basket(game.attacking)
    if game.receiver >= 0:
        orders.action[game.receiver] = Action.HOLD


def _crash(game: PlayState, orders: Orders, players: NDArray[np.int64]) -> None:
    """Crowd under the basket."""
    basket, way = game.basket(game.attacking), -game.way(game.attacking)
    for k, person in enumerate(players):
        orders.target[person] = basket + np.array([way * (0.9 + 0.4 * (k % 2)), (k - 1) * 0.9])
        orders.action[person] = Action.UP if game.shooter_s > 0.5 else Action.IDLE


def _defence(game: PlayState, orders: Orders, position: Array) -> None:
    """Man to man, between the man and the basket; nearer to the ball, closer."""
    team, men = game.lineup[1 - game.attacking], game.marking.guarded(game.lineup[game.attacking])
    to_basket = game.basket(game.attacking) - position[men]
    gap = np.hypot(to_basket[:, 0], to_basket[:, 1])
    away = position[men] - position[game.handler]
    ball_gap = np.hypot(away[:, 0], away[:, 1])
    loose = np.clip(0.8 + 0.12 * ball_gap, 0.8, 2.0)
    loose = np.minimum(loose, gap * 0.6 + 0.35)
    orders.target[team] = position[men] + to_basket / np.maximum(gap, 0.3)[:, None] * loose[:, None]
    orders.speed[team] = (5.7 if game.rush else 3.2) if game.phase == "advance" else 2.5
    orders.look_at[team] = 0.6 * position[men] + 0.4 * position[game.handler]
    off = position[team] - orders.target[team]
    guarding = (np.hypot(off[:, 0], off[:, 1]) < 3) & (ball_gap < 6) & (game.phase != "advance")
    orders.action[team] = np.where(guarding, Action.DEFEND, Action.IDLE)
    if game.phase == "rebound":
        _crash(game, orders, team[np.argsort(gap)[:3]])


def _referees(game: PlayState, orders: Orders, position: Array) -> None:
    """Lead on the end line, trail behind the play, the third on the other side."""
    court, way = game.court, game.way(game.attacking)
    width = court.width_m
    ball = position[game.handler]
    lead_x = game.basket(game.attacking)[0] + way * (court.basket_m + 0.7)
    trail_x = float(np.clip(ball[0] - way * 5.5, 1.5, court.length_m - 1.5))
    if game.phase == "advance":
        lead_x = float(np.clip(ball[0] + way * 9, *sorted((lead_x, court.length_m / 2))))
    places = [[lead_x, width / 2 + 3.2], [trail_x, width - 0.8], [trail_x + way * 2.5, 0.6]]
    if game.phase in ("timeout", "break"):
        places = [[court.length_m / 2 + 1.5 * k, width * 0.55 + 0.8 * (k % 2)] for k in (-1, 0, 1)]
    for k, person in enumerate(game.cast.officials()):
        orders.target[person] = places[k]
        orders.speed[person] = 4.4 if game.live else 1.5
        orders.action[person] = Action.HIPS if game.hips[person] and not game.live else Action.IDLE
    if game.phase == "throws":
        orders.action[game.cast.officials()[0]] = Action.POINT


def _coaches(game: PlayState, orders: Orders, position: Array) -> None:
    """Walk up and down before the bench, point and shout; in a time-out, face the team."""
    for team in (0, 1):
        person = game.cast.coach(team)
        if person is None:
            continue
        middle = bench_middle(game.court, game.cast, team)
        gathered = game.phase in ("timeout", "break")
        drift = 2.4 * np.sin(0.11 * game.clock_s + 3 * team) + 0.1 * (position[game.handler, 0] - middle)
        orders.target[person] = [middle, -1.05] if gathered else [middle + np.clip(drift, -2.8, 2.8), _COACH_Y_M]
        orders.speed[person] = 1.2
        if gathered:
            orders.facing[person] = -np.pi / 2
        mood = int(game.clock_s / 4 + 2 * team) % 4
        orders.action[person] = (Action.FOLDED, Action.POINT, Action.HIPS, Action.IDLE)[mood]


def _jump(game: PlayState, orders: Orders) -> None:
    """The shooter leaves the floor, but for a free throw."""
    if game.shooter >= 0 and game.shooter_s < 0.6:
        if game.phase != "throws":
            orders.lift[game.shooter] = max(0.0, 2.6 * game.shooter_s - 0.5 * G_MPS2 * game.shooter_s**2)
        orders.action[game.shooter] = Action.SHOOT
        orders.look_at[game.shooter] = game.basket(game.attacking)


@dataclass(frozen=True)
class Ball:
    """Where the ball is: at a point, or in front of somebody."""

    point: Array | None
    """(3,) metres, while it flies."""
    holder: int
    ahead_m: float
    right_m: float
    height_m: float


def ball_now(game: PlayState) -> Ball:
    """Say where the ball is: in flight, in hands, bouncing under a hand; in a break a referee has it."""
    if game.flight is not None:
        return Ball(game.flight.place_m(), game.handler, 0.0, 0.0, 0.0)
    if game.phase in ("timeout", "break"):
        return Ball(None, int(game.cast.officials()[0]), 0.38, 0.0, 1.1)
    if game.phase == "dead" or (game.phase == "throws" and game.event_s >= 1.4):
        return Ball(None, game.handler, 0.38, 0.0, 1.1)
    beat = (game.dribble_s * 1.7) % 1.0
    height = 0.12 + 0.83 * (1 - (1 - abs(2 * beat - 1)) ** 2)
    return Ball(None, game.handler, 0.38, 0.3, height)


def ball_places(balls: Sequence[Ball], position: Array, facing: Array) -> Array:
    """Turn balls of t moments into metres (t, 3): people are at (t, n, 2) and face (t, n) radians.

    Args:
        balls: t moments.
        position: (t, n, 2) of people, metres.
        facing: (t, n) radians.
    """
    rows, holder = np.arange(len(balls)), np.array([ball.holder for ball in balls])
    angle = facing[rows, holder]
    ahead = np.column_stack([np.cos(angle), np.sin(angle)])
    right = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    reach = np.array([[ball.ahead_m, ball.right_m] for ball in balls])
    ground = position[rows, holder] + ahead * reach[:, :1] + right * reach[:, 1:]
    places = np.column_stack([ground, [ball.height_m for ball in balls]])
    for k, ball in enumerate(balls):
        if ball.point is not None:
            places[k] = ball.point
    return places
