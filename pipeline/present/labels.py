"""What a person is called: on the picture, in a heading, in a file name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.errors import InputError

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
    inferred: bool = False
    """The name is what is left of the roster: nothing was read of its number."""

    @property
    def code(self) -> str:
        """Team and number; the id where there is no number: 'A12', 'A-P4', '#12', 'P4', 'R25'.

        Example:
            >>> [Person(4, "player", "A", number, None).code for number in ("12", None)]
            ['A12', 'A-P4']
        """
        if self.role == "referee":
            return f"R{self.player_id}"
        if self.number:
            return f"{self.team or '#'}{self.number}"
        return f"{self.team}-P{self.player_id}" if self.team else f"P{self.player_id}"

    @property
    def label(self) -> str:
        """What he is called everywhere: the name, else the code."""
        return self.name or self.code

    @property
    def short(self) -> str:
        """Few characters, for the picture: 'A23 Jokic' (last name), 'A23', 'A-P7', 'R11'.

        Example:
            >>> Person(7, "player", "A", "23", "Nikola Jokic").short
            'A23 Jokic'
        """
        if self.role == "referee" or not self.name:
            return self.code
        return _cut(" ".join(([self.code] if self.number else []) + self.name.split()[-1:]))

    @property
    def heading(self) -> str:
        """What stands beside the code: the name, marked where it is inferred, else that there is none."""
        return (
            f"{self.name}{' (inferred)' if self.inferred else ''}"
            if self.name
            else ("Referee" if self.role == "referee" else "no name")
        )

    @property
    def full(self) -> str:
        """For a heading, or beside a bar of the time line: 'A23 Nikola Jokic', 'A-P7', 'R11'."""
        return f"{self.code} {self.heading}" if self.name else self.code

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
    source = players["name_from"] if "name_from" in players else [None] * len(players)
    found = [
        Person(int(who), role, _text(team), _text(number), _text(name), name_from == "inferred")
        for who, role, team, number, name, name_from in zip(*columns, source, strict=True)
    ]
    return sorted(found, key=_order)


def find_person(persons: Sequence[Person], who: str, retired: Collection[int] = ()) -> Person:
    """Find the person that somebody means.

    Args:
        persons: of the run.
        who: a label ('A12', 'A-P4', 'R25'), an id ('4', 'P4'), a number ('#12'), or a name or last name.
        retired: ids that nobody has any more.

    Raises:
        InputError: nobody is called that, not any more, or several are; names the choices.

    Example:
        >>> players = [Person(1, "player", "A", "12", None), Person(12, "referee", None, None, "Ada Ray")]
        >>> [find_person(players, who).player_id for who in ("A12", "P1", "r12", "ray", "1")]
        [1, 1, 12, 12, 1]
        >>> find_person(players, "12")
        Traceback (most recent call last):
        pipeline.errors.InputError: '12' could be A12 (id 1) or R12 Ada Ray (id 12); say P12 for an id, #12 for a number
    """
    wanted = " ".join(who.split()).casefold()
    found = [person for person in persons if wanted in _called(person)]
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(_choice(person) for person in found)
        hint = (
            f"; say P{wanted} for an id, #{wanted} for a number" if wanted.isdecimal() else "; name one by P and the id"
        )
        raise InputError(f"'{who}' could be {choices}{hint}")
    listed = ", ".join(_choice(person) for person in persons) or "none"
    number = re.fullmatch("(?:[ab]-)?p?([0-9]{1,9})|r([0-9]{1,9})", wanted)
    gone = number is not None and int(number[1] or number[2]) in retired
    problem = f"player {who} is no more: he was made one person with another" if gone else f"there is no player {who}"
    raise InputError(f"{problem}; the run has {listed}")


def _called(person: Person) -> set[str]:
    """Return all that a person may be called, in lower case."""
    number = () if person.number is None else (person.number, f"#{person.number}")
    ids = (str(person.player_id), f"p{person.player_id}")
    names = (person.name, (person.name or "").split()[-1] if (person.name or "").split() else None)
    called = (person.code, person.short, person.full, f"{person.code} {person.name}", *number, *ids, *names)
    return {" ".join(text.split()).casefold() for text in called if text}


def _choice(person: Person) -> str:
    return f"{person.full} (id {person.player_id})"


def team_title(team: str | None, players: pd.DataFrame | None = None) -> str:
    """Name a team in a heading: as the roster does, else 'Team A'.

    Args:
        team: A or B; None for no team.
        players: table `players`, which has the roster's name.
    """
    if team is None:
        return "No team"
    if players is None or "team_name" not in players:
        return f"Team {team}"
    names = players.loc[players["team"] == team, "team_name"].dropna()
    return str(names.iloc[0]) if len(names) else f"Team {team}"


def _order(person: Person) -> tuple[bool, bool, str, float, int]:
    number = float(person.number) if person.number and re.fullmatch("[0-9]+", person.number) else float("inf")
    return (person.role == "referee", person.team is None, person.team or "", number, person.player_id)


def _text(value: Any) -> str | None:
    """Read a nullable text cell."""
    return None if pd.isna(value) or not str(value).strip() else str(value).strip()


def _cut(text: str) -> str:
    """Shorten with an ellipsis."""
    return text if len(text) <= SHORT_CHARACTERS else text[: SHORT_CHARACTERS - 1].rstrip() + "…"
