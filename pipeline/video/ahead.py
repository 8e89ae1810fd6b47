"""Working ahead: the next items are made while the consumer is busy with this one."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Generator[T, None, None], count: int) -> Iterator[T]:
    """Run a generator in one background thread, up to `count` items before they are asked for.

    The items, their order and errors are those of the generator; when the consumer stops early, it is closed.

    Example:
        >>> list(ahead((n * n for n in range(5)), 2))
        [0, 1, 4, 9, 16]
    """
    end = object()

    def step() -> T | object:
        return next(items, end)

    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as worker:
        coming: deque[Future[T | object]] = deque(worker.submit(step) for _ in range(count))
        try:
            while (item := coming.popleft().result()) is not end:
                coming.append(worker.submit(step))
                yield item  # type: ignore[misc]
                del item
        finally:
            worker.shutdown(cancel_futures=True)  # whoever is collected as garbage has a thread that takes no work
            items.close()
