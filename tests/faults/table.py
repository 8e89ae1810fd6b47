"""The table of faults that are no kills: what is made, and how a command may end under it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.children import Ended, ForkServer, Limits
from tests.faults.commands import OUT, Command, Undisturbed, contents, differences

_WORKS_S = 300.0
"""Processor seconds of the longest of the commands."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong outside of the program."""

    name: str
    before: Sequence[tuple[str, Sequence[Any]]] = ()
    """Functions of `tests.faults.injection` and their arguments; `{out}` stands for the output directory."""
    environment: Mapping[str, str | None] = field(default_factory=dict)
    """What is changed; None: taken away."""
    says: str = ""
    """A part of the line that the command ends with; '': it may end well, as if nothing had happened."""
    needs_mounts: bool = False


def _full(number: int) -> tuple[tuple[str, Sequence[Any]], ...]:
    return (("fail_at", ("{out}", number, "ENOSPC", True)),)


_READ_ONLY = (("fail_at", ("{out}", 40, "EROFS", True)),)
FAULTS = (
    Fault("disk full at the first write", _full(0), says="disk is full"),
    Fault("disk full at change 50", _full(50), says="disk is full"),
    Fault("disk full at change 150", _full(150), says="disk is full"),
    Fault("disk full at change 250", _full(250), says="disk is full"),
    Fault("disk of 300 kB", (("small_disk", ("{out}", 300)),), says="disk is full", needs_mounts=True),
    Fault("file system turns read-only", _READ_ONLY, says="read-only"),
    Fault("directory is read-only", (("read_only", ("{out}",)),), says="read-only", needs_mounts=True),
    Fault("disk fails once", (("fail_at", ("{out}", 100, "EIO", False)),), says="nput/output error"),
    Fault("files may have 4 kB", (("small_files", (4096,)),), says="too large"),
    Fault("8 open files", (("few_files", (8,)),), says="open"),
    Fault("48 open files", (("few_files", (48,)),)),
    Fault("no shared memory", (("no_shared_memory", ()),), needs_mounts=True),
    Fault("clock that jumps", (("clock_jumps", (5,)),)),
    Fault("no HOME", environment={"HOME": None, "XDG_CACHE_HOME": None, "COURTSIDE_CACHE": None}),
    Fault("HOME that cannot be written", environment={"HOME": "/proc/none", "COURTSIDE_CACHE": None}),
    Fault("no folder for temporary files", environment={"TMPDIR": "/nonexistent"}),
)
LOST_DEVICE = Fault("device lost after 5 calls", (("lost_device", (5,)),), says="device failed")
"""Of commands that run networks."""


def suffer(server: ForkServer, command: Command, fault: Fault, materials: Path, folder: Path) -> Ended:
    """Let a command meet a fault; what is in its folder stays there.

    Args:
        server: forks it.
        command: the command.
        fault: what goes wrong.
        materials: see `tests.faults.commands`.
        folder: where it works.
    """
    (folder / OUT).mkdir(parents=True, exist_ok=True)
    before = [
        (name, tuple(str(folder / OUT) if value == "{out}" else value for value in values))
        for name, values in fault.before
    ]
    ended = server.run(command.work(materials, folder, before, fault.environment), Limits(cpu_s=_WORKS_S))
    kept = folder / f"{OUT}.kept"
    if kept.is_dir():
        _put_back(kept, folder / OUT)
    return ended


def complaint(fault: Fault, ended: Ended) -> str | None:
    """Say what is wrong with how a command ended under a fault; None: nothing."""
    lines = [line for line in ended.said.splitlines() if line.startswith(("error:", "Traceback")) or "Error" in line]
    if not fault.says:
        return None if ended.code == 0 else f"exit code {ended.code}: {ended.said[-300:]}"
    if ended.code in (0, 70) or ended.code < 0 or ended.code > 100:
        return f"exit code {ended.code}: {ended.said[-300:]}"
    if len(lines) != 1 or fault.says not in lines[0]:
        return f"expected a line with {fault.says!r}: {lines or ended.said[-300:]}"
    return None


def resumed(server: ForkServer, command: Command, materials: Path, folder: Path, peace: Undisturbed) -> list[str]:
    """Give the command again in peace; return the files that differ from those of an undisturbed run.

    Args:
        server: forks it.
        command: the command.
        materials: see `tests.faults.commands`.
        folder: where it works.
        peace: the undisturbed run.
    """
    ended = server.run(command.work(materials, folder))
    return differences(peace.files, contents(folder / OUT)) if ended.code == 0 else [f"exit code {ended.code}"]


def _put_back(kept: Path, out: Path) -> None:
    """Put what lay on a file system that is gone into the folder beneath it."""
    shutil.rmtree(out)
    kept.rename(out)
