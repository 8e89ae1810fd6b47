"""A Ray cluster: its tasks do the work on whatever machine is free, again where a machine was lost."""

from __future__ import annotations

import importlib
import platform
import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import ModuleType
from typing import Any, TypeVar

from pipeline.errors import DependencyError, WorkerError
from pipeline.run.execution.executor import Outcome, Procedure, attempt

T = TypeVar("T")
R = TypeVar("R")
CORES_PER_GAME = 4
"""A game keeps a process for what comes after perception; more games at once than this allows would only hold memory."""
TASKS_PER_CORE = 2
"""Tasks that are handed over, so that a core never waits for the next."""
RETRIES = 3
"""Of a task whose machine or process was lost."""
_PATIENCE_S = 10.0
"""For the head of the cluster to answer."""


@dataclass(frozen=True)
class RayCluster:
    """Tasks of Ray, a core each. All machines share the folders of videos and outputs, and have the same courtside."""

    address: str | None = None
    """'auto', HOST:PORT, ray://HOST:PORT, or 'local' for this machine alone; None in a task: the cluster it runs on."""
    games: bool = False
    """The items are whole games, which hand their chunks to the same cluster."""

    def run(
        self,
        work: Procedure[T, R],
        items: Iterable[T],
        advanced: Callable[[int, float], None],  # noqa: ARG002  (of an item that is under way nothing is told)
    ) -> Generator[Outcome[R], None, None]:
        """Do the same work with many items; see `Executor`. How far an item is shows when it is done."""
        ray = _ray()
        with _joined(ray, self.address):
            task = ray.remote(num_cpus=1, max_retries=RETRIES)(_do)
            code = _code_of(_module_of(work))
            waiting = enumerate(items)
            under_way: dict[Any, int] = {}
            try:
                while True:
                    for number, item in islice(waiting, max(0, self._most(ray) - len(under_way))):
                        under_way[task.remote(work, number, item, code)] = number
                    if not under_way:
                        return
                    (ended, *_), _ = ray.wait(list(under_way), num_returns=1)
                    yield _outcome(ray, ended, under_way.pop(ended))
            finally:
                for reference in under_way:
                    ray.cancel(reference, force=True)

    def _most(self, ray: ModuleType) -> int:
        """Say how many items are handed over at once; asked again and again, as machines come and go."""
        cores = int(ray.cluster_resources().get("CPU", 1))
        return max(1, cores // CORES_PER_GAME) if self.games else max(1, cores * TASKS_PER_CORE)


def _ray() -> ModuleType:
    """Import Ray."""
    try:
        return importlib.import_module("ray")  # by name: what rests on this module does not rest on Ray
    except ImportError:
        raise DependencyError("--ray needs the package ray: pip install 'courtside[ray]'") from None


@contextmanager
def _joined(ray: ModuleType, address: str | None) -> Iterator[None]:
    """Be connected to a cluster; a task is already."""
    if ray.is_initialized():
        yield
        return
    try:
        _check_listening(address)
        started_here = {"include_dashboard": False} if address == "local" else {}
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **started_here)
    except (OSError, ValueError, RuntimeError) as error:
        raise DependencyError(f"no Ray cluster at {address}: {error}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _check_listening(address: str | None) -> None:
    """Find out at once whether anybody is there; Ray itself would try for minutes.

    Raises:
        OSError: nobody listens at the host and port of an address that has them.
    """
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isascii() and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_S).close()


def _do(work: Procedure[T, R], number: int, item: T, code: str) -> Outcome[R]:
    """Do one piece of work in a process of the cluster, which keeps the networks of the last one."""
    if _code_of(_module_of(work)) != code:
        problem = "has other code of courtside, or other libraries, than the machine that asks: results would differ"
        return Outcome(number, error=WorkerError(f"{platform.node()} {problem}; install the same on all machines"))
    return attempt(_kept(work), number, item, lambda _done: None)


@lru_cache(maxsize=1)
def _kept(work: Procedure[T, R]) -> Procedure[T, R]:
    """Return the work, or the equal one of the task before with what it has loaded."""
    return work


@lru_cache(maxsize=4)
def _code_of(module: str) -> str:
    """Fingerprint the code behind a module and the versions of the libraries there."""
    from pipeline.run.source_code.closure import code_fingerprint

    return code_fingerprint(module)


def _module_of(work: Procedure[T, R]) -> str:
    return str(getattr(work, "__module__", type(work).__module__))


def _outcome(ray: ModuleType, reference: Any, number: int) -> Outcome[Any]:
    """Take the outcome of a task that has ended."""
    try:
        return ray.get(reference)  # type: ignore[no-any-return]
    except ray.exceptions.RayTaskError:  # a fault of ours, with its traceback
        raise
    except ray.exceptions.RayError as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return Outcome(
            number, error=WorkerError(f"a machine or process of the cluster was lost {RETRIES + 1} times: {lines[0]}")
        )
