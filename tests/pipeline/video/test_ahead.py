"""Working ahead changes nothing but when the work is done."""

import gc
import threading
from collections.abc import Generator

import pytest

from pipeline.video.ahead import ahead


def counted(log: list[str], count: int, fail_at: int | None = None) -> Generator[int, None, None]:
    try:
        for n in range(count):
            if n == fail_at:
                raise KeyError(n)
            log.append(str(n))
            yield n
    finally:
        log.append("closed")


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_same_items_in_order(count: int) -> None:
    log: list[str] = []
    assert list(ahead(counted(log, count), 3)) == list(range(count))
    assert log[-1] == "closed"


def test_error_comes_after_the_items_before_it() -> None:
    log: list[str] = []
    items = ahead(counted(log, 9, fail_at=2), 4)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(KeyError):
        next(items)
    assert log == ["0", "1", "closed"]


def test_consumer_that_stops_early_closes_the_source() -> None:
    log: list[str] = []
    items = ahead(counted(log, 10**9), 3)
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert log[-1] == "closed"
    assert len(log) <= 6
    assert not [t for t in threading.enumerate() if t.name.startswith("read-ahead")]


def test_what_is_left_in_a_cycle_is_closed_when_it_is_collected() -> None:
    closed: list[bool] = []

    def items() -> Generator[int, None, None]:
        try:
            yield from range(100)
        finally:
            closed.append(True)

    abandoned: list[object] = [ahead(items(), 3)]
    assert next(abandoned[0]) == 0  # type: ignore[call-overload]
    abandoned.append(abandoned)
    del abandoned
    gc.collect()
    assert closed == [True]
