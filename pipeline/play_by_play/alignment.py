"""An official play-by-play beside a run: events get the time of the video by the clock, and our players by number and name."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.play_by_play.layouts import OfficialEvent
from pipeline.play_by_play.naming import suggest_names

NEAR_CLOCK_S = 2.0
"""An event has a time of the video where the clock comes as near as this."""
SUBSTITUTION_S = 10.0
"""A substitution of ours is the official one if it is as near as this."""
EDGE_S = 5.0
"""Somebody who came in or went out within so many seconds may do something on either side of it."""
TEAMS = ("A", "B")


@dataclass(frozen=True)
class Alignment:
    """What came of it."""

    events: pd.DataFrame
    """One row per official event: period, clock_s, team, player, number, event, points as the file has them; time_s and latest_s in the
    video, between which the clock shows that; our team_ours and player_id, missing where not found."""
    disagreements: pd.DataFrame
    """kind, time_s, team_ours, player_id, player, what: what the file says and we do not, and the reverse."""
    teams: Mapping[str, str]
    """Team of the file to ours; empty where numbers and names do not tell."""
    names: pd.DataFrame
    """Who our players are by when they are on the floor; see `suggest_names`."""


def align(
    official: Sequence[OfficialEvent],
    clock: pd.DataFrame,
    frames: pd.DataFrame,
    players: pd.DataFrame,
    stints: pd.DataFrame,
    substitutions: pd.DataFrame,
) -> Alignment:
    """Lay a play-by-play beside a run.

    Args:
        official: the play-by-play.
        clock: table `clock`.
        frames: table `frames`.
        players: table `players`.
        stints: table `stints`.
        substitutions: rows of table `events`.
    """
    timed = clock.dropna(subset="clock_s").merge(frames[["frame", "time_s"]], on="frame")
    teams = _teams(official, players)
    found = {key: _player(key, teams, players) for key in {(e.team, e.number, e.player) for e in official}}
    rows = [
        {
            "period": event.period,
            "clock_s": event.clock_s,
            **dict(zip(("time_s", "latest_s"), _times_s(event, timed), strict=True)),
            "team": event.team,
            "number": event.number,
            "player": event.player,
            "event": event.event,
            "points": event.points if event.points is not None else pd.NA,
            "team_ours": teams.get(event.team, pd.NA),
            "player_id": found[event.team, event.number, event.player] or pd.NA,
        }
        for event in official
    ]
    events = pd.DataFrame(rows).astype(
        {"player_id": "Int64", "points": "Int64", "time_s": "float64", "latest_s": "float64"}
    )
    names = suggest_names(events, players, stints, teams)
    return Alignment(events, _disagreements(events, stints, substitutions), teams, names)


def _times_s(event: OfficialEvent, timed: pd.DataFrame) -> tuple[float, float]:
    """Find when the clock first and last shows what it showed at the event; NaN where it is not seen near that."""
    periods = timed["period"]
    of_period = timed[periods == event.period] if periods.notna().any() else timed
    if of_period.empty:
        return float("nan"), float("nan")
    shown = of_period["clock_s"].to_numpy(np.float64)
    reached = np.flatnonzero(shown <= np.floor(event.clock_s) + 0.5)
    row = int(reached[0]) if len(reached) else int(np.argmin(np.abs(shown - event.clock_s)))
    if abs(shown[row] - event.clock_s) > NEAR_CLOCK_S:
        return float("nan"), float("nan")
    standing = np.flatnonzero(shown == shown[row])
    return float(of_period["time_s"].iloc[row]), float(of_period["time_s"].iloc[int(standing[-1])])


def _plain(name: str) -> str:
    """Reduce a name to its last word in plain lower-case letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    words = plain.replace(".", " ").split()
    return words[-1] if words else ""


def _is_same(number: str, name: str, player: pd.Series) -> bool:
    """Say whether a player of the file is one of ours: by number, else by name."""
    if number and isinstance(player["number"], str):
        return number == player["number"]
    return bool(name) and isinstance(player["name"], str) and _plain(name) == _plain(player["name"])


