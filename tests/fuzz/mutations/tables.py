"""Changing Parquet tables so that they still are tables."""

from __future__ import annotations

import io
import random

import numpy as np
import pandas as pd

from tests.fuzz.mutations.binary import changed_bytes
from tests.fuzz.mutations.values import nasty_cell, nasty_number


def changed_parquet(rng: random.Random, data: bytes) -> bytes:
    """Change rows, columns, types or values of a table; or bytes anywhere."""
    if rng.random() < 0.3:
        return changed_bytes(rng, data)
    try:
        table = pd.read_parquet(io.BytesIO(data))
    except (ValueError, OSError):
        return changed_bytes(rng, data)
    for _ in range(rng.choice((1, 1, 2))):
        table = _changed(rng, table)
    written = io.BytesIO()
    try:
        table.to_parquet(written, index=False, compression="zstd")
    except (ValueError, TypeError, OverflowError, OSError):
        return changed_bytes(rng, data)
    return written.getvalue()


def _changed(rng: random.Random, table: pd.DataFrame) -> pd.DataFrame:
    kind, columns = rng.randrange(9), list(table.columns)
    if not columns:
        return table
    column = rng.choice(columns)
    if kind == 0:
        return table.drop(columns=column)
    if kind == 1:
        return table.iloc[: rng.choice((0, 1, len(table) // 2))]
    if kind == 2:
        return table.iloc[::-1]
    if kind == 3:
        return pd.concat([table] * rng.choice((2, 3)), ignore_index=True)
    if kind == 4:
        return table.assign(**{nasty_cell(rng).replace("\x00", "0")[:40] or "x": 1})
    if kind == 5:
        return table.assign(**{column: table[column].astype(str)})
    if kind == 6 and pd.api.types.is_float_dtype(table[column]):
        return table.assign(**{column: float("nan")})
    return _changed_values(rng, table, column)


def _changed_values(rng: random.Random, table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Put a strange value of the column's own type into some rows."""
    values = table[column].copy()
    if not len(values):
        return table
    rows = rng.sample(range(len(values)), min(len(values), rng.choice((1, 5, len(values)))))
    if pd.api.types.is_float_dtype(values):
        values.iloc[rows] = np.float64(min(float(nasty_number(rng)), 1e300)).astype(values.dtype)
    elif pd.api.types.is_integer_dtype(values):
        bounds = np.iinfo(values.dtype.name.lower())
        values.iloc[rows] = rng.choice((bounds.min, bounds.max, 0, 1, max(-1, bounds.min), bounds.max // 2))
    elif pd.api.types.is_bool_dtype(values):
        values.iloc[rows] = rng.random() < 0.5
    else:
        values = values.astype(object)
        values.iloc[rows] = nasty_cell(rng)[:300].replace("\x00", "0")
    return table.assign(**{column: values})
