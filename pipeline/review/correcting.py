"""What the page needs of whoever corrects a run: the journal, with the tables as they are after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.corrections import Asked
from pipeline.review.game import ReviewedGame

Advance = Callable[[str, float | None], None]
"""Told what is being done, and how far it is from 0 to 1, where that is known."""


@dataclass(frozen=True)
class JournalStep:
    """One correction of the journal."""

    number: int
    words: str
    undone: bool


@dataclass(frozen=True)
class JournalState:
    """The journal as it is now."""

    revision: str
    """The same as long as the ids of tracklets mean the same."""
    steps: tuple[JournalStep, ...]
    can_undo: str | None
    """What would be undone; None: nothing."""
    can_redo: str | None


class Correcting(Protocol):
    """Corrects one run; one call at a time."""

    def warm(self) -> None:
        """Compute what the first correction would else have to wait for."""

    def catch_up(self, goes_on: Callable[[], bool]) -> None:
        """Compute what follows from the corrections so far, and nobody waited for.

        Args:
            goes_on: is asked now and then; if it says no, the rest waits on.
        """

    def journal(self) -> JournalState:
        """Read the journal."""

    def game(self) -> ReviewedGame:
        """Return the game as it is now."""

    def correct(self, asked: Sequence[Asked], revision: str | None) -> dict[str, Any]:
        """Carry out one step: write it to the journal, and solve again.

        Args:
            asked: what is corrected, in terms of the game of `revision`.
            revision: that the person has seen, by which ids of tracklets are meant.

        Returns:
            What changed, as JSON.

        Raises:
            InputError: it contradicts an earlier step, or what it names has changed since; nothing is written then.
        """

    def undo(self, step: int | None) -> dict[str, Any]:
        """Take back a step; None: the last."""

    def redo(self, step: int | None) -> dict[str, Any]:
        """Carry out again what was taken back."""

    def keep(self, request: Any) -> str:
        """Write a request, plain data, where it outlives this process, before anything is computed; return its name.

        Raises:
            OutputError: it cannot be written.
        """

    def kept(self) -> list[tuple[str, Any]]:
        """Return name and content of requests that are not carried out yet, in order; None for one that cannot be read."""

    def carrying_out(self, name: str) -> AbstractContextManager[None]:
        """Carry out a kept request in the block: what is corrected there is its doing, and it is forgotten with that."""

    def give_roster(self, file: Path) -> dict[str, Any]:
        """Use another roster from now on."""

    def export(self, video: bool, advance: Advance) -> list[str]:
        """Write report and tables anew, and the annotated video if asked for; return the names of the files."""
