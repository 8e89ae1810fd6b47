"""The stage `tactics`: positions, line-ups and the ball -> phases, who guards whom, matchups, and sums per team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from pipeline.geometry.court import Court
from pipeline.tables import ALL, GUARDS, MATCHUPS, PHASES, TableName, conform
from pipeline.understand.tactics.guards import GuardedSpell, find_guards
from pipeline.understand.tactics.moments import MOMENT_S, TEAMS, Floats, LiveMoments, read_moments
from pipeline.understand.tactics.phases import Attacks, find_attacks
from pipeline.understand.tactics.spacing import mean_shape, shapes

NAMES: tuple[TableName, ...] = ("phases", "guards", "matchups", "team_tactics")
GAME_MIN = {"nba": 48.0}
"""Minutes to which the pace is brought (NBA: its glossary of statistics); 40 elsewhere."""
LEAST_PACE_S = 60.0
"""Of live time, for the pace."""
SHORTEST_POSSESSION_S = 2.0
"""A shorter one is somebody who touched the ball, and is not counted."""


@dataclass(frozen=True)
class TacticsInput:
    """The tables of the run."""

    players: pd.DataFrame
    positions: pd.DataFrame
    periods: pd.DataFrame
    play: pd.DataFrame
    stints: pd.DataFrame
    ball: pd.DataFrame
    possessions: pd.DataFrame


def find_tactics(tables: TacticsInput, court: Court) -> Mapping[TableName, pd.DataFrame]:
    """Find phases and matchups.

    Args:
        tables: of one game; those of the ball may be empty.
        court: that is played on.

    Returns:
        Tables `phases`, `guards`, `matchups` and `team_tactics`; empty where it is not known who is where on the floor or who attacks which
        basket, and on a court with one basket.
    """
    members = tables.players[tables.players["role"] == "player"].dropna(subset="team")
    team_of = dict(zip(members["player_id"].astype(int), members["team"].astype(str), strict=True))
    moments = read_moments(
        tables.play, tables.stints, tables.positions, tables.periods, tables.ball, tables.possessions, team_of, court
    )
    if court.baskets != 2 or not np.isfinite(moments.place_m).any() or not np.isfinite(moments.way).any():
        return {name: ALL[name].empty() for name in NAMES}
    attacks = find_attacks(moments, court)
    shape = shapes(moments, attacks.team, court)
    spells = find_guards(moments, attacks, court)
    phases = _phases(moments, attacks, shape)
    return {
        "phases": phases,
        "guards": _guards(moments, spells),
        "matchups": _matchups(moments, spells),
        "team_tactics": _team_tactics(moments, attacks, shape, phases, court),
    }


def _phases(moments: LiveMoments, attacks: Attacks, shape: Floats) -> pd.DataFrame:
    """Make the table `phases`."""
    rows: list[dict[str, Any]] = []
    possession, last_team = 0, None
    keys = list(zip(moments.stretch.tolist(), attacks.team.tolist(), attacks.is_set.tolist(), strict=True))
    for (_, team, is_set), group in groupby(range(len(keys)), key=keys.__getitem__):
        if team < 0:
            continue
        chosen = list(group)
        possession += team != last_team
        last_team = team
        start_s, end_s = moments.spell(chosen[0], chosen[-1])
        with_ball = float((moments.ball_team[chosen] >= 0).mean())
        rows.append(
            {
                "team": TEAMS[team],
                "start_s": start_s,
                "end_s": end_s,
                "kind": "half-court" if is_set else "transition",
                "possession": possession,
                "by": "ball" if with_ball >= 0.5 else "positions",
                **mean_shape(shape[chosen]),
                "confidence": float(attacks.confidence[chosen].mean()),
            }
        )
    return conform("phases", pd.DataFrame(rows)) if rows else PHASES.empty()


def _gaps_m(moments: LiveMoments, spell: GuardedSpell) -> Floats:
    """Measure the distance between the two in each moment (k,); NaN where one of them is not located."""
    rows = slice(spell.first, spell.last + 1)
    away: Floats = np.linalg.norm(moments.place_m[rows, spell.defender] - moments.place_m[rows, spell.attacker], axis=1)
    return away


def _mean(values: Floats) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def _guards(moments: LiveMoments, spells: list[GuardedSpell]) -> pd.DataFrame:
    """Make the table `guards`."""
    rows = [
        {
            "player_id": moments.who[spell.defender],
            "opponent_id": moments.who[spell.attacker],
            **dict(zip(("start_s", "end_s"), moments.spell(spell.first, spell.last), strict=True)),
            "distance_m": _mean(_gaps_m(moments, spell)),
            "confidence": spell.confidence,
        }
        for spell in spells
    ]
    if not rows:
        return GUARDS.empty()
    return conform("guards", pd.DataFrame(rows).sort_values(["start_s", "player_id"], kind="stable"))


def _matchups(moments: LiveMoments, spells: list[GuardedSpell]) -> pd.DataFrame:
    """Make the table `matchups`."""
    rows = []
    total_s = {
        player: sum(spell.last + 1 - spell.first for spell in spells if spell.defender == player) * MOMENT_S
        for player in {spell.defender for spell in spells}
    }
    pairs = sorted({(spell.defender, spell.attacker) for spell in spells})
    has_ball = bool((moments.holder >= 0).any())
    for defender, attacker in pairs:
        of_pair = [spell for spell in spells if (spell.defender, spell.attacker) == (defender, attacker)]
        length = np.array([spell.last + 1 - spell.first for spell in of_pair])
        on_ball = sum((moments.holder[spell.first : spell.last + 1] == attacker).sum() for spell in of_pair)
        guarded_s = float(length.sum() * MOMENT_S)
        rows.append(
            {
                "team": TEAMS[moments.team[defender]],
                "player_id": moments.who[defender],
                "opponent_id": moments.who[attacker],
                "guarded_s": guarded_s,
                "share": guarded_s / total_s[defender],
                "distance_m": _mean(np.concatenate([_gaps_m(moments, spell) for spell in of_pair])),
                "on_ball_s": float(on_ball * MOMENT_S) if has_ball else np.nan,
                "confidence": float(np.average([spell.confidence for spell in of_pair], weights=length)),
            }
        )
    return conform("matchups", pd.DataFrame(rows)) if rows else MATCHUPS.empty()


def _team_tactics(
    moments: LiveMoments, attacks: Attacks, shape: Floats, phases: pd.DataFrame, court: Court
) -> pd.DataFrame:
    """Make the table `team_tactics`."""
    length_s = (phases["end_s"] - phases["start_s"]).groupby([phases["team"], phases["possession"]]).sum()
    counted = length_s[length_s >= SHORTEST_POSSESSION_S]
    live_s = float(length_s.sum())
    pace = np.nan
    if live_s >= LEAST_PACE_S:
        pace = len(counted) / 2 / (live_s / 60) * GAME_MIN.get(court.name, 40.0)
    rows = []
    for number, team in enumerate(TEAMS):
        attacking = attacks.team == number
        offence_s = float(attacking.sum() * MOMENT_S)
        half_court_s = float((attacking & attacks.is_set).sum() * MOMENT_S)
        of_team = counted[counted.index.get_level_values("team") == team]
        rows.append(
            {
                "team": team,
                "possessions": len(of_team),
                "pace": pace,
                "possession_s": float(of_team.mean()) if len(of_team) else np.nan,
                "offence_s": offence_s,
                "transition_s": offence_s - half_court_s,
                "half_court_s": half_court_s,
                "transition_share": (offence_s - half_court_s) / offence_s if offence_s else np.nan,
                **mean_shape(shape[attacking & attacks.is_set]),
                "by_ball_share": float((moments.ball_team[attacking] >= 0).mean()) if offence_s else np.nan,
            }
        )
    return conform("team_tactics", pd.DataFrame(rows))
