"""Work on several pieces at once, each on one core."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST_THREADS = 4
"""More of them would hold more frames in memory, and wait longer for one interpreter, than they save time."""


def threads_for(cores: int) -> int:
    """Say how many pieces to work on at once.

    Example:
        >>> threads_for(1), threads_for(2), threads_for(16)
        (1, 2, 4)
    """
    return min(cores, MOST_THREADS)


def in_order(work: Callable[[T], R], items: Iterable[T], cores: int) -> Iterator[R]:
    """Map items to results with several threads; results come in the order of the items.

    A network whose layers run one after the other on all cores keeps each of them waiting for the slowest, layer by
    layer; one piece per core does not, and what is not a network runs beside it. Each piece is computed by one thread
    whatever the number of cores and whatever else is under way, so that results depend on neither.

    Args:
        work: safe to call from several threads; lets go of the interpreter while it computes.
        items: asked for one by one, a little ahead of the work.
        cores: to use.

    Returns:
        One result per item. An error of `work` is raised where its result would come.

    Example:
        >>> list(in_order(lambda n: n * n, range(5), cores=2))
        [0, 1, 4, 9, 16]
    """
    threads = threads_for(cores)
    with ThreadPoolExecutor(threads, thread_name_prefix="perceive") as pool:
        coming: deque[Future[R]] = deque()
        try:
            for item in items:
                coming.append(pool.submit(work, item))
                if len(coming) > threads:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            for future in coming:
                future.cancel()
