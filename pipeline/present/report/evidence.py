"""Why a person is this one: team, numbers that were read, and the one who is taken for him most easily."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from pipeline.present.formats import clock
from pipeline.present.labels import Person, people
from pipeline.present.palette import player_colors
from pipeline.present.results import Results

MOST_NUMBERS = 3
_REASONS = {
    "reach": "nobody could have got from one place to the other in time",
    "number": "they wear different numbers",
    "jersey": "they wear different jerseys",
    "correction": "a correction says so",
}


def evidence_of(person: Person, results: Results) -> dict[str, Any] | None:
    """Collect what speaks for a person; None where nothing is known."""
    found = results.player_evidence[results.player_evidence["player_id"] == person.player_id]
    if found.empty:
        return None
    evidence = found.iloc[0]
    return {
        "tracklets": int(evidence["tracklets"]),
        "team": None if person.team is None else _known(evidence["team_confidence"]),
        "numbers": _numbers(person, results.number_votes),
        "nearest": _nearest(evidence, results),
    }


def _numbers(person: Person, votes: pd.DataFrame) -> list[dict[str, Any]]:
    """List the numbers that were read on a person, the likeliest first."""
    own = votes[votes["player_id"] == person.player_id].sort_values(["probability", "reads"], ascending=False)
    return [
        {"number": str(number), "reads": int(reads), "share": float(probability), "given": number == person.number}
        for number, reads, probability in own[["number", "reads", "probability"]].head(MOST_NUMBERS).to_numpy(object)
    ]


def _nearest(evidence: pd.Series, results: Results) -> dict[str, Any] | None:
    """Say who is taken for this person most easily, and why the two are kept apart."""
    if pd.isna(evidence["nearest"]):
        return None
    other = {one.player_id: one for one in people(results.players)}[int(evidence["nearest"])]
    color = player_colors(results.players)[other.player_id]
    return {
        "id": other.player_id,
        "badge": other.badge,
        "title": other.heading,
        "color": color.hex,
        "ink": color.ink.hex,
        "why": _why(evidence),
    }


def _why(evidence: pd.Series) -> str:
    """Say in plain words why two people are kept apart."""
    reason = evidence["kept_apart_by"]
    if reason == "together":
        return f"both are in the picture at once, for {clock(_known(evidence['together_s']), tenths=True)}"
    return _REASONS.get(str(reason)) or _odds(_known(evidence["nearest_log_odds"]))


def _odds(log_odds: float | None) -> str:
    """Say how much likelier it is that two people are two.

    Example:
        >>> _odds(-3.0), _odds(-30.0)
        ('that they are two is 20 times likelier', 'that they are two is over 1000 times likelier')
    """
    if log_odds is None:
        return "that they are two is likelier"
    times = math.exp(min(-log_odds, 10.0))
    return f"that they are two is {f'{times:.0f}' if times < 1000 else 'over 1000'} times likelier"


def _known(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
