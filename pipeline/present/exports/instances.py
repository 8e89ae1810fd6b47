"""Events, line-ups and live time in formats that coaches' software and players of films read.

Sportscode's XML (Hudl Sportscode, LongoMatch, Nacsport, and kloppy's `sportscode`), the CSV of Dartfish, subtitles (SubRip), and the
play-by-play JSON of the NBA's live data. Times are those of the video.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal
from xml.etree import ElementTree

import pandas as pd

from pipeline.errors import InputError
from pipeline.present.ball_play import told_by_a_shot
from pipeline.present.labels import Person, people, team_title
from pipeline.present.report.policy import visible
from pipeline.tables import FIVE_COLUMNS
from pipeline.written_csv import harmless

EventExportName = Literal["sportscode", "longomatch", "dartfish", "srt", "nba"]

BEFORE_S, AFTER_S = 3.0, 5.0
"""A moment is shown from so long before it to so long after."""
SUBTITLE_S = 4.0
_COLORS = {"A": (61937, 24672, 3084), "B": (3084, 24672, 61937)}
"""Red, green and blue of a team's rows, 0 to 65535, as Sportscode has them."""
_GREY = (40000, 40000, 40000)
_TEAM = "Team"
_OF_BALL = frozenset({"pass", "turnover", "shot", "free-throw", "rebound"})
_KINDS = {
    "substitution": "Substitution",
    "points": "Points",
    "period-start": "Period begins",
    "period-end": "Period ends",
    "pass": "Pass",
    "turnover": "Turnover",
    "shot": "Shot",
    "free-throw": "Free throw",
    "rebound": "Rebound",
}


@dataclass(frozen=True)
class GameEvents:
    """What happened in a run, and who is who."""

    players: pd.DataFrame
    events: pd.DataFrame
    lineups: pd.DataFrame
    stints: pd.DataFrame
    play: pd.DataFrame
    title: str
    """What the game is called."""


@dataclass(frozen=True)
class CodedInstance:
    """A stretch of the video under a code, with labels: group and text."""

    code: str
    start_s: float
    end_s: float
    labels: tuple[tuple[str, str], ...]
    team: str | None = None


def export_events(game: GameEvents, name: EventExportName) -> dict[str, str]:
    """Write what happened in a format of another program.

    Args:
        game: the run.
        name: which format.

    Returns:
        Texts by file name.

    Raises:
        InputError: nobody is known to be on the floor, and nothing happened.
    """
    if game.events.empty and game.lineups.empty:
        raise InputError("the run has no line-ups and no events, so that there is nothing to export")
    return EVENT_EXPORTS[name](game)


def coded_instances(game: GameEvents) -> list[CodedInstance]:
    """List events, line-ups, stints and live time as coded stretches, by code and time."""
    persons = {person.player_id: person for person in people(game.players)}
    found = [
        *(_of_event(row, persons) for row in game.events.to_dict("records")),
        *(_of_lineup(row, persons) for row in game.lineups.to_dict("records")),
        *(_of_stint(row, persons) for row in game.stints.to_dict("records")),
        *_of_play(game.play),
    ]
    return sorted(found, key=lambda instance: (instance.code, instance.start_s))


def _called(who: Any, persons: Mapping[int, Person]) -> str:
    """Name somebody; '?' where nobody knows who it is."""
    return "?" if pd.isna(who) or int(who) not in persons else visible(persons[int(who)].full)


def _of_event(row: Mapping[Any, Any], persons: Mapping[int, Person]) -> CodedInstance:
    team = None if pd.isna(row["team"]) else str(row["team"])
    labels = [("Status", str(row["status"])), ("Confidence", f"{row['confidence']:.2f}")]
    if row["kind"] == "substitution":
        labels += [("In", _called(row["player_id"], persons)), ("Out", _called(row["partner_id"], persons))]
    elif not pd.isna(row["player_id"]):
        labels.append(("Player", _called(row["player_id"], persons)))
        labels += [] if pd.isna(row["partner_id"]) else [("To", _called(row["partner_id"], persons))]
    if not pd.isna(row.get("result")):
        labels += [("Result", str(row["result"])), ("Result status", str(row["result_status"]))]
    if not pd.isna(row["points"]):
        labels.append(("Points", str(int(row["points"]))))
    if not pd.isna(row["period"]):
        labels.append(("Period", str(int(row["period"]))))
    if not pd.isna(row["clock_s"]):
        labels.append(("Clock", clock_text(row["clock_s"])))
    start_s = max(0.0, float(row["time_s"]) - BEFORE_S)
    code = " ".join(word for word in (_KINDS[row["kind"]], team) if word)
    return CodedInstance(code, start_s, float(row["time_s"]) + AFTER_S, tuple(labels), team)


