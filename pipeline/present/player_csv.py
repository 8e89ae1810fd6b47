"""`player_stats.csv` as a coach reads it."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd

from pipeline.present.labels import people

DIGITS: MappingProxyType[str, int | None] = MappingProxyType(
    {
        "player_id": None,
        "team": None,
        "number": None,
        "name": None,
        "role": None,
        "seen_s": 1,
        "located_s": 1,
        "distance_m": 1,
        "distance_low_m": 1,
        "distance_high_m": 1,
        "distance_per_min_m": 1,
        "mean_speed_mps": 2,
        "top_speed_mps": 2,
        "top_speed_kmh": 1,
        "walk_s": 1,
        "jog_s": 1,
        "run_s": 1,
        "sprint_s": 1,
        "sprints": None,
        "left_half_share": 3,
        "paint_share": 3,
        "three_point_share": 3,
        "mean_x_m": 2,
        "mean_y_m": 2,
        "bridged_s": 1,
        "first_s": 2,
        "last_s": 2,
        "confidence": 3,
    }
)
"""The first columns in order, and the decimals that the measurement carries; None: not rounded."""


def coach_table(player_stats: pd.DataFrame, players: pd.DataFrame) -> pd.DataFrame:
    """Order and round table `player_stats` for reading.

    Args:
        player_stats: table `player_stats`.
        players: table `players`, for the order of the rows: team, number, id; referees last.

    Returns:
        One row per person; top speed also in km/h; columns that the order does not name keep their place at the end.
        Unknown stays unknown (an empty cell in CSV).
    """
    table = player_stats.copy()
    table["top_speed_kmh"] = table["top_speed_mps"] * 3.6
    known = [name for name in DIGITS if name in table.columns]
    table = table[known + [name for name in table.columns if name not in DIGITS]]
    table = table.round({name: digits for name, digits in DIGITS.items() if digits is not None})
    order = {person.player_id: place for place, person in enumerate(people(players))}
    place = table["player_id"].map(order).fillna(len(order))
    return table.iloc[np.lexsort([table["player_id"], place])].reset_index(drop=True)


def csv_text(table: pd.DataFrame) -> str:
    """Write a table as CSV: a header, full stops as decimal points, empty cells where unknown."""
    return table.to_csv(index=False, lineterminator="\n")
