"""How many worker processes."""

from __future__ import annotations

import os
from typing import Literal

from models.runtime.hardware import usable_cores
from pipeline.errors import SettingsError
from pipeline.run.execution.executor import Executor, InThisProcess
from pipeline.run.execution.processes import WorkerProcesses

Workers = int | Literal["auto"]
CORES_PER_WORKER = 2
"""With 'auto': two threads of one process cost less memory than two processes and are about as fast."""
MEMORY_PER_WORKER_BYTES = 2 << 30
"""With 'auto': what is set aside for each."""


def check_workers(workers: Workers) -> Workers:
    """Return a number of workers as it is.

    Raises:
        SettingsError: it is neither 'auto' nor 1 or more.
    """
    if workers != "auto" and (not isinstance(workers, int) or isinstance(workers, bool) or workers < 1):
        raise SettingsError(f"workers {workers!r}: expected a whole number from 1 on, or auto")
    return workers


def processes_for(workers: Workers, pieces: int, cores: int, memory_bytes: int | None = None) -> int:
    """Say how many processes share the work.

    Args:
        workers: as asked for.
        pieces: of work.
        cores: that may be used.
        memory_bytes: of the machine; None if it is not known.

    Returns:
        1 or more; 1 is this process alone.

    Example:
        >>> [processes_for("auto", 360, cores) for cores in (1, 2, 4, 16)]
        [1, 1, 2, 8]
        >>> processes_for("auto", 3, 16), processes_for("auto", 360, 16, 8 << 30), processes_for(3, 360, 2)
        (3, 4, 3)
    """
    if workers != "auto":
        return max(1, min(workers, pieces))
    room = pieces if memory_bytes is None else memory_bytes // MEMORY_PER_WORKER_BYTES
    return max(1, min(pieces, cores // CORES_PER_WORKER, room))


def executor_for(workers: Workers, pieces: int) -> Executor:
    """Choose who does some pieces of work on this machine.

    Args:
        workers: as asked for.
        pieces: of work.
    """
    cores = usable_cores()
    processes = processes_for(workers, pieces, cores, memory_bytes())
    return InThisProcess() if processes == 1 else WorkerProcesses(processes, max(1, cores // processes))


def memory_bytes() -> int | None:
    """Return how much memory the machine has, where the system says it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None
    except (ValueError, OSError):
        return None
