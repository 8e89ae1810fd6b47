"""The code behind a function: every project file that its module imports, however far down, and the libraries there.

It is read off the source with `ast`, so it holds without importing anything, and nobody keeps a list: whoever adds an
import adds to the closure. Imports inside functions count, those under `if TYPE_CHECKING:` do not. A package's
`__init__` runs before its modules and counts as well, with the folders of data (templates) beside it. In a checkout the modules are called `pipeline.x` and `models.x`, in an installed wheel `courtside.pipeline.x`.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.run.source_code.sources import notes_of
from pipeline.store import fingerprint

ROOT = Path(__file__).resolve().parents[3]
"""The folder that holds `pipeline` and `models`."""
PREFIX = __name__.partition("pipeline.")[0]
"""What stands before `pipeline` and `models` in the names of modules: nothing, or 'courtside.'."""
_NO_DATA = (".py", ".pyc", ".safetensors", ".md")
"""Suffixes of files that are not read as data: weights are part of a fingerprint by the settings that name them."""


@dataclass(frozen=True)
class ImportClosure:
    """What some modules import, directly or not."""

    files: tuple[Path, ...]
    """Project files, sorted; their own among them."""
    libraries: tuple[str, ...]
    """Top-level names of modules from elsewhere, without those of Python itself, sorted."""


@cache
def code_fingerprint(*modules: str) -> str:
    """Fingerprint the code in the import closure of modules, and the versions of the libraries there, as they were when it began.

    Args:
        modules: names as in `__name__`.
    """
    closure, notes = import_closure(modules), notes_of(ROOT)
    files = [[file.relative_to(ROOT).as_posix(), notes.sha256(file)] for file in closure.files]
    notes.keep()
    return fingerprint(files, library_versions(closure.libraries))


def import_closure(modules: Iterable[str], root: Path = ROOT, prefix: str = PREFIX) -> ImportClosure:
    """Follow the imports of modules through the project.

    Args:
        modules: names as in `__name__`.
        root: the folder that holds the project's packages.
        prefix: what stands before the packages' names.

    Raises:
        LookupError: there is no such module.
    """
    names = [module.removeprefix(prefix) for module in modules]
    for name in names:
        if _file_of(name, root) is None:
            raise LookupError(f"there is no module {name} in {root}")
    files: set[Path] = set()
    libraries: set[str] = set()
    notes = notes_of(root)
    followed: set[str] = set()
    while names:
        for module in _with_packages(names.pop()):
            file = None if module in followed else _file_of(module, root)
            followed.add(module)
            if file is None:
                continue
            files |= {file, *_data_of(file)}
            for imported in notes.imports(file):
                name = imported.removeprefix(prefix)
                if imported.startswith(prefix) and _file_of(name.partition(".")[0], root) is not None:
                    names += [] if name in followed else [name]
                else:
                    libraries.add(imported.partition(".")[0])
    return ImportClosure(tuple(sorted(files)), tuple(sorted(libraries - sys.stdlib_module_names)))


def library_versions(names: Iterable[str]) -> dict[str, str | None]:
    """Return the versions of the distributions that give modules; None where none does.

    Args:
        names: top-level names of modules.
    """
    return {"python": ".".join(platform.python_version_tuple()[:2])} | {name: _version_of(name) for name in names}


def _with_packages(name: str) -> Iterator[str]:
    """Yield a dotted name and the packages above it, the highest first.

    Example:
        >>> list(_with_packages("a.b.c"))
        ['a', 'a.b', 'a.b.c']
    """
    words = name.split(".")
    yield from (".".join(words[: count + 1]) for count in range(len(words)))


@cache
def _file_of(module: str, root: Path) -> Path | None:
    """Return the file of a module of the project; None for anything else."""
    path = root.joinpath(*module.split("."))
    for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
        if file.is_file():
            return file
    return None


@cache
def _data_of(file: Path) -> tuple[Path, ...]:
    """Return the files in folders of data (no packages) in the package whose `__init__` this is."""
    if file.name != "__init__.py":
        return ()
    folders = [path for path in file.parent.iterdir() if path.is_dir() and path.name != "__pycache__"]
    return tuple(
        path
        for folder in folders
        if not (folder / "__init__.py").exists()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in _NO_DATA
    )


@cache
def _version_of(name: str) -> str | None:
    """Find the version of the distribution that gives a module: by its name, else by what distributions list."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found = sorted(f"{dist.name} {dist.version}" for dist in _distributions() if name in _modules_of(dist))
        return ", ".join(found) or None


@cache
def _distributions() -> tuple[importlib.metadata.Distribution, ...]:
    return tuple(importlib.metadata.distributions())


@cache
def _modules_of(distribution: importlib.metadata.Distribution) -> frozenset[str]:
    """Name the top-level modules of a distribution. `importlib.metadata.packages_distributions` takes seconds for all."""
    listed = distribution.read_text("top_level.txt")
    if listed is not None:
        return frozenset(listed.split())
    record = distribution.read_text("RECORD") or ""
    return frozenset(re.findall(r"^(\w+)(?:/|\.py,)", record, re.MULTILINE))
