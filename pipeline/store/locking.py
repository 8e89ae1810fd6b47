"""Keeping other processes out of a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import OutputError
from pipeline.store.files import output_error

LOCK = ".lock"
HOLDER = ".holder"


@contextmanager
def locked(folder: Path, busy: Callable[[str], str]) -> Iterator[None]:
    """Hold an advisory lock on a folder, which the system frees when the process ends in whatever way.

    Args:
        folder: is there, and ours.
        busy: what to say where another process holds it, of the number of that process.

    Raises:
        OutputError: another process holds it, or the file system has no locks.
    """
    lock, holder = FileLock(folder / LOCK), folder / HOLDER
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OutputError(busy(_read_holder(holder))) from None
    except NotImplementedError:  # what filelock raises where a file system, mostly one over a network, has no locks
        raise OutputError(f"cannot lock {folder / LOCK}: the file system has no locks; choose another --out") from None
    except OSError as error:
        raise output_error(folder / LOCK, error) from error
    try:
        with suppress(OSError):  # the number is a courtesy to the process that is kept out; the lock holds without it
            holder.write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def _read_holder(path: Path) -> str:
    """Return the number of the process that holds the lock, as text."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or "unknown"
    except OSError:
        return "unknown"
