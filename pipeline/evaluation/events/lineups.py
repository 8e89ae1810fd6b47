"""How right line-ups and substitutions are, against the stints of a rendered game."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from pipeline.errors import InputError
from pipeline.evaluation.boxes import match, pair
from pipeline.evaluation.found import read_found
from pipeline.evaluation.truth import read_truth
from pipeline.store import RunDirectory
from pipeline.tables import FIVE_COLUMNS, TableName

STEP_S = 0.5
"""Line-ups are compared so often."""
NEAR_S = 3.0
"""A substitution counts as found within so many seconds."""
DEAD_BALL_S = 15.0
"""Of several at one dead ball nobody can say who went out for whom: who went out did so within so many seconds."""
_BOXES_FPS = 1.0


@dataclass(frozen=True)
class LineupScores:
    """Shares from 0 to 1, NaN where there is nothing to measure."""

    right_live: float
    """Share of the time with the ball in play, both teams', in which exactly the right five were said to be on the floor."""
    right: float
    """The same over all time but breaks and time-outs."""
    places: float
    """Share of the places on the floor, of the same time, under the right player."""
    substitutions: int
    """True ones."""
    found: int
    """True ones for which it was found within 3 s who came in, and who went out at that dead ball."""
    sure: int
    """Substitutions that were given as sure."""
    sure_right: int
    """Of these, those of which it is true that this player came in within 3 s, and that player went out at that dead ball."""
    live_right: float
    """Share of the time for which it was rightly said whether the ball is in play."""
    calibration: tuple[tuple[float, float, float], ...]
    """By confidence of the line-up: lower edge, seconds, share of them that is right."""


def score_lineups(run: Path, truth: Path) -> LineupScores:
    """Score the line-ups of a run.

    Args:
        run: output directory of `courtside analyze`.
        truth: the rendered game.

    Raises:
        InputError: the truth has no stints.
    """
    folder = RunDirectory(run)
    names: tuple[TableName, ...] = ("lineups", "events", "play")
    tables = {str(name): folder.read_table(name) for name in names}
    return compare_lineups(tables, truth, true_ids(run, truth))


def true_ids(run: Path, truth: Path) -> dict[int, int]:
    """Map the player_ids of a run to the true people, so that the most boxes agree."""
    people, found = read_truth(truth), read_found(run).people.players()
    boxes, _, _ = people.boxes()
    every = max(1, round(1 / (_BOXES_FPS * np.diff(people.frames["time_s"].to_numpy()[:2]).mean())))
    frames = people.frames["frame"].to_numpy(np.int64)[::every]
    matches = match(pair(boxes, found.boxes, frames))
    true, said = boxes.identity[matches.truth_row], found.boxes.identity[matches.found_row]
    votes = pd.crosstab(said, true)
    rows, columns = linear_sum_assignment(votes.to_numpy(), maximize=True)
    return dict(zip(votes.index[rows].astype(int).tolist(), votes.columns[columns].astype(int).tolist(), strict=True))


