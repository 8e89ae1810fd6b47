"""What an executor does, and the plainest of them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar, cast

from pipeline.errors import CourtsideError, explained

T = TypeVar("T")
R = TypeVar("R")
Advance = Callable[[float], None]
"""Says how many units of an item are done."""
Procedure = Callable[[T, Advance], R]
"""What is done with an item; can be pickled."""


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """What became of an item: a result or an error in the terms of `pipeline.errors`."""

    number: int
    """Of the item, from 0."""
    result: R | None = None
    error: CourtsideError | None = None

    def checked(self) -> R:
        """Return the result.

        Raises:
            CourtsideError: there is none.
        """
        if self.error is not None:
            raise self.error
        return cast("R", self.result)


class Executor(Protocol):
    """Does pieces of work somewhere."""

    def run(
        self, work: Procedure[T, R], items: Iterable[T], advanced: Callable[[int, float], None]
    ) -> Generator[Outcome[R], None, None]:
        """Do the same work with many items.

        Args:
            work: what is done with each.
            items: asked for one by one, when somebody is free to take the next.
            advanced: told the number of an item and how much of it is done.

        Returns:
            An outcome per item, in the order in which they end. Closing the iterator ends what is under way.
        """


class InThisProcess:
    """One after the other, here."""

    def run(
        self, work: Procedure[T, R], items: Iterable[T], advanced: Callable[[int, float], None]
    ) -> Generator[Outcome[R], None, None]:
        """Do the same work with many items; see `Executor`."""
        for number, item in enumerate(items):
            yield attempt(work, number, item, partial(advanced, number))


def attempt(work: Procedure[T, R], number: int, item: T, advance: Advance) -> Outcome[R]:
    """Do one piece of work and keep its error: this is the border of a piece of work, wherever it is done.

    Args:
        work: what is done.
        number: of the item.
        item: with what.
        advance: follows the progress.
    """
    try:
        return Outcome(number, work(item, advance))
    except CourtsideError as error:
        return Outcome(number, error=error)
    except Exception as error:  # noqa: BLE001  (the border: of what crosses it, all must be sayable in one line)
        problem = explained(error)
        problem.add_note(traceback.format_exc())  # which does not cross the border of a process by itself
        return Outcome(number, error=problem)
