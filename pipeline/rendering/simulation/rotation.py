"""Who plays and who rests: minutes spread as in a real game, and legs that tire."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.simulation.cast import Cast

Array = NDArray[np.float64]

_STARTERS = (0.74, 0.71, 0.67, 0.63, 0.58)
"""Share of the game that starters play: 28 to 36 of 48 minutes."""
_NEXT = 0.75
"""Each further player of the bench plays so much of the time of the one before."""
_MOST_AT_ONCE = 2
_TIRED = 0.14
"""Share of his speed that a player loses when he is spent."""


def shares(per_team: int) -> Array:
    """Return the share of the game that each player of a team should play, the five starters first.

    Example:
        >>> shares(5).tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0]
        >>> [round(48 * share) for share in shares(10)]
        [36, 34, 32, 30, 28, 26, 20, 15, 11, 8]
    """
    if per_team < 8:
        return np.full(per_team, 5 / per_team)
    bench = _NEXT ** np.arange(per_team - 5)
    return np.sort([*_STARTERS, *(bench / bench.sum() * (5 - sum(_STARTERS)))])[::-1]


class Rotation:
    """Time played and energy left, per person of the cast."""

    def __init__(self, cast: Cast, stint_s: float, rng: np.random.Generator) -> None:
        """Start fresh; `stint_s` is the time on court of a usual player before he rests, s.

        Args:
            cast: who takes part.
            stint_s: time on court.
            rng: everything random.
        """
        self.cast, self.stint_s, self.rng = cast, stint_s, rng
        self.played_s = np.zeros(cast.count)
        self.stint = np.zeros(cast.count)
        """(n,) seconds since a player came in or went out."""
        self.energy = np.ones(cast.count)
        """(n,) 1 fresh to 0 spent."""
        self.share = np.ones(cast.count)
        self.share[: 2 * cast.per_team] = np.tile(shares(cast.per_team), 2)
        self.limit = self._limits()

    def _limits(self) -> Array:
        limits: Array = self.stint_s * self.rng.uniform(0.6, 1.4, self.cast.count) * (0.4 + 0.9 * self.share)
        return limits

    def pass_time(self, on_court: NDArray[np.bool_], live: bool, dt: float) -> None:
        """Let `dt` seconds pass: who plays tires, who sits or waits recovers.

        Args:
            on_court: (n,).
            live: whether the ball is in play.
            dt: seconds.
        """
        self.stint += dt
        if live:
            self.played_s += on_court * dt
        drain = np.where(on_court, 0.45 if live else -0.4, -0.8)
        self.energy = np.clip(self.energy - drain * dt / self.stint_s, 0.0, 1.0)

    @property
    def pace(self) -> Array:
        """Factor (n,) on everybody's speed."""
        slow: Array = 1 - _TIRED * (1 - self.energy)
        return slow

    def changes(self, lineup: NDArray[np.int64], team: int) -> list[tuple[int, int]]:
        """Choose who goes out and who comes in at a dead ball.

        Args:
            lineup: (5,) the players of the team on court.
            team: 0 or 1.

        Returns:
            Pairs (outgoing, incoming), at most two.
        """
        squad = self.cast.players(team)
        bench = np.setdiff1d(squad, lineup)
        due = lineup[self.stint[lineup] > self.limit[lineup]]
        total = self.played_s[squad].sum() / 5 + 1e-9
        behind = self.share * total - self.played_s
        out = due[np.argsort(behind[due], kind="stable")][:_MOST_AT_ONCE]
        fresh = bench[np.argsort(-(behind[bench] + 0.2 * self.stint_s * self.energy[bench]), kind="stable")]
        pairs = [(int(a), int(b)) for a, b in zip(out, fresh, strict=False)]
        for pair in pairs:
            self.stint[list(pair)] = 0.0
            self.limit[list(pair)] = self._limits()[list(pair)]
        return pairs
