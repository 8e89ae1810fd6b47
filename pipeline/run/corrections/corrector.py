"""Corrections carried out: the journal is written, and what follows from it is computed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import RLock
from typing import Any

import pandas as pd

from pipeline.corrections import Asked, Journal
from pipeline.errors import InputError
from pipeline.run.analysis import compute, context_of_correction
from pipeline.run.context import RunContext
from pipeline.run.corrections.changes import Changes, changes_between
from pipeline.run.corrections.pending import Pending, check_corrections_lie_here, read_correctable
from pipeline.run.corrections.steps import OpenedRun, TurnedJournal, read_journal, with_corrections, with_step_turned
from pipeline.run.job import CORRECTIONS, Job, keep, remembered
from pipeline.run.loading import CorrectedRun, FinishedRun, read_run, video_of
from pipeline.run.observer import Observer, Silence
from pipeline.run.order import STAGE_NAMES, UNDERSTAND
from pipeline.run.publishing import publish
from pipeline.run.stages.identity import IDENTITY_STAGE
from pipeline.run.stages.location import LOCATION_STAGE
from pipeline.run.stages.runner import StageRunner
from pipeline.run.stages.stage import Stage
from pipeline.run.stages.understanding import forget_stale, understand
from pipeline.store import RunDirectory
from pipeline.tables import TableName
from pipeline.video import VideoInfo

_SHOWN = UNDERSTAND[UNDERSTAND.index(IDENTITY_STAGE) : UNDERSTAND.index(LOCATION_STAGE) + 1]
"""Stages that give what a person sees of a correction: who is who, and where."""
_FOLLOWING = UNDERSTAND[UNDERSTAND.index(LOCATION_STAGE) + 1 :]
"""What follows from that: statistics and the ball."""
_COMPUTED = STAGE_NAMES[:-1]
"""Stages that make tables."""


@dataclass(frozen=True)
class GivenAgain:
    """Files that a run does not keep, or names in vain; None: as the run has them."""

    video: Path | None = None
    """Where the video is now."""
    calibration: Path | None = None
    roster: Path | None = None


class Corrector:
    """Corrects a finished run, step by step; what a step does not change is kept from the one before.

    The video is not needed: the annotated video stays as it is until it is asked for, and where the source is not at hand the
    report has no pictures of players. No file outside the run is read but those given here, and the video where it was if
    this user made the run. Every step holds the lock of the run's directory; what other processes correct in between is
    seen.

    Args:
        run: output directory of `courtside analyze`.
        files: what the run does not keep.
        observer: follows the progress.
        waits: a correction gives who is who and where; statistics and the ball wait until `catch_up` or `publish` is called.

    Raises:
        InputError: not a finished run.
    """

    def __init__(
        self, run: Path, files: GivenAgain | None = None, observer: Observer | None = None, waits: bool = False
    ) -> None:
        self._run, self._files, self._observer = run, files or GivenAgain(), observer or Silence()
        self._mutex, self._waits = RLock(), waits
        self._behind: tuple[Stage, ...] = ()
        """Stages that wait."""
        self._context: RunContext | None = None
        self._seen: object = None
        """What the run's directory was like when `_context` was made."""
        self.request: str | None = None
        """Name of the accepted request of the review page that is carried out now; see `AcceptedRequests`."""
        read_correctable(run)

    @property
    def journal(self) -> Journal:
        """The corrections so far.

        Raises:
            InputError: the file cannot be read, or a line is not a correction.
        """
        return read_journal(self._run)

    @property
    def tables(self) -> Mapping[TableName, pd.DataFrame]:
        """All tables, with the corrections so far."""
        with self._opened() as opened:
            return dict(opened.context.tables)

    def correct(self, asked: Sequence[Asked], publish: bool = False) -> Changes:
        """Correct: one step of the journal.

        Args:
            asked: what to correct.
            publish: write report, CSV and the like anew, as the method `publish` does.

        Raises:
            InputError: nothing is asked for, no such player, or a correction that contradicts an earlier one; nothing is
                written then.
        """
        if not asked:  # before anything is computed
            raise InputError("nothing to correct: say what, for example --merge A12 B7 or --name A-P4 'A. Smith'")
        key = [[type(said).__name__, asdict(said)] for said in asked]
        return self._turn(key, lambda opened: with_corrections(opened, asked), publish)

    def undo(self, number: int | None = None, publish: bool = False) -> Changes:
        """Take a step back; it stays in the journal.

        Args:
            number: of the step; None: the last that counts.
            publish: likewise.

        Raises:
            InputError: there is no such step, or what was said after it does not hold without it.
        """
        key = ["undo", number]
        return self._turn(key, lambda opened: with_step_turned(opened, opened.journal.undo(number), "undone"), publish)

    def redo(self, number: int | None = None, publish: bool = False) -> Changes:
        """Have a step that was undone count again, at its old place.

        Args:
            number: of the step; None: the one undone last.
            publish: likewise.

        Raises:
            InputError: there is no such step, or it contradicts what was said since.
        """
        key = ["redo", number]
        return self._turn(
            key, lambda opened: with_step_turned(opened, opened.journal.redo(number), "done again"), publish
        )

    def publish(self, video: bool = False) -> list[Path]:
        """Write report, CSV and what else people look at anew; return the files.

        Args:
            video: draw the annotated video anew, too.

        Raises:
            InputError: a video is asked for, and the source is not at hand.
        """
        with self._opened() as opened:
            if video and not opened.context.has_pictures:
                raise InputError(f"{self._run}: the video is not at hand; say where it is, with --source FILE")
            self._follow(opened.directory)
            return self._publish(opened.directory, opened.context, video)

    def catch_up(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Compute what waits: statistics and the ball.

        Args:
            goes_on: is asked before each stage; if it says no, the rest waits on.
        """
        if self._behind:
            with self._opened() as opened:
                self._follow(opened.directory, goes_on)
                self._forget(opened.directory)

    def warm(self) -> None:
        """Compute in memory what the next correction would else have to: for a server, when it has time."""
        with self._opened() as opened:
            for stage in (*_SHOWN, *_FOLLOWING):
                opened.context.output_of(stage)

    def _publish(self, directory: RunDirectory, context: RunContext, video: bool = False) -> list[Path]:
        """Write what people look at; it is noted before, so that a run that is killed meanwhile can be opened again."""
        if Pending.read(directory) is None:
            Pending.publishing().note_shown(directory)
        written = publish(context, StageRunner(directory, self._observer), draw=video)[1]
        self._forget(directory)
        return written

    def _turn(self, key: Any, turn: Callable[[OpenedRun], TurnedJournal], publishes: bool) -> Changes:
        """Turn the journal into another, and compute again what follows from it.

        Args:
            key: what was asked for, as JSON has it: what was stopped goes on when the same is asked for again.
            turn: gives the new journal; writes nothing.
            publishes: write what people look at anew.
        """
        with self._opened() as opened:
            resumed, context = opened.resumed, opened.context
            if resumed is not None and not resumed.is_shown:
                if resumed.asked == json.loads(json.dumps(key)):
                    return Changes(resumed.words, None, ())
                raise InputError(
                    f"{self._run}: an earlier correction was interrupted, and is carried out now ({resumed.words}); look "
                    "who is who, and correct again"
                )
            before = dict(context.tables)
            turned = turn(opened)
            pending = Pending.of(key, turned.journal.text, turned.words, opened.directory, self.request)
            pending.write(opened.directory)
            if turned.journal != opened.journal:
                self._compute_again(opened.directory, context)
            if not publishes:
                pending.note_shown(opened.directory)
            if publishes or not (self._waits and self._behind):
                self._follow(opened.directory)
            if publishes:
                self._publish(opened.directory, context)
            self._forget(opened.directory)
            gap_s = context.settings.stats.max_gap_s
            return changes_between(before, context.tables, turned.words, turned.step, turned.notes, gap_s)

    def _compute_again(self, directory: RunDirectory, context: RunContext) -> None:
        """Compute who is who from the journal as it stands in the file now; what follows from it waits."""
        file = self._run / CORRECTIONS
        context.job = replace(context.job, corrections=file)
        context.corrections = Journal.read(file).lines
        stages = StageRunner(directory, self._observer)
        self._context = None  # until it is whole again
        for stage in _SHOWN:
            understand(stage, context, stages)
        self._context, self._behind = context, _FOLLOWING
        forget_stale(_FOLLOWING, context, directory)
        self._seen = _marks(directory)

    def _follow(self, directory: RunDirectory, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Compute what waits; see `catch_up`."""
        context, stages = self._context, StageRunner(directory, self._observer)
        assert context is not None
        while self._behind and goes_on():
            understand(self._behind[0], context, stages)
            self._behind = self._behind[1:]
            self._seen = _marks(directory)

    def _forget(self, directory: RunDirectory) -> None:
        """Forget the correction if nothing of it waits any more: whatever kills this before goes on with it."""
        if not self._behind and (pending := Pending.read(directory)) is not None:
            pending.remove(directory)

    @contextmanager
    def _opened(self) -> Iterator[OpenedRun]:
        """Hold the run's lock, with its tables as its journal has them."""
        with self._mutex, RunDirectory.opened(self._run) as directory:
            resumed = Pending.resumed(directory)
            noted = read_run(self._run, begun=resumed is not None)
            if self._context is None or self._seen != _marks(directory):
                self._context, self._behind = self._computed(directory, noted), ()
                if resumed is not None:
                    self._publish(directory, self._context)
                self._seen = _marks(directory)
            yield OpenedRun(directory, noted, read_journal(self._run), self._context, resumed)

    def _computed(self, directory: RunDirectory, noted: FinishedRun) -> RunContext:
        """Compute the run with its journal, or take what is stored."""
        check_corrections_lie_here(directory)
        job: Job = remembered(directory, self._files.calibration, self._files.roster)
        if noted.left_out:
            self._observer.warn(f"{', '.join(noted.left_out)}: no longer settings, left out")
        corrected = CorrectedRun(noted, _video(noted, self._files.video, self._observer))
        context = context_of_correction(job, corrected)
        context.memories = {}
        compute(context, StageRunner(directory, self._observer))
        if self._files.calibration is not None:
            keep(directory, "calibration", self._files.calibration)
        if self._files.roster is not None:
            keep(directory, "roster", self._files.roster)
        return context


def correct(
    run: Path,
    asked: Sequence[Asked],
    observer: Observer | None = None,
    files: GivenAgain | None = None,
    publish: bool = True,
) -> Changes:
    """Correct a finished run: one step of its journal.

    Args:
        run: output directory of `courtside analyze`.
        asked: what to correct.
        observer: follows the progress.
        files: what the run does not keep.
        publish: write report, CSV and the like anew; `Corrector.publish` catches up with it later.

    Raises:
        InputError: not a finished run, no such player, or a correction that contradicts an earlier one (nothing is
            written then).
    """
    return Corrector(run, files, observer).correct(asked, publish)


def _marks(directory: RunDirectory) -> object:
    """Return what changes when anybody else corrects or analyses the run: the fingerprints of its stages."""
    manifests = [directory.manifest(stage) for stage in _COMPUTED]
    file = directory.root / CORRECTIONS
    text = file.read_bytes() if file.is_file() and not file.is_symlink() else b""
    return [None if found is None else found.fingerprint for found in manifests], text


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
