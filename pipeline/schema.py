"""What a table is: its columns with unit and meaning, its key, and the checks that they have to pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pandera.pandas as pa

CLASSES = ("player", "referee", "ball", "rim", "number")
PERSON_CLASSES = ("player", "referee")
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
    "shots",
    "positions",
    "periods",
    "player_stats",
    "player_periods",
    "team_stats",
    "team_periods",
]


@dataclass(frozen=True)
class Column:
    """One column: its dtype, unit, meaning, and whether NaN or None is allowed."""

    name: str
    dtype: str
    unit: str
    meaning: str
    nullable: bool = False
    check: pa.Check | None = None


@dataclass(frozen=True)
class Table:
    """A table's name, its key columns (unique together) and its columns."""

    name: TableName
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(c.name for c in self.columns)

    def schema(self) -> pa.DataFrameSchema:
        """Build the pandera schema: exact columns in order, dtypes, nullability, key unique."""
        columns: dict[str, Any] = {
            c.name: pa.Column(dtype_of(c.dtype), nullable=c.nullable, checks=c.check) for c in self.columns
        }
        return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=list(self.key), coerce=False)

    def empty(self) -> pd.DataFrame:
        """Return the table with no rows and the right dtypes."""
        return pd.DataFrame({c.name: pd.Series([], dtype=dtype_of(c.dtype)) for c in self.columns})

    def unknown(self) -> dict[str, Any]:
        """Return what a row says of its nullable columns before anything is known."""
        return {c.name: pd.NA if c.dtype == "Int64" else np.nan for c in self.columns if c.nullable}


def dtype_of(name: str) -> Any:
    """Give the dtype that pandas has for a column's."""
    return pd.StringDtype(na_value=np.nan) if name == "str" else name


def at_least(low: float) -> pa.Check:
    """Refuse what is below."""
    return pa.Check.ge(low)


def share() -> pa.Check:
    """Refuse what is not from 0 to 1."""
    return pa.Check.in_range(0.0, 1.0)


def one_of(*values: str) -> pa.Check:
    """Refuse any other text."""
    return pa.Check.isin(list(values))
