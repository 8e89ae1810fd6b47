"""Ctrl-C, SIGTERM and SIGHUP: the command ends in order, says what is kept, and a second signal ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

_SIGNALS = tuple(number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)))
_GOES_ON = "what was finished is kept: the same command goes on from there"
_KEPT = {
    "analyze": _GOES_ON,
    "batch": _GOES_ON,
    "relabel": _GOES_ON,
    "video": "no half of a video is kept, and an earlier one stays as it was: the same command draws it from the start",
    "clips": "no half of a clip is kept: the same command cuts all of them",
    "export": "no half of a file is kept: the same command writes all of them",
    "heatmap": "no half of a picture is kept: the same command draws it again",
    "render-game": "nothing of this game is kept, and an earlier one in its folder stays as it was: the same command renders it "
    "from the start",
    "calibrate": "what was saved is kept: the same command opens it again",
    "review": "what was corrected is kept: the same command opens it again",
    "align": "no half of a file is kept: the same command writes all of them",
    "train reid": "the last checkpoint is kept: the same command with --resume goes on from there",
    "train detector": "the weights of the last checkpoint are kept, but the same command trains from the start",
    "train court": "the weights of the last checkpoint are kept, but the same command trains from the start",
    "train numbers": "the weights of finished rounds are kept, but the same command trains from the start",
    "evaluate reid": "finished trainings and packed crops are kept: the same command goes on with the rest",
}
"""By command; what writes nothing is not among them."""


_POLL_S = 0.5
"""A signal is noticed so soon while a page is served."""


class Stopped(BaseException):
    """A signal asked the command to end. No `Exception`, and no `KeyboardInterrupt`, which libraries take for theirs."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell reports of a program that the signal ended: 130, 143, 129."""
        return 128 + self.number


def until_done(done: threading.Event) -> bool:
    """Wait for a page to be done with, or for Ctrl-C, which ends it in order; return whether it was done."""
    try:
        while not done.wait(_POLL_S):
            pass
    except Stopped as stop:
        if stop.number != signal.SIGINT:
            raise
        return False
    return True


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Stopped` in the block at the first signal; leave a second to the system, which ends the process at once.

    Whatever the block makes of it, a library that was being loaded an `ImportError` for one, it ends in `Stopped`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[Stopped] = []
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in handled:
            signal.signal(each, signal.SIG_DFL)
        asked.append(Stopped(number))
        raise asked[0]

    handled = [number for number, handler in before.items() if handler is not signal.SIG_IGN]  # nohup keeps its word
    for number in handled:
        signal.signal(number, stop)
    try:
        yield
    except Exception as error:
        if asked:
            raise asked[0] from error
        raise
    finally:
        for number in handled:
            signal.signal(number, before[number])


def what_is_kept(command: str, arguments: Sequence[str]) -> str:
    """Say after a stop what is kept and how to go on.

    Args:
        command: its words, such as `train reid`.
        arguments: all that was given.

    Example:
        >>> what_is_kept("analyze", ["analyze", "game.mp4", "--fresh"])
        'what was finished is kept: the same command without --fresh goes on from there'
    """
    kept = _KEPT.get(command, "nothing was changed: give the same command again")
    return kept.replace("the same command", "the same command without --fresh") if "--fresh" in arguments else kept
