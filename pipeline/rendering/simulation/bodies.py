"""Bodies that move as bodies do: limited speed and acceleration, nobody inside another, limbs in step with the ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.simulation.cast import Action, Orders

Array = NDArray[np.float64]

MIN_GAP_M = 0.45
TOP_SPEED_MPS = 7.8
ACCELERATION_MPS2 = 4.2
BRAKING_MPS2 = 6.5
_ELBOW_ROOM_M = 0.95
"""Nearer than that, people begin to make way."""

_ARMS: dict[Action, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    Action.IDLE: ((0.05, 0.12, 0.25), (0.05, 0.12, 0.25)),
    Action.HIPS: ((-0.35, 0.65, 1.75), (-0.35, 0.65, 1.75)),
    Action.DEFEND: ((0.55, 0.85, 0.7), (0.75, 0.75, 0.9)),
    Action.DRIBBLE: ((0.35, 0.45, 0.7), (0.45, 0.2, 1.0)),
    Action.HOLD: ((0.55, 0.15, 1.5), (0.55, 0.15, 1.5)),
    Action.SHOOT: ((2.5, 0.15, 0.7), (2.6, 0.1, 0.5)),
    Action.UP: ((2.7, 0.35, 0.2), (2.5, 0.4, 0.3)),
    Action.SIT: ((0.75, 0.15, 0.9), (0.75, 0.15, 0.9)),
    Action.FOLDED: ((0.45, -0.25, 1.5), (0.4, -0.3, 1.6)),
    Action.POINT: ((0.1, 0.12, 0.3), (1.5, 0.25, 0.1)),
}
"""Per action and arm (left, right): raise forward, spread sideways, bend of the elbow; radians."""
_ARM_TABLE = np.array([_ARMS[action] for action in Action])
_SWINGING = np.isin(np.array(Action), (Action.IDLE, Action.HIPS, Action.DEFEND))
"""By action: arms swing when one runs."""
_CROUCH = np.select([np.array(Action) == Action.DEFEND, np.array(Action) == Action.DRIBBLE], [0.75, 0.4], 0.0)
_FORWARD_FROM_MPS = np.where(np.array(Action) == Action.DEFEND, 3.2, 1.6)
"""By action: faster than that, one looks where one runs."""


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

    def at(self, moment: int) -> Bodies:
        """Take one moment out of bodies over time, whose arrays are (t, n, ...)."""
        return Bodies(**{name: values[moment] for name, values in vars(self).items()})


def standing(position: Array, rng: np.random.Generator) -> Bodies:
    """Return people who stand at positions (n, 2)."""
    count = len(position)
    return Bodies(
        position,
        np.zeros((count, 2)),
        rng.uniform(0, 2 * np.pi, count),
        rng.uniform(0, 1, count),
        np.zeros(count),
        np.tile(_ARM_TABLE[Action.IDLE], (count, 1, 1)),
        np.zeros(count),
        np.zeros(count),
    )


def walk(position: Array, velocity: Array, orders: Orders, dt: float) -> tuple[Array, Array]:
    """Steer everybody towards the targets with human limits, and keep bodies apart.

    Args:
        position: (n, 2) metres.
        velocity: (n, 2) m/s.
        orders: where to, how fast, who sits.
        dt: length of the time step in seconds.

    Returns:
        Position and velocity after the step.
    """
    here, moving = _complex(position), _complex(velocity)
    free = (~orders.seated).astype(np.float64)
    way = _complex(orders.target) - here
    distance = np.abs(way)
    desired = way * (np.minimum(orders.speed, distance * 1.8) / np.maximum(distance, 1e-6))
    desired += _push(here, _ELBOW_ROOM_M, free)[0] * 3.5 * free
    change = (desired - moving) / 0.22
    braking = (change * moving.conj()).real < 0
    limit = np.where(braking, BRAKING_MPS2, ACCELERATION_MPS2)
    moving = moving + change * np.minimum(1.0, limit / np.maximum(np.abs(change), 1e-6)) * dt
    moving *= np.minimum(1.0, TOP_SPEED_MPS / np.maximum(np.abs(moving), 1e-6)) * free
    place = here + moving * dt
    for _ in range(4):
        push, touching = _push(place, MIN_GAP_M, np.ones_like(free))
        if not touching:
            break
        place = place + push * 0.5 * free
    step = (place - here) * free
    step *= np.minimum(1.0, TOP_SPEED_MPS * dt / np.maximum(np.abs(step), 1e-9))
    return _real(here + step), _real(moving + (step / dt - moving) * 0.5)


def _push(place: NDArray[np.complex128], room_m: float, free: Array) -> tuple[NDArray[np.complex128], bool]:
    """Sum (n,) of the ways out of everybody's reach, and whether anybody is in reach of another."""
    away = place[:, None] - place
    gap = np.abs(away)
    np.fill_diagonal(gap, np.inf)
    near = gap < room_m
    if not near.any():
        return np.zeros_like(place), False
    share = np.where(near, room_m / np.maximum(gap, 1e-3) - 1, 0.0)
    out: NDArray[np.complex128] = (away * share) @ free
    return out, True


