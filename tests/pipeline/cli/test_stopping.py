"""A signal ends a command in order: what is kept is said, and nothing goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.cli.commands import app
from pipeline.cli.stopping import Stopped, stoppable, what_is_kept

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
ROOT = Path(__file__).parents[3]
GOES_ON = "stopped; what was finished is kept: the same command goes on from there\n"


def wait_until(happens: Callable[[], bool], seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.05)


def hear_signals() -> None:
    """Let a child hear the signals that whoever started the tests has it ignore, as shells do in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from pipeline.cli import main; main()", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_signals,  # noqa: PLW1509  (one thread)
    )


def group_is_gone(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return True
    return False


def test_each_signal_stops_an_analysis_and_the_same_command_can_go_on(game: Path, tmp_path: Path) -> None:
    """Ctrl-C and a closed terminal reach all processes of the command, `kill` reaches the first alone."""
    cases = [(signal.SIGINT, os.killpg, 2), (signal.SIGTERM, os.kill, 2), (signal.SIGHUP, os.killpg, 1)]
    for number, send, workers in cases:
        out = tmp_path / number.name
        process = started("analyze", game, "--out", out, "--workers", workers)
        wait_until((out / "work" / "job.json").is_file)
        time.sleep(0.5)  # into the start of workers, or the loading of networks
        send(process.pid, number)
        output, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (128 + number, GOES_ON), output
        wait_until(lambda leader=process.pid: group_is_gone(leader))  # type: ignore[misc]
        assert not list(out.rglob("*.partial"))


SLOW_END = """
import time
from pipeline.cli.stopping import stoppable
with stoppable():
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        print("ending", flush=True)
        time.sleep(60)
"""


@pytest.fixture
def hearing() -> Iterator[None]:
    """Hear SIGTERM, whatever whoever started the tests had them ignore."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_ends_at_once(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_END],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_signals,  # noqa: PLW1509  (one thread)
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    assert process.stdout.readline() == "ending\n"
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == -number


@pytest.mark.usefixtures("hearing")
def test_what_a_library_makes_of_a_signal_is_still_a_stop() -> None:
    """Loading one in C ends in an ImportError where something was raised meanwhile."""

    def load() -> None:
        with stoppable():
            try:
                signal.raise_signal(signal.SIGTERM)
            except Stopped as stopped:
                raise ImportError("initialization failed") from stopped

    with pytest.raises(Stopped) as caught:
        load()
    assert caught.value.exit_code == 143


def test_a_rendering_that_is_stopped_leaves_an_earlier_game_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "game.json").write_text("an earlier one")
    process = started("render-game", "--out", tmp_path, "--seconds", 600, "--size", "320x240")
    wait_until(lambda: any(tmp_path.glob(".rendering.partial/*")))
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 143
    assert errors.startswith("stopped; nothing of this game is kept, and an earlier one in its folder stays as it was")
    assert [path.name for path in tmp_path.iterdir()] == ["game.json"]


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        ("analyze", ["analyze", "a.mp4", "--fresh"], "the same command without --fresh goes on from there"),
        ("batch", ["batch", "games"], "the same command goes on from there"),
        ("train reid", ["train", "reid"], "the same command with --resume goes on"),
        ("settings", ["settings"], "nothing was changed"),
    ],
)
def test_what_is_kept_is_said_by_command(command: str, arguments: list[str], says: str) -> None:
    assert says in what_is_kept(command, arguments)


def test_every_command_that_writes_says_what_is_kept() -> None:
    reads_only = {"compare", "settings"}
    commands = {info.name or str(getattr(info.callback, "__name__", "")) for info in app.registered_commands}
    silent = {name for name in commands if "nothing was changed" in what_is_kept(name, [name])}
    assert silent == reads_only
