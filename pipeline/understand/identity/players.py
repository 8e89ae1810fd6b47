"""From groups of tracklets to the table of players."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.clustering.protocol import numbered
from models.numbers.texts import TEXTS
from pipeline.corrections import NOTHING
from pipeline.tables import conform
from pipeline.understand.features.collect import TrackletFeatures
from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.features.jersey_colour import UNDECIDED, hex_color
from pipeline.understand.features.numbers import NumberEvidence
from pipeline.understand.features.teams import TEAMS, TeamEvidence
from pipeline.understand.identity.given_numbers import Wearer, agreeing_shares, given_numbers

_NO_JERSEY = np.full(3, np.nan)
"""CIE L* a* b* of somebody whose jersey is never seen."""


def describe_players(
    features: TrackletFeatures,
    person: NDArray[np.int64],
    roster: pd.DataFrame | None,
    number_odds: float,
    roles: Mapping[int, str] = MappingProxyType({}),
) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Number people, and give each a role, a team, a number, a name and a colour.

    Args:
        features: of n tracklets.
        person: (n,) person of each tracklet, -1 for nobody.
        roster: columns number, name, team; names players whose number is known.
        number_odds: a player's number is given if it is so many times likelier than not.
        roles: of tracklets (0 to n - 1) by a correction, with all that are the same person.

    Returns:
        The player id of each tracklet (n,), -1 for nobody, and the table `players`: team A, B, unknown, then referees,
        each in order of first appearance.
    """
    people = _people(features.evidence, numbered(person), features.teams, roles)
    people.sort(key=lambda described: described.order)
    player_of = np.full(len(person), -1, dtype=np.int64)
    for player_id, described in enumerate(people, start=1):
        player_of[described.tracklets] = player_id
    player = np.where(player_of > 0, player_of - 1, -1)
    read = features.numbers.of_groups(player, len(people))

    def numbers(of_people: NumberEvidence, listed: Collection[str] | None = None) -> pd.Series:
        agreeing = agreeing_shares(features.numbers, player, len(people), listed)
        return _texts(given_numbers(of_people, agreeing, people, features.cannot_link, number_odds))

    teams = [None if described.team == UNDECIDED else TEAMS[described.team] for described in people]
    table = pd.DataFrame(
        {
            "player_id": np.arange(1, len(people) + 1),
            "role": pd.Series(["referee" if described.referee else "player" for described in people], dtype=object),
            "team": pd.Series(teams, dtype=object),
            "number": numbers(read),
            "name": pd.Series([None] * len(people), dtype=object),
            "color": pd.Series([described.color for described in people], dtype=object),
        }
    )
    if roster is not None:
        listed = None if roster["team"].nunique() == 1 else set(roster["number"])
        table = _named(table.assign(number=numbers(_expecting(read, table, roster), listed)), roster)
    return player_of, conform("players", table)


def with_labels(
    players: pd.DataFrame,
    player_of: NDArray[np.int64],
    labels: Mapping[str, Mapping[int, str]],
    roster: pd.DataFrame | None,
) -> pd.DataFrame:
    """Put the names, numbers and teams that a user gave in the place of those found.

    Args:
        players: table `players`.
        player_of: (n,) player id of each tracklet, -1 for nobody.
        labels: column -> tracklet (0 to n - 1) -> value.
        roster: names players whose number was given.
    """
    given = {
        label: {
            int(player_of[at]): None if value == NOTHING else value for at, value in of.items() if player_of[at] > 0
        }
        for label, of in labels.items()
    }
    players = _replaced(_replaced(players, "team", given), "number", given)
    mine = players["player_id"].isin(given.get("number", {}))
    taken = players[mine & players["team"].notna() & players["number"].notna()]
    worn = pd.MultiIndex.from_frame(players[["team", "number"]]).isin(
        list(zip(taken["team"], taken["number"], strict=True))
    )
    players.loc[worn & ~mine, "number"] = None  # a team-mate's that was read, and that a person says is somebody else's
    if roster is not None and (given.get("number") or given.get("team")):
        players = _named(players, roster)
    players = _replaced(players, "name", given)
    source = players["name_from"] if "name_from" in players else pd.Series(None, players.index, dtype=object)
    return conform(
        "players",
        players.assign(
            name_from=source.mask(players["player_id"].isin(given.get("name", {})), "correction").where(
                players["name"].notna()
            )
        ),
    )


def _replaced(players: pd.DataFrame, label: str, given: Mapping[str, Mapping[int, str | None]]) -> pd.DataFrame:
    """Put given values in the place of those found; `given` is label -> player id -> value."""
    of = given.get(label, {})
    found = zip(players["player_id"], players[label], strict=True)
    return players.assign(**{label: pd.Series([of.get(who, value) for who, value in found], dtype=object)})


@dataclass(frozen=True)
class _FoundPerson(Wearer):
    """One person, before people are numbered."""

    color: str | None

    @property
    def order(self) -> tuple[bool, int, int]:
        """Sort by role, team (unknown last) and first appearance: tracklets are in order of first box."""
        return self.referee, len(TEAMS) if self.team == UNDECIDED else self.team, int(self.tracklets[0])


