"""Reading a play-by-play: a CSV of ours, and the files that the NBA, FIBA LiveStats and the EuroLeague publish."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.untrusted import parse_json, parse_number, parse_whole
from pipeline.user_csv import CsvRow, parse_rows, read_text

COLUMNS = ("period", "clock", "team", "player", "event", "number", "points")
_OPTIONAL = ("player", "number", "points")
_NBA_COLUMNS = ("PERIOD", "PCTIMESTRING", "EVENTMSGTYPE", "PLAYER1_NAME", "PLAYER1_TEAM_ABBREVIATION", "PLAYER2_NAME")
_NBA_TYPES = {
    "1": "made",
    "2": "missed",
    "3": "free-throw",
    "4": "rebound",
    "5": "turnover",
    "6": "foul",
    "8": "substitution",
}
"""EVENTMSGTYPE of stats.nba.com."""
_ISO = re.compile(r"PT(?:([0-9]{1,2})M)?([0-9]{1,2}(?:\.[0-9]{1,9})?)S")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9](?:\.[0-9]{1,9})?)(?::[0-9]{1,9})?")
_JERSEY = re.compile(r"[0-9]{1,2}")
_QUARTERS = ("FirstQuarter", "SecondQuarter", "ThirdQuarter", "ForthQuarter", "ExtraTime")
_PERIOD_S = 600.0
"""Of the EuroLeague; its overtimes, of five minutes each, come one after another in one list."""
MAX_BYTES = 16 * 2**20
MAX_EVENTS = 10_000
"""Of a game; with many overtimes there are a thousand."""
MAX_PEOPLE = 200
"""Of both teams, coaches included: each is compared with each of ours."""
MAX_TEXT = 200
"""Characters of a name or of what happened."""
_LONGEST_S = 1200.0
"""Of a period."""


@dataclass(frozen=True)
class OfficialEvent:
    """One line of a play-by-play."""

    period: int
    clock_s: float
    team: str
    """As the file writes it; '' where it names none."""
    player: str
    """Name; '' where none is named."""
    number: str
    """On the jersey: one or two of the digits 0 to 9; '' where the file has none."""
    event: str
    """Lower case: 'in' and 'out' of a substitution, else as the file writes it."""
    points: int | None = None


def read_play_by_play(path: Path) -> tuple[OfficialEvent, ...]:
    """Read a play-by-play, whichever of the known layouts it has.

    Args:
        path: our CSV (period, clock, team, player, event; number and points if wanted), the CSV of stats.nba.com
            (PlayByPlayV2), or JSON: live data of the NBA, data.json of FIBA LiveStats, PlaybyPlay of the EuroLeague.

    Raises:
        InputError: the file cannot be read, is none of these, or has more events, people or text than a game has; says which
            line or key.
    """
    text = read_text(path, "the play-by-play")
    reader = _from_json if text.lstrip()[:1] in ("{", "[") else _from_csv
    events: list[OfficialEvent] = []
    people = set()
    for event in reader(text, path):
        events.append(event)
        people.add((event.team, event.number, event.player))
        _check_size(event, len(events), len(people), path)
    if not events:
        raise InputError(f"{path}: no events")
    return tuple(events)


def _check_size(event: OfficialEvent, events: int, people: int, path: Path) -> None:
    """Refuse what is more than a game has.

    Raises:
        InputError: it is.
    """
    if events > MAX_EVENTS:
        raise InputError(f"{path}: more than {MAX_EVENTS} events, which no game has")
    if people > MAX_PEOPLE:
        raise InputError(f"{path}: more than {MAX_PEOPLE} people, which no game has")
    for text in (event.team, event.player, event.event):
        if len(text) > MAX_TEXT:
            raise InputError(f"{path}: '{text[:20]}...': more than {MAX_TEXT} characters")


def _from_csv(text: str, path: Path) -> Iterator[OfficialEvent]:
    header = text.partition("\n")[0].lower()
    if _NBA_COLUMNS[2].lower() in header:
        names = tuple(name.lower() for name in _NBA_COLUMNS)
        for row in parse_rows(text, path, names):
            yield from _of_nba_row(row)
        return
    for row in parse_rows(text, path, COLUMNS, optional=_OPTIONAL):
        cells = row.cells
        yield OfficialEvent(
            _period(cells["period"], row.where),
            _clock_s(cells["clock"], row.where),
            cells["team"],
            cells["player"],
            _jersey(cells["number"]),
            cells["event"].lower(),
            _points(cells["points"], row.where),
        )


def _of_nba_row(row: CsvRow) -> Iterator[OfficialEvent]:
    """Read a row of PlayByPlayV2; of a substitution the first player goes out and the second comes in."""
    cells = row.cells
    kind = _NBA_TYPES.get(cells["eventmsgtype"])
    if kind is None:
        return
    at = _period(cells["period"], row.where), _clock_s(cells["pctimestring"], row.where)
    team = cells["player1_team_abbreviation"]
    if kind == "substitution":
        yield OfficialEvent(*at, team, cells["player1_name"], "", "out")
        yield OfficialEvent(*at, team, cells["player2_name"], "", "in")
    else:
        yield OfficialEvent(*at, team, cells["player1_name"], "", kind)


def _from_json(text: str, path: Path) -> Iterator[OfficialEvent]:
    try:
        data = parse_json(text, MAX_BYTES)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    readers: tuple[tuple[str, Callable[[Any, str], Iterator[OfficialEvent]]], ...] = (
        ("game", _of_nba_live),
        ("pbp", _of_fiba),
        ("FirstQuarter", _of_euroleague),
    )
    if isinstance(data, dict):
        for key, reader in readers:
            if key in data:
                try:
                    yield from reader(data, str(path))
                except (KeyError, TypeError, AttributeError) as error:
                    raise InputError(f"{path}: not as such files are: {type(error).__name__} {error}") from error
                return
    raise InputError(
        f"{path}: no play-by-play that is known: expected live data of the NBA (key game), data.json of FIBA LiveStats (pbp), "
        "PlaybyPlay of the EuroLeague (FirstQuarter), or a CSV file"
    )


def _of_nba_live(data: Mapping[str, Any], where: str) -> Iterator[OfficialEvent]:
    """Read the NBA's live data: game.actions."""
    for number, action in enumerate(data["game"]["actions"]):
        at = f"{where}: action {number}"
        kind, result = str(action["actionType"]), str(action.get("shotResult") or action.get("subType") or "")
        event = result if kind == "substitution" else f"{kind} {result}".strip()
        yield OfficialEvent(
            _period(str(action["period"]), at),
            _clock_s(str(action["clock"]), at),
            str(action.get("teamTricode") or ""),
            str(action.get("playerName") or ""),
            _jersey(action.get("jerseyNum")),
            event.lower(),
        )


