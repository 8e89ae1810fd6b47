"""Whatever is raised inside ends as one line with an exit code by its cause."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.errors import (
    CalibrationError,
    CourtsideError,
    DependencyError,
    InputError,
    InternalError,
    OutputError,
    ResourceError,
    explained,
)

ROOT = Path(__file__).parents[3]


class OutOfMemoryError(RuntimeError):
    """Named as that of torch for a full card."""


CAUSES = [
    (TypeError("unsupported operand"), 70, "this is a fault of courtside: TypeError: unsupported operand; "),
    (KeyError("frame"), 70, "KeyError: 'frame'; what was finished is kept; run again with --debug and report it"),
    (ZeroDivisionError(), 70, "this is a fault of courtside: ZeroDivisionError; "),
    (RecursionError("maximum recursion depth exceeded"), 70, "RecursionError"),
    (EOFError("nothing left"), 70, "EOFError: nothing left"),
    (MemoryError(), 11, "memory ran out; what was finished is kept: run again with fewer --workers"),
    (OutOfMemoryError("CUDA out of memory"), 11, "memory ran out"),
    (RuntimeError("CUDA error: unspecified launch failure"), 11, "the device failed (CUDA error: unspecified launch"),
    (OSError(errno.ENOSPC, "No space left on device", "/out/a.mp4"), 7, "/out/a.mp4: the disk is full"),
    (OSError(errno.EROFS, "Read-only file system", "/out/a"), 7, "/out/a: the file system is read-only"),
    (
        OSError(errno.EMFILE, "Too many open files", "/out/a"),
        11,
        "too many files are open; raise the limit (ulimit -n)",
    ),
    (OSError(errno.EIO, "Input/output error", "/out/a"), 11, "/out/a: the system refused: Input/output error"),
    (FileNotFoundError(errno.ENOENT, "No such file", "a.csv"), 3, "a.csv: no such file or directory; check the path"),
    (OSError(errno.ENAMETOOLONG, "File name too long", "a" * 300), 3, "the name is too long"),
    (PermissionError(errno.EACCES, "Permission denied", "a.csv"), 3, "a.csv: no permission"),
    (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"), 3, "what is not UTF-8 text"),
    (CalibrationError("court.json: frame 3: too few points"), 5, "court.json: frame 3: too few points"),
]


@pytest.mark.parametrize(("error", "code", "says"), CAUSES, ids=lambda value: type(value).__name__)
def test_an_exception_is_one_line_and_its_exit_code(
    error: Exception, code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("pipeline.presets.settings_from", fail)
    assert run(["settings"]) == code
    said = capsys.readouterr()
    assert said.err.strip().startswith("error: ")
    assert len(said.err.strip().splitlines()) == 1
    assert says in said.err
    assert not said.out


@pytest.mark.parametrize("way", ["before", "after", "environment"])
def test_debug_shows_where_it_was_raised(
    way: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise TypeError("deep inside")

    monkeypatch.setattr("pipeline.presets.settings_from", fail)
    if way == "environment":
        monkeypatch.setenv("COURTSIDE_DEBUG", "1")
    arguments = {"before": ["--debug", "settings"], "after": ["settings", "--debug"], "environment": ["settings"]}
    assert run(arguments[way]) == 70
    said = capsys.readouterr().err
    assert "Traceback (most recent call last):" in said
    assert "in fail" in said
    assert said.splitlines()[-1].startswith("error: this is a fault of courtside: TypeError: deep inside")


def test_a_message_neither_steers_the_terminal_nor_is_it_markup(capsys: pytest.CaptureFixture[str]) -> None:
    name = "[red]\x1b[2J\u202e\udcff.mp4"
    assert run(["analyze", name]) == InputError.exit_code
    assert "[red]\\x1b[2J\\u202e\\udcff.mp4 " in capsys.readouterr().err


def test_a_pipe_that_nobody_reads_ends_the_command_quietly() -> None:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "settings"]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(command, cwd=ROOT, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_disk_at_the_very_end_is_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("a device of Linux")
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "settings"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == OutputError.exit_code
    assert done.stderr == "error: the disk is full; free some space and run again: finished work is kept\n"


def test_an_ascii_terminal_shows_what_it_can() -> None:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze", "Zoë \u2192.mp4"]
    ascii_terminal = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=ROOT, env=ascii_terminal, capture_output=True, check=False)
    assert done.returncode == InputError.exit_code
    assert done.stderr == b"error: Zo? ?.mp4 does not exist; give a video file\n"


def test_exit_codes_differ_by_cause() -> None:
    kinds = CourtsideError.__subclasses__()
    assert len({kind.exit_code for kind in kinds}) == len(kinds)
    assert (InternalError.exit_code, ResourceError.exit_code) == (70, 11)


def test_an_error_of_ours_is_explained_as_it_is() -> None:
    error = InputError("a.mp4 does not exist")
    assert explained(error) is error


def test_a_library_that_the_system_lacks_is_named() -> None:
    missing = explained(ImportError("libGL.so.1: cannot open shared object file", name="cv2"))
    assert isinstance(missing, DependencyError)
    assert "libGL.so.1" in str(missing)
    assert "installing.md" in str(missing)
    assert isinstance(explained(ImportError("cannot import name 'x'", name="pipeline.store")), InternalError)
