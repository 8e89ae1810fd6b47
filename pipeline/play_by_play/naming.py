"""Who our players are by a play-by-play: whoever is on the floor when the file has him there, over all substitutions.

A number that was read says who somebody is; where none was, the times at which he came and went do, as they differ from player to player.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Floats = NDArray[np.float64]

STEP_S = 1.0
EVIDENCE_S = 15.0
"""So much time on which the floor of the file and ours disagree counts as odds of e: seconds in a row are much alike, and ours are not always right."""
EDGE_S = 8.0
"""About a substitution it is not said who is on the floor: the officials' and ours are some seconds apart."""
SURE = 0.9
"""A suggestion of at least this confidence is worth following."""
TEAMS = ("A", "B")
COLUMNS = (
    "team_ours",
    "player_id",
    "number_ours",
    "team",
    "number",
    "player",
    "agrees_s",
    "differs_s",
    "confidence",
    "status",
)


@dataclass(frozen=True)
class OfficialPlayer:
    """Somebody of the file."""

    team: str
    number: str
    player: str


def suggest_names(
    events: pd.DataFrame, players: pd.DataFrame, stints: pd.DataFrame, teams: Mapping[str, str]
) -> pd.DataFrame:
    """Find who our players are, by when they are on the floor.

    Args:
        events: as `align` gives them: period, time_s, latest_s, team, number, player, event.
        players: table `players`.
        stints: table `stints`.
        teams: team of the file to ours; where it does not say, the way round that agrees better is taken.

    Returns:
        One row per player of ours that the file has somebody for: who that is, for how long the file and we agree and differ about his being on the
        floor, a confidence, and a status: `sure`, or `candidate`.
    """
    timed = events[events["time_s"].notna() & ((events["player"] != "") | (events["number"] != ""))]
    members = players[players["role"] == "player"].dropna(subset="team")
    names = [team for team in dict.fromkeys(timed["team"]) if team][:2]
    if timed.empty or members.empty or len(names) < 2:
        return pd.DataFrame(columns=list(COLUMNS))
    time_s, floor, official = _official_floor(timed)
    ours = _our_floor(stints, members["player_id"].tolist(), time_s)
    ways = [teams] if len(teams) == 2 else [dict(zip(names, way, strict=True)) for way in (TEAMS, TEAMS[::-1])]
    found = [_paired(members, ours, official, floor, way) for way in ways]
    best = max(found, key=lambda pairs: pairs["agrees_s"].sum() - pairs["differs_s"].sum())
    if len(found) == 2:
        gap_s = [float(pairs["agrees_s"].sum() - pairs["differs_s"].sum()) for pairs in found]
        sure = 1 / (1 + np.exp(-abs(gap_s[0] - gap_s[1]) / EVIDENCE_S / 2))
        best = best.assign(confidence=best["confidence"] * sure)
    return best.assign(status=np.where(best["confidence"] >= SURE, "sure", "candidate"))[list(COLUMNS)]


def _official_floor(timed: pd.DataFrame) -> tuple[Floats, Floats, list[OfficialPlayer]]:
    """Say who the file has on the floor: times (t,), 1, 0 or NaN (t, m) and m people.

    In each period the first line about somebody says where he was before it: who comes in was on the bench, who does anything else was on the floor. Of
    somebody without a line in a period nothing is known, as changes between periods are in no file; nor about changes themselves.
    """
    people = list(dict.fromkeys(zip(timed["team"], timed["number"], timed["player"], strict=True)))
    people = _without_doubles(people)
    parts, floors = [], []
    for _, rows in timed.groupby("period", sort=True):
        start_s, end_s = float(rows["time_s"].min()), float(rows["latest_s"].max())
        at = np.arange(start_s, end_s, STEP_S)
        floor = np.full((len(at), len(people)), np.nan)
        for k, (team, number, player) in enumerate(people):
            is_his = (rows["team"] == team) & (rows["number"] == number if number else rows["player"] == player)
            floor[:, k] = _presence(rows[is_his].sort_values("time_s", kind="stable"), at)
        parts.append(at)
        floors.append(floor)
    return np.concatenate(parts), np.vstack(floors), [OfficialPlayer(*person) for person in people]


