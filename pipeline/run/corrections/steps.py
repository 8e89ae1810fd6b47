"""What the journal of a run becomes: a step is added, undone or done again, if what it says holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.corrections import Asked, Correction, Journal, Spot, Step, video_tag
from pipeline.run.context import RunContext
from pipeline.run.corrections.pending import Pending
from pipeline.run.corrections.places import ShownRun
from pipeline.run.job import CORRECTIONS
from pipeline.run.loading import FinishedRun
from pipeline.store import RunDirectory


def read_journal(run: Path) -> Journal:
    """Read the corrections of a finished run.

    Raises:
        InputError: the file cannot be read, or a line is not a correction.
    """
    return Journal.read(run / CORRECTIONS)


@dataclass(frozen=True)
class OpenedRun:
    """A finished run while it is corrected."""

    directory: RunDirectory
    noted: FinishedRun
    journal: Journal
    context: RunContext
    resumed: Pending | None
    """A correction that had been stopped, and was carried out now."""

    def check(self, shown: ShownRun, journal: Journal, newest: int | None = None) -> list[str]:
        """Refuse a journal that contradicts itself; lines that stand in the file are named by their numbers there."""
        lines = Journal.parse(journal.text, Path(CORRECTIONS)).lines
        return shown.check([replace(line, where="") if line.step == newest else line for line in lines], newest)


@dataclass(frozen=True)
class TurnedJournal:
    """What the journal becomes."""

    journal: Journal
    words: str
    step: Step | None
    """That was done or undone; None where nothing was new."""
    notes: tuple[str, ...] = ()
    """What a person should know of it, in plain words."""


def with_corrections(opened: OpenedRun, asked: Sequence[Asked]) -> TurnedJournal:
    """Add a step."""
    shown = ShownRun(opened.context.tables, opened.journal)
    tag = video_tag(opened.noted.video_sha256)
    lines = [replace(line, video=tag) for line in shown.lines(asked)]
    words = "; ".join(dict.fromkeys(line.words for line in lines))
    new = _not_said_yet(lines, opened.journal.lines)
    if not new:
        return TurnedJournal(opened.journal, f"{words}: so it is already", None)
    journal = opened.journal.with_step(new)
    notes = opened.check(shown, journal, journal.steps[-1].number)
    return TurnedJournal(journal, words, journal.steps[-1], tuple(notes))


def with_step_turned(opened: OpenedRun, journal: Journal, done: str) -> TurnedJournal:
    """Undo a step or do it again, if all that is said then holds."""
    changed = next(step for step, old in zip(journal.steps, opened.journal.steps, strict=True) if step != old)
    opened.check(ShownRun(opened.context.tables, opened.journal), journal)
    return TurnedJournal(journal, f"{done}: {changed.words}", changed)


def _not_said_yet(lines: Sequence[Correction], standing: Sequence[Correction]) -> list[Correction]:
    """Leave out what the last line about the same fact says already; after a split, a place may be of another tracklet."""
    newest: dict[tuple[object, ...], Correction] = {}
    for line in standing:
        if line.action == "split":
            newest = {fact: said for fact, said in newest.items() if said.action in ("same", "apart")}
        newest[_fact(line)] = line
    return [
        line
        for line in lines
        if (same := newest.get(_fact(line))) is None or (same.action, same.value) != (line.action, line.value)
    ]


_KINDS = {"same": "people", "apart": "people", "player": "whose", "keep": "whose"}


def _fact(line: Correction) -> tuple[object, ...]:
    """Return what a line is about: two people, or a label of one."""
    places = {_rounded(spot) for spot in (line.spot, line.second_spot) if spot is not None}
    kind = _KINDS.get(line.action, line.action)
    return kind, frozenset(places)


def _rounded(spot: Spot) -> tuple[float, float, float]:
    """Return a spot as the file has it."""
    return round(spot.time_s, 3), round(spot.x_px, 1), round(spot.y_px, 1)
