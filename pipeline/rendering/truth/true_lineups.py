"""Who is on the floor in a rendered game, from when to when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.court import Court
from pipeline.rendering.camera.coverage import Take
from pipeline.rendering.people.appearance import CastMember
from pipeline.rendering.simulation.record import NOBODY


@dataclass(frozen=True)
class TrueStint:
    """A player's time on the floor, without a break."""

    person: int
    team: int
    replaced: int
    """Who went out for him; -1 at the start."""
    start_s: float
    end_s: float


class TrueLineups:
    """Follows a game. A substitution takes place when who comes in steps over the line, or when the ball is in play again."""

    def __init__(self, court: Court, people: Sequence[CastMember]) -> None:
        """Start for a game.

        Args:
            court: that is played on.
            people: the cast.
        """
        self._team = {k: "AB".index(who.team) for k, who in enumerate(people) if who.role == "player" and who.team}
        self._limits_m = np.array([court.length_m, court.width_m])
        self._on: dict[int, TrueStint] = {}
        self._coming: dict[int, int] = {}
        """Who comes in, for whom."""
        self._done: list[TrueStint] = []
        self._last_s = 0.0

    def add(self, take: Take) -> None:
        """Look at the next frame."""
        present, facts = take.present, take.present.facts
        self._last_s = take.time_s
        for event in present.events:
            if event.kind == "substitution":
                self._order(event.person, event.partner)
        for person, outgoing in list(self._coming.items()):
            place = present.bodies.position[person]
            if facts.live or bool(((place >= 0) & (place <= self._limits_m)).all()):
                self._leave(outgoing)
                self._enter(person, outgoing)
        playing = {int(p) for p in np.flatnonzero(facts.on_court) if int(p) in self._team}
        for person in set(self._on) - playing - set(self._coming.values()):
            self._leave(person)
        for person in playing - set(self._on) - set(self._coming):
            self._enter(person, NOBODY)

    def finish(self) -> Iterator[TrueStint]:
        """Yield all stints by their start."""
        ended = [replace(stint, end_s=self._last_s) for stint in self._on.values()]
        yield from sorted([*self._done, *ended], key=lambda stint: (stint.start_s, stint.person))

    def _order(self, incoming: int, outgoing: int) -> None:
        """Have a player come in for another, or for whomever that player was to come in for."""
        outgoing = self._coming.pop(outgoing, outgoing)
        if incoming not in self._on and outgoing in self._on:
            self._coming[incoming] = outgoing

    def _leave(self, person: int) -> None:
        self._done.append(replace(self._on.pop(person), end_s=self._last_s))

    def _enter(self, person: int, replaced: int) -> None:
        self._on[person] = TrueStint(person, self._team[person], replaced, self._last_s, np.nan)
        self._coming.pop(person, None)
