"""A small basketball game in metres: what everybody's body does, frame by frame.

`script.Script` decides what happens, `orders` where people want to be, `bodies` how they get there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.simulation.bodies import Bodies, animate, standing, walk
from pipeline.rendering.simulation.cast import Cast, Orders
from pipeline.rendering.simulation.orders import Ball, ball_now, ball_places
from pipeline.rendering.simulation.record import BallState, BoardState, GameEvent
from pipeline.rendering.simulation.script import Script

Array = NDArray[np.float64]

STEP_HZ = 10.0
"""The game goes on in such steps, whatever the frame rate."""
_BLOCK = 20
"""Steps that are animated at once."""
_LINEAR = ("position", "velocity", "crouch", "arms", "lift", "lean")
_CYCLIC = {"facing": 2 * np.pi, "phase": 1.0}


@dataclass(frozen=True)
class Facts:
    """What is true of the game at one moment, besides where everybody is."""

    on_court: NDArray[np.bool_]
    """(n,) the ten and the referees."""
    seated: NDArray[np.bool_]
    live: bool
    """The ball is in play."""
    star: int
    """Who is worth a close-up."""
    attacking: int
    """The team that has the ball, 0 or 1."""
    half: int
    """1, or 2 after the teams have changed sides."""
    period: int
    """From 1."""
    state: str
    """play, dead, free-throws, time-out or break."""
    board: BoardState
    ball: BallState
    happened: tuple[GameEvent, ...] = ()
    """In this step."""
    attack: str = ""
    """transition: the ball is brought up; half-court: the set is played; empty while nobody has it in play."""
    guards: tuple[tuple[int, int], ...] = ()
    """Meanwhile: each defender, and whom he guards."""


@dataclass(frozen=True)
class Moment:
    """One frame of the game; nobody writes into it, the reader may keep it."""

    time_s: float
    bodies: Bodies
    ball: Array
    """(3,) metres."""
    focus: Array
    """(2,) what the play is about, metres."""
    facts: Facts
    events: tuple[GameEvent, ...] = ()
    """Since the frame before."""


@dataclass(frozen=True)
class _Steps:
    """Some steps of the game."""

    bodies: Bodies
    """Arrays (t, n, ...)."""
    ball: Array
    """(t, 3)"""
    focus: Array
    """(t, 2)"""
    facts: list[Facts]


def simulate(court: Court, cast: Cast, settings: RenderSettings, rng: np.random.Generator) -> Iterator[Moment]:
    """Play a game, one moment per frame, without end.

    The game goes on in steps of a tenth of a second whatever the frame rate; frames in between are a uniform cubic
    B-spline of them (C. de Boor, A Practical Guide to Splines), which is never faster than the steps are.

    Args:
        court: the court.
        cast: who takes part.
        settings: frame rate, dead balls, substitutions, periods.
        rng: everything random.
    """
    blocks = _play(court, cast, settings, rng)
    window = next(blocks)
    frame = 0
    coming = deque(_numbered_events(window, -1))
    for first in count(0, _BLOCK):
        block = next(blocks)
        coming += _numbered_events(block, first + 2)
        window = _joined(window, block)
        wanted = np.arange(frame, int(np.ceil((first + _BLOCK) / STEP_HZ * settings.fps - 1e-9)))
        if len(wanted):
            yield from _between(window, wanted / settings.fps, first, coming)
            frame = int(wanted[-1]) + 1
        window = _tail(window, _BLOCK)


def _play(court: Court, cast: Cast, settings: RenderSettings, rng: np.random.Generator) -> Iterator[_Steps]:
    """Play a game in steps of 1 / STEP_HZ; yield three, the second at time 0, then blocks of steps."""
    script = Script(court, cast, settings, rng)
    bodies = standing(script.starting_positions(), rng)
    fidget = rng.uniform(0, 2 * np.pi, (cast.count, 2))
    before = round(settings.start_s * STEP_HZ)
    done = -before - 1
    for length in _lengths(before):
        steps = _block(script, bodies, fidget, done / STEP_HZ, length)
        bodies = steps.bodies.at(-1)
        done += length
        if done > -2:
            yield _tail(steps, len(steps.facts) - 3) if done == 2 else steps


def _lengths(before: int) -> Iterator[int]:
    """Yield lengths of blocks: `before` steps and three more, then full blocks without end."""
    yield before + 3
    while True:
        yield _BLOCK


def _block(script: Script, start: Bodies, fidget: Array, time_s: float, length: int) -> _Steps:
    """Play some steps: everybody walks step by step, then all are animated at once."""
    dt = 1 / STEP_HZ
    place, speed = start.position, start.velocity
    places, speeds, focus = [], [], []
    orders: list[Orders] = []
    balls: list[Ball] = []
    facts: list[Facts] = []
    for _ in range(length):
        orders.append(script.orders(place, dt))
        place, speed = walk(place, speed, orders[-1], dt)
        places.append(place)
        speeds.append(speed)
        balls.append(ball_now(script))
        focus.append(script.focus(place))
        facts.append(_facts(script, orders[-1]))
    bodies = animate(start, np.stack(places), np.stack(speeds), orders, fidget, time_s, dt)
    return _Steps(bodies, ball_places(balls, bodies.position, bodies.facing), np.stack(focus), facts)


def _facts(script: Script, orders: Orders) -> Facts:
    half = 2 if script.swapped else 1
    now = (script.live, script.star, script.attacking, half, script.period, script.state)
    attack = {"advance": "transition", "attack": "half-court"}.get(script.phase, "")
    attackers, defenders = script.lineup[script.attacking], script.lineup[1 - script.attacking]
    pairs = zip(defenders.tolist(), script.marking.guarded(attackers).tolist(), strict=True) if attack else ()
    happened = tuple(script.happened)
    return Facts(script.on_court, orders.seated, *now, script.board, script.ball, happened, attack, tuple(pairs))


def _joined(first: _Steps, second: _Steps) -> _Steps:
    a, b = vars(first.bodies), vars(second.bodies)
    bodies = Bodies(**{name: np.concatenate([a[name], b[name]]) for name in a})
    ball, focus = np.vstack([first.ball, second.ball]), np.vstack([first.focus, second.focus])
    return _Steps(bodies, ball, focus, first.facts + second.facts)


def _tail(steps: _Steps, start: int) -> _Steps:
    bodies = Bodies(**{name: values[start:] for name, values in vars(steps.bodies).items()})
    return _Steps(bodies, steps.ball[start:], steps.focus[start:], steps.facts[start:])


def _numbered_events(steps: _Steps, first: int) -> Iterator[tuple[int, GameEvent]]:
    """Yield the events of some steps with their step's number, the first of them being `first`; none before the game."""
    for step, facts in enumerate(steps.facts, start=first):
        if step >= 0:
            yield from ((step, event) for event in facts.happened)