def _of_fiba(data: Mapping[str, Any], where: str) -> Iterator[OfficialEvent]:
    """Read FIBA LiveStats: pbp, newest first; overtimes are periods of their own kind."""
    teams = {number: str(team.get("name") or team.get("code") or number) for number, team in data["tm"].items()}
    for number, action in enumerate(reversed(data["pbp"])):
        at = f"{where}: pbp entry {len(data['pbp']) - 1 - number}"
        period = _period(str(action["period"]), at) + (4 if action.get("periodType") == "OVERTIME" else 0)
        kind, kind_of = str(action["actionType"]), str(action.get("subType") or "")
        made = (
            "" if "success" not in action or not action.get("scoring") else " made" if action["success"] else " missed"
        )
        name = f"{action.get('firstName') or ''} {action.get('familyName') or ''}".strip() or str(
            action.get("player") or ""
        )
        yield OfficialEvent(
            period,
            _clock_s(str(action["gt"]), at),
            teams.get(str(action.get("tno")), ""),
            name,
            _jersey(action.get("shirtNumber")),
            kind_of.lower() if kind == "substitution" else f"{kind}{made}".lower(),
        )


def _of_euroleague(data: Mapping[str, Any], where: str) -> Iterator[OfficialEvent]:
    """Read the EuroLeague's PlaybyPlay; a name is written 'FAMILY, FIRST'."""
    for quarter, key in enumerate(_QUARTERS, start=1):
        for number, action in enumerate(data.get(key) or ()):
            at = f"{where}: {key} {number}"
            if not str(action.get("MARKERTIME") or "").strip():
                continue  # begin and end of the game have no time
            family, _, first = str(action.get("PLAYER") or "").strip().partition(",")
            kind = str(action["PLAYTYPE"]).strip().lower()
            yield OfficialEvent(
                quarter,
                _clock_s(str(action["MARKERTIME"]).strip(), at),
                str(action.get("CODETEAM") or "").strip(),
                f"{first.strip()} {family.strip()}".strip().title(),
                _jersey(action.get("DORSAL")),
                {"in": "in", "out": "out"}.get(kind, kind),
            )


def _period(text: str, where: str) -> int:
    period = parse_whole(text.strip().lstrip("Qq"))
    if period is None or not 1 <= period <= 20:
        raise InputError(f"{where}: period '{text[:20]}': expected a whole number from 1")
    return period


def _points(text: str, where: str) -> int | None:
    points = parse_whole(text)
    if text and (points is None or points > 10):
        raise InputError(f"{where}: points '{text[:20]}': expected a whole number, or nothing")
    return points


def _jersey(value: Any) -> str:
    """Read a number of a jersey; what is none, such as C of a coach, is left out.

    Example:
        >>> [_jersey(value) for value in ("#7", 0, "00", " 24 ", "C", None, "7; reboot", "٧")]
        ['7', '0', '00', '24', '', '', '', '']
    """
    text = "" if value is None else str(value).strip().lstrip("#")
    return text if _JERSEY.fullmatch(text) else ""


def _clock_s(text: str, where: str) -> float:
    """Read what the game clock shows: M:SS, seconds, or as ISO 8601 has durations."""
    found = _ISO.fullmatch(text) or _CLOCK.fullmatch(text)
    seconds = 60.0 * int(found[1] or 0) + float(found[2]) if found else parse_number(text)
    if seconds is None or not 0 <= seconds <= _LONGEST_S:
        raise InputError(f"{where}: clock '{text[:20]}': expected M:SS of what is left of the period")
    return seconds
