"""What a person is called: on the picture, in a heading, in a file name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import pandas as pd

SHORT_CHARACTERS = 14
"""Longest label on the picture, in characters."""


@dataclass(frozen=True)
class Person:
    """One row of `players`, missing as None."""

    player_id: int
    role: str
    team: str | None
    number: str | None
    name: str | None

    @property
    def short(self) -> str:
        """Few characters, for the picture: '#23 Jokic' (last name), '#23', 'P7', 'R11'.

        Example:
            >>> Person(7, "player", "A", "23", "Nikola Jokic").short
            '#23 Jokic'
        """
        if self.role == "referee" or not self.name:
            return self.badge
        return _cut(" ".join(([self.badge] if self.number else []) + self.name.split()[-1:]))

    @property
    def badge(self) -> str:
        """The fewest characters: '#23', 'P7', 'R11'."""
        if self.role == "referee":
            return f"R{self.player_id}"
        return f"#{self.number}" if self.number else f"P{self.player_id}"

    @property
    def heading(self) -> str:
        """What stands beside the badge: the name, else 'Player 7' or 'Referee 11'."""
        return self.name or f"{self.role.capitalize()} {self.player_id}"

    @property
    def presence(self) -> str:
        """Beside a bar of the time line: '#23 Nikola Jokic', '#23', 'P7 Nikola Jokic'."""
        return f"{self.badge} {self.name}" if self.name else self.badge

    @property
    def full(self) -> str:
        """For a heading: '#23 Nikola Jokic', 'Player 7', 'Referee 11'."""
        number = f"#{self.number}" if self.number else None
        called = " ".join(word for word in (number, self.name) if word)
        return called or self.heading

    @property
    def file_stem(self) -> str:
        """For a file name, in ASCII and unique by the id.

        Example:
            >>> Person(7, "player", "A", "23", "Nikola Jokić / x").file_stem
            'player-07-23-nikola-jokic-x'
        """
        words = [self.role, f"{self.player_id:02d}", slug(self.number), slug(self.name)]
        return "-".join(word for word in words if word)


def slug(text: str | None) -> str:
    """Reduce a text to lower-case ASCII letters, digits and single hyphens, at most 40 of them."""
    plain = unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")


def people(players: pd.DataFrame) -> list[Person]:
    """Read table `players`: by team, then number, then id; referees last."""
    columns = (players[name] for name in ("player_id", "role", "team", "number", "name"))
    found = [
        Person(int(who), role, _text(team), _text(number), _text(name))
        for who, role, team, number, name in zip(*columns, strict=True)
    ]
    return sorted(found, key=_order)


def team_title(team: str | None) -> str:
    """Name a team in a heading."""
    return "No team" if team is None else f"Team {team}"


def _order(person: Person) -> tuple[bool, bool, str, float, int]:
    number = float(person.number) if person.number and re.fullmatch("[0-9]+", person.number) else float("inf")
    return (person.role == "referee", person.team is None, person.team or "", number, person.player_id)


def _text(value: Any) -> str | None:
    """Read a nullable text cell."""
    return None if pd.isna(value) or not str(value).strip() else str(value).strip()


def _cut(text: str) -> str:
    """Shorten with an ellipsis."""
    return text if len(text) <= SHORT_CHARACTERS else text[: SHORT_CHARACTERS - 1].rstrip() + "…"
