"""Worker processes on this machine: started afresh, fed one item at a time, ended with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import ModuleType
from typing import Any, TypeVar

from pipeline.errors import WorkerError
from pipeline.run.execution.executor import Outcome, Procedure, attempt

_ENDING = {number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None}
"""Signals that end a command; not every system has all."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class WorkerProcesses:
    """Several processes, each with its share of the cores and with memory of its own."""

    workers: int
    cores_each: int
    """That a worker may use."""

    def run(
        self, work: Procedure[T, R], items: Iterable[T], advanced: Callable[[int, float], None]
    ) -> Generator[Outcome[R], None, None]:
        """Do the same work with many items; see `Executor`.

        An item whose process dies has a `WorkerError` for an outcome, and another process goes on with the next.
        """
        waiting = enumerate(items)
        crew: dict[Connection, _Worker] = {}
        try:
            for number, item in waiting:
                _Worker.started(work, self.cores_each, crew).take(number, item)
                while len(crew) == self.workers:
                    yield from self._next_outcomes(waiting, crew, advanced)
            while crew:
                yield from self._next_outcomes(waiting, crew, advanced)
        finally:
            for worker in crew.values():
                worker.end()

    def _next_outcomes(
        self,
        waiting: Iterator[tuple[int, T]],
        crew: dict[Connection, _Worker],
        advanced: Callable[[int, float], None],
    ) -> Generator[Outcome[R], None, None]:
        """Wait until workers say something, pass it on, and give the next items to those who are done."""
        for connection in wait(list(crew)):
            worker = crew[connection]  # type: ignore[index]
            try:
                said = worker.connection.recv()
            except (EOFError, OSError):
                del crew[worker.connection]
                yield Outcome(worker.number, error=worker.death())
                continue
            if not isinstance(said, Outcome):
                advanced(*said)
                continue
            yield said
            upcoming = next(waiting, None)
            if upcoming is None:
                del crew[worker.connection]
                worker.end()
            else:
                worker.take(*upcoming)


@dataclass
class _Worker:
    """A process and the line to it."""

    process: SpawnProcess
    connection: Connection
    number: int = -1
    """Of the item that it works on."""

    @classmethod
    def started(cls, work: Procedure[Any, Any], cores: int, crew: dict[Connection, _Worker]) -> _Worker:
        """Start a worker and add it to the others."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, cores), name=f"courtside-{len(crew)}")
        with _main_left_alone(), _signals_held():
            process.start()
        theirs.close()
        worker = cls(process, ours)
        crew[ours] = worker
        worker._send(work)
        return worker

    def take(self, number: int, item: Any) -> None:
        """Give the next item."""
        self.number = number
        self._send((number, item))

    def death(self) -> WorkerError:
        """Say how the process ended by itself."""
        self.process.join()
        code = self.process.exitcode or 0
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        self.connection.close()
        return WorkerError(
            f"a worker process ended before its work was done ({how}), most often because memory ran out; what was "
            "finished is kept: run again, with fewer --workers if it happens again"
        )

    def end(self) -> None:
        """End the process, whatever it does: what it finished is on the disk."""
        self.connection.close()
        self.process.kill()
        self.process.join()

    def _send(self, message: Any) -> None:
        """Send a message; that a dead process does not read it is found out by listening to it."""
        try:
            self.connection.send(message)
        except OSError:
            return


@contextmanager
def _main_left_alone() -> Iterator[None]:
    """Keep processes that start meanwhile from importing the user's script, of which they need nothing.

    A script without `if __name__ == "__main__":` would start the whole analysis again in each of them.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _signals_held() -> Iterator[None]:
    """Keep signals that end a command from a process that starts meanwhile, and from this one until it has started.

    They reach all processes of a terminal or a service; the first process ends the others, which say nothing.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # when it starts, it lets signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, cores: int) -> None:
    """Do what is sent, in a process of its own, until nothing more comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for systems where signals are not held, see `_signals_held`
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = str(cores)  # before libraries that read it are imported with the work
    try:
        work = connection.recv()
        while True:
            number, item = connection.recv()
            connection.send(attempt(work, number, item, _Said(connection, number)))
    except (EOFError, OSError):
        return


@dataclass(frozen=True)
class _Said:
    """Tells the process that waits how much of an item is done."""

    connection: Connection
    number: int

    def __call__(self, done: float) -> None:
        """Tell it."""
        self.connection.send((self.number, done))


def _end_with_parent() -> None:
    """End this process at once when the one that started it is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
