"""Work done here and in worker processes: the same results, errors where they belong, nobody left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.errors import DependencyError, InputError, InternalError, SettingsError, WorkerError
from pipeline.run.execution import (
    Executor,
    InThisProcess,
    RayCluster,
    WorkerProcesses,
    check_workers,
    executor_for,
    processes_for,
)
from tests.pipeline.run.execution import jobs

ROOT = Path(__file__).parents[4]
EXECUTORS = (InThisProcess(), WorkerProcesses(1, 1), WorkerProcesses(3, 1))


def nothing(_number: int, _done: float) -> None:
    """Follow nothing."""


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(6000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("executor", EXECUTORS, ids=("here", "one", "three"))
def test_every_item_has_its_result_and_its_progress(executor: Executor) -> None:
    advanced: list[tuple[int, float]] = []
    outcomes = list(executor.run(jobs.square, range(7), lambda *what: advanced.append(what)))
    assert sorted((outcome.number, outcome.checked()) for outcome in outcomes) == [(n, n * n) for n in range(7)]
    assert sorted(advanced) == [(number, 0.5) for number in range(7)]
    assert multiprocessing.active_children() == []


def test_an_error_is_the_outcome_of_its_item_and_a_death_too() -> None:
    outcomes = {outcome.number: outcome for outcome in WorkerProcesses(2, 1).run(jobs.not_three, range(7), nothing)}
    assert [outcomes[number].result for number in (0, 1, 5, 6)] == [0, 1, 5, 6]
    with pytest.raises(InputError, match="three is not taken"):
        outcomes[3].checked()
    with pytest.raises(WorkerError, match=r"ended before its work was done \(exit code 9\)"):
        outcomes[4].checked()


@pytest.mark.parametrize("executor", EXECUTORS[:2], ids=("here", "worker"))
def test_a_fault_of_ours_is_said_in_one_line_and_keeps_its_traceback(
    executor: Executor, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome, after = executor.run(jobs.not_three, [2, 1], nothing)
    with pytest.raises(InternalError, match="this is a fault of courtside: TypeError: two is a fault; ") as raised:
        outcome.checked()
    assert "in not_three" in raised.value.__notes__[0]
    assert after.checked() == 1
    assert capfd.readouterr().err == ""


def test_items_are_asked_for_when_somebody_is_free() -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            asked.append(number)
            yield number

    with closing(WorkerProcesses(2, 1).run(jobs.square, items(), nothing)) as outcomes:
        next(outcomes)
        assert asked == [0, 1]
    assert multiprocessing.active_children() == []


def test_a_worker_has_its_share_of_the_cores() -> None:
    assert [outcome.checked() for outcome in WorkerProcesses(2, 1).run(jobs.cores, [0], nothing)] == [("1", 1)]


STARTED = """
import signal
import sys
from pathlib import Path
from pipeline.run.execution import WorkerProcesses
from tests.pipeline.run.execution.jobs import FilesOfProcesses
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job is started without
for outcome in WorkerProcesses(2, 1).run(FilesOfProcesses(Path(sys.argv[1])), range(5), lambda *_: None):
    print(outcome)
"""
"""Without `if __name__ == '__main__'`: a worker that imported it would start workers of its own."""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL", "SIGTERM"])
def test_workers_end_with_the_process_that_started_them(how: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(STARTED, encoding="utf-8")
    folder = tmp_path / "processes"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, script, folder],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: len([path for path in folder.iterdir() if path.read_text(encoding="utf-8")]) == 2)
    workers = [int(path.read_text(encoding="utf-8")) for path in folder.iterdir()]
    assert all(is_alive(worker) for worker in workers)
    if how == "SIGINT":
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: every process of the command has it
    else:
        process.send_signal(getattr(signal, how))
    _, errors = process.communicate()
    wait_until(lambda: not any(is_alive(worker) for worker in workers))
    assert errors.count("Traceback") == (how == "SIGINT")  # that of the first process alone
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("workers", [0, -1, 1.5, "two", True])
def test_workers_that_are_none_are_refused(workers: object) -> None:
    with pytest.raises(SettingsError, match="expected a whole number from 1 on, or auto"):
        check_workers(workers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("workers", "pieces", "cores", "memory_gb", "expected"),
    [
        ("auto", 360, 1, 16, 1),
        ("auto", 360, 2, 16, 1),
        ("auto", 360, 4, 16, 2),
        ("auto", 360, 16, 64, 8),
        ("auto", 360, 16, 8, 4),
        ("auto", 360, 16, 1, 1),
        ("auto", 1, 16, 64, 1),
        ("auto", 0, 16, 64, 1),
        (3, 360, 2, 1, 3),
        (3, 2, 2, 64, 2),
        (1, 360, 64, 512, 1),
    ],
)
def test_number_of_processes(workers: int, pieces: int, cores: int, memory_gb: int, expected: int) -> None:
    assert processes_for(workers, pieces, cores, memory_gb << 30) == expected


def test_one_process_is_this_process() -> None:
    assert isinstance(executor_for(1, 360), InThisProcess)
    assert isinstance(executor_for("auto", 1), InThisProcess)
    found = executor_for(3, 360)
    assert isinstance(found, WorkerProcesses)
    assert (found.workers, found.cores_each >= 1) == (3, True)


def test_ray_that_is_not_installed_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DependencyError, match=r"--ray needs the package ray: pip install 'courtside\[ray\]'"):
        next(RayCluster("auto").run(jobs.square, [1], nothing))
