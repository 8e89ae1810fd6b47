"""Corrections that wait: done in order, and each told what became of it."""

import threading

import pytest

from pipeline.errors import CourtsideError, InputError
from pipeline.review.background import MOST_WAITING, Background


def fail(error):
    raise error


def test_tasks_are_done_in_order_and_a_failure_stops_none():
    work, seen = Background(), []
    tickets = [
        work.ask("one", lambda _: seen.append(1)),
        work.ask("two", lambda _: fail(InputError("there is no player 9"))),
        work.ask("three", lambda _: fail(ValueError("bug"))),
        work.ask("four", lambda _: {"words": "done"}),
    ]
    work.start()
    work.stop()
    assert [(found.ticket, found.error, found.result) for found in work.results] == [
        (tickets[0], None, None),
        (tickets[1], "there is no player 9", None),
        (tickets[2], "ValueError: bug", None),
        (tickets[3], None, {"words": "done"}),
    ]
    assert work.doing == ""


def test_what_is_being_done_is_told():
    work, begun, go_on = Background(), threading.Event(), threading.Event()

    def slow(background):
        background.advance("report", 0.5)
        begun.set()
        go_on.wait(30)

    work.start()
    work.ask("exporting", slow)
    work.ask("correcting", lambda _: None)
    assert begun.wait(30)
    assert (work.doing, work.share, work.waiting) == ("report", 0.5, 1)
    go_on.set()
    work.stop()
    assert work.waiting == 0


def test_only_so_much_waits():
    work = Background()
    for _ in range(MOST_WAITING):
        work.check_room()
        work.ask("correcting", lambda _: None)
    with pytest.raises(CourtsideError, match="wait"):
        work.check_room()
