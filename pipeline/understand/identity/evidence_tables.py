"""What speaks for each tracklet and each player, as tables: for the report, and for whoever wants to check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.numbers.texts import TEXTS
from pipeline.tables import conform
from pipeline.understand.features.collect import Known
from pipeline.understand.features.corrections import Wishes
from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.features.numbers import NumberEvidence
from pipeline.understand.features.teams import TEAMS, Sides
from pipeline.understand.grouping.joint import affinity
from pipeline.understand.identity.confidence import Chances

_SURE_ODDS = 100.0
"""Odds from which on two numbers are named as what keeps players apart."""
_LEAST_PROBABILITY = 0.01
"""Of a number that is listed among a player's though no read has it as the likeliest."""


def tracklet_table(known: Known, role: NDArray[Any], who: Chances) -> pd.DataFrame:
    """Make the table `tracklets`.

    Args:
        known: of n tracklets.
        role: (n,) player, referee, bench, coach or crowd.
        who: person p being player p + 1.
    """
    team, team_confidence = _teams(known.sides, role == "player")
    number, number_confidence = _numbers(known.numbers)
    table = pd.DataFrame(
        {
            "track_id": known.evidence.track_id,
            "seen_s": known.evidence.seen_s,
            "role": role,
            "team": team,
            "team_confidence": team_confidence,
            "number": number,
            "number_confidence": number_confidence,
            "likeliest": _player_ids(who.likeliest),
            "likeliest_confidence": who.likeliest_chance,
            "runner_up": _player_ids(who.runner_up),
            "runner_up_confidence": who.runner_up_chance,
        }
    )
    return conform("tracklets", table.sort_values("track_id"))


def player_table(known: Known, person: NDArray[np.int64], players: pd.DataFrame, wishes: Wishes) -> pd.DataFrame:
    """Make the table `player_evidence`.

    Args:
        known: of n tracklets.
        person: (n,) player id less 1; -1 for nobody.
        players: table `players`.
        wishes: of the same tracklets.
    """
    count = len(players)
    numbers, sides = known.numbers.of_groups(person, count), known.sides.of_groups(person, count)
    team, team_confidence = _teams(sides, players["team"].notna().to_numpy())
    given = players["team"].to_numpy(object)
    nearest, log_odds = _nearest(known, person, count)
    together_s = _together_s(known.evidence, person, count)
    rows = np.arange(count)
    table = pd.DataFrame(
        {
            "player_id": players["player_id"].to_numpy(),
            "tracklets": np.bincount(person[person >= 0], minlength=count),
            "team_confidence": np.where(given == team, team_confidence, 1 - team_confidence),
            "number_confidence": _numbers(numbers)[1],
            "nearest": _player_ids(nearest),
            "nearest_log_odds": log_odds,
            "together_s": np.where(nearest >= 0, together_s[rows, nearest], np.nan),
            "kept_apart_by": [
                None if other < 0 else _reason(known, person, wishes, one, int(other), together_s[one, other])
                for one, other in enumerate(nearest)
            ],
        }
    )
    return conform("player_evidence", table)


def vote_table(known: Known, person: NDArray[np.int64], count: int) -> pd.DataFrame:
    """Make the table `number_votes` of `count` players; `person` (n,) is the player id less 1, -1 for nobody."""
    numbers = known.numbers.of_groups(person, count)
    read = numbers.votes.sum(axis=1) > 0
    chance = np.where(read[:, None], numbers.posterior(), 0.0)
    player, text = np.nonzero((numbers.votes > 0) | (chance >= _LEAST_PROBABILITY))
    table = pd.DataFrame(
        {
            "player_id": player + 1,
            "number": [TEXTS[one] for one in text],
            "reads": numbers.votes[player, text],
            "probability": chance[player, text],
        }
    )
    return conform("number_votes", table.astype({"number": object}))


def _teams(sides: Sides, players: NDArray[np.bool_]) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Give the likelier team (n,) and its probability; None and NaN for who is no player or where there is one kit."""
    team, chance = sides.team()
    told = players & (sides.kits is not None)
    return _texts(TEAMS, np.where(told, team, -1)), np.where(told, chance, np.nan)


def _numbers(numbers: NumberEvidence) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Give the likeliest number (n,) and its probability; None and NaN where nothing was read."""
    read = numbers.votes.sum(axis=1) > 0
    chance = numbers.posterior()
    likeliest = chance.argmax(axis=1)
    sure = np.where(read, chance[np.arange(len(chance)), likeliest], np.nan)
    return _texts(TEXTS, np.where(read, likeliest, -1)), sure


def _texts(known: Sequence[str], place: NDArray[np.int64]) -> NDArray[np.object_]:
    """Look texts up by their place (n,), -1 being None."""
    return np.array([*known, None], dtype=object)[place]


def _player_ids(person: NDArray[np.int64]) -> pd.Series:
    """Turn people from 0 into player ids, -1 into none."""
    return pd.Series(person + 1, dtype="Int64").where(pd.Series(person >= 0))


def _nearest(known: Known, person: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find for each player the other who is most likely the same (count,), and the log-odds; -1 and NaN without any."""
    if count < 2 or known.looks is None:
        return np.full(count, -1), np.full(count, np.nan)
    odds = affinity(known.problem, person, count)
    np.fill_diagonal(odds, -np.inf)
    nearest = odds.argmax(axis=1)
    return nearest, odds[np.arange(count), nearest]


def _together_s(evidence: TrackletEvidence, person: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Give the seconds (count, count) that two players are both in the picture."""
    owner = np.repeat(person, evidence.boxes())
    frames, column = np.unique(evidence.frame, return_inverse=True)
    present = np.zeros((count, len(frames)), dtype=np.float32)
    present[owner[owner >= 0], column[owner >= 0]] = 1.0
    return np.asarray((present @ present.T) * evidence.step_s, dtype=np.float64)


def _reason(known: Known, person: NDArray[np.int64], wishes: Wishes, one: int, other: int, together_s: float) -> str:
    """Say what keeps two players apart, the hardest reason first."""
    pair = np.ix_(person == one, person == other)
    if wishes.apart.size and wishes.apart[pair].any():
        return "correction"
    if together_s > 0:
        return "together"
    numbers = known.numbers.of_groups(np.where(person == one, 0, np.where(person == other, 1, -1)), 2)
    if len(numbers.contradictions(_SURE_ODDS)[0]):
        return "number"
    sides = known.sides.of_groups(np.where(person == one, 0, np.where(person == other, 1, -1)), 2)
    if np.any(sides.referee() != sides.referee()[0]) or (sides.kits is not None and len(set(sides.team()[0])) > 1):
        return "jersey"
    return "reach" if known.apart[pair].any() else "evidence"
