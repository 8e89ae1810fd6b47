"""A finished run on the review page: its tables, its video, and the journal that corrects it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from models.runtime.cache import cache_folder
from pipeline.corrections import Asked, DifferentPeople, Journal, Move, SamePerson, SplitTracklet
from pipeline.errors import InputError
from pipeline.geometry.court import Court, stored_court
from pipeline.present.jerseys import with_jersey_colors
from pipeline.present.labels import people, team_title
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
from pipeline.roster import read_roster
from pipeline.run.corrections.accepted import AcceptedRequests
from pipeline.run.corrections.changes import Changes
from pipeline.run.corrections.corrector import Corrector, GivenAgain
from pipeline.run.corrections.pending import read_correctable
from pipeline.run.loading import FinishedRun, jersey_colors_of, video_of
from pipeline.run.observer import Observer, Silence
from pipeline.run.stages.splitting import SPLITTING_STAGE
from pipeline.store import RunDirectory

TEAMS = ("A", "B")
_OF_TRACKLETS = (Move, SplitTracklet, SamePerson, DifferentPeople)
"""Corrections that name tracklets by their ids."""
_COPIES = "review"
"""Folder of the cache."""
_HASH_DIGITS = 24


@contextmanager
def review_page(
    run: Path, source: Path | None = None, port: int = 0, observer: Observer | None = None
) -> Iterator[tuple[str, Reviewing]]:
    """Serve the page on which a finished run is corrected.

    What was accepted before a crash, and not carried out, is carried out first.

    Args:
        run: output directory of `courtside analyze`.
        source: where the video is now; None: where it was, if this user made the run.
        port: 0 for a free one.
        observer: is told what is not as one would expect.

    Yields:
        The page's address, and what it corrects.

    Raises:
        InputError: not a finished run, or the video named is not its video.
        OutputError: another page of the run is open, or the run cannot be written.
    """
    noted, observer = read_correctable(run), observer or Silence()
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
    with correcting.accepted.held():
        if left := len(correcting.kept()):
            observer.warn(f"{left} correction{'s'[: left > 1]} had been accepted and not carried out: they are now")
        with reviewing(work, port) as address:
            yield address, work


class JournalOfRun:
    """Corrects a run for the page; see `pipeline.review.Correcting`."""

    def __init__(self, noted: FinishedRun, files: GivenAgain) -> None:
        """Open the run; nothing is computed yet."""
        self._run = noted.out
        self._files = files
        self.accepted = AcceptedRequests(noted.directory)
        self._told = _Told()
        self._corrector = Corrector(self._run, files, self._told, waits=True)

    @property
    def court(self) -> Court | None:
        """The court whose lines the page draws; None where none was found."""
        directory = RunDirectory(self._run)
        if directory.read_table("court").empty:
            return None
        return stored_court(directory.read_json("court.facts"))

    def warm(self) -> None:
        """Compute what the first correction would else have to wait for."""
        self._corrector.warm()

    def catch_up(self, goes_on: Callable[[], bool]) -> None:
        """Compute what no correction waited for."""
        self._corrector.catch_up(goes_on)

    def journal(self) -> JournalState:
        """Read the journal."""
        journal = self._corrector.journal
        undo, redo = journal.can_undo, journal.can_redo
        return JournalState(
            self._revision(journal),
            tuple(JournalStep(step.number, step.words, step.undone is not None) for step in journal.steps),
            None if undo is None else undo.words,
            None if redo is None else redo.words,
        )

    def game(self) -> ReviewedGame:
        """Return the game as it is now."""
        tables = self._corrector.tables
        colors = player_colors(with_jersey_colors(tables["players"], jersey_colors_of(RunDirectory(self._run))))
        return ReviewedGame(
            {name: tables[name] for name in TABLES},
            {person.player_id: person.short for person in people(tables["players"])},
            {who: Dress(color.hex, color.ink.hex) for who, color in colors.items()},
            {team: team_title(team, tables["players"]) for team in TEAMS},
        )

    def correct(self, asked: Sequence[Asked], revision: str | None) -> dict[str, Any]:
        """Carry out one step. Ids of players last; those of tracklets are others after a split was made or taken back."""
        names_tracklets = any(isinstance(said, _OF_TRACKLETS) for said in asked)
        if names_tracklets and revision != self._revision(self._corrector.journal):
            raise InputError(
                "tracklets were split or put together again meanwhile, so it may be another by now; look again, and repeat it"
            )
        return _plain(self._corrector.correct(asked))

    def undo(self, step: int | None) -> dict[str, Any]:
        """Take back a step."""
        return _plain(self._corrector.undo(step))

    def redo(self, step: int | None) -> dict[str, Any]:
        """Carry out again what was taken back."""
        return _plain(self._corrector.redo(step))

    def keep(self, request: Any) -> str:
        """Write a request where it outlives this process."""
        return self.accepted.add(request)

    def kept(self) -> list[tuple[str, Any]]:
        """Return the requests that are not carried out yet."""
        return self.accepted.waiting()

    @contextmanager
    def carrying_out(self, name: str) -> Iterator[None]:
        """Carry out a request that was kept."""
        self._corrector.request = name
        try:
            yield
        finally:
            self._corrector.request = None
            self.accepted.remove(name)

    def give_roster(self, file: Path) -> dict[str, Any]:
        """Use another roster from now on; the run keeps a copy."""
        read_roster(file)  # what is wrong with it is said before anything is computed
        corrector = Corrector(self._run, replace(self._files, roster=file), self._told)
        named = int(corrector.tables["players"]["name"].notna().sum())
        self._corrector = Corrector(self._run, self._files, self._told, waits=True)
        return {"words": f"the roster is used; people with a name: {named}", "people": [], "warnings": []}

    def _revision(self, journal: Journal) -> str:
        """Return what is the same as long as tracklets have the same ids: it rests on how they were made, and on splits."""
        made = RunDirectory(self._run).manifest(SPLITTING_STAGE.name)
        splits = [(line.spot, line.second_spot) for line in journal.lines if line.action == "split"]
        return sha256(repr((None if made is None else made.fingerprint, splits)).encode()).hexdigest()

    def export(self, video: bool, advance: Advance) -> list[str]:
        """Write what the run leaves for people anew."""
        self._told.advance_to = advance
        try:
            written = self._corrector.publish(video=video)
        finally:
            self._told.advance_to = None
        return [path.name for path in written if path.parent == self._run]


class _Told:
    """Passes on how far a run is while somebody wants to know; see `Observer`."""

    def __init__(self) -> None:
        self.advance_to: Advance | None = None
        self._stage, self._total = "", 0.0

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """Say what begins."""
        del unit
        self._stage, self._total = stage, total or 0.0
        self._say(None)

    def advance(self, done: float) -> None:
        """Say how far it is."""
        self._say(min(done / self._total, 1.0) if self._total else None)

    def end(self, note: str) -> None:
        """Say nothing."""

    def warn(self, message: str) -> None:
        """Say nothing: warnings are part of what changed."""

    def _say(self, share: float | None) -> None:
        if self.advance_to is not None:
            self.advance_to(self._stage, share)


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
