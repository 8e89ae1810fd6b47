"""A finished run on the review page: its tables, its video, and the journal that corrects it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from models.runtime.cache import cache_folder
from pipeline.corrections import Asked
from pipeline.errors import InputError
from pipeline.geometry.court import COURTS, Court
from pipeline.present.labels import people
from pipeline.present.palette import player_colors
from pipeline.review import (
    TABLES,
    Advance,
    Dress,
    JournalState,
    JournalStep,
    Playback,
    ReviewedGame,
    Reviewing,
    VideoPictures,
    reviewing,
)
from pipeline.run.analysis import Analysis, context_of_correction, recompute
from pipeline.run.corrections.carrying_out import GivenAgain, correct, read_journal, redo, undo
from pipeline.run.corrections.changes import Changes
from pipeline.run.finished import write_annotated
from pipeline.run.job import CORRECTIONS, keep, remembered
from pipeline.run.loading import CorrectedRun, FinishedRun, read_run, video_of
from pipeline.run.observer import Observer, Silence
from pipeline.store import RunDirectory, hash_file
from pipeline.video import VideoInfo

_COPIES = "review"
"""Folder of the cache."""
_HASH_DIGITS = 24


@contextmanager
def review_page(
    run: Path, source: Path | None = None, port: int = 0, observer: Observer | None = None
) -> Iterator[tuple[str, Reviewing]]:
    """Serve the page on which a finished run is corrected.

    Args:
        run: output directory of `courtside analyze`.
        source: where the video is now; None: where it was, if this user made the run.
        port: 0 for a free one.
        observer: is told what is not as one would expect.

    Yields:
        The page's address, and what it corrects.

    Raises:
        InputError: not a finished run, or the video named is not its video.
    """
    noted, observer = read_run(run), observer or Silence()
    correcting = JournalOfRun(noted, GivenAgain(video=source))
    work = Reviewing(noted.out.resolve().name, correcting, noted.video, correcting.court)
    try:
        work.video = video_of(noted, source)
    except InputError as error:
        if source is not None:
            raise
        work.no_video = str(error)
        observer.warn(str(error))
    else:
        work.pictures = VideoPictures(work.video)
        work.playback = Playback(work.video, _copy_of(noted))
    with reviewing(work, port) as address:
        yield address, work


class JournalOfRun:
    """Corrects a run for the page; see `pipeline.review.Correcting`."""

    def __init__(self, noted: FinishedRun, files: GivenAgain) -> None:
        """Keep what is corrected; nothing is computed yet."""
        self._run = noted.out
        self._files = files

    @property
    def court(self) -> Court | None:
        """The court whose lines the page draws; None where none was found."""
        directory = RunDirectory(self._run)
        if directory.read_table("court").empty:
            return None
        return COURTS[directory.read_json("court.facts")["court"]]

    def journal(self) -> JournalState:
        """Read the journal."""
        path = self._run / CORRECTIONS
        journal = read_journal(self._run)
        undo, redo = journal.can_undo, journal.can_redo
        return JournalState(
            hash_file(path) if path.is_file() else "",
            tuple(JournalStep(step.number, step.words, step.undone is not None) for step in journal.steps),
            None if undo is None else undo.words,
            None if redo is None else redo.words,
        )

    def game(self) -> ReviewedGame:
        """Read the game as it is now."""
        directory = RunDirectory(self._run)
        directory.check_whole([f"{name}.parquet" for name in TABLES])
        tables = {name: directory.read_table(name) for name in TABLES}
        colors = player_colors(tables["players"])
        return ReviewedGame(
            tables,
            {person.player_id: person.short for person in people(tables["players"])},
            {who: Dress(color.hex, color.ink.hex) for who, color in colors.items()},
        )

    def correct(self, asked: Sequence[Asked], revision: str | None) -> dict[str, Any]:
        """Carry out one step."""
        del revision
        return _plain(correct(self._run, asked, files=self._files, publish=False))

    def undo(self, step: int | None) -> dict[str, Any]:
        """Take back a step."""
        return _plain(undo(self._run, step, files=self._files, publish=False))

    def redo(self, step: int | None) -> dict[str, Any]:
        """Carry out again what was taken back."""
        return _plain(redo(self._run, step, files=self._files, publish=False))

    def give_roster(self, file: Path) -> dict[str, Any]:
        """Use another roster from now on."""
        self._recompute(Silence(), roster=file)
        return {"words": "the roster is used", "people": [], "warnings": []}

    def export(self, video: bool, advance: Advance) -> list[str]:
        """Write what the run leaves for people anew."""
        observer = _Told(advance)
        names = [path.name for path in self._recompute(observer, publish=True).files if path.parent == self._run]
        if video:
            names.append(write_annotated(self._run, video=self._files.video, observer=observer).name)
        return names

    def _recompute(self, observer: Observer, roster: Path | None = None, publish: bool = False) -> Analysis:
        """Compute what is not as it was; with another roster, if one is given."""
        with RunDirectory.opened(self._run) as directory:
            noted = read_run(self._run)
            job = replace(remembered(directory, self._files.calibration, roster), corrections=_of_run(self._run))
            corrected = CorrectedRun(noted, _at_hand(noted, self._files.video))
            analysis = recompute(context_of_correction(job, corrected), directory, observer, publish)
            if roster is not None:
                keep(directory, "roster", roster)
            return analysis


def _of_run(run: Path) -> Path | None:
    """Return the run's corrections, if there are any."""
    return run / CORRECTIONS if (run / CORRECTIONS).is_file() else None


def _at_hand(noted: FinishedRun, video: Path | None) -> VideoInfo | None:
    """Find the video; None where it is not there."""
    try:
        return video_of(noted, video)
    except InputError:
        if video is not None:
            raise
        return None


class _Told:
    """Passes on how far a run is; see `Observer`."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._stage, self._total = "", 0.0

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """Say what begins."""
        del unit
        self._stage, self._total = stage, total or 0.0
        self._advance(stage, None)

    def advance(self, done: float) -> None:
        """Say how far it is."""
        self._advance(self._stage, min(done / self._total, 1.0) if self._total else None)

    def end(self, note: str) -> None:
        """Say nothing."""

    def warn(self, message: str) -> None:
        """Say nothing: warnings are part of what changed."""


def _plain(changes: Changes) -> dict[str, Any]:
    """Return plain data of what changed."""
    kept = ("player_id", "label_before", "label", "gained_s", "lost_s", "expected")
    return {
        "words": changes.words,
        "people": [{name: asdict(change)[name] for name in kept} for change in changes.people],
        "warnings": list(changes.warnings),
    }


def _copy_of(noted: FinishedRun) -> Path:
    """Choose where the copy of a video that a browser plays is made: in the cache, whoever made the run."""
    folder = cache_folder(_COPIES)
    if folder is None:
        folder = noted.directory.path / _COPIES
    return folder / f"{noted.video_sha256[:_HASH_DIGITS]}.webm"