def compare_lineups(tables: Mapping[str, pd.DataFrame], truth: Path, ids: Mapping[int, int]) -> LineupScores:
    """Compare the tables `lineups`, `events` and `play` with the truth.

    Args:
        tables: by name.
        truth: the rendered game.
        ids: player_id to true id.

    Raises:
        InputError: the truth has no stints.
    """
    if not (truth / "truth_stints.parquet").is_file():
        raise InputError(f"{truth} has no truth_stints.parquet; render the game again with courtside render-game")
    stints, frames = (pd.read_parquet(truth / f"{name}.parquet") for name in ("truth_stints", "frames"))
    time_s = np.arange(frames["time_s"].iloc[0], frames["time_s"].iloc[-1], STEP_S)
    now = frames.iloc[np.minimum(np.searchsorted(frames["time_s"], time_s), len(frames) - 1)]
    live, playing = now["live"].to_numpy(bool), ~now["state"].isin(["break", "time-out"]).to_numpy()
    right, places, confidence = _compared_fives(time_s, stints, tables["lineups"], ids)
    substitutions = tables["events"][tables["events"]["kind"] == "substitution"]
    true_changes = stints.dropna(subset="partner")
    sure = substitutions[substitutions["status"] == "sure"]
    return LineupScores(
        right_live=_mean(right[:, live]),
        right=_mean(right[:, playing]),
        places=_mean(places[:, playing]),
        substitutions=len(true_changes),
        found=_found(true_changes, substitutions, ids),
        sure=len(sure),
        sure_right=_true(sure, true_changes, ids),
        live_right=_mean(_said_live(time_s, tables["play"]) == live),
        calibration=_calibration(right[:, live], confidence[:, live]),
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _compared_fives(
    time_s: np.ndarray, stints: pd.DataFrame, lineups: pd.DataFrame, ids: Mapping[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compare both teams at times (t,): right (2, t), share of the places that is right (2, t), confidence (2, t)."""
    teams = sorted(stints["team"].unique())
    team_of = dict(zip(stints["id"].astype(int), stints["team"], strict=True))
    right, places = np.zeros((2, len(time_s)), bool), np.zeros((2, len(time_s)))
    confidence = np.zeros((2, len(time_s)))
    rows = lineups.to_dict("records")
    for k, at_s in enumerate(time_s.tolist()):
        said: dict[str, list[int]] = {team: [] for team in teams}
        for row in (row for row in rows if row["start_s"] <= at_s < row["end_s"]):
            people = [ids.get(int(row[name]), -1) for name in FIVE_COLUMNS if not pd.isna(row[name])]
            team = pd.Series([team_of.get(person, "") for person in people]).mode()
            if len(team) and team[0] in said:
                said[str(team[0])] += people
                confidence[teams.index(str(team[0])), k] = row["confidence"]
        on = stints[(stints["start_s"] <= at_s) & (stints["end_s"] > at_s)]
        for j, team_name in enumerate(teams):
            five = set(on.loc[on["team"] == team_name, "id"].astype(int))
            right[j, k] = set(said[team_name]) == five
            places[j, k] = len(five & set(said[team_name])) / max(len(five), 1)
    return right, places, confidence


def _said_live(time_s: np.ndarray, play: pd.DataFrame) -> np.ndarray:
    """Look up (t,) whether the ball is said to be in play."""
    row = np.clip(np.searchsorted(play["start_s"].to_numpy(), time_s, side="right") - 1, 0, None)
    return np.asarray((play["state"] == "live").to_numpy()[row])


def _found(true_changes: pd.DataFrame, said: pd.DataFrame, ids: Mapping[int, int]) -> int:
    """Count true substitutions that were found: both who came in and who went out changed within 3 s."""
    return sum(
        _near(said["player_id"], said["time_s"] - at_s, int(person), NEAR_S, ids)
        and _near(said["partner_id"], said["time_s"] - at_s, int(partner), DEAD_BALL_S, ids)
        for person, partner, at_s in true_changes[["id", "partner", "start_s"]].itertuples(index=False)
    )


def _near(people: pd.Series, later_s: pd.Series, true_id: int, most_s: float, ids: Mapping[int, int]) -> bool:
    named = people.map(lambda person: ids.get(int(person), -1), na_action="ignore") == true_id
    return bool((named.fillna(False).astype(bool) & (later_s.abs() <= most_s)).any())


def _true(said: pd.DataFrame, true_changes: pd.DataFrame, ids: Mapping[int, int]) -> int:
    """Count substitutions that are true: who is said to come in did, and who is said to go out did, within 3 s."""
    count = 0
    for person, partner, at_s in said[["player_id", "partner_id", "time_s"]].dropna().itertuples(index=False):
        away_s = (true_changes["start_s"] - at_s).abs()
        came = ids.get(int(person)) in set(true_changes.loc[away_s <= NEAR_S, "id"].astype(int))
        gone = set(true_changes.loc[away_s <= DEAD_BALL_S, "partner"].astype(int))
        count += bool(came and ids.get(int(partner)) in gone)
    return count


def _calibration(right: np.ndarray, confidence: np.ndarray) -> tuple[tuple[float, float, float], ...]:
    """Group by confidence."""
    edges = (0.0, 0.5, 0.8, 0.9, 0.95)
    group = np.digitize(confidence, edges[1:])
    return tuple((edge, STEP_S * int((group == k).sum()), _mean(right[group == k])) for k, edge in enumerate(edges))
