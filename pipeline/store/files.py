"""Writing files so that a reader finds the old one, the new one, and never half of one."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError, TableError
from pipeline.untrusted import parse_json, read_limited

PARTIAL_SUFFIX = ".partial"
_LONGEST_JSON_BYTES = 64 << 20
"""A table of facts of a long game has some MiB."""
_SHARING_VIOLATION = 32
"""Error of Windows: a file is open elsewhere, a table in a spreadsheet program for one, and cannot be replaced."""
_WHAT_TO_DO = {
    errno.ENOSPC: "the disk is full; free some space and run again: finished work is kept",
    errno.EDQUOT: "the disk quota is used up; free some space and run again: finished work is kept",
    errno.EACCES: "no permission to write there; choose another --out",
    errno.EPERM: "not permitted to write there; choose another --out",
    errno.EROFS: "the file system is read-only; choose another --out",
    errno.ENOTDIR: "a part of the path is a file, not a directory; choose another --out",
    errno.EEXIST: "a file stands where a directory is needed; choose another --out",
    errno.EISDIR: "a directory stands where the file should go; move it away",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter --out",
}


def output_error(path: Path, error: OSError) -> OutputError:
    """Say in one line what could not be written, why, and what to do."""
    reason = _WHAT_TO_DO.get(error.errno or 0, error.strerror or str(error))
    if getattr(error, "winerror", None) == _SHARING_VIOLATION:
        reason = "another program has it open; close it there and run again: finished work is kept"
    return OutputError(f"cannot write {path}: {reason}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; when the block ends well, put that file in its place.

    The file is on the disk (fsync) before it takes the name, and the name before this returns. After an error nothing is
    left behind.

    Raises:
        OutputError: no space, no permission, not a directory.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with replacing(folder / "a.txt") as partial:
        ...     _ = partial.write_text("done")
        >>> [(p.name, p.read_text()) for p in folder.iterdir()]
        [('a.txt', 'done')]
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    try:
        partial.unlink(missing_ok=True)  # it would be a killed run's, or a link that somebody laid
        yield partial
        sync(partial)
        partial.replace(path)
        sync(path.parent)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically.

    Raises:
        OutputError: it cannot be written.
    """
    with replacing(path) as partial:
        partial.write_bytes(data)


def write_json(path: Path, data: Any) -> None:
    """Write JSON atomically, readable and in the given order of keys.

    Raises:
        OutputError: it cannot be written.
        ValueError: NaN or infinity, which JSON does not have.
    """
    write_bytes(path, json_bytes(data))


def json_bytes(data: Any) -> bytes:
    """Return JSON as it is written to files: readable, in the given order of keys, UTF-8.

    Raises:
        ValueError: NaN or infinity, which JSON does not have.
    """
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_json(path: Path) -> Any:
    """Read a JSON file that the program wrote.

    Raises:
        TableError: missing, unreadable or not JSON.
    """
    try:
        return parse_json(read_limited(path, _LONGEST_JSON_BYTES), _LONGEST_JSON_BYTES)
    except FileNotFoundError:
        raise TableError(f"{path} does not exist; run the stage that writes it") from None
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise TableError(f"{path} cannot be read ({reason}); remove it and run again") from error


def remove_tree(path: Path) -> None:
    """Remove a file or directory that is ours; a link itself, not what it leads to.

    Raises:
        OutputError: it cannot be removed.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(path, error) from error


def tidy(folder: Path) -> None:
    """Remove what killed processes left half-written in a folder that nobody else writes in now.

    Raises:
        OutputError: it cannot be removed.
    """
    for partial in folder.glob(f".*{PARTIAL_SUFFIX}"):
        remove_tree(partial)


def is_plain_file(path: Path) -> bool:
    """Say whether a path is a file itself, not a link to one, a device or a pipe."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def make_directory(path: Path) -> None:
    """Make a directory and those above it; durable when this returns.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        missing = [p for p in (path, *path.parents) if not p.exists()]
        path.mkdir(parents=True, exist_ok=True)
        for made in missing:
            sync(made.parent)
    except OSError as error:
        raise output_error(path, error) from error


def canonical_json(data: Any) -> str:
    """Return the one JSON text of plain data: keys sorted, no spaces; paths as text, tuples as lists.

    Raises:
        TypeError: something that is not plain data.
        ValueError: NaN or infinity.

    Example:
        >>> canonical_json({"b": (1, 2.5), "a": None})
        '{"a":null,"b":[1,2.5]}'
    """
    return json.dumps(_plain(data), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _plain(data: Any) -> Any:
    """Turn paths into text and tuples into lists; refuse keys that are not text, which JSON would confuse."""
    if isinstance(data, Mapping):
        if not all(isinstance(key, str) for key in data):
            raise TypeError("a fingerprint's mapping needs text keys")
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if isinstance(data, Path):
        return str(data)
    if isinstance(data, float) and not math.isfinite(data):
        raise ValueError(f"{data} has no place in a fingerprint; use None")
    return data


def sync(path: Path) -> None:
    """Wait until a file or directory is on the disk.

    Some network file systems cannot do so for a directory. Windows opens no directory, and a file only for writing.
    """
    if path.is_dir():
        if os.name == "nt":
            return
        flags = os.O_RDONLY
    else:
        flags = os.O_RDWR
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not (path.is_dir() and error.errno in (errno.EINVAL, errno.ENOTSUP)):
            raise
    finally:
        os.close(descriptor)
