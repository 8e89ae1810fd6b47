"""What an identity rests on: team, numbers that were read, and who is most easily confused with this person."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from pipeline.present.formats import duration
from pipeline.present.labels import Person
from pipeline.present.results import Results

MOST_NUMBERS = 3
"""Of one person, that are listed."""
_REASONS = {
    "reach": "nobody could have got from one place to the other in time",
    "number": "they wear different numbers",
    "jersey": "their jerseys have different colours",
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
        "team": None if person.team is None else _number_or_none(evidence["team_confidence"]),
        "numbers": _numbers(person, results.number_votes),
        "nearest": _nearest(evidence, results),
    }


def _numbers(person: Person, votes: pd.DataFrame) -> list[dict[str, Any]]:
    """List the numbers that were read on a person, the likeliest first."""
    of_person = votes[votes["player_id"] == person.player_id].sort_values(["probability", "reads"], ascending=False)
    return [
        {"number": str(number), "reads": int(reads), "share": float(probability), "given": number == person.number}
        for number, reads, probability in of_person[["number", "reads", "probability"]]
        .head(MOST_NUMBERS)
        .to_numpy(object)
    ]


def _nearest(evidence: pd.Series, results: Results) -> dict[str, Any] | None:
    """Name the person who is most easily confused with this one, and why they are two."""
    if pd.isna(evidence["nearest"]):
        return None
    nearest = next(person for person in results.persons if person.player_id == int(evidence["nearest"]))
    color = results.colors[nearest.player_id]
    return {
        "id": nearest.player_id,
        "badge": nearest.code,
        "title": nearest.heading,
        "color": color.hex,
        "ink": color.ink.hex,
        "why": _why(evidence),
    }


def _why(evidence: pd.Series) -> str:
    """Say in plain words why two people are not one."""
    reason = evidence["kept_apart_by"]
    if reason == "together":
        return f"both are in the picture at once, for {duration(_number_or_none(evidence['together_s']))}"
    return _REASONS.get(str(reason)) or _odds(_number_or_none(evidence["nearest_log_odds"]))


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


def _number_or_none(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
