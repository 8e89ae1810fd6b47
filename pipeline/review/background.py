"""Corrections that are carried out while the page is used: one after another, each told what became of it."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import CourtsideError

MOST_WAITING = 500
"""Corrections that may wait."""
IDLE_S = 3.0
"""Nothing was asked for during so long: then what can wait is done."""
_REMEMBERED = 200
"""Outcomes that a page may still ask for."""


@dataclass(frozen=True)
class TaskResult:
    """What became of a task."""

    ticket: int
    error: str | None
    result: Any


@dataclass(frozen=True)
class WaitingTask:
    """Something that waits to be done."""

    ticket: int
    words: str
    work: Callable[[Background], Any]


@dataclass
class Background:
    """Does tasks in one thread, in the order in which they were asked for."""

    idle: Callable[[Callable[[], bool]], None] = lambda _: None
    """What can wait: is called when nothing is asked for, and stops when what it is given says no."""
    results: deque[TaskResult] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    doing: str = ""
    """What is being done; empty: nothing."""
    share: float | None = None
    """How far it is, 0 to 1; None where that is not known."""
    _tasks: queue.Queue[WaitingTask | None] = field(default_factory=queue.Queue)
    _last: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to do what is asked for."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Do what still waits, then end."""
        self._tasks.put(None)
        if self._thread is not None:
            self._thread.join()

    def ask(self, words: str, work: Callable[[Background], Any]) -> int:
        """Let something be done, and return its ticket."""
        with self._lock:
            self._last += 1
            self._tasks.put(WaitingTask(self._last, words, work))
            return self._last

    def check_room(self) -> None:
        """Refuse more while much waits.

        Raises:
            CourtsideError: too much does.
        """
        if self.waiting >= MOST_WAITING:
            raise CourtsideError(f"{MOST_WAITING} corrections wait; give them a moment")

    @property
    def waiting(self) -> int:
        """Number of tasks that have not begun."""
        return self._tasks.qsize()

    def advance(self, words: str, share: float | None) -> None:
        """Say what the task at hand does, and how far it is."""
        self.doing, self.share = words, share

    def settle(self) -> None:
        """Wait until everything that was asked for is done."""
        self._tasks.join()

    def _run(self) -> None:
        """Do tasks until the end; one that fails is told, and the next is done."""
        while (task := self._next()) is not None:
            self.advance(task.words, None)
            try:
                self.results.append(TaskResult(task.ticket, None, task.work(self)))
            except CourtsideError as error:
                self.results.append(TaskResult(task.ticket, str(error), None))
            except Exception as error:  # noqa: BLE001  the page says what broke, and goes on
                self.results.append(TaskResult(task.ticket, f"{type(error).__name__}: {error}", None))
            self.advance("", None)
            self._tasks.task_done()
        self._while_idle(lambda: True)
        self._tasks.task_done()

    def _next(self) -> WaitingTask | None:
        """Return what is to be done next; do what can wait if it takes long to come."""
        try:
            return self._tasks.get(timeout=IDLE_S)
        except queue.Empty:
            self._while_idle(self._tasks.empty)
        return self._tasks.get()

    def _while_idle(self, goes_on: Callable[[], bool]) -> None:
        """Do what can wait; what fails there is told when somebody asks for it."""
        with suppress(Exception):
            self.idle(goes_on)