def _complex(points: Array) -> NDArray[np.complex128]:
    return np.ascontiguousarray(points).view(np.complex128)[:, 0]


def _real(points: NDArray[np.complex128]) -> Array:
    return np.ascontiguousarray(points).view(np.float64).reshape(-1, 2)


def animate(
    start: Bodies, position: Array, velocity: Array, orders: Sequence[Orders], fidget: Array, time_s: float, dt: float
) -> Bodies:
    """Let legs, trunk, arms and the way that people look follow their velocities and actions.

    Args:
        start: one step before.
        position: (t, n, 2) metres.
        velocity: (t, n, 2) m/s.
        orders: t, where to look, what to do with the arms.
        fidget: (n, 2) phases of small arm movements.
        time_s: of the first step.
        dt: from step to step, seconds.

    Returns:
        Bodies over time: arrays (t, n, ...).
    """
    speed = np.hypot(velocity[..., 0], velocity[..., 1])
    action = np.stack([each.action for each in orders])
    phase = start.phase + np.cumsum(speed / (0.75 + 0.42 * speed) * dt, axis=0)
    crouch = _follow(np.where(speed > 4.0, 0.2, _CROUCH[action]), start.crouch, min(1.0, 7 * dt))
    lean = _follow(0.05 + 0.035 * speed + 0.3 * crouch, start.lean, min(1.0, 7 * dt))
    wanted = _arms(action, speed, phase)
    times = time_s + dt * np.arange(len(orders))
    wanted[..., 0] += 0.05 * np.sin(1.3 * times[:, None, None] + fidget)
    arms = _follow(wanted, start.arms, min(1.0, 10 * dt))
    facing = _turn(start.facing, _wanted_facing(position, velocity, speed, action, orders), dt)
    lift = np.stack([each.lift for each in orders])
    return Bodies(position, velocity, facing, phase % 1.0, crouch, arms, lift, lean)


def _follow(wanted: Array, start: Array, rate: float) -> Array:
    """Low-pass `wanted` (t, ...) from a start: each step goes a share of the way."""
    followed = np.empty_like(wanted)
    now = start
    for k, goal in enumerate(wanted):
        now = now + (goal - now) * rate
        followed[k] = now
    return followed


def _arms(action: NDArray[np.int64], speed: Array, phase: Array) -> Array:
    """Angles of the arms (t, n, 2, 3) as the action wants them, or swinging."""
    running = np.clip((speed - 1.0) / 3.0, 0, 1) * _SWINGING[action]
    effort = np.minimum(speed, 5.0)[..., None]
    swing = np.sin(2 * np.pi * phase)[..., None] * np.array([1.0, -1.0]) * effort * 0.17
    run_arms = np.stack([0.1 + swing, np.full_like(swing, 0.15), 0.35 + 0.25 * effort + 0 * swing], axis=-1)
    wanted = _ARM_TABLE[action]
    mixed: Array = wanted + (run_arms - wanted) * running[..., None, None]
    return mixed


def _wanted_facing(
    position: Array, velocity: Array, speed: Array, action: NDArray[np.int64], orders: Sequence[Orders]
) -> Array:
    """Direction (t, n) in which everybody wants to look: to what the orders say, or along the run."""
    to_target = np.stack([each.look_at for each in orders]) - position
    fixed = np.stack([each.facing for each in orders])
    along = np.where((speed > _FORWARD_FROM_MPS[action])[..., None], velocity, to_target)
    return np.where(np.isnan(fixed), np.arctan2(along[..., 1], along[..., 0]), fixed)


def _turn(start: Array, wanted: Array, dt: float) -> Array:
    """Turn from a start (n,) to the directions (t, n) wanted, as fast as people do."""
    facing = np.empty_like(wanted)
    now = start
    for k, goal in enumerate(wanted):
        turn = (goal - now + np.pi) % (2 * np.pi) - np.pi
        now = (now + np.clip(turn * min(1.0, 6 * dt), -6 * dt, 6 * dt)) % (2 * np.pi)
        facing[k] = now
    return facing
