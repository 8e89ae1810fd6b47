"""How the wheel is built: it holds one top-level package, so that it never shadows a user's own `models` or `pipeline`.

In a checkout the folders `pipeline`, `models` and `configs` are imported and found as they stand, also after
`pip install --editable`. A wheel holds them as `courtside/pipeline`, `courtside/models` and `courtside/configs`, with
the imports (and module names in strings) rewritten: `from pipeline.x import y` -> `from courtside.pipeline.x import y`.
Everything else is in pyproject.toml.
"""

from __future__ import annotations

import ast
import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
PACKAGE = "courtside"
CODE = ("pipeline", "models")
DATA = ("configs",)
_PREFIX = f"{PACKAGE}.".encode()
_DOTTED = re.compile(rf"(?<![\w./\\-])(?:{'|'.join(CODE)})(?:\.[A-Za-z_]\w*)+".encode())
_FROM = re.compile(rb"from\s+")
_JUNK = shutil.ignore_patterns("__pycache__", "*.py[cod]", ".*")


class BuildInOnePackage(build_py):
    """Copies the folders of the checkout under the package and rewrites what they import."""

    def run(self) -> None:
        """Build the package; an editable install is left as it is: it imports the checkout."""
        if self.editable_mode:
            super().run()
            return
        target = Path(self.build_lib, PACKAGE)
        shutil.rmtree(target, ignore_errors=True)  # modules that are gone since the last build
        super().run()
        for folder in (*CODE, *DATA):
            if (ROOT / PACKAGE / folder).exists():
                raise ValueError(f"{PACKAGE}/{folder} stands where the wheel has the folder {folder}")
            shutil.copytree(ROOT / folder, target / folder, ignore=_JUNK)
        for path in target.rglob("*.py"):
            source = path.read_bytes()
            try:
                path.write_bytes(rewritten(source))
            except ValueError as error:
                raise ValueError(f"{path.relative_to(target)}: {error}") from error


def rewritten(source: bytes, root: Path = ROOT) -> bytes:
    """Return a module's source (UTF-8) with imports of the folders, and their dotted names in strings, under the package.

    Lines keep their numbers. A dotted name in a string counts if its first two words or more are a module in `root`.

    Raises:
        ValueError: an import that has no equivalent, `import pipeline.x` without `as`.
    """
    tree = ast.parse(source)
    starts = [0, *itertools.accumulate(len(line) for line in source.splitlines(keepends=True))]
    edits: dict[int, bytes] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and _is_ours(node.module or ""):
            keyword = _FROM.match(source, starts[node.lineno - 1] + node.col_offset)
            if keyword is None:
                raise ValueError(f"line {node.lineno}: write the module's name on the line of `from`")
            edits[keyword.end()] = _PREFIX
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if _is_ours(alias.name):
                    edits |= _edits_of_import(alias, starts)
    for start, end in _texts(tree, starts):
        for name in _DOTTED.finditer(source, start, end):
            if _is_module(name.group().decode().split(".")[:2], root):
                edits[name.start()] = _PREFIX
    for position in sorted(edits, reverse=True):
        source = source[:position] + edits[position] + source[position:]
    return source


def _edits_of_import(alias: ast.alias, starts: list[int]) -> dict[int, bytes]:
    """Return what to insert where, so that `import models` still binds `models`."""
    edits = {starts[alias.lineno - 1] + alias.col_offset: _PREFIX}
    if alias.asname is None:
        if "." in alias.name:
            raise ValueError(f"line {alias.lineno}: import {alias.name}: write `from ... import ...`")
        edits[starts[alias.lineno - 1] + alias.col_offset + len(alias.name)] = f" as {alias.name}".encode()
    return edits


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in CODE


def _is_module(words: list[str], root: Path) -> bool:
    """Say whether dotted words name a module or a package of the checkout."""
    path = root.joinpath(*words)
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _texts(tree: ast.AST, starts: list[int]) -> Iterator[tuple[int, int]]:
    """Yield where string literals begin and end; an f-string as a whole: Python 3.11 does not say where its pieces stand."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
            yield starts[node.lineno - 1] + node.col_offset, end
        else:
            yield from _texts(node, starts)


if __name__ == "__main__":
    setup(cmdclass={"build_py": BuildInOnePackage})
