"""Changes in the code that tests should notice: `python -m benchmarks.mutation [--rooms NAME ...] [--sample N] [--seed S]`.

Draws places in the code of the rooms at random, changes one operator there (`+` to `-`, `<` to `<=`, `and` to `or`, ...), and
runs the tests of the module. Prints for each room how many mutants were killed (a test failed, or ran too long), and each
survivor with its file, line and change. Survivors that were judged to change nothing are listed in `mutation.toml` with the
reason, and count neither way. The exit code is 1 where a room is below its goal.

The operators are Cosmic Ray's (extra `mutation`). Its own runner has one command of tests for all modules, no sample, and
changes the files where they lie; here a copy of the tree is changed, and each module has its tests. mutmut runs tests within
one process, through copies of the functions, where an editable install and `--import-mode=importlib` hide them from the tests.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "benchmarks" / "mutation.toml"


@dataclass(frozen=True)
class Mutant:
    """One change in one module."""

    module: str
    """Path in the repository."""
    operator: str
    """Cosmic Ray's name, without its room."""
    occurrence: int
    """Which of the places in the module where the operator can work."""
    line: int

    @property
    def room(self) -> str:
        """The folder of `pipeline`."""
        return self.module.split("/")[1]

    def code(self, source: str) -> str | None:
        """Return the module's changed code; None where that is no other program (see `_Behaviour`), or none at all."""
        changed = mutate_code(source, get_operator(f"core/{self.operator}")(), self.occurrence)
        try:
            return None if changed is None or _behaviour(changed) == _behaviour(source) else changed
        except SyntaxError:
            return None


@dataclass(frozen=True)
class Change:
    """What a mutant did to its module, line by line without the space around, and what came of it."""

    mutant: Mutant
    before: str
    after: str
    outcome: str
    """`killed`, `timed out`, `survived` or `equivalent`."""


class _Behaviour(ast.NodeTransformer):
    """Takes away what sound code does not depend on: annotations, whether a class is frozen, and `strict` of `zip`."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = []
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.keywords = [keyword for keyword in node.keywords if keyword.arg != "strict"]
        return self.generic_visit(node)


def _behaviour(source: str) -> str:
    return ast.dump(_Behaviour().visit(ast.parse(source)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table and the survivors; return 1 where a room is below its goal."""
    configuration = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))
    goals: dict[str, float] = configuration["goals"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", nargs="+", choices=list(goals), default=list(goals))
    parser.add_argument("--sample", type=int, default=100, help="mutants, shared out by the number of places in a room")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--tests-pass", action="store_true", help="they were seen to: do not run them without any change"
    )
    given = parser.parse_args(arguments)
    base = Path(tempfile.mkdtemp(prefix="courtside-mutation-"))
    try:
        copy_tree(ROOT, base)
        places = {room: find_mutants(base, f"pipeline/{room}", configuration["operators"]) for room in given.rooms}
        drawn = draw(base, places, given.sample, given.seed)
        changes = list(tried(base, drawn, configuration, given.tests_pass))
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return show(changes, {room: len(found) for room, found in places.items()}, goals)