def _people(
    evidence: TrackletEvidence, person: NDArray[np.int64], teams: TeamEvidence, roles: Mapping[int, str]
) -> list[_FoundPerson]:
    """Describe people by their tracklets.

    Args:
        evidence: of n tracklets.
        person: (n,) from 0, -1 for nobody.
        teams: of the tracklets.
        roles: of tracklets by a correction.
    """
    of_people = teams.of_groups(person, int(person.max(initial=-1)) + 1)
    referee: NDArray[np.bool_] = of_people.referee()
    for tracklet, role in roles.items():
        if person[tracklet] >= 0:
            referee[person[tracklet]] = role == "referee"
    likelier, _ = of_people.team()
    boxes = evidence.boxes().astype(np.float64)
    coloured: NDArray[np.bool_] = np.asarray(np.isfinite(evidence.jersey).all(axis=1))
    people = []
    for number in range(len(referee)):
        tracklets = np.flatnonzero(person == number)
        dressed = tracklets[coloured[tracklets]]
        undecided = referee[number] or teams.colours is None or not len(dressed)
        team = UNDECIDED if undecided else int(likelier[number])
        if team != UNDECIDED and teams.colours is not None:
            jersey = teams.colours.centre[team]
        elif len(dressed):
            jersey = np.average(evidence.jersey[dressed], axis=0, weights=boxes[dressed])
        else:
            jersey = _NO_JERSEY
        people.append(_FoundPerson(tracklets, team, bool(referee[number]), hex_color(jersey)))
    return people


def _texts(index: NDArray[np.int64]) -> pd.Series:
    """Look the numbers of people up by their index in `TEXTS`, -1 being none."""
    return pd.Series([None if at < 0 else TEXTS[at] for at in index], dtype=object)


def _expecting(read: NumberEvidence, players: pd.DataFrame, roster: pd.DataFrame) -> NumberEvidence:
    """Expect of each player (n,) the numbers that the roster has for the team; of a team that it leaves out, any."""
    team_of = _teams_of_roster(players, roster)
    expected = (read if roster["team"].nunique() == 1 else read.expecting(set(roster["number"]))).log_likelihood.copy()
    for listed_team, team in team_of.items():
        members = (players["team"] == team).to_numpy()
        numbers = roster.loc[roster["team"].isna() | (roster["team"] == listed_team), "number"]
        expected[members] = read.expecting(set(numbers)).log_likelihood[members]
    return replace(read, log_likelihood=expected)


def _named(players: pd.DataFrame, roster: pd.DataFrame) -> pd.DataFrame:
    """Add names by number and team, and the teams' names; a number that two people have gives neither a name.

    A team's only player without a name is the only row of the roster that is left, if the team has as many players as rows.
    """
    team_of = _teams_of_roster(players, roster)
    names: dict[tuple[str | None, str], list[str]] = {}
    for listed_team, number, name in zip(roster["team"], roster["number"], roster["name"], strict=True):
        for team in TEAMS if pd.isna(listed_team) else [team_of.get(str(listed_team))]:
            names.setdefault((team, number), []).append(name)
    found = [names.get((team, number), []) for team, number in zip(players["team"], players["number"], strict=True)]
    unique = [candidates[0] if len(candidates) == 1 else None for candidates in found]
    source = pd.Series(["roster" if name is not None else None for name in unique], dtype=object)
    called = {team: listed_team for listed_team, team in team_of.items() if listed_team not in TEAMS}
    players = players.assign(
        name=pd.Series(unique, dtype=object),
        name_from=source,
        team_name=pd.Series([called.get(team) for team in players["team"]], dtype=object),
    )
    for listed_team, team in team_of.items():
        players = _with_the_last(players, team, roster[roster["team"] == listed_team])
    return players


def _with_the_last(players: pd.DataFrame, team: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Name the only player of a team who has no number by the only row of the roster that is left.

    Args:
        players: table `players`.
        team: A or B.
        rows: of the roster, of that team.
    """
    members = (players["team"] == team) & (players["role"] == "player")
    nameless = members & players["name"].isna()
    left = rows[~rows["name"].isin(players.loc[members, "name"])]
    alone = nameless.sum() == 1 and len(left) == 1 and members.sum() == len(rows)
    if not alone or players.loc[nameless, "number"].notna().any():
        return players
    players = players.copy()
    players.loc[nameless, ["name", "name_from"]] = [left["name"].iloc[0], "inferred"]
    return players


def _teams_of_roster(players: pd.DataFrame, roster: pd.DataFrame) -> dict[str, str]:
    """Find which team of the roster is A and which B: as more numbers agree; on a tie as the roster says, else unknown."""
    listed_teams = sorted({str(team) for team in roster["team"].dropna()})
    if len(listed_teams) > len(TEAMS):
        return {}
    worn = {team: set(players.loc[players["team"] == team, "number"].dropna()) for team in TEAMS}
    listed = {team: set(roster.loc[roster["team"] == team, "number"]) for team in listed_teams}
    ways = [dict(zip(listed_teams, teams, strict=True)) for teams in permutations(TEAMS, len(listed_teams))]
    score = [sum(len(listed[listed_team] & worn[team]) for listed_team, team in way.items()) for way in ways]
    best = max(score)
    if score.count(best) == 1:
        return ways[score.index(best)]
    return {team: team for team in listed_teams if team in TEAMS}
