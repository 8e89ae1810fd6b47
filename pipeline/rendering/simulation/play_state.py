"""The state of a game, and how possessions go: sets, passes, screens, shots, rebounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court, beyond_three_point
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.simulation.cast import RIM_HEIGHT_M, SPOTS_M, Cast, bench_middle, seats
from pipeline.rendering.simulation.flight import Flight, ShotOutcome
from pipeline.rendering.simulation.marking import Marking
from pipeline.rendering.simulation.record import (
    NOBODY,
    SHOT_CLOCK_S,
    BallState,
    BoardState,
    EventKind,
    GameEvent,
    opening,
)
from pipeline.rendering.simulation.rotation import Rotation

Array = NDArray[np.float64]
Phase = Literal["advance", "attack", "rebound", "dead", "throws", "timeout", "break"]

_RUSH = 0.22
"""Share of possessions that begin with a fast break."""
_OUT = 0.6
"""How often a dead ball that is due comes with a change of possession; else a foul brings it."""
_MADE, OFFENSIVE_REBOUND = 0.47, 0.22
_DRIVE_M, _BEHIND_ARC_M = 2.2, 0.5
"""Who drives shoots so far from the basket, who pulls up so far behind the three-point line."""


class PlayState:
    """The state of the game while the ball is in play; `script.Script` adds what happens when it is not."""

    def __init__(self, court: Court, cast: Cast, settings: RenderSettings, rng: np.random.Generator) -> None:
        """Start with one team bringing the ball up.

        Args:
            court: the court.
            cast: who takes part.
            settings: dead balls, substitutions, periods.
            rng: everything random.
        """
        self.court, self.cast, self.settings, self.rng = court, cast, settings, rng
        self.seats = seats(court, cast)
        self.lineup = [cast.players(0)[:5].copy(), cast.players(1)[:5].copy()]
        self.rotation = Rotation(cast, settings.stint_s, rng)
        self.attacking = int(rng.integers(2))
        self.opening = self.attacking
        """The team that had the ball first."""
        self.handler = int(self.lineup[self.attacking][0])
        self.phase: Phase = "advance"
        self.phase_s, self.limit_s, self.event_s = 0.0, 5.0, 0.0
        self.clock_s, self.dead_s, self.played_s = 0.0, 0.0, 0.0
        self.period, self.swapped = 1, False
        self.throws, self.thrown = 0, 0
        """Free throws that were given, and how many of them are done."""
        self.live = True
        self.rush = False
        start = opening(settings)
        self.score, self.left_s, self.shot_left_s = start.score, start.clock_s, start.shot_clock_s
        self.period_shown = start.period
        self.happened: list[GameEvent] = []
        """In the present step."""
        self.star = self.handler
        self.flight: Flight | None = None
        self.choices, of_defence = rng.spawn(2)
        """Decides what only some games have: pull-ups, interceptions."""
        self.marking = Marking(settings.switches, of_defence)
        self.pulls_up, self.shot_points = False, 2
        self.receiver, self.dribble_s = -1, 0.0
        self.shooter, self.shooter_s = -1, 9.0
        self.temper = rng.uniform(0.94, 1.06, cast.count)
        """(n,) how fast somebody likes to move."""
        self.wander = np.zeros((cast.count, 2))
        self.homes = np.zeros((5, 2))
        """Spots of the set, by slot."""
        self.spots = np.zeros((5, 2))
        """Where the slots are wanted now: at home, on a screen, on a drive."""
        self.roles = np.arange(5)
        self.screener = -1
        self.hips = rng.random(cast.count) < 0.35
        self._new_spots()

    # --- who and where -----------------------------------------------------------------------------------------

    @property
    def on_court(self) -> NDArray[np.bool_]:
        """(n,) the ten players in the game and the referees."""
        mask = np.zeros(self.cast.count, dtype=np.bool_)
        mask[np.concatenate([*self.lineup, self.cast.officials()])] = True
        return mask

    @property
    def state(self) -> str:
        """What the game is doing, in the words of the truth."""
        names = {"dead": "dead", "throws": "free-throws", "timeout": "time-out", "break": "break"}
        return names.get(self.phase, "play")

    @property
    def board(self) -> BoardState:
        """What the scoreboard shows now."""
        return BoardState(self.period_shown, self.left_s, min(self.shot_left_s, self.left_s), self.score)

    @property
    def ball(self) -> BallState:
        """What the ball does now, and who has it."""
        if self.flight is None:
            return BallState("held", self.handler)
        if self.flight.is_shot:
            return BallState("loose" if self.flight.is_off_rim else "shot", NOBODY)
        return BallState("pass", NOBODY)

    def note(
        self, kind: EventKind, team: int = -1, person: int = NOBODY, partner: int = NOBODY, points: int = 0,
        place_m: Array | None = None,
    ) -> None:  # fmt: skip
        """Put an event down; see `GameEvent` for what it is made of.

        Args:
            kind: of event.
            team: 0, 1 or nobody's.
            person: who did it.
            partner: with whom.
            points: that it brings.
            place_m: (2,) where.
        """
        place = None if place_m is None else (float(place_m[0]), float(place_m[1]))
        self.happened.append(GameEvent(kind, team, person, partner, points, place))

    def run_clocks(self, dt: float) -> None:
        """Let both clocks run while the ball is in play."""
        if self.live:
            self.left_s = max(0.0, self.left_s - dt)
            self.shot_left_s = max(0.0, self.shot_left_s - dt)

    def basket(self, team: int) -> Array:
        """Ground point (2,) under the basket that a team attacks."""
        x = self.court.length_m - self.court.basket_m if self.way(team) > 0 else self.court.basket_m
        return np.array([x, self.court.width_m / 2])

    def way(self, team: int) -> float:
        """Return 1 when a team attacks to the right, -1 to the left; the teams change sides at half-time."""
        return (1.0 if team == 0 else -1.0) * (-1.0 if self.swapped else 1.0)

    def place(self, team: int, from_end: Array | float, aside: Array | float) -> Array:
        """Turn metres from the end line that a team attacks, and from the middle of the court, into metres (2,) or (k, 2).

        Args:
            team: 0 or 1.
            from_end: metres, a number or (k,).
            aside: metres towards the camera, a number or (k,).
        """
        x = self.court.length_m - np.asarray(from_end) if self.way(team) > 0 else np.asarray(from_end)
        return np.stack([x, self.court.width_m / 2 + np.asarray(aside, dtype=float)], axis=-1)

    def throw_spots(self) -> Array:
        """Return (10, 2) metres: shooter, his four team-mates, the five others, as they line up for a free throw."""
        court = self.court
        line, lane = court.free_throw_m, court.lane_width_m / 2 + 0.35
        first, step = court.basket_m + 0.85, 0.95
        attackers = [
            [line + 0.15, 0],
            [first + step, -lane],
            [first + step, lane],
            [line + 3.3, -3.0],
            [line + 3.6, 3.2],
        ]
        defenders = [[first, -lane], [first, lane], [first + 2 * step, -lane], [line + 2.6, 1.0], [line + 4.2, -1.2]]
        spots = np.array(attackers + defenders)
        return self.place(self.attacking, spots[:, 0], spots[:, 1])

    def starting_positions(self) -> Array:
        """Return (n, 2): ten players on their way, referees near, the others seated."""
        middle = np.array([self.court.length_m / 2, self.court.width_m / 2])
        position = np.tile(middle, (self.cast.count, 1))
        position[: len(self.seats)] = self.seats
        for team in (0, 1):
            for k, person in enumerate(self.lineup[team]):
                offset = np.array([self.rng.uniform(-4, 4), (k - 2) * 2.3 + (0.6 if team else -0.6)])
                position[person] = middle + offset
            coach = self.cast.coach(team)
            if coach is not None:
                position[coach] = [bench_middle(self.court, self.cast, team), -1.3]
        for k, person in enumerate(self.cast.officials()):
            position[person] = middle + np.array([4.0 * k - 2, (-1.0) ** k * (self.court.width_m / 2 - 0.7)])
        return position

    def focus(self, position: Array) -> Array:
        """Ground point (2,) that a camera would follow: the ball and the crowd around it."""
        ten = position[np.concatenate(self.lineup)].mean(axis=0)
        focus: Array = 0.65 * position[self.handler] + 0.35 * ten
        return focus

    def slot(self) -> int:
        """Return the slot of the set that the handler fills."""
        index = int(np.flatnonzero(self.lineup[self.attacking] == self.handler)[0])
        return int(np.flatnonzero(self.roles == index)[0])

    def _new_spots(self) -> None:
        """Deal the five offensive players to five spots of the set."""
        far, near, inside = self.rng.permutation([1, 3]), self.rng.permutation([2, 4]), self.rng.permutation([5, 6, 7])
        off_ball = self.rng.permutation([far[0], near[0], self.rng.choice([far[1], near[1]]), inside[0]])
        chosen = np.concatenate([[0], off_ball])
        base = SPOTS_M[chosen] + self.rng.normal(0, 0.35, (5, 2))
        self.homes = self.place(self.attacking, base[:, 0], base[:, 1])
        self.spots = self.homes.copy()
        team = self.lineup[self.attacking]
        first = int(np.flatnonzero(team == self.handler)[0]) if self.handler in team else 0
        self.roles = np.concatenate([[first], self.rng.permutation(np.delete(np.arange(5), first))])
        self.screener = -1
        self.pulls_up = bool(self.choices.random() < self.settings.pull_ups)

    # --- the course of the game --------------------------------------------------------------------------------

    def enter(self, phase: Phase, limit_s: float) -> None:
        """Begin a phase that lasts for `limit_s` seconds or so."""
        self.phase, self.phase_s, self.limit_s, self.event_s = phase, 0.0, limit_s, 0.0

    def _advance(self, position: Array) -> None:
        """Bring the ball up; done when the handler is near the spot."""
        near = np.linalg.norm(position[self.handler] - self.spots[0]) < 1.8
        if near or self.phase_s > 9:
            self.enter("attack", float(self.rng.uniform(5.0, 12.0)))

    def _attack(self, position: Array) -> None:
        """Pass, cut and screen until it is time to shoot."""
        if self.flight is not None:
            return
        if self.phase_s > self.limit_s:
            self._shoot(position)
        elif self.phase_s > self.limit_s - 1.4:
            slot, basket = self.slot(), self.basket(self.attacking)
            away = self.spots[slot] - basket
            reach_m = self.court.three_point_radius_m + _BEHIND_ARC_M if self.pulls_up else _DRIVE_M
            spot = basket + away / max(1e-6, float(np.linalg.norm(away))) * reach_m
            self.spots[slot] = np.clip(spot, 0.5, [self.court.length_m - 0.5, self.court.width_m - 0.5])
            self.limit_s = min(self.limit_s, self.phase_s + 1.2)
        elif self.event_s > self.rng.uniform(1.4, 3.4):
            self.event_s = 0.0
            if self.screener >= 0:
                self._use_screen(position)
            else:
                if self.rng.random() < 0.6:
                    self._pass(position)
                self._move_off_ball(position)

    def _move_off_ball(self, position: Array) -> None:
        """Send everybody home, two of them crosswise; at times one sets a screen on the handler's defender."""
        first, second = 1 + self.rng.permutation(4)[:2]
        self.homes[[first, second]] = self.homes[[second, first]]
        self.spots[1:] = self.homes[1:] + self.rng.normal(0, 0.3, (4, 2))
        if self.flight is None and self.rng.random() < 0.45:
            slot = self.slot()
            off_ball = [k for k in range(5) if k != slot]
            nearest = min(off_ball, key=lambda k: float(np.linalg.norm(self.spots[k] - self.spots[slot])))
            guard = self.lineup[1 - self.attacking][self.marking.guard_of(int(self.roles[slot]))]
            aside = self.rng.choice([-1.0, 1.0]) * 0.7
            self.screener = nearest
            self.spots[nearest] = position[guard] + np.array([0.0, aside])
        self.spots[0] += self.rng.normal(0, 0.5, 2)

    def _use_screen(self, position: Array) -> None:
        """The handler runs past the screen, shoulder to shoulder; the screener rolls to the basket."""
        slot, basket = self.slot(), self.basket(self.attacking)
        screen = position[self.lineup[self.attacking][self.roles[self.screener]]]
        past = (
            screen + (basket - screen) * 0.25 + np.array([0.0, 1.6 * np.sign(screen[1] - self.spots[slot][1] + 1e-9)])
        )
        self.spots[slot] = np.clip(past, 1.0, [self.court.length_m - 1.0, self.court.width_m - 1.0])
        self.spots[self.screener] = basket + (screen - basket) * 0.4
        self.marking.screen(int(self.roles[slot]), int(self.roles[self.screener]))
        self.screener = -1

    def _pass(self, position: Array) -> None:
        """Throw to a team-mate; at times somebody of the other team is in the way."""
        mates = [int(p) for p in self.lineup[self.attacking] if p != self.handler]
        self.receiver = int(self.rng.choice(mates))
        if self.choices.random() < self.settings.interceptions:
            others = self.lineup[1 - self.attacking]
            gap = np.linalg.norm(position[others] - position[self.receiver], axis=1)
            self.receiver = int(others[int(np.argmin(gap))])
        else:
            self.note("pass", self.attacking, self.handler, self.receiver, place_m=position[self.handler])
        start = np.append(position[self.handler], 1.4)
        end = np.append(position[self.receiver], 1.35)
        self.flight = Flight(start, end, max(0.25, float(np.linalg.norm(end - start)) / 11.0))

    def _shoot(self, position: Array) -> None:
        """Throw at the basket; everybody near crashes the boards."""
        place = position[self.handler]
        self.shot_points = 3 if beyond_three_point(self.court, place[None])[0] else 2
        self.note("shot", self.attacking, self.handler, place_m=place)
        loose_s = float(self.rng.uniform(0.5, 1.1))
        self.release(position, self._outcome(), loose_s)
        assert self.flight is not None
        self.enter("rebound", self.flight.duration_s + loose_s)

    def _outcome(self) -> ShotOutcome:
        """Decide whether a shot goes in, and who gets the ball if it does not."""
        made = bool(self.rng.random() < _MADE)
        clean = made and int(self.rng.integers(3)) < 2
        return ShotOutcome(made, clean, not made and bool(self.rng.random() < OFFENSIVE_REBOUND))

    def release(self, position: Array, outcome: ShotOutcome, loose_s: float) -> None:
        """Let the ball fly to the basket.

        Args:
            position: (n, 2) where everybody is, metres.
            outcome: what will become of it.
            loose_s: from the rim until somebody has it.
        """
        start = np.append(position[self.handler], 2.35)
        end = np.append(self.basket(self.attacking), RIM_HEIGHT_M)
        duration_s = 0.75 + 0.05 * float(np.linalg.norm(end - start))
        self.flight = Flight(start, end, duration_s, outcome=outcome, gathered_s=loose_s)
        self.receiver = -1
        self.shooter, self.shooter_s = self.handler, 0.0

    def _rebound(self, position: Array) -> None:
        """Wait for the shot and the ball off the rim, then give it to somebody."""
        if self.phase_s < self.limit_s:
            return
        outcome = None if self.flight is None else self.flight.outcome
        assert outcome is not None
        points = self.shot_points if outcome.made else 0
        self.note("made" if outcome.made else "missed", self.attacking, self.shooter, points=points)
        if outcome.made:
            self.count(points)
            self.star = self.shooter
        self.collect(position, outcome)

    def count(self, points: int) -> None:
        """Add points to the score of the team that attacks."""
        score = list(self.score)
        score[self.attacking] += points
        self.score = (score[0], score[1])

    def collector(self, position: Array, outcome: ShotOutcome) -> int:
        """Return who gets the ball after a shot: the nearest of the other team, or of the shooter's for a rebound."""
        five = self.lineup[self.attacking if outcome.offensive else 1 - self.attacking]
        gaps = np.linalg.norm(position[five] - self.basket(self.attacking), axis=1)
        return int(five[int(np.argmin(gaps))])

    def collect(self, position: Array, outcome: ShotOutcome) -> None:
        """Give the ball to somebody after a shot."""
        self.flight = None
        team = self.attacking if outcome.offensive else 1 - self.attacking
        self.handler = self.collector(position, outcome)
        self.shot_left_s = SHOT_CLOCK_S[self.settings.court][int(outcome.offensive)]
        if not outcome.made:
            self.note("rebound", team, self.handler, place_m=position[self.handler])
        if outcome.offensive:
            self._new_spots()
            self.enter("attack", float(self.rng.uniform(2.0, 5.0)))
        elif self.dead_s > self.settings.dead_ball_every_s and self.rng.random() < _OUT:
            self.stop(position)
        else:
            self.turn_over()

    def turn_over(self) -> None:
        """The team of the handler attacks."""
        self.attacking = next(t for t in (0, 1) if self.handler in self.lineup[t])
        self.shot_left_s = SHOT_CLOCK_S[self.settings.court][0]
        self.rush = bool(self.rng.random() < _RUSH)
        self.marking.begin()
        self._new_spots()
        self.enter("advance", float(self.rng.uniform(4, 8)))

    def stop(self, position: Array) -> None:
        """Blow the whistle; `Script` says what follows."""
        raise NotImplementedError

    def fly(self, position: Array, dt: float) -> None:
        """Carry a thrown ball on; a pass ends in somebody's hands."""
        flight = self.flight
        if flight is None:
            return
        flight = replace(flight, age_s=flight.age_s + dt)
        if flight.outcome is not None:
            flight = replace(flight, gathered_m=position[self.collector(position, flight.outcome)])
        elif self.receiver >= 0:
            flight = replace(flight, end_m=np.append(position[self.receiver], 1.35))
        self.flight = flight
        if self.receiver >= 0 and flight.age_s >= flight.duration_s:
            self._caught(position)

    def _caught(self, position: Array) -> None:
        """The pass is in somebody's hands; a defender's team goes the other way."""
        passer, self.handler, self.receiver, self.flight = self.handler, self.receiver, -1, None
        if self.handler not in self.lineup[self.attacking]:
            self.note("turnover", self.attacking, passer, self.handler, place_m=position[self.handler])
            self.turn_over()
