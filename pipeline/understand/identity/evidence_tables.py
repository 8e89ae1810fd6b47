"""The evidence for each tracklet and each player as tables: for the report, and for whoever wants to check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.numbers.texts import TEXTS
from pipeline.tables import conform
from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.features.numbers import NumberEvidence
from pipeline.understand.features.teams import TEAMS, TeamEvidence
from pipeline.understand.grouping.joint import affinity
from pipeline.understand.grouping.problem import AppearanceProblem, GroupingProblem
from pipeline.understand.identity.assignment import Assignment
from pipeline.understand.identity.given_numbers import agreeing_shares, number_confidence
from pipeline.understand.identity.identity_evidence import IdentityEvidence

_SURE_ODDS = 100.0
"""Odds from which on two numbers are named as what keeps players apart."""
_MIN_PROBABILITY = 0.01
"""Of a number that is listed among a player's though no read has it as the likeliest."""


def evidence_tables(
    evidence: IdentityEvidence, assignment: Assignment, player_of: NDArray[np.int64], players: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make the tables `tracklets`, `player_evidence` and `number_votes`.

    Args:
        evidence: of n tracklets.
        assignment: of the same.
        player_of: (n,) player id of each tracklet, -1 for nobody.
        players: table `players`.
    """
    player = np.maximum(player_of, 0) - 1  # (n,) from 0
    player_of_person = np.full(len(players) + 1, -1)
    player_of_person[assignment.person[player >= 0]] = player[player >= 0]
    return (
        _tracklet_table(evidence, assignment, player_of_person),
        _player_table(evidence, player, players),
        _vote_table(evidence, player, len(players)),
    )


def _tracklet_table(
    evidence: IdentityEvidence, assignment: Assignment, player_of_person: NDArray[np.int64]
) -> pd.DataFrame:
    """Make the table `tracklets`; `player_of_person` (people + 1,) from 0, the last stands for nobody."""
    team, team_confidence = _teams(evidence.features.teams, assignment.role == "player")
    number, number_sure = _numbers(evidence.features.numbers, evidence.features.numbers.confidence())
    posterior = assignment.posterior.renumbered(player_of_person)
    table = pd.DataFrame(
        {
            "track_id": evidence.tracklets.track_id,
            "seen_s": evidence.tracklets.seen_s,
            "role": assignment.role,
            "team": team,
            "team_confidence": team_confidence,
            "number": number,
            "number_confidence": number_sure,
            "likeliest": _player_ids(posterior.likeliest),
            "likeliest_confidence": posterior.likeliest_probability,
            "runner_up": _player_ids(posterior.runner_up),
            "runner_up_confidence": posterior.runner_up_probability,
        }
    )
    return conform("tracklets", table.sort_values("track_id"))


def _player_table(evidence: IdentityEvidence, player: NDArray[np.int64], players: pd.DataFrame) -> pd.DataFrame:
    """Make the table `player_evidence`; `player` (n,) is the player id less 1, -1 for nobody."""
    count = len(players)
    read = evidence.features.numbers
    agreeing = agreeing_shares(read, player, count)
    numbers = read.of_groups(player, count)
    teams = evidence.features.teams.of_groups(player, count)
    likelier, team_confidence = _teams(teams, players["team"].notna().to_numpy())
    team = players["team"].to_numpy(object)
    nearest, log_odds = _nearest(evidence.problem, player, count)
    together_s = _together_s(evidence.tracklets, player, count)
    rows = np.arange(count)
    table = pd.DataFrame(
        {
            "player_id": players["player_id"].to_numpy(),
            "tracklets": np.bincount(player[player >= 0], minlength=count),
            "team_confidence": np.where(team == likelier, team_confidence, 1 - team_confidence),
            "number_confidence": _numbers(numbers, number_confidence(numbers, agreeing))[1],
            "nearest": _player_ids(nearest),
            "nearest_log_odds": log_odds,
            "together_s": np.where(nearest >= 0, together_s[rows, nearest], np.nan),
            "kept_apart_by": [
                None if j < 0 else _reason(evidence, player, (i, int(j)), together_s[i, j])
                for i, j in enumerate(nearest)
            ],
        }
    )
    return conform("player_evidence", table)


def _vote_table(evidence: IdentityEvidence, player: NDArray[np.int64], count: int) -> pd.DataFrame:
    """Make the table `number_votes` of `count` players; `player` (n,) is the player id less 1, -1 for nobody."""
    agreeing = agreeing_shares(evidence.features.numbers, player, count)
    numbers = evidence.features.numbers.of_groups(player, count)
    read = numbers.votes.sum(axis=1) > 0
    probability = np.where(read[:, None], number_confidence(numbers, agreeing), 0.0)  # (count, 101)
    row, text = np.nonzero((numbers.votes > 0) | (probability >= _MIN_PROBABILITY))
    table = pd.DataFrame(
        {
            "player_id": row + 1,
            "number": [TEXTS[index] for index in text],
            "reads": numbers.votes[row, text],
            "probability": probability[row, text],
        }
    )
    return conform("number_votes", table.astype({"number": object}))


def _teams(teams: TeamEvidence, players: NDArray[np.bool_]) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Give the likelier team (n,) and its probability; None and NaN for who is no player or where jerseys are alike."""
    team, probability = teams.team()
    decided = players & (teams.colours is not None)
    return _texts(TEAMS, np.where(decided, team, -1)), np.where(decided, probability, np.nan)


def _numbers(
    numbers: NumberEvidence, probability: NDArray[np.float64]
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Give the likeliest number (n,) and its probability (of n, 101); None and NaN where nothing was read."""
    read = numbers.votes.sum(axis=1) > 0
    likeliest = probability.argmax(axis=1)
    sure = np.where(read, probability[np.arange(len(probability)), likeliest], np.nan)
    return _texts(TEXTS, np.where(read, likeliest, -1)), sure


def _texts(texts: Sequence[str], index: NDArray[np.int64]) -> NDArray[np.object_]:
    """Look texts up by their index (n,), -1 being None."""
    return np.array([*texts, None], dtype=object)[index]


def _player_ids(player: NDArray[np.int64]) -> pd.Series:
    """Turn players from 0 into player ids, -1 into none."""
    return pd.Series(player + 1, dtype="Int64").where(pd.Series(player >= 0))


def _nearest(
    problem: GroupingProblem, player: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find for each player the one who is most likely the same (count,), and the log-odds; -1 and NaN without any."""
    if count < 2 or not isinstance(problem, AppearanceProblem):
        return np.full(count, -1), np.full(count, np.nan)
    log_odds = affinity(problem, player, count)
    np.fill_diagonal(log_odds, -np.inf)
    nearest = log_odds.argmax(axis=1)
    return nearest, log_odds[np.arange(count), nearest]


def _together_s(tracklets: TrackletEvidence, player: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Give the seconds (count, count) that two players are both in the picture."""
    owner = np.repeat(player, tracklets.boxes())
    frames, column = np.unique(tracklets.frame, return_inverse=True)
    present = np.zeros((count, len(frames)), dtype=np.float32)
    present[owner[owner >= 0], column[owner >= 0]] = 1.0
    return np.asarray((present @ present.T) * tracklets.step_s, dtype=np.float64)


def _reason(evidence: IdentityEvidence, player: NDArray[np.int64], pair: tuple[int, int], together_s: float) -> str:
    """Say what keeps two players apart, the hardest reason first.

    Args:
        evidence: of n tracklets.
        player: (n,) player of each tracklet.
        pair: the two.
        together_s: time that both are in the picture.
    """
    features, cannot_link = evidence.features, evidence.constraints.cannot_link
    between = np.ix_(player == pair[0], player == pair[1])
    if cannot_link.size and cannot_link[between].any():
        return "correction"
    if together_s > 0:
        return "together"
    group = np.where(player == pair[0], 0, np.where(player == pair[1], 1, -1))
    if len(features.numbers.of_groups(group, 2).contradictions(_SURE_ODDS)[0]):
        return "number"
    teams = features.teams.of_groups(group, 2)
    if np.any(teams.referee() != teams.referee()[0]) or (teams.colours is not None and len(set(teams.team()[0])) > 1):
        return "jersey"
    return "reach" if features.cannot_link[between].any() else "evidence"
