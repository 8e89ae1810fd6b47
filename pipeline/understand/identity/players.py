"""From groups of tracklets to the table of players."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.numbers.texts import TEXTS
from pipeline.tables import conform
from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.features.jersey_colour import UNDECIDED, hex_color
from pipeline.understand.features.numbers import NumberEvidence
from pipeline.understand.features.teams import TEAMS, Sides
from pipeline.understand.grouping.problem import numbered

_NO_KIT = np.full(3, np.nan)


def describe(
    evidence: TrackletEvidence,
    person: NDArray[np.int64],
    sides: Sides,
    roster: pd.DataFrame | None,
    numbers: NumberEvidence,
    number_odds: float,
) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Number people and say what is known of each.

    Args:
        evidence: of n tracklets.
        person: (n,) group of each tracklet, -1 for nobody.
        sides: of the n tracklets.
        roster: columns number, name, team; names players whose number is known.
        numbers: of the n tracklets.
        number_odds: a player's number is given if it is so many times likelier than not.

    Returns:
        The player id of each tracklet (n,), -1 for nobody, and the table `players`: team A, B, unknown, then referees,
        each in order of first appearance.
    """
    people = _people(evidence, numbered(person), sides)
    people.sort(key=lambda one: one.order)
    player_of = np.full(len(person), -1, dtype=np.int64)
    for number, one in enumerate(people, start=1):
        player_of[one.tracklets] = number
    read = numbers.of_groups(np.where(player_of > 0, player_of - 1, -1), len(people))
    table = pd.DataFrame(
        {
            "player_id": np.arange(1, len(people) + 1),
            "role": pd.Series(["referee" if one.referee else "player" for one in people], dtype=object),
            "team": pd.Series([None if one.side == UNDECIDED else TEAMS[one.side] for one in people], dtype=object),
            "number": _texts(read.best(number_odds), people),
            "name": pd.Series([None] * len(people), dtype=object),
            "color": pd.Series([one.color for one in people], dtype=object),
        }
    )
    if roster is not None:
        expected = _expecting(read, table, roster).best(number_odds)
        table = _named(table.assign(number=_texts(expected, people)), roster)
    return player_of, conform("players", table)


def relabelled(
    players: pd.DataFrame,
    player_of: NDArray[np.int64],
    labels: Mapping[str, Mapping[int, str]],
    roster: pd.DataFrame | None,
) -> pd.DataFrame:
    """Put the names, numbers and teams that a person gave in the place of those found.

    Args:
        players: table `players`.
        player_of: (n,) player id of each tracklet, -1 for nobody.
        labels: column -> tracklet (0 to n - 1) -> value.
        roster: names players whose number was given.
    """
    players = players.set_index("player_id")
    for column in ("team", "number"):
        for tracklet, value in labels.get(column, {}).items():
            players.loc[player_of[tracklet], column] = value
    players = players.reset_index()
    if roster is not None and labels.get("number"):
        players = _named(players, roster)
    players = players.set_index("player_id")
    for tracklet, value in labels.get("name", {}).items():
        players.loc[player_of[tracklet], "name"] = value
    return conform("players", players.reset_index())


@dataclass(frozen=True)
class _Person:
    """One person, before people are numbered."""

    tracklets: NDArray[np.int64]  # (k,)
    referee: bool
    side: int  # 0, 1 or undecided
    color: str | None

    @property
    def order(self) -> tuple[bool, int, int]:
        """Sort by role, team (unknown last) and first appearance: tracklets are in order of first box."""
        return self.referee, len(TEAMS) if self.side == UNDECIDED else self.side, int(self.tracklets[0])


def _people(evidence: TrackletEvidence, person: NDArray[np.int64], sides: Sides) -> list[_Person]:
    """Describe people by their tracklets; `person` (n,) from 0, -1 for nobody."""
    of_people = sides.of_groups(person, int(person.max(initial=-1)) + 1)
    referee: NDArray[np.bool_] = of_people.referee()
    team, _ = of_people.team()
    boxes = evidence.boxes().astype(np.float64)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(evidence.kit).all(axis=1))
    people = []
    for one in range(len(referee)):
        tracklets = np.flatnonzero(person == one)
        dressed = tracklets[known[tracklets]]
        side = UNDECIDED if referee[one] or sides.kits is None or not len(dressed) else int(team[one])
        if side != UNDECIDED and sides.kits is not None:
            kit = sides.kits.centre[side]
        else:
            kit = np.average(evidence.kit[dressed], axis=0, weights=boxes[dressed]) if len(dressed) else _NO_KIT
        people.append(_Person(tracklets, bool(referee[one]), side, hex_color(kit)))
    return people


def _texts(place: NDArray[np.int64], people: list[_Person]) -> pd.Series:
    """Look the numbers of people up by their place in `TEXTS`, -1 being none; a referee has none."""
    texts = [None if one.referee or at < 0 else TEXTS[at] for one, at in zip(people, place, strict=True)]
    return pd.Series(texts, dtype=object)


def _expecting(read: NumberEvidence, players: pd.DataFrame, roster: pd.DataFrame) -> NumberEvidence:
    """Expect of each player (n,) the numbers that the roster has for his team; of a team that it leaves out, any."""
    side_of = _sides(players, roster)
    expected = (read if roster["team"].nunique() == 1 else read.expecting(set(roster["number"]))).log_likelihood.copy()
    for team, side in side_of.items():
        own = (players["team"] == side).to_numpy()
        numbers = roster.loc[roster["team"].isna() | (roster["team"] == team), "number"]
        expected[own] = read.expecting(set(numbers)).log_likelihood[own]
    return replace(read, log_likelihood=expected)


def _named(players: pd.DataFrame, roster: pd.DataFrame) -> pd.DataFrame:
    """Add names by number and team; a player without a number, or with one that two people have, stays without a name."""
    side_of = _sides(players, roster)
    names: dict[tuple[str | None, str], list[str]] = {}
    for team, number, name in zip(roster["team"], roster["number"], roster["name"], strict=True):
        for side in TEAMS if pd.isna(team) else [side_of.get(str(team))]:
            names.setdefault((side, number), []).append(name)
    found = [names.get((team, number), []) for team, number in zip(players["team"], players["number"], strict=True)]
    return players.assign(name=pd.Series([one[0] if len(one) == 1 else None for one in found], dtype=object))


def _sides(players: pd.DataFrame, roster: pd.DataFrame) -> dict[str, str]:
    """Find which team of the roster is A and which B: as more numbers agree; on a tie as the roster says, else unknown."""
    teams = sorted({str(team) for team in roster["team"].dropna()})
    if len(teams) > len(TEAMS):
        return {}
    worn = {side: set(players.loc[players["team"] == side, "number"].dropna()) for side in TEAMS}
    listed = {team: set(roster.loc[roster["team"] == team, "number"]) for team in teams}
    ways = [dict(zip(teams, sides, strict=True)) for sides in permutations(TEAMS, len(teams))]
    score = [sum(len(listed[team] & worn[side]) for team, side in way.items()) for way in ways]
    best = max(score)
    if score.count(best) == 1:
        return ways[score.index(best)]
    return {team: team for team in teams if team in TEAMS}
