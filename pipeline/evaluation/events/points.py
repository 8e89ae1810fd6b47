"""How right the points are that the scoreboard told, against the true score of a rendered game."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import InputError
from pipeline.evaluation.events.lineups import true_ids
from pipeline.store import RunDirectory

NEAR_S = 3.0
"""Points are dated right within so many seconds."""


@dataclass(frozen=True)
class PointScores:
    """Counts of baskets and free throws."""

    made: int
    """True ones."""
    found: int
    """Of these, those told with team and worth within 3 s, as sure."""
    sure: int
    """Told as sure."""
    sure_right: int
    """Of these, those of which team, worth and time are true."""


def score_points(run: Path, truth: Path) -> PointScores:
    """Score the points of a run.

    Args:
        run: output directory of `courtside analyze`.
        truth: the rendered game.

    Raises:
        InputError: the truth has no score.
    """
    paths = [truth / f"{name}.parquet" for name in ("frames", "truth_stints")]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise InputError(f"{missing[0]} does not exist; render the game again with courtside render-game")
    frames, stints = map(pd.read_parquet, paths)
    folder, true_team = RunDirectory(run), stints.set_index("id")["team"].to_dict()
    players = folder.read_table("players").assign(true_id=lambda table: table["player_id"].map(true_ids(run, truth)))
    players = players.assign(true_team=players["true_id"].map(true_team)).dropna(subset=["team", "true_team"])
    teams = {str(team): str(of["true_team"].mode()[0]) for team, of in players.groupby("team")}
    return compare_points(folder.read_table("events"), true_points(frames), teams)


def true_points(frames: pd.DataFrame) -> pd.DataFrame:
    """List when which team scored how much: time_s, team, points.

    Args:
        frames: of the truth, with the score of both teams.
    """
    gains = pd.concat(
        frames[["time_s"]].assign(team=team, points=frames[f"score_{team.lower()}"].diff()) for team in ("A", "B")
    )
    return gains[gains["points"] > 0].sort_values("time_s", ignore_index=True)


def compare_points(given: pd.DataFrame, true: pd.DataFrame, teams: Mapping[str, str]) -> PointScores:
    """Compare points told with true ones, each of which is told once at most.

    Args:
        given: table `events`.
        true: as of `true_points`.
        teams: of the run -> of the truth.
    """
    sure = given[(given["kind"] == "points") & (given["status"] == "sure")]
    free = np.ones(len(true), dtype=bool)
    for row in sure.to_dict("records"):
        fits = free & (true["team"] == teams.get(row["team"], "")) & (true["points"] == row["points"])
        away_s = np.abs(true["time_s"].to_numpy(np.float64) - row["time_s"])
        near = np.flatnonzero(fits.to_numpy() & (away_s <= NEAR_S))
        if len(near):
            free[near[np.argmin(away_s[near])]] = False
    found = int((~free).sum())
    return PointScores(len(true), found, len(sure), found)
