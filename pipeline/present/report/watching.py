"""When a player sprinted, was fastest, and was on the floor: what is worth watching."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.present.formats import clock
from pipeline.present.labels import Person
from pipeline.present.results import Results

MOST_SPRINTS = 8
"""Of a player, that are listed, the fastest."""
MOST_STINTS = 10
"""Of a player, that are listed."""


def watching_of(person: Person, results: Results, persons: dict[int, Person]) -> dict[str, Any]:
    """Collect the moments of a person.

    Args:
        person: who.
        results: the run.
        persons: everybody by id.

    Returns:
        `fastest`: second of the video at which the player was, None where unknown; `sprints`, in order of time, and `stints`, each
        with its begin in s, its time and a note; how many more there are of each.
    """
    efforts = results.efforts[results.efforts["player_id"] == person.player_id]
    fastest = efforts.loc[efforts["kind"] == "top-speed", "start_s"]
    sprints = efforts[efforts["kind"] == "sprint"].sort_values("top_speed_mps", ascending=False, kind="stable")
    stints = results.stints[results.stints["player_id"] == person.player_id].sort_values("start_s")
    return {
        "fastest": float(fastest.iloc[0]) if len(fastest) else None,
        "sprints": [
            {
                "start_s": row["start_s"],
                "time": clock(row["start_s"]),
                "speed": f"{3.6 * row['top_speed_mps']:.1f} km/h",
            }
            for row in sprints.head(MOST_SPRINTS).sort_values("start_s").to_dict("records")
        ],
        "more_sprints": max(0, len(sprints) - MOST_SPRINTS),
        "stints": [_stint(row, persons) for row in stints.head(MOST_STINTS).to_dict("records")],
        "more_stints": max(0, len(stints) - MOST_STINTS),
    }


def _stint(row: dict[Any, Any], persons: dict[int, Person]) -> dict[str, Any]:
    """Describe one stint: from when to when, and for whom."""
    notes = [
        f"{word} {persons[int(row[column])].code}"
        for column, word in (("came_for", "for"), ("left_for", "then"))
        if not pd.isna(row[column]) and int(row[column]) in persons
    ]
    return {
        "start_s": row["start_s"],
        "time": f"{clock(row['start_s'])} – {clock(row['end_s'])}",
        "note": ", ".join(notes),
    }
