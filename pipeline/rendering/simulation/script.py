"""The course of a game: fouls and free throws, dead balls and substitutions, time-outs, periods and breaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.simulation.cast import Orders
from pipeline.rendering.simulation.flight import ShotOutcome
from pipeline.rendering.simulation.orders import everybody
from pipeline.rendering.simulation.play_state import OFFENSIVE_REBOUND, PlayState
from pipeline.rendering.simulation.record import PERIOD_S

Array = NDArray[np.float64]

_SHOOTING_FOUL = 0.5
"""Share of fouls that are followed by free throws."""
_MADE_THROW = 0.76
_THROW_S = 3.6
"""From one free throw to the next."""
_LOOSE_S = 0.3
"""From the rim until the ball is in somebody's hands."""
_LINE_UP_S = 15.0
"""Nobody waits longer for the shooter to reach the line."""
_RELEASE_S = 2.4
"""The shooter lets go so long into a free throw."""


class Script(PlayState):
    """A whole game; `orders` moves it on by one time step."""

    def orders(self, position: Array, dt: float) -> Orders:
        """Move the game on by `dt` seconds and say what everybody should do.

        Args:
            position: (n, 2) where everybody is, metres.
            dt: seconds.
        """
        self.happened = []
        self.run_clocks(dt)
        self.clock_s += dt
        self.phase_s += dt
        self.event_s += dt
        self.dead_s += dt
        self.dribble_s += dt
        self.shooter_s += dt
        self.rotation.pass_time(self.on_court, self.live, dt)
        self.fly(position, dt)
        if self._period_over():
            self._end_period()
        elif self._foul():
            self._whistle(position)
        else:
            getattr(self, f"_{self.phase}")(position)
        return everybody(self, position)

    def _foul(self) -> bool:
        """Say whether it is time for a whistle in the middle of a possession: no dead ball for long."""
        overdue = self.dead_s > 1.5 * self.settings.dead_ball_every_s
        return overdue and self.flight is None and self.phase in ("advance", "attack")

    def _whistle(self, position: Array) -> None:
        """A foul: the ball is dead; often it brings free throws."""
        self.note("foul", 1 - self.attacking)
        if self.settings.free_throws and self.rng.random() < _SHOOTING_FOUL:
            self.throws, self.thrown = 2, 0
        self.stop(position)

    def stop(self, position: Array) -> None:
        """The ball is dead: time for substitutions, and for a time-out now and then."""
        self.live = False
        self.flight, self.receiver = None, -1
        low = np.array([0.8, 0.8])
        high = np.array([self.court.length_m, self.court.width_m]) - low
        self.wander = np.clip(position + self.rng.normal(0, 1.3, position.shape), low, high)
        if self._substitutes():
            for team in (0, 1):
                self._substitute(team)
        if self._wants_timeout():
            self.throws, self.played_s = 0, 0.0
            self.note("time-out", self.attacking)
            coach = self.cast.coach(self.attacking)
            self.star = self.star if coach is None else coach
            self.enter("timeout", self.settings.timeout_s)
        else:
            self.enter("dead", 2.5 if self.throws else float(self.rng.uniform(6.0, 8.0)))

    def _substitutes(self) -> bool:
        return self.settings.substitutions and self.cast.per_team > 5

    def _wants_timeout(self) -> bool:
        every = self.settings.timeout_every_s
        return every is not None and self.played_s + self.dead_s > every

    def _substitute(self, team: int) -> None:
        """Change players; a shooter stays until he has thrown."""
        for outgoing, incoming in self.rotation.changes(self.lineup[team], team):
            if self.throws and outgoing == self.handler:
                continue
            place = int(np.flatnonzero(self.lineup[team] == outgoing)[0])
            self.lineup[team][place] = incoming
            self.note("substitution", team, incoming, outgoing)
            low, high = 1.0, np.array([self.court.length_m - 1, self.court.width_m - 1])
            self.wander[incoming] = np.clip(self.wander[outgoing], low, high)
            if self.handler == outgoing:
                self.handler = incoming

    def _dead(self, position: Array) -> None:
        """Walk about; then free throws, or the ball comes in."""
        inside = position[np.concatenate(self.lineup), 1].min() > 0.3
        if (self.phase_s > self.limit_s and inside) or self.phase_s > 16:
            if self.throws:
                self.star = self.handler
                self.enter("throws", _LINE_UP_S)
            else:
                self._resume()

    def _resume(self) -> None:
        """The ball is in play again."""
        self.live = True
        self.played_s += self.dead_s
        self.dead_s = 0.0
        self.star = self.handler
        self.turn_over()

    def _throws(self, position: Array) -> None:
        """Line up, then shoot the free throws one after another; the last one is live."""
        ready = np.linalg.norm(position[self.handler] - self.throw_spots()[0]) < 0.4
        if self.thrown == 0 and self.phase_s < self.limit_s and not (ready and self.phase_s > 2.5):
            self.event_s = 0.0
            return
        self.limit_s = 0.0
        if self.shooter_s > _THROW_S and self.flight is None and self.event_s > _RELEASE_S:
            self.thrown += 1
            self.release(position, self._throw_outcome(), _LOOSE_S)
        elif self.flight is not None and self.shooter_s > self.flight.duration_s + _LOOSE_S:
            assert self.flight.outcome is not None
            outcome = self.flight.outcome
            made = outcome.made
            self.note(
                "free-throw-made" if made else "free-throw-missed", self.attacking, self.handler, points=int(made)
            )
            self.count(int(made))
            if self.thrown >= self.throws:
                self.throws, self.thrown = 0, 0
                self.live, self.dead_s = True, 0.0
                self.collect(position, outcome)
            else:
                self.flight, self.event_s = None, 0.0

    def _throw_outcome(self) -> ShotOutcome:
        """Decide whether a free throw goes in, and who gets the last one if it does not."""
        made = bool(self.rng.random() < _MADE_THROW)
        is_live = self.thrown >= self.throws
        return ShotOutcome(made, made, is_live and not made and bool(self.rng.random() < OFFENSIVE_REBOUND))

    def _timeout(self, position: Array) -> None:
        """Both teams at their benches; then back, the ball is dead until they are there."""
        if self.phase_s > self.limit_s:
            self.wander = np.clip(
                self.basket(self.attacking) * 0.6
                + 0.4 * np.array([self.court.length_m / 2, self.court.width_m / 2])
                + self.rng.normal(0, 2.5, position.shape),
                1.0,
                np.array([self.court.length_m, self.court.width_m]) - 1.0,
            )
            self.enter("dead", 4.0)

    def _period_over(self) -> bool:
        length = self.settings.period_s
        if length is None or self.period >= self.settings.periods or self.phase == "break":
            return False
        over = self.clock_s > self._period_start() + length
        return over and self.flight is None and self.phase != "throws"

    def _period_start(self) -> float:
        """Seconds before the present period, on the clock of the whole video."""
        assert self.settings.period_s is not None
        return (self.period - 1) * (self.settings.period_s + self.settings.break_s)

    def _end_period(self) -> None:
        """The buzzer: everybody goes to the benches."""
        self.live = False
        self.note("period-end")
        self.receiver, self.throws = -1, 0
        if self._substitutes():
            for team in (0, 1):
                self._substitute(team)
        self.enter("break", self.settings.break_s)

    def _break(self, position: Array) -> None:
        """Rest; then the next period, after half of them on the other side."""
        assert self.settings.period_s is not None
        if self.clock_s < self.period * (self.settings.period_s + self.settings.break_s) - 4.0:
            return
        self.period += 1
        self.period_shown, self.left_s = self.period, PERIOD_S[self.settings.court]
        self.note("period-start")
        self.swapped = self.period > (self.settings.periods + 1) // 2
        self.attacking = (self.opening + self.period - 1) % 2
        self.handler = int(self.lineup[self.attacking][0])
        middle = np.array([self.court.length_m / 2, self.court.width_m / 2])
        self.wander = middle + self.rng.normal(0, 1, position.shape) * np.array([3.0, 2.5])
        self.enter("dead", 4.0)
