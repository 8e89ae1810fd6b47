"""Positions in formats that other programs read: SportVU JSON, Metrica CSV for kloppy, Kinexon CSV for floodlight.

All of them at 25 Hz, those whose team is not known apart from the two teams; the ball in SportVU and Metrica, where it was followed, and never made up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.geometry.court import FOOT_M
from pipeline.present.labels import Person, people
from pipeline.present.on_court import OnCourt
from pipeline.understand.game import longest_step_s

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
ExportName = Literal["sportvu", "kloppy", "floodlight"]

RATE_HZ = 25
TEAMS = ("A", "B")
NO_TEAM = 0
"""Number of those whose team is not known; A and B have 1 and 2."""
BALL = -1
"""SportVU's number of the ball's team and person. Its row is the first of each moment, also where nobody knows where it is."""


_UNQUOTED = re.compile(r'[\s,;"]+')
"""What a CSV would put in quotes, of which floodlight's reader knows nothing."""


@dataclass(frozen=True)
class _Paths:
    """Everybody's place at regular times."""

    time_s: Floats
    """(t,)."""
    period: NDArray[np.int64]
    """(t,), 0 outside all periods."""
    persons: list[Person]
    """(k,) players."""
    place_m: Floats
    """(t, k, 2), NaN where unknown."""
    ball_m: Floats
    """(t, 3), NaN where unknown; its height is known of shots alone."""


def export(game: OnCourt, name: ExportName, title: str) -> dict[str, str]:
    """Write the positions of a run in a format of another program.

    Args:
        game: the run.
        name: which format.
        title: what the game is called in the file.

    Returns:
        Texts by file name.

    Raises:
        InputError: nobody has a position.
    """
    paths = _paths(game)
    if not np.isfinite(paths.place_m).any():
        raise InputError("no player of the run has a position in metres, so that there is nothing to export")
    return EXPORTS[name](paths, game, title)


def _team_number(person: Person) -> int:
    """Number a player's team."""
    return TEAMS.index(person.team) + 1 if person.team in TEAMS else NO_TEAM


def _paths(game: OnCourt) -> _Paths:
    """Interpolate everybody's positions at regular times."""
    persons = [person for person in people(game.players) if person.role == "player"]
    times = game.frames["time_s"].to_numpy(np.float64)
    grid = times[0] + np.arange(int((times[-1] - times[0]) * RATE_HZ + 1e-6) + 1) / RATE_HZ if len(times) else times
    joined = _joined(game)
    by_player = dict(list(game.positions.groupby("player_id")))
    place = np.full((len(grid), len(persons), 2), np.nan)  # (t, k, 2)
    for k, person in enumerate(persons):
        if person.player_id in by_player:
            place[:, k] = _regular(by_player[person.player_id], grid, times, joined)
    period = np.zeros(len(grid), np.int64)
    for number, start, end in game.periods[["period", "start_s", "end_s"]].itertuples(index=False):
        period[(grid >= start) & (grid < end)] = number
    ball = game.ball.dropna(subset=["x_m", "y_m"])
    shot = ball.dropna(subset="z_m")
    ball_m = np.column_stack(
        [_regular(ball, grid, times, joined), _regular(shot, grid, times, joined, ("z_m",))]
    )  # (t, 3)
    return _Paths(grid, period, persons, place, ball_m)


def _joined(game: OnCourt) -> Mask:
    """Say after which frames (t,) the next one follows without a hole in the video."""
    steps = np.diff(game.frames["time_s"].to_numpy(np.float64), append=np.inf)
    return np.asarray(steps <= longest_step_s(game.frames, game.max_gap_s))


def _regular(
    rows: pd.DataFrame, grid: Floats, frame_s: Floats, joined: Mask, names: tuple[str, ...] = ("x_m", "y_m")
) -> Floats:
    """Interpolate the places of a player, or of the ball, at regular times, between neighbouring frames.

    Args:
        rows: the positions.
        grid: (t,) the times.
        frame_s: (f,) times of all frames.
        joined: (f,) after which of them the next one goes on.
        names: c columns.

    Returns:
        (t, c) NaN within gaps and outside.
    """
    if rows.empty:
        return np.full((len(grid), len(names)), np.nan)
    times_s = rows["time_s"].to_numpy(np.float64)
    frame = np.searchsorted(frame_s, times_s - 1e-6)  # (n,)
    after = np.searchsorted(times_s, grid, side="left")
    nearest = np.minimum(after, len(times_s) - 1)
    exact = np.isclose(times_s[nearest], grid, atol=1e-6)
    before = np.maximum(after - 1, 0)
    follows = (frame[nearest] - frame[before] == 1) & joined[frame[before]]
    certain = exact | ((after > 0) & (after < len(times_s)) & follows)
    place = np.column_stack([np.interp(grid, times_s, rows[name].to_numpy(np.float64)) for name in names])
    return np.where(certain[:, None], place, np.nan)


def _sportvu(paths: _Paths, game: OnCourt, title: str) -> dict[str, str]:
    """Write SportVU's events and moments: one event per period, feet, time in ms of the video.

    All but `events` are single values: readers make a table of the file, and lists beside it would have to be as long.
    """
    home, visitor, neither = (_sportvu_team(paths.persons, number) for number in (1, 2, NO_TEAM))
    unassigned = {"no_team": neither} if neither["players"] else {}
    events = []
    for period in np.unique(paths.period[paths.period > 0]).tolist():
        rows = np.flatnonzero(paths.period == period)
        left_s = paths.time_s[rows[-1]] - paths.time_s[rows]
        moments = [_moment(paths, int(k), float(left)) for k, left in zip(rows, left_s, strict=True)]
        events.append({"eventId": str(period), "home": home, "visitor": visitor, **unassigned, "moments": moments})
    size_ft = {
        "court_length_ft": round(game.court.length_m / FOOT_M, 4),
        "court_width_ft": round(game.court.width_m / FOOT_M, 4),
    }
    return {"sportvu.json": json.dumps({"gameid": title, "gamedate": None, **size_ft, "events": events})}


