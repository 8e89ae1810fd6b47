"""Work on several pieces at once, each on its own share of the processor's cores."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST_WORKERS = 4
"""More of them would hold more frames in memory than they save time."""


def workers_for(cores: int) -> int:
    """Say how many pieces to work on at once.

    Example:
        >>> workers_for(1), workers_for(2), workers_for(16)
        (1, 2, 4)
    """
    return min(cores, MOST_WORKERS)


def _share_cores(threads: int) -> None:
    """Limit the threads of torch, where it runs a network; others have theirs from the start."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def in_order(work: Callable[[T], R], items: Iterable[T], cores: int) -> Iterator[R]:
    """Map items to results with several threads; results come in the order of the items.

    A network whose layers run one after the other on all cores keeps each of them waiting for the slowest, layer by
    layer; one piece per core does not, and what is not a network runs beside it. Each piece is computed by as many
    threads whatever else is under way, so that results do not depend on timing.

    Args:
        work: safe to call from several threads; lets go of the interpreter while it computes.
        items: asked for one by one, a little ahead of the work.
        cores: to share.

    Returns:
        One result per item. An error of `work` is raised where its result would come.

    Example:
        >>> list(in_order(lambda n: n * n, range(5), cores=2))
        [0, 1, 4, 9, 16]
    """
    workers = workers_for(cores)
    with ThreadPoolExecutor(
        workers, thread_name_prefix="perceive", initializer=_share_cores, initargs=(max(1, cores // workers),)
    ) as pool:
        coming: deque[Future[R]] = deque()
        try:
            for item in items:
                coming.append(pool.submit(work, item))
                if len(coming) > workers:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            for future in coming:
                future.cancel()