def _between(window: _Steps, times_s: Array, first: int, coming: deque[tuple[int, GameEvent]]) -> Iterator[Moment]:
    """Yield the moments at some times between steps.

    Args:
        window: steps, the second of which is number `first`.
        times_s: (k,).
        first: number of a step.
        coming: events that no frame has yet, with the numbers of their steps; those that have happened are taken away.
    """
    at = times_s * STEP_HZ - first
    base = np.minimum(np.floor(at + 1e-9).astype(int), _BLOCK - 1)
    share = at - base
    weights = _spline_weights(share)
    blended = {name: _blend(getattr(window.bodies, name), base, weights) for name in _LINEAR}
    for name, turn in _CYCLIC.items():
        unrolled = np.unwrap(getattr(window.bodies, name), period=turn, axis=0)
        blended[name] = _blend(unrolled, base, weights) % turn
    bodies = Bodies(**blended)
    focus = _blend(window.focus, base, weights)
    ball = window.ball[base + 1] * (1 - share[:, None]) + window.ball[base + 2] * share[:, None]
    for k, step in enumerate((base + 1).tolist()):
        events = []
        while coming and coming[0][0] < first + step:
            events.append(coming.popleft()[1])
        yield Moment(float(times_s[k]), bodies.at(k), ball[k], focus[k], window.facts[step], tuple(events))


def _spline_weights(share: Array) -> Array:
    """Return the weights (k, 4) of four steps for points (k,) between the second and the third."""
    s = share[:, None]
    rest = 1 - s
    weights: Array = np.hstack([rest**3, 3 * s**3 - 6 * s**2 + 4, 3 * rest**3 - 6 * rest**2 + 4, s**3]) / 6
    return weights


def _blend(values: Array, base: NDArray[np.int64], weights: Array) -> Array:
    """Weigh four neighbours of steps (t, ...) for frames (k,): (k, ...)."""
    flat = values.reshape(len(values), -1)
    mixed = sum(weights[:, j, None] * flat[base + j] for j in range(4))
    blended: Array = np.asarray(mixed).reshape(len(base), *values.shape[1:])
    return blended