def _sportvu_team(persons: list[Person], number: int) -> dict[str, object]:
    """Describe a team and its players, or those without a team."""
    team = TEAMS[number - 1] if number else ""
    described = [
        {
            "lastname": (person.name or "").split(" ")[-1],
            "firstname": " ".join((person.name or "").split(" ")[:-1]),
            "playerid": person.player_id,
            "jersey": person.number or "",
            "position": "",
        }
        for person in persons
        if _team_number(person) == number
    ]
    return {
        "name": f"Team {team}" if number else "No team",
        "teamid": number,
        "abbreviation": team,
        "players": described,
    }


def _moment(paths: _Paths, k: int, left_s: float) -> list[object]:
    """Write one moment: quarter, ms, game clock, shot clock (unknown), a field that is always null, and who is where."""
    rows = [
        [_team_number(person), person.player_id, round(x / FOOT_M, 4), round(y / FOOT_M, 4), 0.0]
        for person, (x, y) in zip(paths.persons, paths.place_m[k], strict=True)
        if np.isfinite(x)
    ]
    ball = [BALL, BALL, *(round(metres / FOOT_M, 4) if np.isfinite(metres) else None for metres in paths.ball_m[k])]
    time_ms = round(1000 * float(paths.time_s[k]))
    return [int(paths.period[k]), time_ms, round(left_s, 2), None, None, [ball, *rows]]


def _kloppy(paths: _Paths, game: OnCourt, title: str) -> dict[str, str]:
    """Write two files as Metrica Sports does: one column pair per player, shares of the court's length and width.

    The shares of the width are counted from the near side line, since kloppy's reader takes them off 1.
    """
    del title
    inside = paths.period > 0
    size_m = [game.court.length_m, game.court.width_m]
    share, ball = (np.asarray(place_m) / size_m for place_m in (paths.place_m[inside], paths.ball_m[inside, :2]))
    share[..., 1], ball[:, 1] = 1 - share[..., 1], 1 - ball[:, 1]
    frame = np.flatnonzero(inside) + 1
    texts = {}
    for number, ground in ((1, "Home"), (2, "Away"), (NO_TEAM, "No team")):
        members = [k for k, person in enumerate(paths.persons) if _team_number(person) == number]
        if number == NO_TEAM and not members:
            continue
        ids = [str(paths.persons[k].player_id) for k in members]
        pairs = [(f"x{who}", f"y{who}") for who in ids]
        columns = [name for pair in pairs for name in pair]
        table = pd.DataFrame(share[:, members].reshape(len(frame), -1), columns=columns)
        table.insert(0, "time", frame / RATE_HZ)
        table.insert(0, "frame", frame)
        table.insert(0, "period", paths.period[inside])
        table = table.assign(ball_x=ball[:, 0], ball_y=ball[:, 1])
        heads = [
            ["", "", "", *(cell for _ in members for cell in (ground, "")), "", ""],
            ["", "", "", *(cell for who in ids for cell in (who, "")), "", ""],
            ["Period", "Frame", "Time [s]", *(cell for who in ids for cell in (f"Player{who}", "")), "Ball", ""],
        ]
        body = table.to_csv(index=False, header=False, float_format="%.5f", na_rep="NaN", lineterminator="\n")
        texts[f"kloppy_{ground.lower().replace(' ', '_')}.csv"] = (
            "".join(",".join(head) + "\n" for head in heads) + body
        )
    return texts


def _floodlight(paths: _Paths, game: OnCourt, title: str) -> dict[str, str]:
    """Write one row per player and moment as Kinexon does: metres, ms; the origin stays the far-left corner."""
    del game, title
    moment, k = np.nonzero(np.isfinite(paths.place_m[..., 0]))
    persons = paths.persons
    names = np.array([_UNQUOTED.sub(" ", f"P{p.player_id} {p.full}").strip() for p in persons], dtype=object)
    table = pd.DataFrame(
        {
            "ts in ms": (1000 * moment) // RATE_HZ,
            "sensor id": np.array([p.player_id for p in persons], np.int64)[k],
            "mapped id": np.array([p.player_id for p in persons], np.int64)[k],
            "full name": names[k],
            "number": np.array([_UNQUOTED.sub("", p.number or "") for p in persons], dtype=object)[k],
            "group id": np.array([_team_number(p) for p in persons], np.int64)[k],
            "group name": np.array([f"Team {p.team}" if _team_number(p) else "No team" for p in persons], dtype=object)[
                k
            ],
            "x in m": paths.place_m[moment, k, 0],
            "y in m": paths.place_m[moment, k, 1],
            "period": paths.period[moment],
        }
    )
    return {"floodlight.csv": table.to_csv(index=False, float_format="%.3f", lineterminator="\n")}


EXPORTS: Mapping[ExportName, Callable[[_Paths, OnCourt, str], dict[str, str]]] = MappingProxyType(
    {"sportvu": _sportvu, "kloppy": _kloppy, "floodlight": _floodlight}
)
