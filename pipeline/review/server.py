"""The page of `courtside review`: what it asks for and what it changes, for as long as somebody corrects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.geometry.court import Court, markings, paints, small_markings
from pipeline.review.background import Background
from pipeline.review.correcting import Correcting
from pipeline.review.documents import game_document
from pipeline.review.doubts import Doubt, doubts_of
from pipeline.review.game import ReviewedGame
from pipeline.review.pictures import VideoPictures
from pipeline.review.playback import COPY_KIND, Playback
from pipeline.review.requests import WORDS, fields_of, requested
from pipeline.review.windows import LONGEST_S, WindowSource
from pipeline.serve import Content, FileContent, LocalPage, RequestError, number, serving
from pipeline.video import VideoInfo

PAGE = Path(__file__).parent / "page"
FILES = {"page.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
MOST_CROPS = 12
"""Pictures of one person."""
_LONGEST_VIDEO_S = 1e6


@dataclass(frozen=True)
class Shown:
    """A game as it is now, laid ready for the page."""

    generation: int
    """Grows with every change."""
    revision: str
    game: ReviewedGame
    windows: WindowSource
    document: Mapping[str, Any]
    doubts: tuple[Doubt, ...]


@dataclass
class Reviewing:
    """One run that is corrected: what the page asks for, as functions of plain data."""

    title: str
    correcting: Correcting
    video: VideoInfo
    """Size and length of the picture, also where it is not at hand."""
    court: Court | None = None
    pictures: VideoPictures | None = None
    """None where the video is not at hand."""
    playback: Playback | None = None
    no_video: str = ""
    """Why it is not."""
    done: threading.Event = field(default_factory=threading.Event)
    background: Background = field(default_factory=Background)
    _shown: Shown | None = None
    _resumed: list[int] = field(default_factory=list)
    """Tickets of what was accepted before this page was opened."""
    _accepting: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Lay the game ready; corrections are carried out from now on, those first that an earlier page had accepted."""
        self._show()
        self.background.idle = self._catch_up
        self.background.start()
        for name, request in self.correcting.kept():
            kind, data = request if isinstance(request, list) and len(request) == 2 else (None, None)
            self._resumed.append(self._enqueue(name, kind, data))
        self.background.ask("getting ready", lambda _: self.correcting.warm())

    def end(self) -> None:
        """Carry out what still waits."""
        if self.playback is not None:
            self.playback.stop()
        self.background.stop()

    @property
    def shown(self) -> Shown:
        """The game as the page sees it."""
        assert self._shown is not None, "begin first"
        return self._shown

    def about(self) -> dict[str, Any]:
        """Describe video and court."""
        video = self.video
        return {
            "title": self.title,
            "size": [video.width_px, video.height_px],
            "fps": video.fps,
            "duration_s": video.duration_s,
            "court": None if self.court is None else _drawn(self.court),
            "video": None if self.playback is None else self.playback.about(),
            "no_video": self.no_video,
        }

    def state(self) -> dict[str, Any]:
        """Say what is being done, and what became of what was asked."""
        journal, work, shown = self.correcting.journal(), self.background, self.shown
        return {
            "generation": shown.generation,
            "revision": journal.revision,
            "doing": work.doing,
            "share": work.share,
            "waiting": work.waiting,
            "can_undo": journal.can_undo,
            "can_redo": journal.can_redo,
            "steps": [[step.number, step.words, step.undone] for step in journal.steps],
            "resumed": self._resumed,
            "results": [[found.ticket, found.error, found.result] for found in list(work.results)[-40:]],
            "video": None if self.playback is None else self.playback.about(),
        }

    def game(self) -> dict[str, Any]:
        """Describe the game as it is now, with the doubts about it."""
        shown = self.shown
        doubts = [doubt.document() for doubt in shown.doubts]
        return {**shown.document, "generation": shown.generation, "revision": shown.revision, "doubts": doubts}

    def window(self, begin_s: float, end_s: float) -> bytes:
        """Pack boxes and places of a window of time."""
        return self.shown.windows.window(begin_s, end_s)

    def crops(self, player_id: int, count: int) -> list[list[Any]]:
        """List clear boxes of a person, spread over the time: number of the box, tracklet, time in s."""
        game = self.shown.game
        chosen = game.spread(player_id, count)
        times = game.time_s[chosen["row"].to_numpy(np.int64)].round(3).tolist()
        return [list(found) for found in zip(chosen.index.tolist(), chosen["track_id"].tolist(), times, strict=True)]

    def crop(self, box: int) -> bytes:
        """Cut out a box."""
        game = self.shown.game
        if self.pictures is None or not 0 <= box < len(game.boxes):
            raise RequestError("there is no such picture")
        found = game.boxes.loc[box, ["row", "x1", "y1", "x2", "y2"]].to_numpy(np.float64)
        row, x1, y1, x2, y2 = map(float, found)
        return self.pictures.crop(float(game.time_s[int(row)]), (x1, y1, x2, y2))

    def crop_of(self, track_id: int) -> bytes:
        """Cut out the clearest box of a tracklet."""
        clearest = self.shown.game.clearest
        if track_id not in clearest.index:
            raise RequestError("there is no such picture")
        return self.crop(int(clearest[track_id]))

    def edit(self, data: Any) -> dict[str, Any]:
        """Ask for one step of corrections."""
        return self._accept("edit", data)

    def undo(self, data: Any) -> dict[str, Any]:
        """Take back a step; the last if none is named."""
        return self._accept("undo", data)

    def redo(self, data: Any) -> dict[str, Any]:
        """Carry out again what was taken back."""
        return self._accept("redo", data)

    def roster(self, data: Any) -> dict[str, Any]:
        """Use a roster that the page has read from a file."""
        return self._accept("roster", data)

    def export(self, data: Any) -> dict[str, Any]:
        """Write what the run leaves for people anew."""
        video = fields_of(data).get("video") is True

        def work(background: Background) -> dict[str, Any]:
            return {"words": "written", "files": self.correcting.export(video, background.advance)}

        self.background.check_room()
        return {"ticket": self.background.ask("exporting", work)}

    def make_copy(self, data: Any) -> dict[str, Any]:
        """Make a copy of the video that the browser plays."""
        del data
        if self.playback is None:
            raise RequestError(self.no_video)
        self.playback.make_copy()
        return self.playback.about()

    def _accept(self, kind: str, data: Any) -> dict[str, Any]:
        """Let a correction be carried out; it is on the disk, in order, before anybody is told that it is accepted."""
        requested(kind, data)
        with self._accepting:
            self.background.check_room()
            return {"ticket": self._enqueue(self.correcting.keep([kind, data]), kind, data)}

    def _enqueue(self, name: str, kind: Any, data: Any) -> int:
        """Let a request that is kept be carried out, and the game be shown as it is then."""

        def carried_out(_: Background) -> dict[str, Any]:
            with self.correcting.carrying_out(name):
                changes = requested(kind, data)(self.correcting)
            self._show()
            return changes

        words = WORDS.get(kind, "") if isinstance(kind, str) else ""
        return self.background.ask(words, carried_out)

    def _catch_up(self, goes_on: Callable[[], bool]) -> None:
        """Compute what no correction waited for; show it where the page shows something of it."""
        self.correcting.catch_up(goes_on)
        if not self.correcting.game().tables["periods"].equals(self.shown.game.tables["periods"]):
            self._show()

    def _show(self) -> None:
        """Lay the game as it is now ready."""
        generation = 1 if self._shown is None else self._shown.generation + 1
        game, revision = self.correcting.game(), self.correcting.journal().revision
        self._shown = Shown(generation, revision, game, WindowSource.of(game), game_document(game), doubts_of(game))


