"""What the source files of the project import, and their hashes: noted between processes, since reading them anew takes half a second."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.runtime.cache import cache_folder
from pipeline.errors import CourtsideError
from pipeline.store import fingerprint, hash_file, read_json, write_json


@dataclass(frozen=True)
class _Note:
    """Of one file; it holds while size and times of the file are the same, much as Python knows what it compiled."""

    size_bytes: int
    modified_ns: int
    changed_ns: int
    """No tool sets it, as some set the time before, to a fixed one."""
    sha256: str
    imports: tuple[str, ...] | None
    """Full names of modules, or of things in them; None for a file that is no code."""


_NOTES = TypeAdapter(dict[str, _Note])


class SourceNotes:
    """Reads source files, each once; a cache that cannot be read or written is no error.

    Args:
        root: the folder that the notes are about.
    """

    def __init__(self, root: Path) -> None:
        folder = cache_folder("sources")
        self._file = None if folder is None else folder / f"{fingerprint(str(root))[:16]}.json"
        self._stored = self._read()
        self._notes: dict[Path, _Note] = {}

    def imports(self, file: Path) -> tuple[str, ...]:
        """Return the full names of modules, or of things in them, that a file imports when it runs."""
        return self._note(file).imports or ()

    def sha256(self, file: Path) -> str:
        """Return the hash of a file's content, as it was when this process first asked."""
        return self._note(file).sha256

    def keep(self) -> None:
        """Leave the notes to the processes that come."""
        notes = self._stored | {str(file): note for file, note in self._notes.items()}
        if self._file is None or notes == self._stored:
            return
        try:
            write_json(self._file, _NOTES.dump_python(notes, mode="json"))
        except CourtsideError:
            return
        self._stored = notes

    def _note(self, file: Path) -> _Note:
        if file not in self._notes:
            found, noted = file.stat(), self._stored.get(str(file))
            stamp = (found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if noted is None or (noted.size_bytes, noted.modified_ns, noted.changed_ns) != stamp:
                noted = _Note(*stamp, hash_file(file), imports_of(file) if file.suffix == ".py" else None)
            self._notes[file] = noted
        return self._notes[file]

    def _read(self) -> dict[str, _Note]:
        try:
            return {} if self._file is None else _NOTES.validate_python(read_json(self._file))
        except (CourtsideError, ValidationError):
            return {}


@cache
def notes_of(root: Path) -> SourceNotes:
    """Return the notes about a folder.

    Args:
        root: the folder.
    """
    return SourceNotes(root)


def imports_of(file: Path) -> tuple[str, ...]:
    """Return the full names of modules, or of things in them, that a file imports when it runs.

    Raises:
        ValueError: it has a relative import.
    """
    found: list[str] = []
    for node in _runtime_statements(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise ValueError(f"{file}: a relative import, which the closure does not follow")
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found)


def _runtime_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Walk the statements of a module, however deep, without those that only type checkers read."""
    waiting: list[Any] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        for inner in ("body", "orelse", "finalbody", "handlers", "cases"):
            found = getattr(node, inner, ())
            waiting += found if isinstance(found, list) else ()
