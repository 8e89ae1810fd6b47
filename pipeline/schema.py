"""What a table is: its columns with unit and meaning, its key, and the checks that they have to pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import pandera.pandas as pa

CLASSES = ("player", "referee", "ball", "rim", "number")
PERSON_CLASSES = ("player", "referee")
SURE_SCORE = 0.25
"""A person's box of a lower score says nothing by itself: a tracklet may go on through it, and no more."""
ROLES = (*PERSON_CLASSES, "bench", "coach", "crowd")

TableName = Literal[
    "frames",
    "detections",
    "number_reads",
    "court_points",
    "court",
    "raw_tracks",
    "split_tracks",
    "tracks",
    "identities",
    "players",
    "tracklets",
    "player_evidence",
    "number_votes",
    "player_ids",
    "former_player_ids",
    "shots",
    "positions",
    "periods",
    "player_stats",
    "player_periods",
    "efforts",
    "team_stats",
    "team_periods",
    "scoreboard_texts",
    "clock",
    "play",
    "lineups",
    "stints",
    "pairs",
    "fives",
    "events",
    "ball",
    "flights",
    "touches",
    "possessions",
    "ball_events",
    "box_score",
    "shot_zones",
    "phases",
    "guards",
    "matchups",
    "team_tactics",
]


@dataclass(frozen=True)
class ValueCheck:
    """What values a column may have."""

    low: float | None = None
    high: float | None = None
    among: tuple[str, ...] = ()
    """None but these, where there are any."""

    def built(self) -> pa.Check:
        """Build pandera's check."""
        import pandera.pandas as pa

        if self.among:
            return pa.Check.isin(list(self.among))
        return pa.Check.ge(self.low) if self.high is None else pa.Check.in_range(self.low, self.high)

    def holds(self, values: pd.Series) -> bool:
        """Tell whether all values are as they should; what is missing is."""
        if self.among:
            return set(values.dropna().unique()) <= set(self.among)
        plain = isinstance(values.dtype, np.dtype)
        numbers = values.to_numpy() if plain else values.to_numpy(np.float64, na_value=np.nan)
        return not ((numbers < self.low).any() or (self.high is not None and (numbers > self.high).any()))


@dataclass(frozen=True)
class Column:
    """One column: its dtype, unit, meaning, and whether NaN or None is allowed."""

    name: str
    dtype: str
    unit: str
    meaning: str
    nullable: bool = False
    check: ValueCheck | None = None

    def holds(self, table: pd.DataFrame) -> bool:
        """Tell whether none of a table's values of the right dtype is missing that may not, and all pass the check."""
        if self.nullable and self.check is None:
            return True
        values = table[self.name]
        return (self.nullable or not values.isna().any()) and (self.check is None or self.check.holds(values))


@dataclass(frozen=True)
class Table:
    """A table's name, its key columns (unique together) and its columns."""

    name: TableName
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    later: tuple[str, ...] = ()
    """The last of them, nullable, which earlier versions of the table lack."""

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(c.name for c in self.columns)

    def holds(self, table: pd.DataFrame) -> bool:
        """Tell whether a table is as `schema` says, without saying what is wrong: a hundred times faster than pandera."""
        return (
            tuple(table.columns) == self.names
            and list(table.dtypes) == [dtype_of(column.dtype) for column in self.columns]
            and all(column.holds(table) for column in self.columns)
            and not table.duplicated(list(self.key)).any()
        )

    def schema(self) -> pa.DataFrameSchema:
        """Build the pandera schema: exact columns in order, dtypes, nullability, key unique."""
        import pandera.pandas as pa  # takes a second to load, and no table is checked before perception begins

        columns: dict[str, Any] = {
            c.name: pa.Column(
                dtype_of(c.dtype), nullable=c.nullable, checks=None if c.check is None else c.check.built()
            )
            for c in self.columns
        }
        return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=list(self.key), coerce=False)

    def empty(self) -> pd.DataFrame:
        """Return the table with no rows and the right dtypes."""
        return pd.DataFrame({c.name: pd.Series([], dtype=dtype_of(c.dtype)) for c in self.columns})

    def completed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the columns that tables of earlier versions lack, as unknown."""
        missing = {
            c.name: pd.Series(np.nan, table.index, dtype_of(c.dtype))
            for c in self.columns
            if c.name in self.later and c.name not in table.columns
        }
        return table.assign(**missing) if missing else table

    def typed(self, table: pd.DataFrame, only: str | None = None) -> pd.DataFrame:
        """Give the columns of a table the dtypes that they have by the schema; which have them already are left alone.

        Args:
            table: the rows, of some of the columns.
            only: give none but this dtype.

        Raises:
            TypeError: values that cannot have the dtype.
            ValueError: the same.
        """
        found = dict(zip(table.columns, table.dtypes, strict=True))
        asked = [c for c in self.columns if c.name in found and only in (None, c.dtype)]
        wrong = [c for c in asked if found[c.name] != dtype_of(c.dtype)]
        return table.assign(**{c.name: table[c.name].astype(dtype_of(c.dtype)) for c in wrong}) if wrong else table

    def unknown(self) -> dict[str, Any]:
        """Return what a row says of its nullable columns before anything is known."""
        return {c.name: pd.NA if c.dtype == "Int64" else np.nan for c in self.columns if c.nullable}


def dtype_of(name: str) -> Any:
    """Give the dtype that pandas has for a column's."""
    return pd.StringDtype(na_value=np.nan) if name == "str" else name


def at_least(low: float) -> ValueCheck:
    """Refuse what is below."""
    return ValueCheck(low=low)


def share() -> ValueCheck:
    """Refuse what is not from 0 to 1."""
    return ValueCheck(low=0.0, high=1.0)


def one_of(*values: str) -> ValueCheck:
    """Refuse any other text."""
    return ValueCheck(among=values)
