"""Requests of the review page that are accepted: on the disk until they are carried out, so that a crash loses none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.errors import OutputError, TableError
from pipeline.store import Folder, RunDirectory, locked, make_directory, remove_tree, tidy

_FOLDER = "review"
_NAME = re.compile(r"[0-9]{6,12}")
_LAST = 10**12 - 1


class AcceptedRequests:
    """The requests of one run, a file each, named by a number in the order in which they came.

    A request is written before the page is told that it is accepted, and removed when it is carried out or refused.
    """

    def __init__(self, run: RunDirectory) -> None:
        """Name the folder; nothing is made yet.

        Raises:
            OutputError: it is a link.
        """
        self._folder, self._last = Folder(run.path / _FOLDER), 0
        if self._folder.path.is_symlink():
            raise OutputError(f"{self._folder.path} is a link, which courtside does not follow; remove it")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other pages of the same run away: each would carry out what the first has accepted.

        Raises:
            OutputError: another process holds them, or the folder cannot be written.
        """
        folder = self._folder.path
        make_directory(folder)
        run = folder.parent.parent
        with locked(folder, lambda process: f"a review page of {run} is open already (process {process}); use that"):
            tidy(folder)
            yield

    def add(self, request: Any) -> str:
        """Write a request, plain data, and return its name; it is on the disk then. One call at a time.

        Raises:
            OutputError: it cannot be written, or a file has the last of all numbers.
        """
        self._last = 1 + max([self._last, *map(int, self._names())])  # no number twice while the page is open
        if self._last > _LAST:
            raise OutputError(f"{self._folder.path}: {_LAST}.json is none of ours; remove it")
        self._folder.write_json(f"{self._last:06d}", request)
        return f"{self._last:06d}"

    def waiting(self) -> list[tuple[str, Any]]:
        """Return name and content of all that are not carried out, in order; None for one that cannot be read."""
        return [(name, self._read(name)) for name in self._names()]

    def remove(self, name: str) -> None:
        """Forget a request, whether it is there or not.

        Raises:
            OutputError: it cannot be removed.
        """
        if _NAME.fullmatch(name):
            remove_tree(self._folder.json_path(name))

    def _names(self) -> list[str]:
        found = [path.stem for path in self._folder.path.glob("*.json") if _NAME.fullmatch(path.stem)]
        return sorted(found, key=int)

    def _read(self, name: str) -> Any:
        try:
            return self._folder.read_json(name)
        except TableError:
            return None
