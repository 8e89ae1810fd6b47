"""A folder of tables, arrays and JSON files, each written atomically and checked when read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline import tables
from pipeline.errors import TableError
from pipeline.store.files import make_directory, read_json, replacing, write_json
from pipeline.tables import TableName

Array = NDArray[Any]


class Folder:
    """Tables (`NAME.parquet`), arrays (`NAME.npy`) and JSON (`NAME.json`) in one directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def table_path(self, name: TableName) -> Path:
        """Return where a table is stored."""
        return self.path / f"{name}.parquet"

    def array_path(self, name: str) -> Path:
        """Return where an array is stored."""
        return self.path / f"{name}.npy"

    def json_path(self, name: str) -> Path:
        """Return where a JSON file is stored."""
        return self.path / f"{name}.json"

    def write_table(self, name: TableName, table: pd.DataFrame) -> Path:
        """Check a table against its schema and write it; the same rows give the same bytes.

        Raises:
            TableError: it does not satisfy its schema.
            OutputError: it cannot be written.
        """
        return write_table(self.table_path(name), name, table)

    def read_table(self, name: TableName) -> pd.DataFrame:
        """Read a table and check it against its schema.

        Raises:
            TableError: missing, damaged, or not as the schema says.
        """
        return read_table(self.table_path(name), name)

    def write_array(self, name: str, array: Array) -> Path:
        """Write an array as .npy, without pickle.

        Raises:
            ValueError: an array of objects.
            OutputError: it cannot be written.
        """
        return write_arrays(self.array_path(name), [array])

    def read_array(self, name: str, mmap: bool = False) -> Array:
        """Read an array; with `mmap`, map it read-only in place of loading it.

        Raises:
            TableError: missing or damaged.
        """
        return read_array(self.array_path(name), mmap)

    def write_json(self, name: str, data: Any) -> Path:
        """Write plain data as JSON.

        Raises:
            OutputError: it cannot be written.
        """
        make_directory(self.path)
        write_json(self.json_path(name), data)
        return self.json_path(name)

    def read_json(self, name: str) -> Any:
        """Read JSON.

        Raises:
            TableError: missing or damaged.
        """
        return read_json(self.json_path(name))

    def assemble_table(self, name: TableName, parts: Sequence[Folder], shifts: Sequence[Mapping[str, int]]) -> Path:
        """Join the tables of consecutive parts into one table here.

        Args:
            name: the table.
            parts: folders that hold it, in order.
            shifts: per part, what is added to which columns (frame, detection_id, shot).

        Raises:
            TableError: a part's table is missing or damaged, or the joined one does not satisfy its schema.
            OutputError: it cannot be written.
        """
        pieces = [_shifted(part.read_table(name), shift) for part, shift in zip(parts, shifts, strict=True)]
        filled = [piece for piece in pieces if not piece.empty]
        table = pd.concat(filled, ignore_index=True) if filled else tables.ALL[name].empty()
        return self.write_table(name, table)

    def assemble_array(self, name: str, parts: Sequence[Folder]) -> Path:
        """Join the arrays of consecutive parts along the first axis, one part in memory at a time.

        Raises:
            TableError: a part's array is missing, or has another dtype or row shape.
        """
        return write_arrays(self.array_path(name), [part.read_array(name, mmap=True) for part in parts])


def write_table(path: Path, name: TableName, table: pd.DataFrame) -> Path:
    """Write a table anywhere, checked and atomically: Parquet, zstd, no index; of floats the first bytes first, then the second.

    Args:
        path: the file.
        name: which table it is.
        table: the rows.

    Raises:
        TableError: it does not satisfy its schema.
        OutputError: it cannot be written.
    """
    conformed = tables.conform(name, table)
    make_directory(path.parent)
    rows = pa.Table.from_pandas(conformed, preserve_index=False)
    floats = [field.name for field in rows.schema if pa.types.is_floating(field.type)]
    with replacing(path) as partial:
        pq.write_table(
            rows,
            partial,
            compression="zstd",
            use_byte_stream_split=floats,
            use_dictionary=[name for name in rows.column_names if name not in floats],
        )
    return path


def read_table(path: Path, name: TableName) -> pd.DataFrame:
    """Read a table from anywhere and check it.

    Raises:
        TableError: missing, damaged, or not as the schema says.
    """
    if not path.is_file():
        raise TableError(f"{path} does not exist; run the stage that writes table '{name}'")
    try:
        with pq.ParquetFile(path) as file:
            table = file.read().to_pandas()
    except (OSError, pa.ArrowException, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise TableError(f"{path} is damaged ({reason}); remove it and run again") from error
    spec = tables.ALL[name]
    return tables.check(name, spec.completed(spec.typed(table, only="str")), str(path))


def write_arrays(path: Path, pieces: Iterable[Array]) -> Path:
    """Write arrays below each other as one .npy file, C order.

    Raises:
        TableError: they differ in dtype or row shape, or there is none.
        ValueError: an array of objects.
        OutputError: it cannot be written.
    """
    pieces = list(pieces)
    kinds = {(piece.dtype.str, piece.shape[1:]) for piece in pieces}
    if len(kinds) != 1:
        raise TableError(f"the parts of {path} do not fit together: dtypes and row shapes {sorted(map(str, kinds))}")
    first = pieces[0]
    if first.dtype.hasobject:
        raise ValueError(f"{path}: an array of objects is never stored")
    shape = (sum(len(piece) for piece in pieces), *first.shape[1:])
    header = {"descr": np.lib.format.dtype_to_descr(first.dtype), "fortran_order": False, "shape": shape}
    make_directory(path.parent)
    with replacing(path) as partial, partial.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for piece in pieces:
            file.write(np.ascontiguousarray(piece).data)
    return path


def read_array(path: Path, mmap: bool = False) -> Array:
    """Read a .npy file, never a pickle.

    Raises:
        TableError: missing or damaged.
    """
    try:
        array: Array = np.load(path, allow_pickle=False, mmap_mode="r" if mmap else None)
    except FileNotFoundError:
        raise TableError(f"{path} does not exist; run the stage that writes it") from None
    except (OSError, ValueError, EOFError) as error:
        raise TableError(
            f"{path} is damaged ({' '.join(str(error).split())[:200]}); remove it and run again"
        ) from error
    return array


def _shifted(table: pd.DataFrame, shift: Mapping[str, int]) -> pd.DataFrame:
    return table.assign(**{column: table[column] + amount for column, amount in shift.items()})
