"""A process with everything imported that forks a child for each piece of work: what is hostile or killed costs no import.

A child that hangs, takes too much memory or dies in native code harms nobody else. Work is named as `module:function`, its
arguments are plain data. On systems with `fork` alone.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

ROOT = Path(__file__).parents[1]
REFUSED, CRASHED, HUNG, OUT_OF_MEMORY = 101, 102, 103, 104
"""Exit codes: an error that a user can mend, any other error, too much processor time, too much memory."""
INTERNAL = 70
"""Exit code of the command line for a fault of courtside itself."""
_POLL_S = 0.005
_HARD_LIMIT_S = 5
"""Processor seconds from the alarm that Python sees to the end that native code sees too."""
_IMPORTED = (
    "pipeline.cli",
    "pipeline.run.analysis",
    "pipeline.run.batch",
    "pipeline.run.finished",
    "pipeline.run.corrections",
    "pipeline.run.oracles",
    "pipeline.present.outputs",
    "pipeline.present.annotated_video.annotate",
    "pipeline.calibrate",
    "courtside.finished_run",
    "courtside.heat_maps",
    "models.clustering",
    "deep_sort_realtime.deepsort_tracker",
    "pyarrow.dataset",
    "sklearn.linear_model",
    "sklearn.manifold",
    "sklearn.svm",
)
"""By every server: what commands need that look at no pixels."""


class Hung(BaseException):
    """The child has used up its processor time."""


@dataclass(frozen=True)
class Limits:
    """What a child may use."""

    cpu_s: float = 600.0
    wall_s: float = 600.0
    memory_mb: int = 16_000
    """More than the process had when it was forked."""


@dataclass(frozen=True)
class Ended:
    """How a child ended."""

    code: int
    """Exit code; minus the signal that ended it."""
    cpu_s: float
    peak_mb: float
    """Resident, more than the process had when it was forked."""
    said: str
    """End of what it printed, errors last."""


@dataclass(frozen=True)
class Work:
    """What a child does."""

    call: str
    """`module:function`."""
    arguments: Sequence[Any] = ()
    folder: str = "."
    """Where it works."""
    environment: Mapping[str, str | None] = field(default_factory=dict)
    """What is changed; None: taken away."""
    before: Sequence[tuple[str, Sequence[Any]]] = ()
    """Functions called first, such as those that make a fault, with their arguments."""


class ForkServer:
    """Starts the process that forks, and speaks with it.

    Args:
        modules: imported once too, for all children.
    """

    def __init__(self, *modules: str) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.children", *modules],
            cwd=ROOT,
            env=environment | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def start(self, work: Work, limits: Limits | None = None) -> int:
        """Begin a piece of work; return the number of its process."""
        assert self._process.stdin is not None
        request = {"work": asdict(work), "limits": asdict(limits or Limits())}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._answer()["pid"])

    def wait(self) -> Ended:
        """Wait for the end of what was begun."""
        return Ended(**self._answer())

    def run(self, work: Work, limits: Limits | None = None) -> Ended:
        """Do a piece of work."""
        self.start(work, limits)
        return self.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that forks has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _serve() -> None:
    """Fork a child for each line of the standard input, and answer with its number and how it ended."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for name in (*_IMPORTED, *sys.argv[1:]):
        import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        limits, work = Limits(**request["limits"]), Work(**request["work"])
        log = Path(work.folder) / "said.txt"
        child = os.fork()
        if child == 0:
            code = CRASHED
            try:
                answers.close()
                code = _work(work, limits, log)
            finally:
                os._exit(code)
        for answer in ({"pid": child}, asdict(_watched(child, limits, log))):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


def _watched(child: int, limits: Limits, log: Path) -> Ended:
    """Wait for a child; end it where it takes too long or too much."""
    began, peak_mb, code = time.monotonic(), 0.0, None
    base_mb = _resident_mb(child)
    while True:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            break
        peak_mb = max(peak_mb, _resident_mb(child) - base_mb)
        if code is None and peak_mb > limits.memory_mb:
            code = OUT_OF_MEMORY
            os.kill(child, signal.SIGKILL)
        elif code is None and time.monotonic() - began > limits.wall_s:
            code = HUNG
            os.kill(child, signal.SIGKILL)
        time.sleep(_POLL_S)
    ended = os.waitstatus_to_exitcode(status)
    if ended == -signal.SIGXCPU or (ended == -signal.SIGKILL and usage.ru_utime + usage.ru_stime > limits.cpu_s):
        code = code or HUNG
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    peak_mb = max(peak_mb, usage.ru_maxrss / 1024 - base_mb, 0.0)
    return Ended(ended if code is None else code, usage.ru_utime + usage.ru_stime, peak_mb, text[-4000:])


def _work(work: Work, limits: Limits, log: Path) -> int:
    """Do the work of a child; return its exit code."""
    from pipeline.errors import CourtsideError

    os.setpgid(0, 0)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream, number in ((os.open(os.devnull, os.O_RDONLY), 0), (said, 1), (said, 2)):
        os.dup2(stream, number)
    sys.stdin, sys.stdout, sys.stderr = open(0, closefd=False), _line_writer(1), _line_writer(2)  # noqa: SIM115
    os.chdir(work.folder)
    _limit(limits)
    for name, value in work.environment.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    try:
        for name, arguments in work.before:
            _function(name)(*arguments)
        code = _function(work.call)(*work.arguments)
    except CourtsideError as error:
        sys.stderr.write(f"refused: {error}\n")
        code = REFUSED
    except SystemExit as error:
        code = error.code
    except Hung:
        traceback.print_exc()
        code = HUNG
    except MemoryError:
        traceback.print_exc()
        code = OUT_OF_MEMORY
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        traceback.print_exc()
        code = REFUSED if _is_explained(error) else CRASHED
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0


def _is_explained(error: Exception) -> bool:
    """Say whether the command line finds words for an error that is none of our own, such as one of the system."""
    from pipeline import errors

    explain = getattr(errors, "explained", None)
    return explain is not None and explain(error).exit_code != INTERNAL


def _line_writer(descriptor: int) -> TextIO:
    return open(descriptor, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _limit(limits: Limits) -> None:
    """Raise `Hung` after the processor seconds; end native code that does not see it."""
    import resource

    def hung(_number: int, _frame: object) -> None:
        raise Hung

    signal.signal(signal.SIGPROF, hung)
    signal.setitimer(signal.ITIMER_PROF, limits.cpu_s)
    hard = int(limits.cpu_s) + _HARD_LIMIT_S
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _function(name: str) -> Any:
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def _resident_mb(process: int) -> float:
    """Return the resident memory of a process; 0 where it is gone."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0.0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    _serve()
