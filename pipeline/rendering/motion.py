"""A small basketball game in metres: what everybody's body does, moment by moment.

`script.Script` decides where people want to be; here they move there as bodies do: limited speed and acceleration,
nobody inside another, legs in step with the ground.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.rendering.cast import Action, Cast, Orders
from pipeline.rendering.script import Script
from pipeline.rendering.settings import RenderSettings

Array = NDArray[np.float64]

MIN_APART_M = 0.45
TOP_SPEED_MPS = 7.8
ACCELERATION_MPS2 = 4.2
BRAKING_MPS2 = 6.5

_ARMS: dict[Action, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    Action.IDLE: ((0.05, 0.12, 0.25), (0.05, 0.12, 0.25)),
    Action.HIPS: ((-0.35, 0.65, 1.75), (-0.35, 0.65, 1.75)),
    Action.DEFEND: ((0.55, 0.85, 0.7), (0.75, 0.75, 0.9)),
    Action.DRIBBLE: ((0.35, 0.45, 0.7), (0.45, 0.2, 1.0)),
    Action.HOLD: ((0.55, 0.15, 1.5), (0.55, 0.15, 1.5)),
    Action.SHOOT: ((2.5, 0.15, 0.7), (2.6, 0.1, 0.5)),
    Action.UP: ((2.7, 0.35, 0.2), (2.5, 0.4, 0.3)),
    Action.SIT: ((0.75, 0.15, 0.9), (0.75, 0.15, 0.9)),
}
"""Per action and arm (left, right): raise forward, spread sideways, bend of the elbow; radians."""


@dataclass
class Bodies:
    """Everybody's body at one moment; arrays over people."""

    position: Array
    """(n, 2) ground point under the pelvis, metres."""
    velocity: Array
    """(n, 2) m/s."""
    facing: Array
    """(n,) direction the chest looks, radians from x towards y."""
    phase: Array
    """(n,) of the gait, cycles."""
    crouch: Array
    """(n,) 0 upright to 1 deep."""
    arms: Array
    """(n, 2, 3) see `_ARMS`."""
    lift: Array
    """(n,) height of a jump, metres."""
    lean: Array
    """(n,) forward lean, radians."""

    def copy(self) -> Bodies:
        """Return bodies that share no array with these."""
        return Bodies(**{name: value.copy() for name, value in vars(self).items()})


@dataclass(frozen=True)
class Moment:
    """One frame of the game."""

    time_s: float
    bodies: Bodies
    """Copies: the reader may keep them."""
    ball: Array
    """(3,) metres."""
    on_court: NDArray[np.bool_]
    """(n,) takes part in play: one of five, or a referee."""
    seated: NDArray[np.bool_]
    """(n,) sits on the bench."""
    live: bool
    """The ball is in play; else a dead ball."""
    score: tuple[int, int]
    star: int
    """The person that a close-up would show."""
    attacking: int
    """The team, 0 or 1, that has the ball."""
    half: int
    """1, or 2 after the teams have changed sides."""
    focus: Array
    """(2,) what the play is about, metres."""


def simulate(court: Court, cast: Cast, settings: RenderSettings, rng: np.random.Generator) -> Iterator[Moment]:
    """Play a game, one moment per frame, without end.

    Args:
        court: the court.
        cast: who takes part.
        settings: frame rate, dead balls, substitutions.
        rng: everything random.
    """
    script = Script(court, cast, settings, rng)
    bodies = standing(script.starting_positions(), rng)
    fidget = rng.uniform(0, 2 * np.pi, (cast.count, 2))
    dt = 1 / settings.fps
    time_s = 0.0
    for _ in range(round(settings.start_s * settings.fps)):
        _step(bodies, script.orders(bodies.position, dt), fidget, time_s, dt)
        time_s += dt
    start_s = time_s
    while True:
        orders = script.orders(bodies.position, dt)
        _step(bodies, orders, fidget, time_s, dt)
        time_s += dt
        ball = script.ball(bodies.position, bodies.facing)
        yield Moment(
            time_s - start_s - dt,
            bodies.copy(),
            ball,
            script.on_court.copy(),
            orders.seated.copy(),
            script.live,
            script.score,
            script.star,
            script.attacking,
            2 if script.swapped else 1,
            script.focus(bodies.position),
        )


def standing(position: Array, rng: np.random.Generator) -> Bodies:
    """Return people who stand at positions (n, 2)."""
    count = len(position)
    return Bodies(
        position,
        np.zeros((count, 2)),
        rng.uniform(0, 2 * np.pi, count),
        rng.uniform(0, 1, count),
        np.zeros(count),
        np.tile(np.array(_ARMS[Action.IDLE]), (count, 1, 1)),
        np.zeros(count),
        np.zeros(count),
    )


def _step(bodies: Bodies, orders: Orders, fidget: Array, time_s: float, dt: float) -> None:
    """Move every body by one time step towards its orders."""
    _walk(bodies, orders, dt)
    animate(bodies, orders, fidget, time_s, dt)


