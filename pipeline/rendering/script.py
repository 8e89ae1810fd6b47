"""What happens in the game: possessions, sets, shots, dead balls and substitutions, as orders to bodies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.rendering.cast import RIM_HEIGHT_M, SPOTS_M, Action, Cast, Orders, seat
from pipeline.rendering.settings import RenderSettings

Array = NDArray[np.float64]

_G = 9.81
_RUSH = 0.22
"""Share of possessions that begin with a fast break."""


class Script:
    """The state of the game; `orders` moves it on by one time step."""

    def __init__(self, court: Court, cast: Cast, settings: RenderSettings, rng: np.random.Generator) -> None:
        """Start with team 0 bringing the ball up to the right."""
        self.court, self.cast, self.settings, self.rng = court, cast, settings, rng
        self.lineup = [cast.players(0)[:5].copy(), cast.players(1)[:5].copy()]
        self.attacking = int(rng.integers(2))
        self.handler = int(self.lineup[self.attacking][0])
        self.phase = "advance"
        self.phase_s, self.limit_s, self.event_s = 0.0, 5.0, 0.0
        self.clock_s, self.dead_s = 0.0, 0.0
        self.live = True
        self.swapped, self.rush = False, False
        self.score = (int(rng.integers(0, 60)), int(rng.integers(0, 60)))
        self.star = self.handler
        self.flight: tuple[Array, Array, float, float] | None = None
        """From, to (3,), age and duration of a pass or shot."""
        self.receiver = -1
        self.dribble_s = 0.0
        self.shooter, self.shooter_s = -1, 9.0
        self.pace = rng.uniform(0.88, 1.08, cast.count)
        self.wander = np.zeros((cast.count, 2))
        self.homes = np.zeros((5, 2))
        """Spots of the set, by slot."""
        self.spots = np.zeros((5, 2))
        """Where the slots are wanted now: at home, on a screen, on a drive."""
        self.roles = np.arange(5)
        self.hips = rng.random(cast.count) < 0.35
        self._new_spots()

    # --- who and where -----------------------------------------------------------------------------------------

    @property
    def on_court(self) -> NDArray[np.bool_]:
        """(n,) the ten players in the game and the referees."""
        mask = np.zeros(self.cast.count, dtype=np.bool_)
        mask[np.concatenate([*self.lineup, self.cast.officials()])] = True
        return mask

    def basket(self, team: int) -> Array:
        """Ground point (2,) under the basket that a team attacks."""
        x = self.court.length_m - self.court.basket_m if self.way(team) > 0 else self.court.basket_m
        return np.array([x, self.court.width_m / 2])

    def way(self, team: int) -> float:
        """Return 1 when a team attacks to the right, -1 to the left; the teams change sides at half-time."""
        return (1.0 if team == 0 else -1.0) * (-1.0 if self.swapped else 1.0)

    def starting_positions(self) -> Array:
        """Return (n, 2): ten players on their way, referees near, the others seated."""
        position = np.array(
            [seat(self.court, self.cast, i) for i in range(2 * self.cast.per_team)] + [[0.0, 0.0]] * self.cast.referees
        )
        middle = np.array([self.court.length_m / 2, self.court.width_m / 2])
        for team in (0, 1):
            for k, person in enumerate(self.lineup[team]):
                offset = np.array([self.rng.uniform(-4, 4), (k - 2) * 2.3 + (0.6 if team else -0.6)])
                position[person] = middle + offset
        for k, person in enumerate(self.cast.officials()):
            position[person] = middle + np.array([4.0 * k - 2, (-1.0) ** k * (self.court.width_m / 2 - 0.7)])
        return position

    def focus(self, position: Array) -> Array:
        """Ground point (2,) that a camera would follow: the ball and the crowd around it."""
        ten = position[np.concatenate(self.lineup)].mean(axis=0)
        focus: Array = 0.65 * position[self.handler] + 0.35 * ten
        return focus

    def _new_spots(self) -> None:
        """Deal the five offensive players to five spots of the set."""
        far, near, inside = self.rng.permutation([1, 3]), self.rng.permutation([2, 4]), self.rng.permutation([5, 6, 7])
        others = self.rng.permutation([far[0], near[0], self.rng.choice([far[1], near[1]]), inside[0]])
        chosen = np.concatenate([[0], others])
        base = SPOTS_M[chosen] + self.rng.normal(0, 0.35, (5, 2))
        basket = self.basket(self.attacking)
        way = self.way(self.attacking)
        x = basket[0] + way * (self.court.basket_m - base[:, 0])
        self.homes = np.column_stack([x, basket[1] + base[:, 1]])
        self.spots = self.homes.copy()
        team = self.lineup[self.attacking]
        first = int(np.flatnonzero(team == self.handler)[0]) if self.handler in team else 0
        self.roles = np.concatenate([[first], self.rng.permutation(np.delete(np.arange(5), first))])

    # --- the course of the game --------------------------------------------------------------------------------

    def orders(self, position: Array, dt: float) -> Orders:
        """Move the game on by `dt` seconds and say what everybody should do.

        Args:
            position: (n, 2) where everybody is, metres.
            dt: seconds.
        """
        self.clock_s += dt
        self.phase_s += dt
        self.event_s += dt
        self.dead_s += dt
        self.dribble_s += dt
        self.shooter_s += dt
        self._fly(position, dt)
        if self._foul():
            self._stop(position)
        else:
            getattr(self, f"_{self.phase}")(position)
        orders = self._everybody(position)
        self._jump(orders)
        return orders

    def _foul(self) -> bool:
        """Say whether it is time for a whistle in the middle of a possession: no dead ball for long."""
        overdue = self.dead_s > 1.5 * self.settings.dead_ball_every_s
        return overdue and self.flight is None and self.phase in ("advance", "attack")

    def _enter(self, phase: str, limit_s: float) -> None:
        self.phase, self.phase_s, self.limit_s, self.event_s = phase, 0.0, limit_s, 0.0

    def _advance(self, position: Array) -> None:
        """Bring the ball up; done when the handler is near the spot."""
        near = np.linalg.norm(position[self.handler] - self.spots[0]) < 1.8
        if near or self.phase_s > 9:
            self._enter("attack", float(self.rng.uniform(5.0, 12.0)))

    def _attack(self, position: Array) -> None:
        """Pass, cut and screen until it is time to shoot."""
        if self.flight is not None:
            return
        if self.phase_s > self.limit_s:
            self._shoot(position)
        elif self.phase_s > self.limit_s - 1.4:
            index = int(np.flatnonzero(self.lineup[self.attacking] == self.handler)[0])
            slot = int(np.flatnonzero(self.roles == index)[0])
            basket = self.basket(self.attacking)
            away = self.spots[slot] - basket
            self.spots[slot] = basket + away / max(1e-6, float(np.linalg.norm(away))) * 2.2
            self.limit_s = min(self.limit_s, self.phase_s + 1.2)
        elif self.event_s > self.rng.uniform(1.4, 3.4):
            self.event_s = 0.0
            if self.rng.random() < 0.6:
                self._pass(position)
            self._move_off_ball(position)

    def _move_off_ball(self, position: Array) -> None:
        """Send everybody home, two of them crosswise; at times one sets a screen on the handler's defender."""
        first, second = 1 + self.rng.permutation(4)[:2]
        self.homes[[first, second]] = self.homes[[second, first]]
        self.spots[1:] = self.homes[1:] + self.rng.normal(0, 0.3, (4, 2))
        if self.rng.random() < 0.3:
            index = int(np.flatnonzero(self.lineup[self.attacking] == self.handler)[0])
            guard = self.lineup[1 - self.attacking][index]
            self.spots[first] = position[guard] + self.rng.normal(0, 0.5, 2)
        self.spots[0] += self.rng.normal(0, 0.5, 2)

    def _pass(self, position: Array) -> None:
        """Throw to a team-mate."""
        mates = [int(p) for p in self.lineup[self.attacking] if p != self.handler]
        self.receiver = int(self.rng.choice(mates))
        start = np.append(position[self.handler], 1.4)
        end = np.append(position[self.receiver], 1.35)
        self.flight = (start, end, 0.0, max(0.25, float(np.linalg.norm(end - start)) / 11.0))

    def _shoot(self, position: Array) -> None:
        """Throw at the basket; everybody near crashes the boards."""
        basket = self.basket(self.attacking)
        start = np.append(position[self.handler], 2.35)
        end = np.append(basket, RIM_HEIGHT_M)
        self.flight = (start, end, 0.0, 0.75 + 0.05 * float(np.linalg.norm(end - start)))
        self.receiver = -1
        self.shooter, self.shooter_s = self.handler, 0.0
        self._enter("rebound", self.flight[3] + float(self.rng.uniform(0.5, 1.1)))

    def _rebound(self, position: Array) -> None:
        """Wait for the shot and the ball off the rim, then give it to somebody."""
        if self.phase_s < self.limit_s:
            return
        made = self.rng.random() < 0.47
        if made:
            points = [0, 0]
            points[self.attacking] = int(self.rng.choice([2, 2, 3]))
            self.score = (self.score[0] + points[0], self.score[1] + points[1])
            self.star = self.shooter
        self.flight = None
        basket = self.basket(self.attacking)
        offensive = not made and self.rng.random() < 0.22
        team = self.attacking if offensive else 1 - self.attacking
        gaps = np.linalg.norm(position[self.lineup[team]] - basket, axis=1)
        self.handler = int(self.lineup[team][int(np.argmin(gaps))])
        if offensive:
            self._new_spots()
            self._enter("attack", float(self.rng.uniform(2.0, 5.0)))
        elif self.dead_s > self.settings.dead_ball_every_s:
            self._stop(position)
        else:
            self._turn_over()

    def _turn_over(self) -> None:
        """The other team attacks."""
        team = next(t for t in (0, 1) if self.handler in self.lineup[t])
        self.attacking = team
        self.rush = bool(self.rng.random() < _RUSH)
        self._new_spots()
        self._enter("advance", float(self.rng.uniform(4, 8)))

    def _stop(self, position: Array) -> None:
        """The whistle: a dead ball, time for substitutions."""
        self.live = False
        self.wander = position + self.rng.normal(0, 1.3, position.shape)
        low = np.array([0.8, 0.8])
        self.wander = np.clip(self.wander, low, np.array([self.court.length_m, self.court.width_m]) - low)
        self._enter("dead", float(self.rng.uniform(6.0, 8.0)))
        if self.settings.substitutions and self.cast.per_team > 5:
            for team in (0, 1):
                self._substitute(team)

    def _substitute(self, team: int) -> None:
        """Send one or two fresh players in for those who stay longest."""
        fresh = [int(p) for p in self.cast.players(team) if p not in self.lineup[team]]
        for incoming in self.rng.permutation(fresh)[: int(self.rng.integers(1, 3))]:
            place = int(self.rng.integers(5))
            outgoing = int(self.lineup[team][place])
            if outgoing >= 0:
                self.lineup[team][place] = incoming
                self.wander[incoming] = np.clip(
                    self.wander[outgoing], 1.0, [self.court.length_m - 1, self.court.width_m - 1]
                )
                if self.handler == outgoing:
                    self.handler = int(incoming)

    def _dead(self, position: Array) -> None:
        """Walk about; then the other team inbounds."""
        inside = position[np.concatenate(self.lineup), 1].min() > 0.3
        if (self.phase_s > self.limit_s and inside) or self.phase_s > 16:
            self.live = True
            self.dead_s = 0.0
            self.swapped = self.clock_s > (self.settings.half_s or np.inf)
            self.star = self.handler
            self._turn_over()

    def _fly(self, position: Array, dt: float) -> None:
        """Carry a thrown ball on; a pass ends in the receiver's hands."""
        if self.flight is None:
            return
        start, end, age, duration = self.flight
        if self.receiver >= 0:
            end = np.append(position[self.receiver], 1.35)
        self.flight = (start, end, age + dt, duration)
        if self.receiver >= 0 and age + dt >= duration:
            self.handler, self.receiver, self.flight = self.receiver, -1, None

    # --- orders ------------------------------------------------------------------------------------------------

    def _everybody(self, position: Array) -> Orders:
        orders = Orders.standing(position, position[self.handler])
        self._bench(orders, position)
        if self.phase == "dead":
            self._stroll(orders)
        else:
            self._offence(orders)
            self._defence(orders, position)
        self._referees(orders, position)
        orders.speed *= self.pace
        return orders

    def _bench(self, orders: Orders, position: Array) -> None:
        """Everybody not in the game goes to his seat and sits."""
        for person in np.flatnonzero(~self.on_court):
            place = seat(self.court, self.cast, int(person))
            gap = float(np.linalg.norm(position[person] - place))
            orders.target[person] = place
            orders.speed[person] = 2.1
            if gap < 0.12:
                orders.seated[person] = True
                orders.action[person] = Action.SIT
                orders.facing[person] = np.pi / 2

    def _stroll(self, orders: Orders) -> None:
        ten = np.concatenate(self.lineup)
        orders.target[ten] = self.wander[ten]
        orders.speed[ten] = 1.6
        orders.action[ten] = np.where(self.hips[ten], Action.HIPS, Action.IDLE)
        orders.action[self.handler] = Action.HOLD

    def _offence(self, orders: Orders) -> None:
        """Five players to their spots; the handler dribbles."""
        team = self.lineup[self.attacking]
        players = team[self.roles]
        orders.target[players] = self.spots
        fast = {"advance": 6.6 if self.rush else 3.9, "attack": 3.2, "rebound": 3.2}[self.phase]
        orders.speed[players] = fast
        if self.phase == "rebound":
            self._crash(orders, players[1:4])
        orders.action[players] = Action.IDLE
        orders.action[self.handler] = Action.DRIBBLE if self.flight is None else Action.HOLD
        if self.phase == "advance":
            orders.speed[self.handler] = 6.0 if self.rush else 3.6
        orders.look_at[self.handler] = self.basket(self.attacking)
        if self.receiver >= 0:
            orders.action[self.receiver] = Action.HOLD

    def _crash(self, orders: Orders, players: NDArray[np.int64]) -> None:
        """Crowd under the basket."""
        basket, way = self.basket(self.attacking), -self.way(self.attacking)
        for k, person in enumerate(players):
            orders.target[person] = basket + np.array([way * (0.9 + 0.4 * (k % 2)), (k - 1) * 0.9])
            orders.action[person] = Action.UP if self.phase_s > 0.5 else Action.IDLE

    def _defence(self, orders: Orders, position: Array) -> None:
        """Man to man, between the man and the basket; nearer to the ball, closer."""
        team = self.lineup[1 - self.attacking]
        men = self.lineup[self.attacking]
        basket = self.basket(self.attacking)
        to_basket = basket - position[men]
        gap = np.linalg.norm(to_basket, axis=1)
        ball_gap = np.linalg.norm(position[men] - position[self.handler], axis=1)
        loose = np.clip(0.8 + 0.12 * ball_gap, 0.8, 2.0)
        loose = np.minimum(loose, gap * 0.6 + 0.35)
        orders.target[team] = position[men] + to_basket / np.maximum(gap, 0.3)[:, None] * loose[:, None]
        orders.speed[team] = (6.3 if self.rush else 4.2) if self.phase == "advance" else 3.6
        orders.look_at[team] = 0.6 * position[men] + 0.4 * position[self.handler]
        near = np.linalg.norm(position[team] - orders.target[team], axis=1) < 3
        guarding = near & (ball_gap < 6) & (self.phase != "advance")
        orders.action[team] = np.where(guarding, Action.DEFEND, Action.IDLE)
        if self.phase == "rebound":
            far = np.argsort(gap)[:3]
            self._crash(orders, team[far])

    def _referees(self, orders: Orders, position: Array) -> None:
        """Lead on the end line, trail behind the play, the third on the other side."""
        basket = self.basket(self.attacking)
        way = self.way(self.attacking)
        width = self.court.width_m
        ball = position[self.handler]
        trail_x = float(np.clip(ball[0] - way * 5.5, 1.5, self.court.length_m - 1.5))
        lead_x = basket[0] + way * (self.court.basket_m + 0.7)
        if self.phase == "advance":
            lead_x = float(np.clip(ball[0] + way * 9, *sorted((lead_x, self.court.length_m / 2))))
        places = [[lead_x, width / 2 + 3.2], [trail_x, width - 0.8], [trail_x + way * 2.5, 0.6]]
        for k, person in enumerate(self.cast.officials()):
            orders.target[person] = places[k]
            orders.speed[person] = 4.4 if self.live else 1.4
            orders.action[person] = Action.HIPS if self.hips[person] and not self.live else Action.IDLE

    def _jump(self, orders: Orders) -> None:
        """The shooter leaves the floor."""
        if self.shooter >= 0 and self.shooter_s < 0.6:
            orders.lift[self.shooter] = max(0.0, 2.6 * self.shooter_s - 0.5 * _G * self.shooter_s**2)
            orders.action[self.shooter] = Action.SHOOT
            orders.look_at[self.shooter] = self.basket(self.attacking)

    def ball(self, position: Array, facing: Array) -> Array:
        """Where the ball is, (3,) metres."""
        if self.flight is not None:
            return self._thrown()
        holder = self.handler
        ahead = np.array([np.cos(facing[holder]), np.sin(facing[holder])])
        right = np.array([-ahead[1], ahead[0]])
        if self.phase == "dead":
            return np.append(position[holder] + 0.38 * ahead, 1.1)
        beat = (self.dribble_s * 1.7) % 1.0
        height = 0.12 + 0.83 * (1 - (1 - abs(2 * beat - 1)) ** 2)
        return np.append(position[holder] + 0.38 * ahead + 0.3 * right, height)

    def _thrown(self) -> Array:
        """A point of the flight: a parabola; after the rim, a bounce off it."""
        assert self.flight is not None
        start, end, age, duration = self.flight
        t = min(1.0, age / duration)
        point = start + (end - start) * t
        point[2] += 0.5 * _G * duration**2 * t * (1 - t)
        over = age - duration
        if over > 0:
            point[2] = max(0.12, end[2] - 0.5 * _G * over**2)
            point[:2] = end[:2] + over * np.array([0.6, 0.8])
        return point
