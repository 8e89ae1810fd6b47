"""The tables of statistics as a coach reads them: `player_stats.csv`, `team_stats.csv` and the same per period."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from pipeline.choices import CsvDialectName
from pipeline.present.labels import people
from pipeline.tables import FIVE_COLUMNS
from pipeline.written_csv import BYTE_ORDER_MARK, DIALECTS, harmless

FIRST = (
    "player_id",
    "label",
    "period",
    "team",
    "team_name",
    "number",
    "name",
    "role",
    "seen_s",
    "on_court_s",
    "located_s",
)
LAST = ("bridged_s", "first_s", "last_s", "confidence")
PEOPLE_COLUMNS = frozenset({"player_id", "partner_id", "opponent_id", "came_for", "left_for", *FIVE_COLUMNS})
"""Columns of player_ids in the tables of line-ups and events."""
DIGITS = (
    *(("_kmh", 1), ("_mps", 2), ("share", 3), ("pace", 1), ("confidence", 3), ("agreement", 3), ("attacks_per_min", 2)),
    *(("_confidence", 3), ("min", 1)),
    *(("_x_m", 2), ("_y_m", 2), ("spacing_m", 2), ("_m2", 1), ("_m", 1), ("_s", 1)),
)
"""Decimals that the measurement carries, by the end of a column's name; the first that fits counts, others are whole."""


def coach_table(stats: pd.DataFrame, players: pd.DataFrame) -> pd.DataFrame:
    """Order and round table `player_stats` or `player_periods` for reading.

    Args:
        stats: the table.
        players: table `players`, for the order of the rows: team, number, id; referees last.

    Returns:
        One row per person (and period); top speed also in km/h. Unknown stays unknown (an empty cell in CSV).
    """
    table = stats.copy()
    table.insert(list(table.columns).index("top_speed_mps") + 1, "top_speed_kmh", table["top_speed_mps"] * 3.6)
    table["label"] = table["player_id"].map({person.player_id: person.label for person in people(players)})
    if "team_name" in players and players["team_name"].notna().any():
        table["team_name"] = table["player_id"].map(players.set_index("player_id")["team_name"])
    begin, end = ([name for name in names if name in table.columns] for names in (FIRST, LAST))
    table = rounded(table[[*begin, *(name for name in table.columns if name not in {*begin, *end}), *end]])
    order = {person.player_id: place for place, person in enumerate(people(players))}
    place = table["player_id"].map(order).fillna(len(order))
    return table.iloc[np.lexsort([table["player_id"], place])].reset_index(drop=True)


def named(table: pd.DataFrame, players: pd.DataFrame) -> pd.DataFrame:
    """Write beside each column of player_ids how these people are called.

    Args:
        table: any, with columns such as player_id, partner_id or player_1.
        players: table `players`.
    """
    called = {person.player_id: person.full for person in people(players)}
    shown = table.copy()
    for column in [name for name in table.columns if name in PEOPLE_COLUMNS]:
        texts = pd.Series([called.get(who) if pd.notna(who) else None for who in table[column]], dtype="object")
        shown.insert(list(shown.columns).index(column) + 1, column.removesuffix("_id") + "_name", texts.to_numpy())
    return shown


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round the numbers of a table to the decimals that the measurement carries."""
    digits = {name: digits_of(str(name)) for name in table.columns}
    return table.round({name: count for name, count in digits.items() if count is not None})


def digits_of(column: str) -> int | None:
    """Count the decimals of a column; None where it has no unit that says so."""
    return next((count for end, count in DIGITS if column.endswith(end)), None)


def csv_text(table: pd.DataFrame, dialect: CsvDialectName = "standard") -> str:
    """Write a table as CSV: a header, empty cells where unknown, text that no spreadsheet takes for a formula."""
    texts = [name for name in table.columns if not is_numeric_dtype(table[name])]
    shown = table.assign(**{name: table[name].map(_harmless, na_action="ignore") for name in texts})
    style = DIALECTS[dialect]
    rows = shown.to_csv(index=False, sep=style.separator, decimal=style.decimal_sign, lineterminator="\n")
    return BYTE_ORDER_MARK + rows


def _harmless(value: object) -> object:
    return harmless(value) if isinstance(value, str) else value
