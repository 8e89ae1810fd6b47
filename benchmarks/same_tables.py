"""Compare two runs value by value: `python -m benchmarks.same_tables RUN_A RUN_B`.

All stored tables and arrays (NaN equals NaN; dtypes count) and the published CSV, MOT and Parquet files. Prints a line for
each; the exit code is 1 if anything differs. A run of release 0.1 can be compared with one of now: the tables, columns and
values that were renamed since are compared under their new names.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TABLES = {"links": "raw_tracks", "parts": "split_tracks"}
"""Tables that release 0.1 called otherwise: its name, and the one of now."""
COLUMNS = {"kit_l": "jersey_l", "kit_a": "jersey_a", "kit_b": "jersey_b"}
VALUES = {("player_evidence", "kept_apart_by"): {"kit": "jersey"}}
PUBLISHED = ("*.csv", "*.xlsx", "*mot.txt", "*.parquet")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line per table, array and file; return 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path, help="output directory of a run")
    parser.add_argument("second", type=Path, help="output directory of the run to compare with")
    chosen = parser.parse_args(arguments)
    same = True
    for name, difference in compare_runs(chosen.first, chosen.second):
        same &= difference is None
        print(f"{name}: {'equal' if difference is None else difference}")
    return 0 if same else 1


def compare_runs(first: Path, second: Path) -> Iterator[tuple[str, str | None]]:
    """Yield what was compared, and the difference, None where there is none: tables, then arrays, then files.

    Raises:
        SystemExit: a folder holds no run.
    """
    for folder in (first, second):
        if not any((folder / "work").glob("*.parquet")):
            raise SystemExit(f"{folder} holds no tables of a run in its folder work")
    for name, paths in _paired(_stored(first, "parquet"), _stored(second, "parquet")):
        yield f"table {name}", _either(paths, lambda a, b, name=name: compare_tables(_read(a, name), _read(b, name)))
    for name, paths in _paired(_stored(first, "npy"), _stored(second, "npy")):
        yield f"array {name}", _either(paths, lambda a, b: compare_arrays(_load(a), _load(b)))
    for name, paths in _paired(_published(first), _published(second)):
        yield f"file {name}", _either(paths, _compare_bytes)


def compare_tables(first: pd.DataFrame, second: pd.DataFrame) -> str | None:
    """Say how two tables differ: columns, rows, dtypes, values; None where they do not.

    Example:
        >>> table = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", None]})
        >>> compare_tables(table, table.copy()), compare_tables(table, table.assign(a=[1.5, np.nan]))
        (None, 'differs: a in 1 of 2 rows by up to 0.5')
    """
    if list(first.columns) != list(second.columns):
        only = [*(f"-{name}" for name in first.columns.difference(second.columns))]
        only += [f"+{name}" for name in second.columns.difference(first.columns)]
        return f"differs: columns {' '.join(only) or 'in another order'}"
    if len(first) != len(second):
        return f"differs: {len(first)} and {len(second)} rows"
    found = [compare_columns(first[name], second[name], str(name)) for name in first.columns]
    differences = [text for text in found if text is not None]
    return f"differs: {'; '.join(differences)}" if differences else None


def compare_columns(first: pd.Series[Any], second: pd.Series[Any], name: str) -> str | None:
    """Say how two columns of as many rows differ; None where they do not.

    Args:
        first: the column in the first run.
        second: the same in the second.
        name: for the text.
    """
    if first.dtype != second.dtype:
        return f"{name} is {first.dtype} and {second.dtype}"
    missing = first.isna().to_numpy(), second.isna().to_numpy()
    both = ~missing[0] & ~missing[1]
    unlike = missing[0] != missing[1]
    unlike[both] = first.to_numpy(object)[both] != second.to_numpy(object)[both]
    if not unlike.any():
        return None
    text = f"{name} in {unlike.sum()} of {len(unlike)} rows"
    if not pd.api.types.is_numeric_dtype(first.dtype) or not (unlike & both).any():
        return text
    values = [column.to_numpy(object)[unlike & both].astype(np.float64) for column in (first, second)]
    return f"{text} by up to {np.abs(values[0] - values[1]).max():.3g}"


def compare_arrays(first: NDArray[Any], second: NDArray[Any]) -> str | None:
    """Say how two arrays of any shape differ; None where they do not.

    Example:
        >>> compare_arrays(np.zeros((2, 3)), np.zeros((2, 3))), compare_arrays(np.zeros(2), np.array([0, 0.25]))
        (None, 'differs: 1 of 2 rows by up to 0.25')
    """
    if first.dtype != second.dtype or first.shape != second.shape:
        return f"differs: {first.dtype}{list(first.shape)} and {second.dtype}{list(second.shape)}"
    unlike = (first != second) & ~(np.isnan(first) & np.isnan(second))
    if not unlike.any():
        return None
    rows = unlike.reshape(len(unlike), -1).any(axis=1).sum()
    away = np.abs(first[unlike].astype(np.float64) - second[unlike].astype(np.float64))
    largest = f" by up to {np.nanmax(away):.3g}" if not np.isnan(away).all() else ""
    return f"differs: {rows} of {len(first)} rows{largest}"


def _paired(first: dict[str, Path], second: dict[str, Path]) -> Iterator[tuple[str, tuple[Path | None, Path | None]]]:
    """Put the files of both runs side by side by name."""
    for name in sorted({*first, *second}):
        yield name, (first.get(name), second.get(name))


def _either(paths: tuple[Path | None, Path | None], compare: Any) -> str | None:
    """Compare two files; one that a run lacks is a difference."""
    if paths[0] is None or paths[1] is None:
        return f"differs: only in the {'second' if paths[0] is None else 'first'} run"
    difference: str | None = compare(*paths)
    return difference


def _stored(run: Path, ending: str) -> dict[str, Path]:
    """List the tables or arrays of a run by their names of now."""
    return {TABLES.get(path.stem, path.stem): path for path in (run / "work").glob(f"*.{ending}")}


def _published(run: Path) -> dict[str, Path]:
    """List what a run published for other programs."""
    return {path.name: path for pattern in PUBLISHED for path in run.glob(pattern)}


def _read(path: Path, name: str) -> pd.DataFrame:
    """Read a table, with its columns and values called as now."""
    table = pd.read_parquet(path).rename(columns=COLUMNS)
    for (where, column), words in VALUES.items():
        if where == name and column in table.columns:
            table[column] = table[column].replace(words)
    return table


def _load(path: Path) -> NDArray[Any]:
    """Map an array into memory."""
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _compare_bytes(first: Path, second: Path) -> str | None:
    """Say how many lines of two files differ."""
    first_bytes, second_bytes = first.read_bytes(), second.read_bytes()
    if first_bytes == second_bytes:
        return None
    if first.suffix == ".parquet":
        return compare_tables(pd.read_parquet(first), pd.read_parquet(second)) or "differs: same values, other bytes"
    lines = first_bytes.splitlines(), second_bytes.splitlines()
    unlike = sum(a != b for a, b in zip(*lines, strict=False)) + abs(len(lines[0]) - len(lines[1]))
    return f"differs: {unlike} of {max(map(len, lines))} lines"


if __name__ == "__main__":
    sys.exit(main())
