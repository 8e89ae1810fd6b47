"""Killed, on a full disk, with a clock that jumps: one line, nothing lost, and the bytes of an undisturbed run at the end.

A small sample; `python -m benchmarks.faults` disturbs every command, and more often.
"""

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.children import ForkServer, Work
from tests.conftest import Made
from tests.faults.commands import (
    OUT,
    Undisturbed,
    command,
    contents,
    differences,
    killed_and_resumed,
    make_games,
    undisturbed,
)
from tests.faults.table import FAULTS, LOST_DEVICE, complaint, suffer
from tests.fuzz.targets import KNOWN

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each command is forked")
TABLES = command("analyze, no pixels")
FILMED = command("analyze")
IN_TURN = (
    "disk full at the first write",
    "disk full at change 50",
    "files may have 4 kB",
    "file system turns read-only",
)
"""Faults that a game without pixels meets one after another, getting a little further each time."""


def strict(name: str) -> pytest.MarkDecorator:
    """Let a test fail while its failure is known."""
    return pytest.mark.xfail(name in KNOWN, reason=KNOWN.get(name, ""), strict=False)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with ForkServer() as started:
        yield started


@pytest.fixture(scope="module")
def materials(made_once: Made) -> Path:
    return made_once("fault_games", make_games)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all commands work, since results name it."""
    return tmp_path_factory.mktemp("faults") / "work"


@pytest.fixture(scope="module")
def of_tables(server: ForkServer, materials: Path, folder: Path) -> Undisturbed:
    return undisturbed(server, TABLES, materials, folder)


@strict("kills")
def test_kills_cost_no_byte(server: ForkServer, materials: Path, folder: Path, of_tables: Undisturbed) -> None:
    TABLES.prepare(materials, folder)
    found = killed_and_resumed(server, TABLES, materials, folder, of_tables, random.Random(7), kills=4)
    assert found.ended.code == 0, found.ended.said
    assert differences(of_tables.files, found.files) == []
    assert not list(folder.rglob("*.partial"))


@strict("faults")
def test_faults_are_one_line_each_and_cost_no_byte(
    server: ForkServer, materials: Path, folder: Path, of_tables: Undisturbed
) -> None:
    """The last run has a clock that jumps, no HOME and no folder for temporary files."""
    TABLES.prepare(materials, folder)
    faults = {fault.name: fault for fault in FAULTS}
    wrong = {name: complaint(faults[name], suffer(server, TABLES, faults[name], materials, folder)) for name in IN_TURN}
    assert {name: what for name, what in wrong.items() if what} == {}
    changed = {"HOME": None, "TMPDIR": "/nonexistent"}
    ended = server.run(TABLES.work(materials, folder, faults["clock that jumps"].before, changed))
    assert ended.code == 0, ended.said
    assert differences(of_tables.files, contents(folder / OUT)) == []
    manifests = [
        json.loads(path.read_text(encoding="utf-8")) for path in (folder / OUT / "work").glob("*.manifest.json")
    ]
    assert min(manifest["seconds"] for manifest in manifests) >= 0


@strict("lost device")
def test_a_lost_device_and_kills_cost_no_finished_chunk(server: ForkServer, materials: Path, folder: Path) -> None:
    peace = undisturbed(server, FILMED, materials, folder)
    FILMED.prepare(materials, folder)
    assert complaint(LOST_DEVICE, suffer(server, FILMED, LOST_DEVICE, materials, folder)) is None
    finished = {path: path.stat().st_mtime_ns for path in folder.rglob("done.json")}
    assert finished
    found = killed_and_resumed(server, FILMED, materials, folder, peace, random.Random(3), kills=2)
    assert found.ended.code == 0, found.ended.said
    assert differences(peace.files, found.files) == []


def test_a_directory_that_is_read_only_is_one_line(server: ForkServer, materials: Path, folder: Path) -> None:
    """Root may write into any directory but on a file system that is read-only: this process's own mount of it."""
    TABLES.prepare(materials, folder)
    if server.run(Work("tests.faults.injection:own_mounts", folder=str(folder))).code != 0:
        pytest.skip("no mounts of one's own here")
    fault = next(fault for fault in FAULTS if fault.name == "directory is read-only")
    assert complaint(fault, suffer(server, TABLES, fault, materials, folder)) is None
