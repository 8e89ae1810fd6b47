"""Corrections carried out: the journal is written, and what follows from it is computed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.corrections import Asked, Correction, Journal, Spot, Step, video_tag
from pipeline.errors import InputError, TableError
from pipeline.run.analysis import context_of_correction, recompute
from pipeline.run.corrections import changes
from pipeline.run.corrections.changes import Changes, changes_between
from pipeline.run.corrections.places import TABLES, ShownRun
from pipeline.run.job import CORRECTIONS, keep, remembered
from pipeline.run.loading import CorrectedRun, FinishedRun, read_run, video_of
from pipeline.run.observer import Observer, Silence
from pipeline.store import RunDirectory, hash_file, remove_tree, write_bytes
from pipeline.tables import TableName
from pipeline.video import VideoInfo

_PENDING = "relabel"
_DONE = {"undo": "undone", "redo": "done again"}


@dataclass(frozen=True)
class GivenAgain:
    """Files that a run does not keep, or names in vain; None: as the run has them."""

    video: Path | None = None
    """Where the video is now."""
    calibration: Path | None = None
    roster: Path | None = None


def read_journal(run: Path) -> Journal:
    """Read the corrections of a finished run.

    Raises:
        InputError: the file cannot be read, or a line is not a correction.
    """
    return Journal.read(run / CORRECTIONS)


def correct(
    run: Path,
    asked: Sequence[Asked],
    observer: Observer | None = None,
    files: GivenAgain | None = None,
    publish: bool = True,
) -> Changes:
    """Correct a finished run: one step of its journal.

    The video is not needed: the annotated video stays as it is until `courtside video` or `courtside analyze` draws it anew,
    and where the source is not at hand the report has no pictures of players. No file outside the run is read but those
    given here, and the video where it was if this user made the run.

    Args:
        run: output directory of `courtside analyze`.
        asked: what to correct.
        observer: follows the progress.
        files: what the run does not keep.
        publish: write report, CSV and the like anew; they can be caught up with later, see `publish`.

    Raises:
        InputError: not a finished run, no such player, or a correction that contradicts an earlier one (nothing is
            written then).
    """

    def with_step(opened: _OpenedRun) -> tuple[Journal, str, Step | None]:
        if not asked:
            raise InputError("nothing to correct: say what, for example --merge A12 B7 or --name A-P4 'A. Smith'")
        shown = ShownRun(opened.tables(TABLES), opened.journal)
        tag = video_tag(opened.noted.video_sha256)
        lines = [replace(line, video=tag) for line in shown.lines(asked)]
        words = "; ".join(dict.fromkeys(line.words for line in lines))
        new = _not_said_yet(lines, opened.journal.lines)
        if not new:
            return opened.journal, f"{words}: so it is already", None
        journal = opened.journal.with_step(new)
        opened.check(shown, journal)
        return journal, words, journal.steps[-1]

    key = [[type(said).__name__, asdict(said)] for said in asked]
    return _carry_out(run, with_step, key, observer, files, publish)


def undo(
    run: Path,
    number: int | None = None,
    observer: Observer | None = None,
    files: GivenAgain | None = None,
    publish: bool = True,
) -> Changes:
    """Take a step of the journal back; it stays there, and can be done again.

    Args:
        run: output directory of `courtside analyze`.
        number: of the step; None: the last that counts.
        observer: follows the progress.
        files: what the run does not keep.
        publish: as for `correct`.

    Raises:
        InputError: there is no such step, or what was said after it does not hold without it.
    """
    return _turn(run, "undo", number, observer, files, publish)


def redo(
    run: Path,
    number: int | None = None,
    observer: Observer | None = None,
    files: GivenAgain | None = None,
    publish: bool = True,
) -> Changes:
    """Have a step that was undone count again, as `undo` takes it back; None: the one undone last."""
    return _turn(run, "redo", number, observer, files, publish)


def _turn(
    run: Path,
    act: str,
    number: int | None,
    observer: Observer | None,
    files: GivenAgain | None,
    publish: bool,
) -> Changes:
    def turned(opened: _OpenedRun) -> tuple[Journal, str, Step | None]:
        before = opened.journal
        journal = before.undo(number) if act == "undo" else before.redo(number)
        changed = next(step for step, old in zip(journal.steps, before.steps, strict=True) if step != old)
        opened.check(ShownRun(opened.tables(TABLES), before), journal)
        return journal, f"{_DONE[act]}: {changed.words}", changed

    return _carry_out(run, turned, [act, number], observer, files, publish)


@dataclass
class _OpenedRun:
    """A finished run while it is corrected."""

    directory: RunDirectory
    noted: FinishedRun
    journal: Journal

    def tables(self, names: Sequence[TableName]) -> Mapping[TableName, pd.DataFrame]:
        """Read tables as they were before the correction."""
        self.directory.check_whole([f"{name}.parquet" for name in names])
        return {name: self.directory.read_table(name) for name in names}

    def check(self, shown: ShownRun, journal: Journal) -> None:
        """Refuse a journal that contradicts itself; its lines are numbered as they will stand in the file."""
        shown.check(Journal.parse(journal.text, self.directory.root / CORRECTIONS).lines)


def _not_said_yet(lines: Sequence[Correction], standing: Sequence[Correction]) -> list[Correction]:
    """Leave out what the last line about the same fact says already."""
    newest = {_fact(line): line for line in standing}
    return [
        line
        for line in lines
        if (same := newest.get(_fact(line))) is None or (same.action, same.value) != (line.action, line.value)
    ]


def _fact(line: Correction) -> tuple[object, ...]:
    """Return what a line is about: two people, or a label of one."""
    places = {_rounded(spot) for spot in (line.spot, line.second_spot) if spot is not None}
    kind = "people" if line.action in ("same", "apart") else line.action
    return kind, frozenset(places)


def _rounded(spot: Spot) -> tuple[float, float, float]:
    """Return a spot as the file has it."""
    return round(spot.time_s, 3), round(spot.x_px, 1), round(spot.y_px, 1)


def _carry_out(
    run: Path,
    turn: Callable[[_OpenedRun], tuple[Journal, str, Step | None]],
    key: Any,
    observer: Observer | None,
    files: GivenAgain | None,
    publish: bool,
) -> Changes:
    """Turn a run's journal into another, and compute again what follows from it.

    Args:
        run: output directory of `courtside analyze`.
        turn: gives the new journal, what was done in words, and the step that it was done with; writes nothing.
        key: what was asked for, as JSON has it: what was stopped goes on when the same is asked for again.
        observer: follows the progress.
        files: what the run does not keep.
        publish: write what people look at, too.
    """
    observer, files = observer or Silence(), files or GivenAgain()
    read_run(run, begun=_Pending.read(RunDirectory(run)) is not None)
    with RunDirectory.opened(run) as directory:
        pending = _Pending.resumed(directory)
        opened = _OpenedRun(directory, read_run(run, begun=pending is not None), read_journal(run))
        _check_corrections_lie_here(directory)
        job = remembered(directory, files.calibration, files.roster)
        corrected = CorrectedRun(opened.noted, _video(opened.noted, files.video, observer))
        if opened.noted.left_out:
            observer.warn(f"{', '.join(opened.noted.left_out)}: no longer settings, left out")
        if pending is None:
            before = opened.tables(changes.TABLES)
            journal, words, step = turn(opened)
            _Pending.of(key, journal.text, words, directory).write(directory)
        context = context_of_correction(replace(job, corrections=run / CORRECTIONS), corrected)
        analysis = recompute(context, directory, observer, publish)
        if files.calibration is not None:
            keep(directory, "calibration", files.calibration)
        if files.roster is not None:
            keep(directory, "roster", files.roster)
        remove_tree(directory.json_path(_PENDING))
    if pending is None:
        return replace(changes_between(before, analysis.tables, words, step), warnings=analysis.warnings)
    if pending.asked != json.loads(json.dumps(key)):
        raise InputError(
            f"{run}: an earlier correction was interrupted, and is carried out now ({pending.words}); look who is who, and "
            "correct again"
        )
    return Changes(pending.words, None, (), analysis.warnings)


@dataclass(frozen=True)
class _Pending:
    """A correction that is being carried out, noted so that the same command goes on after it was stopped."""

    asked: Any
    """What was asked for, as JSON has it."""
    text: str
    """The file of corrections with it."""
    words: str
    before_sha256: str
    """Hash of that file without it."""

    @classmethod
    def of(cls, asked: Any, text: str, words: str, run: RunDirectory) -> _Pending:
        """Note what a run's journal is to become."""
        return cls(asked, text, words, _hash(run.root / CORRECTIONS))

    @classmethod
    def read(cls, run: RunDirectory) -> _Pending | None:
        """Read what was interrupted; None if nothing was."""
        path = run.json_path(_PENDING)
        if path.is_symlink() or not path.is_file():
            return None
        try:
            pending = cls(**run.read_json(_PENDING))
            pending.text.encode()
        except (TableError, TypeError, AttributeError):
            return None
        return pending

    @classmethod
    def resumed(cls, run: RunDirectory) -> _Pending | None:
        """Read what was interrupted, and see that its corrections are in the file."""
        pending = cls.read(run)
        if pending is not None and _hash(run.root / CORRECTIONS) == pending.before_sha256:
            write_bytes(run.root / CORRECTIONS, pending.text.encode())
        return pending

    def write(self, run: RunDirectory) -> None:
        """Note it, and write the file."""
        run.write_json(_PENDING, asdict(self))
        write_bytes(run.root / CORRECTIONS, self.text.encode())


def _check_corrections_lie_here(run: RunDirectory) -> None:
    """Refuse a run whose corrections are somewhere else.

    Raises:
        InputError: they are.
    """
    named = run.read_json("job").get("corrections")
    here = run.root / CORRECTIONS
    if named is not None and not (Path(str(named)).name == CORRECTIONS and here.is_file()):
        raise InputError(f"{run.root} was made with --corrections {named}; edit that file, or analyse without it first")


def _video(noted: FinishedRun, given: Path | None, observer: Observer) -> VideoInfo | None:
    """Find the video for the pictures of players; say so where it is not at hand."""
    if given is not None:
        return video_of(noted, given)
    if not noted.has_pixels:
        return None
    try:
        return video_of(noted)
    except InputError as error:
        observer.warn(f"the report has no pictures of players: {error}")
        return None


def _hash(file: Path) -> str:
    """Return the hash of a file; '' if it is not there."""
    return hash_file(file) if file.is_file() else ""
