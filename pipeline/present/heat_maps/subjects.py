"""The heat maps of a run: which players, period and direction one shows, and what stands above it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from pipeline.errors import InputError
from pipeline.present.heat_maps.heatmaps import HeatMap, heat_map
from pipeline.present.labels import Person, people, slug, team_title
from pipeline.present.on_court import OnCourt

Direction = Literal["filmed", "attacking"]


@dataclass(frozen=True)
class Subject:
    """Whose time a map shows: one player's, or a whole team's."""

    title: str
    remark: str
    members: tuple[int, ...]
    team: str | None
    file_stem: str
    is_team: bool


def player_subject(game: OnCourt, player_id: int) -> Subject:
    """Name a player.

    Raises:
        InputError: there is no such player.
    """
    found = [person for person in people(game.players) if person.player_id == player_id]
    if not found:
        player_ids = ", ".join(str(person.player_id) for person in people(game.players))
        raise InputError(f"there is no player {player_id}; the run has {player_ids or 'none'}")
    return _player(found[0], game)


def team_subject(game: OnCourt, team: str) -> Subject:
    """Name a team.

    Raises:
        InputError: nobody is of that team.
    """
    members = tuple(p.player_id for p in people(game.players) if p.role == "player" and p.team == team)
    if not members:
        raise InputError(f"nobody is of team {team}; teams are called A and B")
    count = f"{len(members)} player{'s' if len(members) > 1 else ''}"
    return Subject(team_title(team, game.players), count, members, team, f"team-{slug(team)}", True)


def subjects(game: OnCourt) -> list[Subject]:
    """Name both teams, then every player."""
    players = [person for person in people(game.players) if person.role == "player"]
    teams = sorted({person.team for person in players if person.team is not None})
    return [*(team_subject(game, team) for team in teams), *(_player(person, game) for person in players)]


def _player(person: Person, game: OnCourt) -> Subject:
    return Subject(
        person.full, team_title(person.team, game.players), (person.player_id,), person.team, person.file_stem, False
    )


def map_of(game: OnCourt, subject: Subject, sigma_m: float, direction: Direction) -> HeatMap | None:
    """Estimate where a subject was; None without a position (or, attacking, without a known direction).

    Args:
        game: the run, or one period of it.
        subject: whose time.
        sigma_m: standard deviation of the kernel.
        direction: as filmed, or turned so that the team attacks the right basket.
    """
    members, team = list(subject.members), subject.team
    if direction == "filmed":
        return heat_map(game.of(members), game.frames, game.court, sigma_m, game.seen)
    if team is None:
        return None
    return heat_map(game.attacking(members, team), game.frames, game.court, sigma_m, partial(game.seen, team=team))


def drawn_map(game: OnCourt, subject: Subject, sigma_m: float, direction: Direction, period: int | None) -> HeatMap:
    """Estimate where a subject was, as `map_of` does.

    Args:
        game: the run, or one period of it.
        subject: whose time.
        sigma_m: standard deviation of the kernel.
        direction: as filmed, or turned so that the team attacks the right basket.
        period: which one the game is; None for all.

    Raises:
        InputError: there is no position in what is asked for.
    """
    heat = map_of(game, subject, sigma_m, direction)
    if heat is None:
        why = " in a period whose direction is known" if direction == "attacking" else ""
        raise InputError(f"{subject.title} has no position{why}{f' in period {period}' if period else ''}")
    return heat


def subtitle(subject: Subject, heat: HeatMap, period: int | None, direction: Direction) -> str:
    """Say under the title what a map rests on.

    Args:
        subject: whose map it is.
        heat: the map.
        period: None for the whole game.
        direction: as filmed, or attacking to the right.
    """
    unit = "player seconds" if len(subject.members) > 1 else "seconds"
    located = f"{heat.located_s:,.0f} {unit} with a position".replace(",", "\u202f")
    phrases = [subject.remark, *([f"period {period}"] if period is not None else []), located]
    return " · ".join([*phrases, *(["attacking to the right"] if direction == "attacking" else [])])