def _without_doubles(people: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Keep one entry per team and number, or name where there is no number."""
    kept: dict[tuple[str, str], tuple[str, str, str]] = {}
    for team, number, player in people:
        key = (team, number or player)
        if key not in kept or (player and not kept[key][2]):
            kept[key] = (team, number, player)
    return list(kept.values())


def _presence(rows: pd.DataFrame, time_s: Floats) -> Floats:
    """Say when (t,) in a period somebody is on the floor, by his lines in order of time: 1, 0, or NaN about changes and where nothing is said."""
    on = np.full(len(time_s), np.nan)
    if rows.empty:
        return on
    state = 0.0 if rows["event"].iloc[0] == "in" else 1.0
    on[:] = state
    changes = rows[rows["event"].isin(["in", "out"])]
    for end_s, event in changes[["latest_s", "event"]].itertuples(index=False):
        on[time_s >= end_s] = 1.0 if event == "in" else 0.0
    for begin_s, end_s in changes[["time_s", "latest_s"]].itertuples(index=False):
        on[(time_s >= begin_s - EDGE_S) & (time_s <= end_s + EDGE_S)] = np.nan
    return on


def _our_floor(stints: pd.DataFrame, player_ids: Sequence[int], time_s: Floats) -> Floats:
    """Say when (t, p) our players are on the floor: 1 or 0."""
    floor = np.zeros((len(time_s), len(player_ids)))
    place = {int(player): k for k, player in enumerate(player_ids)}
    for player, start_s, end_s in stints[["player_id", "start_s", "end_s"]].itertuples(index=False):
        if int(player) in place:
            floor[(time_s >= start_s) & (time_s < end_s), place[int(player)]] = 1.0
    return floor


def _paired(
    members: pd.DataFrame, ours: Floats, official: Sequence[OfficialPlayer], floor: Floats, teams: Mapping[str, str]
) -> pd.DataFrame:
    """Pair our players with the file's, team by team, so that most time agrees; whose number was read is who wears it."""
    agrees = STEP_S * np.nansum(ours[:, :, None] == floor[:, None], axis=0)  # (p, m)
    differs = STEP_S * (np.isfinite(floor).sum(axis=0)[None] - agrees / STEP_S)
    rows = []
    for team, side in teams.items():
        mine = np.flatnonzero((members["team"] == side).to_numpy())
        theirs = [k for k, person in enumerate(official) if person.team == team]
        if not len(mine) or not theirs:
            continue
        worth = (agrees - differs)[np.ix_(mine, np.array(theirs))] / EVIDENCE_S
        worth += _of_numbers(members.iloc[mine], [official[k] for k in theirs])
        for first, second, sure in _assigned(worth):
            person, who = official[theirs[second]], members.iloc[mine[first]]
            rows.append(
                {"team_ours": side, "player_id": int(who["player_id"]), "number_ours": who["number"]}
                | {**vars(person), "confidence": sure}
                | {"agrees_s": agrees[mine[first], theirs[second]], "differs_s": differs[mine[first], theirs[second]]}
            )
    return pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "status"])


def _of_numbers(members: pd.DataFrame, official: Sequence[OfficialPlayer]) -> Floats:
    """Say what numbers that were read speak for and against each pair (p, m), log-odds."""
    read = [number if isinstance(number, str) else "" for number in members["number"]]
    table = np.zeros((len(read), len(official)))
    for i, number in enumerate(read):
        for k, person in enumerate(official):
            if number and person.number:
                table[i, k] = 20.0 if number == person.number else -20.0
    return table


def _assigned(worth: Floats) -> list[tuple[int, int, float]]:
    """Pair rows with columns so that the sum of `worth` (p, m) is greatest, with the odds of each pair against the best without it."""
    rows, columns = linear_sum_assignment(worth, maximize=True)
    best = float(worth[rows, columns].sum())
    found = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        without = worth.copy()
        without[row, column] = 0.0  # nobody is named so
        second = linear_sum_assignment(without, maximize=True)
        margin = best - float(without[second].sum())
        found.append((row, column, float(1 / (1 + np.exp(-np.clip(margin, -50.0, 50.0))))))
    return found


def new_numbers(names: pd.DataFrame) -> dict[int, str]:
    """Return the numbers, by player_id, that are sure and that we do not have.

    Args:
        names: as `suggest_names` gives them.
    """
    is_new = (names["status"] == "sure") & (names["number"] != "") & (names["number"] != names["number_ours"])
    return {int(row["player_id"]): str(row["number"]) for row in names[is_new].to_dict("records")}
