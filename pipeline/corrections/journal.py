"""The journal of corrections: steps in order, each of which can be undone and done again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path

from pipeline.corrections.lines import Correction, Line, as_csv, parse_lines, video_tag
from pipeline.errors import InputError
from pipeline.user_csv import read_text


@dataclass(frozen=True)
class Step:
    """What a person said in one go: lines that hold, and are undone, together."""

    number: int
    """From 1; never given to another step."""
    lines: tuple[Correction, ...]
    undone: int | None = None
    """Number of the act that undid it, in one sequence with the numbers of steps; None: it counts."""

    @property
    def words(self) -> str:
        """What was said, in the labels of that time."""
        said = dict.fromkeys(line.words or f"{line.action} {line.value}".strip() for line in self.lines)
        return "; ".join(said)


@dataclass(frozen=True)
class Journal:
    """All corrections of a run in the order in which they were made."""

    steps: tuple[Step, ...] = ()
    """Also those that are undone."""

    @classmethod
    def read(cls, path: Path, video_sha256: str | None = None) -> Journal:
        """Read a journal.

        Args:
            path: CSV in UTF-8 with a header; a file that is not there is an empty journal.
            video_sha256: hash of the video that it is for; None: of any.

        Raises:
            InputError: the file cannot be read, a line is not a correction, or it is of another video; names the line.
        """
        if not path.is_symlink() and not path.exists():
            return cls()
        journal = cls.parse(read_text(path, "the corrections"), path)
        for line in (line for step in journal.steps for line in step.lines):
            if video_sha256 is not None and line.video not in ("", video_tag(video_sha256)):
                raise InputError(
                    f"{line.where}: a correction of another video ({line.video}, not {video_tag(video_sha256)}); "
                    "move the file away, or empty its column 'video' if both show the same pictures at the same times"
                )
        return journal

    @classmethod
    def parse(cls, text: str, path: Path) -> Journal:
        """Read a journal out of the text of a file; lines without a step are steps by themselves.

        Args:
            text: what stands in the file.
            path: the file, for messages.

        Raises:
            InputError: a line is not a correction.
        """
        lines = parse_lines(text, path)
        fresh = count(1 + max((max(line.step or 0, line.undone or 0) for line in lines), default=0))
        steps: dict[int, Step] = {}
        for line in lines:
            number = next(fresh) if line.step is None else line.step
            before = steps.get(number, Step(number, (), line.undone))
            steps[number] = replace(before, lines=(*before.lines, line.correction))
        return cls(tuple(steps.values()))

    @cached_property
    def text(self) -> str:
        """The journal as `parse` reads it."""
        return as_csv([Line(line, step.number, step.undone) for step in self.steps for line in step.lines])

    @property
    def active(self) -> tuple[Step, ...]:
        """The steps that count."""
        return tuple(step for step in self.steps if step.undone is None)

    @property
    def lines(self) -> tuple[Correction, ...]:
        """What the steps that count say."""
        return tuple(replace(line, step=step.number) for step in self.active for line in step.lines)

    @property
    def can_undo(self) -> Step | None:
        """The step that `undo` takes back if no other is named: the last that counts."""
        return self.active[-1] if self.active else None

    @property
    def can_redo(self) -> Step | None:
        """The step that `redo` does again if no other is named: the one undone last, unless something was said since."""
        newest = max((step.number for step in self.steps), default=0)
        undone = [step for step in self.steps if step.undone is not None and step.undone > newest]
        return max(undone, key=lambda step: step.undone or 0, default=None)

    def with_step(self, lines: Sequence[Correction]) -> Journal:
        """Add a step."""
        return replace(self, steps=(*self.steps, Step(self._next, tuple(lines))))

    def undo(self, number: int | None = None) -> Journal:
        """Take a step back; it stays in the journal.

        Args:
            number: of the step; None: the last that counts.

        Raises:
            InputError: there is none, or it is undone already.
        """
        step = self.can_undo if number is None else self.step(number)
        if step is None:
            raise InputError("nothing to undo: there are no corrections")
        if step.undone is not None:
            raise InputError(f"step {number} ({step.words}) is undone already")
        return self._with(replace(step, undone=self._next))

    def redo(self, number: int | None = None) -> Journal:
        """Have a step that was undone count again, at its old place.

        Args:
            number: of the step; None: the one undone last.

        Raises:
            InputError: there is none, or it counts already.
        """
        step = self.can_redo if number is None else self.step(number)
        if step is None:
            raise InputError("nothing to redo: nothing was undone since the last correction")
        if step.undone is None:
            raise InputError(f"step {number} ({step.words}) is not undone")
        return self._with(replace(step, undone=None))

    def step(self, number: int) -> Step:
        """Return the step of a number.

        Raises:
            InputError: there is none.
        """
        found = next((step for step in self.steps if step.number == number), None)
        if found is None:
            numbers = ", ".join(str(step.number) for step in self.steps) or "no steps"
            raise InputError(f"there is no step {number}; the journal has {numbers}")
        return found

    @property
    def _next(self) -> int:
        return 1 + max((max(step.number, step.undone or 0) for step in self.steps), default=0)

    def _with(self, changed: Step) -> Journal:
        return replace(self, steps=tuple(changed if step.number == changed.number else step for step in self.steps))