def _of_lineup(row: Mapping[Any, Any], persons: Mapping[int, Person]) -> CodedInstance:
    labels = [("Player", _called(row[name], persons)) for name in FIVE_COLUMNS if not pd.isna(row[name])]
    team = str(row["team"])
    return CodedInstance(f"Line-up {team}", float(row["start_s"]), float(row["end_s"]), tuple(labels), team)


def _of_stint(row: Mapping[Any, Any], persons: Mapping[int, Person]) -> CodedInstance:
    team = str(row["team"])
    code = f"On court {_called(row['player_id'], persons)}"
    return CodedInstance(code, float(row["start_s"]), float(row["end_s"]), ((_TEAM, team_title(team)),), team)


def _of_play(play: pd.DataFrame) -> Iterator[CodedInstance]:
    for row in play[play["state"] == "live"].to_dict("records"):
        yield CodedInstance("Ball in play", float(row["start_s"]), float(row["end_s"]), (("By", str(row["by"])),))


def clock_text(seconds: float) -> str:
    """Write a game clock.

    Example:
        >>> clock_text(248.0), clock_text(34.5)
        ('4:08', '0:34.5')
    """
    minutes, rest = divmod(float(seconds), 60)
    return f"{int(minutes)}:{int(rest):02d}" if float(rest).is_integer() else f"{int(minutes)}:{rest:04.1f}"


def _sportscode(game: GameEvents) -> dict[str, str]:
    """Write Sportscode's XML: all instances, and the rows that they stand in."""
    return {"sportscode.xml": _sportscode_xml(coded_instances(game))}


def _longomatch(game: GameEvents) -> dict[str, str]:
    """Write what LongoMatch imports: Sportscode's XML."""
    return {"longomatch.xml": _sportscode_xml(coded_instances(game))}


def _sportscode_xml(instances: Sequence[CodedInstance]) -> str:
    root = ElementTree.Element("file")
    every, rows = ElementTree.SubElement(root, "ALL_INSTANCES"), ElementTree.SubElement(root, "ROWS")
    for number, instance in enumerate(instances, start=1):
        element = ElementTree.SubElement(every, "instance")
        values = (number, f"{instance.start_s:.3f}", f"{instance.end_s:.3f}", instance.code)
        for tag, value in zip(("ID", "start", "end", "code"), values, strict=True):
            ElementTree.SubElement(element, tag).text = str(value)
        for group, text in instance.labels:
            label = ElementTree.SubElement(element, "label")
            ElementTree.SubElement(label, "group").text = group
            ElementTree.SubElement(label, "text").text = text
    colors = {instance.code: _COLORS.get(instance.team or "", _GREY) for instance in instances}
    for code, color in colors.items():
        row = ElementTree.SubElement(rows, "row")
        for tag, value in (("code", code), *zip(("R", "G", "B"), color, strict=True)):
            ElementTree.SubElement(row, tag).text = str(value)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _dartfish(game: GameEvents) -> dict[str, str]:
    """Write events as Dartfish lists them: name, position and duration in ms, and a column per category."""
    instances = sorted(coded_instances(game), key=lambda instance: instance.start_s)
    groups = list(dict.fromkeys(group for instance in instances for group, _ in instance.labels if group != _TEAM))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["Name", "Position", "Duration", "Team", *groups])
    for instance in instances:
        texts = {group: "; ".join(text for of_group, text in instance.labels if of_group == group) for group in groups}
        times = round(1000 * instance.start_s), round(1000 * (instance.end_s - instance.start_s))
        cells = [instance.code, *times, instance.team or "", *(texts[group] for group in groups)]
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return {"dartfish.csv": stream.getvalue()}


def _srt(game: GameEvents) -> dict[str, str]:
    """Write events as subtitles, one after another."""
    persons = {person.player_id: person for person in people(game.players)}
    shown = game.events.sort_values("time_s", kind="stable").to_dict("records")
    blocks = []
    for number, row in enumerate(shown, start=1):
        begin = float(row["time_s"])
        end = min([begin + SUBTITLE_S, *(float(later["time_s"]) for later in shown if float(later["time_s"]) > begin)])
        text = " ".join(_sentence(row, persons).split())
        blocks.append(f"{number}\n{_srt_time(begin)} --> {_srt_time(end)}\n{text}\n")
    return {"events.srt": "\n".join(blocks)}