def _teams(official: Sequence[OfficialEvent], players: pd.DataFrame) -> dict[str, str]:
    """Say which team of the file is A and which is B: so that the most of its players are found."""
    names = [team for team, _ in Counter(event.team for event in official if event.team).most_common(2)]
    people = {(event.team, event.number, event.player) for event in official if event.player or event.number}
    score = {}
    for swapped in (False, True):
        teams = dict(zip(names, TEAMS[::-1] if swapped else TEAMS, strict=False))
        score[swapped] = sum(_player(key, teams, players) is not None for key in people)
    if score[False] == score[True]:
        return {}
    return dict(zip(names, TEAMS[::-1] if score[True] > score[False] else TEAMS, strict=False))


def _player(key: tuple[str, str, str], teams: Mapping[str, str], players: pd.DataFrame) -> int | None:
    """Find one of our players; None where nobody, or more than one, fits."""
    team, number, name = key
    member = players[(players["team"] == teams.get(team)) & (players["role"] == "player")]
    fits = [int(row["player_id"]) for _, row in member.iterrows() if _is_same(number, name, row)]
    return fits[0] if len(fits) == 1 else None


def _disagreements(events: pd.DataFrame, stints: pd.DataFrame, substitutions: pd.DataFrame) -> pd.DataFrame:
    """List what does not fit: official substitutions that were not seen, people who act from the bench, and ours that no file has."""
    rows = []
    timed = events[events["time_s"].notna()]
    changes = timed[timed["event"].isin(["in", "out"])]
    for row in changes.dropna(subset="player_id").to_dict("records"):
        edge = "start_s" if row["event"] == "in" else "end_s"
        at_s = stints[edge].between(row["time_s"] - SUBSTITUTION_S, row["latest_s"] + SUBSTITUTION_S)
        near = stints[(stints["player_id"] == row["player_id"]) & at_s]
        if near.empty:
            rows.append(_disagreement("substitution not seen", row, f"the play-by-play has this player {row['event']}"))
    acting = timed[~timed["event"].isin(["in", "out"])].dropna(subset="player_id")
    for row in acting.to_dict("records"):
        on = stints[
            (stints["player_id"] == row["player_id"])
            & (stints["start_s"] - EDGE_S <= row["time_s"])
            & (stints["end_s"] + EDGE_S >= row["latest_s"])
        ]
        if on.empty:
            rows.append(
                _disagreement("not on the floor", row, f"the play-by-play has {row['event']}, we have the bench")
            )
    for row in (
        events[events["player_id"].isna() & (events["player"] != "")]
        .drop_duplicates(["team", "player"])
        .to_dict("records")
    ):
        rows.append(_disagreement("player not found", row, f"nobody of ours has number '{row['number']}' or that name"))
    for row in substitutions[substitutions["status"] == "sure"].to_dict("records"):
        at_change = (changes["time_s"] - SUBSTITUTION_S <= row["time_s"]) & (
            changes["latest_s"] + SUBSTITUTION_S >= row["time_s"]
        )
        near = changes[(changes["player_id"] == row["player_id"]) & at_change]
        inside = len(timed) and timed["time_s"].min() <= row["time_s"] <= timed["time_s"].max()
        if near.empty and inside and len(changes):
            ours = {"time_s": row["time_s"], "team_ours": row["team"], "player_id": row["player_id"], "player": ""}
            rows.append(_disagreement("not in the play-by-play", ours, "we have this player coming in"))
    columns = ["kind", "time_s", "team_ours", "player_id", "player", "what"]
    return pd.DataFrame(rows, columns=columns).sort_values("time_s", kind="stable", ignore_index=True)


def _disagreement(kind: str, row: Mapping[Any, Any], what: str) -> dict[str, object]:
    return {"kind": kind, **{name: row[name] for name in ("time_s", "team_ours", "player_id", "player")}, "what": what}
