"""How a run reports its progress."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Follows the progress of a run: each stage begins, advances and ends."""

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """A stage starts.

        Args:
            stage: its name.
            total: units of work that are expected; None if unknown.
            unit: what is counted, such as frames; empty if nothing is.
        """

    def advance(self, done: float) -> None:
        """So many units are done."""

    def end(self, note: str) -> None:
        """The stage is done."""

    def warn(self, message: str) -> None:
        """Something is not as a user would expect."""


class Silence:
    """Shows nothing."""

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """Show nothing."""

    def advance(self, done: float) -> None:
        """Show nothing."""

    def end(self, note: str) -> None:
        """Show nothing."""

    def warn(self, message: str) -> None:
        """Show nothing."""