def _sentence(row: Mapping[Any, Any], persons: Mapping[int, Person]) -> str:
    """Say what happened."""
    team = "" if pd.isna(row["team"]) else f"{team_title(row['team'])}: "
    doubt = " (?)" if row["status"] == "candidate" else ""
    if row["kind"] == "substitution":
        return f"{team}{_called(row['player_id'], persons)} for {_called(row['partner_id'], persons)}{doubt}"
    if row["kind"] == "points":
        return f"{team}{int(row['points'])} point{'' if row['points'] == 1 else 's'}{doubt}"
    if row["kind"] in _OF_BALL:
        return f"{team}{_of_ball(row, persons)}{doubt}"
    return f"{_KINDS[row['kind']]}{doubt}"


def _of_ball(row: Mapping[Any, Any], persons: Mapping[int, Person]) -> str:
    """Say what somebody did with the ball."""
    what = _KINDS[row["kind"]].lower()
    if row["kind"] == "shot":
        what = f"{int(row['points'])}-point shot"
    if not pd.isna(row["result"]):
        what = f"{row['result']} {what}" if row["kind"] == "rebound" else f"{what} {row['result']}"
    partner = "" if pd.isna(row["partner_id"]) else f" to {_called(row['partner_id'], persons)}"
    return f"{_called(row['player_id'], persons)}, {what}{partner}"


def _srt_time(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"


def _nba(game: GameEvents) -> dict[str, str]:
    """Write the layout of the NBA's live play-by-play; candidates are left out, `videoTime` is the second of the video."""
    persons = {person.player_id: person for person in people(game.players)}
    actions: list[dict[str, Any]] = []
    events = game.events[~told_by_a_shot(game.events)] if "result" in game.events else game.events
    sure = events[events["status"] == "sure"].sort_values("time_s", kind="stable")
    for row in sure.to_dict("records"):
        base = {
            "clock": None if pd.isna(row["clock_s"]) else _iso_clock(float(row["clock_s"])),
            "period": None if pd.isna(row["period"]) else int(row["period"]),
            "teamTricode": None if pd.isna(row["team"]) else str(row["team"]),
            "videoTime": round(float(row["time_s"]), 3),
            "description": _sentence(row, persons),
        }
        for kind, subtype, who in _actions(row):
            known_person = not pd.isna(who) and int(who) in persons
            actions.append(
                {
                    "actionNumber": len(actions) + 1,
                    "actionType": kind,
                    "subType": subtype,
                    "personId": int(who) if known_person else 0,
                    "playerName": persons[int(who)].heading if known_person else None,
                    "pointsTotal": None if pd.isna(row["points"]) else int(row["points"]),
                    **base,
                }
            )
    return {"playbyplay.json": json.dumps({"game": {"gameId": game.title, "actions": actions}})}


def _actions(row: Mapping[Any, Any]) -> list[tuple[str, str, Any]]:
    """Translate an event: kind, sub-type and person of each action."""
    if row["kind"] == "substitution":
        return [("substitution", "out", row["partner_id"]), ("substitution", "in", row["player_id"])]
    if row["kind"] == "points":
        return [("freethrow" if row["points"] == 1 else f"{int(row['points'])}pt", "made", row["player_id"])]
    if row["kind"] in ("shot", "free-throw"):
        name = "freethrow" if row["kind"] == "free-throw" else f"{int(row['points'])}pt"
        return [(name, row["result"], row["player_id"])] if row["result_status"] == "sure" else []
    if row["kind"] == "turnover":
        return [("turnover", "lost ball", row["player_id"]), ("steal", "", row["partner_id"])]
    if row["kind"] in _OF_BALL:
        return [("rebound", row["result"], row["player_id"])] if row["kind"] == "rebound" else []
    return [("period", row["kind"].removeprefix("period-"), pd.NA)]


def _iso_clock(seconds: float) -> str:
    """Write a clock as ISO 8601 has durations.

    Example:
        >>> _iso_clock(248.0)
        'PT04M08.00S'
    """
    return f"PT{int(seconds) // 60:02d}M{seconds % 60:05.2f}S"


EVENT_EXPORTS: Mapping[EventExportName, Callable[[GameEvents], dict[str, str]]] = MappingProxyType(
    {"sportscode": _sportscode, "longomatch": _longomatch, "dartfish": _dartfish, "srt": _srt, "nba": _nba}
)
