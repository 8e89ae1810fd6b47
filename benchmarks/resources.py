"""What a command and all its processes take: seconds on the clock, processor seconds, memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ANALYZE = (sys.executable, "-c", "from pipeline.cli import main; main()", "analyze")
"""The command of this checkout, whatever is installed."""
_POLL_S = 1.0


@dataclass(frozen=True)
class Usage:
    """What a command took."""

    wall_s: float
    processor_s: float
    """Of all its processes."""
    memory_bytes: int
    """Most that its processes held at once, pages that they share counted once; 0 where the system does not say."""


def measured(command: Sequence[str]) -> Usage:
    """Run a command in silence and measure it.

    Raises:
        SystemExit: it failed; with what it said.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    peak = _PeakMemory(process.pid)
    said, _ = process.communicate()
    wall_s = time.perf_counter() - began
    memory_bytes = peak.ended()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[3:])} failed:\n{said}")
    processor_s = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Usage(wall_s, processor_s, memory_bytes)


class _PeakMemory:
    """Watches the memory of a group of processes."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def ended(self) -> int:
        """Stop watching; return the peak in bytes."""
        self._done.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._done.wait(_POLL_S):
            self._peak = max(self._peak, group_memory_bytes(self._group))


def group_memory_bytes(group: int) -> int:
    """Sum the memory of a group of processes, shared pages counted once; 0 where there is no /proc."""
    return sum(_proportional_bytes(path) for path in Path("/proc").glob("[0-9]*") if _group_of(path.name) == group)


def _group_of(process: str) -> int | None:
    try:
        return os.getpgid(int(process))
    except (OSError, ValueError):
        return None


def _proportional_bytes(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
