"""Who guards whom in a rendered game, from when to when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrueDuty:
    """A defender's time on one attacker, without a break."""

    defender: int
    man: int
    start_s: float
    end_s: float


class TrueGuards:
    """Follows a game, frame by frame."""

    def __init__(self) -> None:
        """Start for a game."""
        self._now: dict[int, tuple[int, float]] = {}
        """Of each defender, whom he guards, and since when."""
        self._done: list[TrueDuty] = []
        self._last_s = 0.0

    def add(self, time_s: float, pairs: tuple[tuple[int, int], ...]) -> None:
        """Look at the next frame.

        Args:
            time_s: when it is.
            pairs: each defender, and whom he guards; none while nobody attacks.
        """
        men = dict(pairs)
        for defender in [who for who, (man, _) in self._now.items() if men.get(who) != man]:
            man, start_s = self._now.pop(defender)
            self._done.append(TrueDuty(defender, man, start_s, time_s))
        for defender in men.keys() - self._now.keys():
            self._now[defender] = men[defender], time_s
        self._last_s = time_s

    def finish(self) -> list[TrueDuty]:
        """Return all stretches by their start."""
        running = [TrueDuty(who, man, start_s, self._last_s) for who, (man, start_s) in self._now.items()]
        return sorted([*self._done, *running], key=lambda duty: (duty.start_s, duty.defender))