@contextmanager
def reviewing(work: Reviewing, port: int = 0) -> Iterator[str]:
    """Serve the page.

    Args:
        work: what is corrected; its `done` is set when the page says so.
        port: 0 for a free one.

    Yields:
        The page's address.
    """
    work.begin()
    try:
        with serving(page_of(work), port) as address:
            yield address
    finally:
        work.end()


def page_of(work: Reviewing) -> LocalPage:
    """Name what the page asks for and what it changes."""

    def window(fields: Mapping[str, str]) -> Content:
        begin_s = number(fields, "begin_s", 0, _LONGEST_VIDEO_S)
        return Content(work.window(begin_s, number(fields, "end_s", begin_s, begin_s + LONGEST_S)), _BYTES)

    def crops(fields: Mapping[str, str]) -> list[list[Any]]:
        return work.crops(_id(fields, "player"), int(number(fields, "count", 1, MOST_CROPS)))

    def crop(fields: Mapping[str, str]) -> Content:
        jpeg = work.crop_of(_id(fields, "track")) if "track" in fields else work.crop(_id(fields, "box"))
        return Content(jpeg, "image/jpeg")

    def still(fields: Mapping[str, str]) -> Content:
        if work.pictures is None:
            raise RequestError(work.no_video)
        return Content(work.pictures.still(number(fields, "time_s", 0, _LONGEST_VIDEO_S)), "image/jpeg")

    def source(_: Mapping[str, str]) -> FileContent:
        if work.playback is None:
            raise RequestError(work.no_video)
        return FileContent(work.playback.video.path, work.playback.source_kind())

    def copy(_: Mapping[str, str]) -> FileContent:
        if work.playback is None or work.playback.state != "ready":
            raise RequestError("there is no copy of the video yet")
        return FileContent(work.playback.copy, COPY_KIND)

    def done(data: Any) -> dict[str, Any]:
        del data
        work.done.set()
        return {}

    reads = {"about": lambda _: work.about(), "state": lambda _: work.state(), "game": lambda _: work.game()}
    pictures = {"window": window, "crops": crops, "crop": crop, "still": still, "source": source, "copy": copy}
    changes = {"edit": work.edit, "undo": work.undo, "redo": work.redo, "roster": work.roster}
    changes |= {"export": work.export, "playable": work.make_copy, "done": done}
    return LocalPage(PAGE, FILES, {**reads, **pictures}, changes)


_BYTES = "application/octet-stream"


def _id(fields: Mapping[str, str], name: str) -> int:
    """Read an id or the number of a box from a query."""
    return int(number(fields, name, 0, 1 << 53))


def _drawn(court: Court) -> dict[str, Any]:
    """Describe a court's lines as polylines in metres."""
    lines = [line.round(2).tolist() for line in (*markings(court, 0.3), *small_markings(court, 0.3))]
    return {"length_m": court.length_m, "width_m": court.width_m, "lines": lines, "paints": paints(court)}
