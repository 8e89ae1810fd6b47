"""Who guards whom in a simulated game."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Marking:
    """Man to man: each defender has one attacker; some screens are switched, and some possessions begin with two men changed."""

    def __init__(self, switches: float, rng: np.random.Generator) -> None:
        """Start with everybody on the man of his own place in the line-up.

        Args:
            switches: share of the screens that are switched, and of the possessions that begin with two men changed.
            rng: which.
        """
        self._switches, self._rng = switches, rng
        self.men = np.arange(5)
        """(5,) place in the attackers' line-up of whom each defender, by his place, guards."""

    def begin(self) -> None:
        """A possession begins."""
        self.men = np.arange(5)
        if self._happens():
            self._change(*self._rng.permutation(5)[:2].tolist())

    def screen(self, handler: int, screener: int) -> None:
        """A screen is used: at times the two defenders change men.

        Args:
            handler: place of who runs past it in the attackers' line-up.
            screener: of who sets it.
        """
        if self._happens():
            self._change(self.guard_of(handler), self.guard_of(screener))

    def guard_of(self, man: int) -> int:
        """Return the place in the defenders' line-up of who guards an attacker, by his place.

        Args:
            man: his place.
        """
        return int(np.flatnonzero(self.men == man)[0])

    def guarded(self, attackers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return whom (5,) each defender guards.

        Args:
            attackers: (5,) the line-up.
        """
        men: NDArray[np.int64] = attackers[self.men]
        return men

    def _happens(self) -> bool:
        return self._switches > 0 and bool(self._rng.random() < self._switches)

    def _change(self, first: int, second: int) -> None:
        self.men[[first, second]] = self.men[[second, first]]
