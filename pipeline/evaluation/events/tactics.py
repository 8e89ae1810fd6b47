"""How right phases and matchups are, against the truth of a rendered game."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import InputError
from pipeline.evaluation.events.ball import Share
from pipeline.evaluation.events.lineups import true_ids

STEP_S = 0.25
"""Moments are compared so often."""


@dataclass(frozen=True)
class TacticsScores:
    """Shares of moments, and what was counted."""

    attacking: Share
    """Moments of true attacks in which the right team is said to attack."""
    phase: Share
    """Likewise, the right team and the right phase."""
    answered: Share
    """Likewise, in which anybody is said to attack."""
    guarded: Share
    """Pairs of true half-court play of which the right man is said."""
    sure_guarded: Share
    """The same of what is said at a confidence of 0.9 or more."""
    said: Share
    """Pairs of true half-court play of which anything is said."""
    matchups: Share
    """Seconds of the true table of matchups that are in ours as well."""
    possessions: Share
    """Possessions that were said, of the true ones; may be more."""

    def __add__(self, added: TacticsScores) -> TacticsScores:
        """Add the counts of another game."""
        return TacticsScores(*(getattr(self, each.name) + getattr(added, each.name) for each in fields(self)))


def score_tactics(tables: Mapping[str, pd.DataFrame], run: Path, truth: Path) -> TacticsScores:
    """Compare tables of a run with the truth.

    Args:
        tables: `phases`, `guards`, `matchups`, `team_tactics` and `players`.
        run: output directory of `courtside analyze`.
        truth: the rendered game.

    Raises:
        InputError: the truth does not say who guards whom.
    """
    if not (truth / "truth_guards.parquet").is_file():
        raise InputError(f"{truth} has no truth_guards.parquet; render the game again with courtside render-game")
    return compare_tactics(tables, truth, true_ids(run, truth))


def compare_tactics(tables: Mapping[str, pd.DataFrame], truth: Path, ids: Mapping[int, int]) -> TacticsScores:
    """Compare tables with the truth.

    Args:
        tables: `phases`, `guards`, `matchups`, `team_tactics` and `players`.
        truth: the rendered game.
        ids: true people by player_id.
    """
    frames, duties, people = (
        pd.read_parquet(truth / f"{name}.parquet") for name in ("frames", "truth_guards", "truth")
    )
    time_s = np.arange(frames["time_s"].iloc[0], frames["time_s"].iloc[-1], STEP_S)
    now = frames.iloc[np.minimum(np.searchsorted(frames["time_s"], time_s), len(frames) - 1)]
    attacks = now["attack"].notna().to_numpy()
    true_team, true_phase = (now[name].to_numpy(object) for name in ("possession", "attack"))
    names = _team_names(tables["players"], people, ids)
    phases = tables["phases"].assign(team=tables["phases"]["team"].map(names))
    said_team, said_phase = (_said(phases, name, time_s) for name in ("team", "kind"))
    right_team = (said_team == true_team) & attacks
    is_set = true_phase == "half-court"
    guards = tables["guards"].assign(
        id=_mapped(tables["guards"]["player_id"], ids), partner=_mapped(tables["guards"]["opponent_id"], ids)
    )
    pairs = [_compared(time_s[is_set], mine, guards[guards["id"] == who]) for who, mine in duties.groupby("id")]
    right, said, sure, sure_right, of = np.sum(pairs, axis=0) if pairs else np.zeros(5, int)
    return TacticsScores(
        Share(int(right_team.sum()), int(attacks.sum())),
        Share(int((right_team & (said_phase == true_phase)).sum()), int(attacks.sum())),
        Share(int((attacks & (said_team != None)).sum()), int(attacks.sum())),  # noqa: E711  element by element
        Share(int(right), int(said)),
        Share(int(sure_right), int(sure)),
        Share(int(said), int(of)),
        _matchups(duties, time_s[is_set], tables["matchups"], ids),
        Share(int(tables["team_tactics"]["possessions"].sum()), _true_possessions(now, attacks)),
    )


def _true_possessions(now: pd.DataFrame, attacks: np.ndarray) -> int:
    """Count changes of the attacking team."""
    team = now["possession"].to_numpy(object)[attacks]
    return int((team[1:] != team[:-1]).sum()) + 1 if len(team) else 0


def _team_names(players: pd.DataFrame, people: pd.DataFrame, ids: Mapping[int, int]) -> dict[str, str]:
    """Say which true team each team of the run is."""
    team_of = people.dropna(subset="team").drop_duplicates("id").set_index("id")["team"]
    members = players[players["role"] == "player"].dropna(subset="team")
    true = _mapped(members["player_id"], ids).map(team_of).to_numpy(object)
    votes = pd.crosstab(members["team"].to_numpy(object), true)
    return {str(team): str(votes.loc[team].idxmax()) for team in votes.index}


def _mapped(player_ids: pd.Series, ids: Mapping[int, int]) -> pd.Series:
    return player_ids.map(lambda who: ids.get(int(who), -1)).astype(np.int64)


def _covering(spells: pd.DataFrame, time_s: np.ndarray) -> np.ndarray:
    """Return the row (t,) of the stretch that each time is in; -1 where it is in none."""
    if spells.empty:
        return np.full(len(time_s), -1)
    row = np.searchsorted(spells["start_s"].to_numpy(), time_s, side="right") - 1
    inside = (row >= 0) & (time_s < spells["end_s"].to_numpy()[np.maximum(row, 0)])
    return np.where(inside, row, -1)


def _said(phases: pd.DataFrame, name: str, time_s: np.ndarray) -> np.ndarray:
    """Look up (t,) a column of the table `phases`; None outside of it."""
    row = _covering(phases, time_s)
    said = np.full(len(time_s), None, object)
    said[row >= 0] = phases[name].to_numpy(object)[row[row >= 0]]
    return said


def _compared(time_s: np.ndarray, true: pd.DataFrame, said: pd.DataFrame) -> tuple[int, int, int, int, int]:
    """Compare one defender's men at some times: right, said, sure, right of the sure, all."""
    true, said = (table.sort_values("start_s") for table in (true, said))
    row, ours = _covering(true, time_s), _covering(said, time_s)
    both = (row >= 0) & (ours >= 0)
    if not len(said):
        return 0, 0, 0, 0, int((row >= 0).sum())
    right = both & (true["partner"].to_numpy()[row] == said["partner"].to_numpy()[ours])
    sure = both & (said["confidence"].to_numpy()[ours] >= 0.9)
    return int(right.sum()), int(both.sum()), int(sure.sum()), int((right & sure).sum()), int((row >= 0).sum())


def _matchups(duties: pd.DataFrame, time_s: np.ndarray, matchups: pd.DataFrame, ids: Mapping[int, int]) -> Share:
    """Compare seconds pair by pair."""
    true: dict[tuple[int, int], float] = {}
    for who, man, start_s, end_s in duties[["id", "partner", "start_s", "end_s"]].itertuples(index=False):
        key = int(who), int(man)
        true[key] = true.get(key, 0.0) + STEP_S * int(((time_s >= start_s) & (time_s < end_s)).sum())
    ours = dict(
        zip(
            zip(_mapped(matchups["player_id"], ids), _mapped(matchups["opponent_id"], ids), strict=True),
            matchups["guarded_s"],
            strict=True,
        )
    )
    both = sum(min(seconds, ours.get(pair, 0.0)) for pair, seconds in true.items())
    return Share(round(both), round(sum(true.values())))
