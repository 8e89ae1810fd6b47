"""Who takes part in a rendered game, and what they can be told to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court

Array = NDArray[np.float64]

BENCH_Y_M = -2.3
"""The benches stand behind the far side line."""
SEAT_M = 0.75
BENCH_X_M = 3.2
"""From the middle of the court to a bench's first seat."""
RIM_HEIGHT_M = 3.05

SPOTS_M = np.array([[7.9, 0.0], [6.4, -5.3], [6.4, 5.3], [2.0, -6.4], [2.0, 6.4], [5.4, -1.8], [2.2, 2.3], [2.3, -2.6]])
"""Where offence likes to stand: metres from the end line and from the middle; top, wings, corners, elbow, blocks."""


class Action(IntEnum):
    """What arms and legs are busy with."""

    IDLE = 0
    HIPS = 1
    DEFEND = 2
    DRIBBLE = 3
    HOLD = 4
    SHOOT = 5
    UP = 6
    SIT = 7
    FOLDED = 8
    POINT = 9


@dataclass(frozen=True)
class Cast:
    """Who takes part: players of team 0, then team 1, then referees, then one coach of each team if they have any."""

    per_team: int
    referees: int
    coaches: int = 1
    """Of each team, 0 or 1."""

    @property
    def count(self) -> int:
        """Everybody."""
        return 2 * self.per_team + self.referees + 2 * self.coaches

    def players(self, team: int) -> NDArray[np.int64]:
        """Indices of a team's players."""
        return np.arange(team * self.per_team, (team + 1) * self.per_team)

    def officials(self) -> NDArray[np.int64]:
        """Indices of the referees."""
        return np.arange(2 * self.per_team, 2 * self.per_team + self.referees)

    def coach(self, team: int) -> int | None:
        """Index of a team's coach."""
        return 2 * self.per_team + self.referees + team if self.coaches else None


@dataclass
class Orders:
    """What everybody should do now; arrays over people."""

    target: Array
    """(n, 2) metres."""
    speed: Array
    """(n,) wanted speed on the way, m/s."""
    look_at: Array
    """(n, 2) metres."""
    facing: Array
    """(n,) a fixed direction, or NaN."""
    action: NDArray[np.int64]
    lift: Array
    """(n,) metres above the floor."""
    seated: NDArray[np.bool_]

    @classmethod
    def standing(cls, position: Array, look_at: Array) -> Orders:
        """Tell everybody at `position` (n, 2) to stay there, at ease, and to look at a point (2,)."""
        count = len(position)
        return cls(
            position.copy(),
            np.full(count, 1.5),
            np.tile(look_at, (count, 1)),
            np.full(count, np.nan),
            np.zeros(count, dtype=np.int64),
            np.zeros(count),
            np.zeros(count, dtype=np.bool_),
        )


def seats(court: Court, cast: Cast) -> Array:
    """Where the players of both teams sit (2 * per_team, 2): team 0's bench is left of the scorer's table, team 1's right."""
    place = np.arange(cast.per_team) * SEAT_M + BENCH_X_M
    x = court.length_m / 2 + np.concatenate([-place, place])
    return np.column_stack([x, np.full(len(x), BENCH_Y_M)])


def bench_middle(court: Court, cast: Cast, team: int) -> float:
    """Return x of the middle of a team's bench, metres.

    Args:
        court: the court.
        cast: how many sit there.
        team: 0 or 1.
    """
    away = BENCH_X_M + SEAT_M * (cast.per_team - 1) / 2
    return court.length_m / 2 + (-away if team == 0 else away)