def animate(bodies: Bodies, orders: Orders, fidget: Array, time_s: float, dt: float) -> None:
    """Let legs, trunk, arms and the way that people look follow their velocities and actions, in place.

    Args:
        bodies: position and velocity are those after the time step.
        orders: where to look, what to do with the arms.
        fidget: (n, 2) phases of small arm movements.
        time_s: now.
        dt: length of the time step in seconds.
    """
    speed = np.hypot(bodies.velocity[:, 0], bodies.velocity[:, 1])
    _turn(bodies, orders, speed, dt)
    stride = 0.75 + 0.42 * speed
    bodies.phase = (bodies.phase + speed / stride * dt) % 1.0
    rate = min(1.0, 7 * dt)
    crouch = np.where(orders.action == Action.DEFEND, 0.75, 0.0) + np.where(orders.action == Action.DRIBBLE, 0.4, 0.0)
    crouch = np.where(speed > 4.0, 0.2, crouch)
    bodies.crouch += (crouch - bodies.crouch) * rate
    bodies.lean += (0.05 + 0.035 * speed + 0.3 * bodies.crouch - bodies.lean) * rate
    wanted = np.array([_ARMS[Action(a)] for a in orders.action])
    running = np.clip((speed - 1.0) / 3.0, 0, 1) * np.isin(orders.action, (Action.IDLE, Action.HIPS, Action.DEFEND))
    swing = np.sin(2 * np.pi * bodies.phase)[:, None] * np.array([1.0, -1.0]) * np.clip(speed, 0, 5)[:, None] * 0.17
    run_arms = np.stack(
        [0.1 + swing, np.full_like(swing, 0.15), 0.35 + 0.25 * np.clip(speed, 0, 5)[:, None] + swing * 0], -1
    )
    wanted = wanted + (run_arms - wanted) * running[:, None, None]
    wanted[..., 0] += 0.05 * np.sin(1.3 * time_s + fidget)
    bodies.arms += (wanted - bodies.arms) * min(1.0, 10 * dt)
    bodies.lift[:] = orders.lift


def _walk(bodies: Bodies, orders: Orders, dt: float) -> None:
    """Steer towards the targets with human limits, then keep bodies apart."""
    to_target = orders.target - bodies.position
    distance = np.hypot(to_target[:, 0], to_target[:, 1])
    arrive = np.minimum(orders.speed, distance * 1.8)
    desired = to_target / np.maximum(distance, 1e-6)[:, None] * arrive[:, None]
    apart = bodies.position[:, None] - bodies.position[None]
    gap = np.hypot(apart[..., 0], apart[..., 1]) + np.eye(len(distance)) * 1e3
    free = ~orders.seated
    push = np.clip(0.95 - gap, 0, None) * 3.5 * free[:, None] * free[None]
    desired = desired + np.sum(apart / np.maximum(gap, 1e-3)[..., None] * push[..., None], axis=1)
    change = (desired - bodies.velocity) / 0.22
    size = np.hypot(change[:, 0], change[:, 1])
    braking = np.sum(change * bodies.velocity, axis=1) < 0
    limit = np.where(braking, BRAKING_MPS2, ACCELERATION_MPS2)
    change *= np.minimum(1.0, limit / np.maximum(size, 1e-6))[:, None]
    velocity = bodies.velocity + change * dt
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    velocity *= np.minimum(1.0, TOP_SPEED_MPS / np.maximum(speed, 1e-6))[:, None]
    velocity[orders.seated] = 0
    before = bodies.position.copy()
    moved = _separate(before + velocity * dt, free)
    step = moved - before
    length = np.hypot(step[:, 0], step[:, 1])
    step *= np.minimum(1.0, TOP_SPEED_MPS * dt / np.maximum(length, 1e-9))[:, None]
    step[orders.seated] = 0
    bodies.position = before + step
    bodies.velocity = velocity + (step / dt - velocity) * 0.5


def _separate(position: Array, free: NDArray[np.bool_]) -> Array:
    """Push pairs apart that are nearer than bodies can be; seated people stay."""
    for _ in range(4):
        apart = position[:, None] - position[None]
        gap = np.hypot(apart[..., 0], apart[..., 1]) + np.eye(len(position)) * 1e3
        overlap = np.clip(MIN_APART_M - gap, 0, None)
        if not overlap.any():
            break
        direction = apart / np.maximum(gap, 1e-6)[..., None]
        position = position + np.sum(direction * overlap[..., None], axis=1) * 0.5 * free[:, None]
    return position


def _turn(bodies: Bodies, orders: Orders, speed: Array, dt: float) -> None:
    """Turn chests to what the orders look at, or along the run."""
    look = orders.look_at - bodies.position
    wanted = np.arctan2(look[:, 1], look[:, 0])
    running = np.arctan2(bodies.velocity[:, 1], bodies.velocity[:, 0])
    wanted = np.where(speed > np.where(orders.action == Action.DEFEND, 3.2, 1.6), running, wanted)
    wanted = np.where(np.isnan(orders.facing), wanted, orders.facing)
    turn = (wanted - bodies.facing + np.pi) % (2 * np.pi) - np.pi
    bodies.facing = (bodies.facing + np.clip(turn * min(1.0, 6 * dt), -6 * dt, 6 * dt)) % (2 * np.pi)