def copy_tree(root: Path, copy: Path) -> None:
    """Copy what git knows of a working tree, as it is on disk."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, check=True, capture_output=True
    )
    for name in listed.stdout.decode().split("\0"):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)


def find_mutants(root: Path, folder: str, operators: Sequence[str]) -> list[Mutant]:
    """List the places of a folder where operators can work."""
    found = []
    for path in sorted((root / folder).rglob("*.py")):
        nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
        for name in operators:
            operator = get_operator(f"core/{name}")()
            lines = [start[0] for node in nodes for start, _ in operator.mutation_positions(node)]
            module = path.relative_to(root).as_posix()
            found += [Mutant(module, name, occurrence, line) for occurrence, line in enumerate(lines)]
    return found


def draw(root: Path, places: Mapping[str, Sequence[Mutant]], sample: int, seed: int) -> list[Mutant]:
    """Draw mutants: of each room as many as its share of the places, at least one, and never one that is no change.

    Args:
        root: of the tree.
        places: by room.
        sample: how many in all.
        seed: the same draws the same.
    """
    total = sum(len(found) for found in places.values())
    drawn = []
    for room, found in places.items():
        count = max(1, round(sample * len(found) / total)) if found else 0
        mixed = random.Random(f"{seed}-{room}").sample(found, len(found))
        true = (mutant for mutant in mixed if mutant.code((root / mutant.module).read_text(encoding="utf-8")))
        drawn += [mutant for _, mutant in zip(range(count), true, strict=False)]
    return drawn


def nearest_tests(root: Path, module: str, also: Mapping[str, Sequence[str]]) -> list[str]:
    """Name what tests a module, the nearest first: its own examples and file of tests, the mirroring folder, and others.

    Args:
        root: of the tree.
        module: path in the tree.
        also: paths of modules or folders -> what tests them, too.
    """
    path = Path(module)
    mirror = Path("tests") / path.parent
    mirrored_file = mirror / f"test_{path.stem}.py"
    while not (root / mirror).is_dir():
        mirror = mirror.parent
    others = [place for key, places in also.items() if path.is_relative_to(key) for place in places]
    examples = ">>>" in (root / path).read_text(encoding="utf-8")
    named = [
        *([module] if examples else []),
        *([mirrored_file.as_posix()] if (root / mirrored_file).is_file() else []),
        mirror.as_posix(),
        *others,
    ]
    return list(dict.fromkeys(named))


def tried(
    root: Path, drawn: Sequence[Mutant], configuration: Mapping[str, Any], tests_pass: bool = False
) -> Iterator[Change]:
    """Try mutants one after the other, and print what came of each; the tree is afterwards as before.

    Args:
        root: of a copy of the tree.
        drawn: the mutants.
        configuration: `mutation.toml`.
        tests_pass: without any change, as was seen before.

    Raises:
        SystemExit: tests fail without any change.
    """
    judged = {(entry["file"], entry["before"], entry["after"]) for entry in configuration.get("equivalent", ())}
    tests = {mutant: nearest_tests(root, mutant.module, configuration["also_tested_by"]) for mutant in drawn}
    every = list(dict.fromkeys(place for places in tests.values() for place in places))
    if not tests_pass and passes(root, every, None, keep_bytecode=True) is not True:
        raise SystemExit(f"without any change there are failures in {' '.join(every)}")
    for number, mutant in enumerate(drawn, 1):
        began = time.monotonic()
        change = _try(root, mutant, tests[mutant], configuration["timeout_s"])
        if change.outcome == "survived" and (mutant.module, change.before, change.after) in judged:
            change = Change(mutant, change.before, change.after, "equivalent")
        took = f"{time.monotonic() - began:.0f} s"
        print(
            f"{number:4} of {len(drawn)} {took:>6} {change.outcome:10} {mutant.module}:{mutant.line} {mutant.operator}",
            flush=True,
        )
        if change.outcome == "survived":
            print(f"     - {change.before}\n     + {change.after}", flush=True)
        yield change


def _try(root: Path, mutant: Mutant, tests: Sequence[str], timeout_s: float) -> Change:
    """Change a module, run its tests, and put it back."""
    path = root / mutant.module
    source = path.read_text(encoding="utf-8")
    changed = mutant.code(source)
    assert changed is not None
    try:
        path.write_text(changed, encoding="utf-8")
        passed = passes(root, tests, timeout_s)
    finally:
        path.write_text(source, encoding="utf-8")
    lines = [line for line in difflib.ndiff(source.splitlines(), changed.splitlines()) if line[0] in "+-"]
    before, after = (" ".join(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return Change(mutant, before, after, {True: "survived", False: "killed", None: "timed out"}[passed])


def passes(root: Path, tests: Sequence[str], timeout_s: float | None, keep_bytecode: bool = False) -> bool | None:
    """Run tests until the first failure; None where they take too long.

    Args:
        root: of the tree whose tests and code they are.
        tests: files and folders.
        timeout_s: wall time; None for as long as it takes.
        keep_bytecode: for the next run; not that of a mutant, which may have the size and the second of the original.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | ({} if keep_bytecode else {"PYTHONDONTWRITEBYTECODE": "1"})
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", *tests]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command, cwd=root, env=environment, stdout=said, stderr=said, start_new_session=True
        ) as running,
    ):
        try:
            return running.wait(timeout_s) == 0
        except subprocess.TimeoutExpired:
            return None
        finally:  # the tests' own children, too; nothing where all have ended
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


def show(changes: Sequence[Change], places: Mapping[str, int], goals: Mapping[str, float]) -> int:
    """Print a line per room and the survivors; return 1 where a room is below its goal.

    Args:
        changes: what came of the mutants.
        places: how many there are in each room.
        goals: by room.
    """
    by_room: defaultdict[str, list[str]] = defaultdict(list)
    for change in changes:
        by_room[change.mutant.room].append(change.outcome)
    print(
        f"\n{'room':12}{'places':>8}{'tried':>7}{'killed':>8}{'equivalent':>12}{'survived':>10}{'share killed':>14}{'goal':>7}"
    )
    below = 0
    for room, outcomes in by_room.items():
        survived, equivalent = outcomes.count("survived"), outcomes.count("equivalent")
        killed = len(outcomes) - survived - equivalent
        share = killed / (killed + survived) if killed + survived else 1.0
        below += share < goals[room]
        numbers = f"{places[room]:8}{len(outcomes):7}{killed:8}{equivalent:12}{survived:10}"
        print(f"{room:12}{numbers}{share:14.1%}{goals[room]:7.0%}")
    for change in changes:
        if change.outcome in ("survived", "equivalent"):
            print(
                f"\n{change.outcome}: {change.mutant.module}:{change.mutant.line}\n  - {change.before}\n  + {change.after}"
            )
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
