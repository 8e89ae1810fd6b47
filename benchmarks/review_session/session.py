"""Somebody who knows the truth and works on the review page with mouse and keys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.review_effort import ReviewedRun
from pipeline.corrections import Journal
from pipeline.evaluation.truth import read_truth
from pipeline.review import TABLES
from pipeline.run.job import CORRECTIONS
from pipeline.run.loading import EVALUATED, context_of, read_run
from pipeline.run.order import STAGE_NAMES
from tests.chromium import Chromium

HEAD_PX, ROW_PX, GUTTER_PX = 40, 22, 132
"""Of the time line: its ruler, a row, the labels at the left."""
LEAST_S = 1.0
"""Parts of a mixture on either side of a switch that is split."""
KNOWN = tuple({*EVALUATED, *TABLES})
"""Tables of a run that are looked at."""
_TEAMS = ["A", "B"]
_SAVED = "document.querySelector('.saved').textContent === 'All saved'"
_PATIENCE_S = 90.0


@dataclass(frozen=True)
class Switch:
    """Where a tracklet goes over to somebody else."""

    track_id: int
    at_s: float
    identity: int
    """Who he is from then on, in truth."""
    after_s: float
    """A time in the part after it."""


@dataclass
class Session:
    """Somebody who knows the truth, at the page."""

    page: Chromium
    run: Path
    game: Path
    steps: int = 0
    """Of the journal, as they should be."""
    refused: list[str] = field(default_factory=list)
    """Why splits and moves contradict what is seen or was said."""
    took_s: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def timed(self, words: str) -> Iterator[None]:
        """Note what something takes until it is saved."""
        begin = time.monotonic()
        yield
        self.took_s.append((words, time.monotonic() - begin))

    @cached_property
    def truth(self) -> Any:
        """What was rendered."""
        return read_truth(self.game)

    def reviewed(self) -> ReviewedRun:
        """Open the run once what follows from the last correction is there, too."""
        self.until(lambda: all(read_run(self.run, begun=True).directory.manifest(name) for name in STAGE_NAMES))
        return ReviewedRun(context_of(self.run, names=KNOWN), self.truth)

    def shown(self) -> dict[str, Any]:
        """Ask for the game as the page has it."""
        found: dict[str, Any] = json.loads(self.page.value("fetch('game').then((answer) => answer.text())"))
        return found

    def people(self) -> list[dict[str, Any]]:
        """List people in the order of their rows."""

        def order(person: dict[str, Any]) -> tuple[int, int, int]:
            team = _TEAMS.index(person["team"]) if person["team"] in _TEAMS else 2
            number = 1000 if person["number"] is None else int(person["number"])
            return 3 if person["role"] == "referee" else team, number, person["id"]

        return sorted(self.shown()["people"], key=order)

    def pieces(self) -> pd.DataFrame:
        """List the tracklets as the page has them."""
        return pd.DataFrame(self.shown()["pieces"])

    def place(self, player: int, time_s: float | None = None) -> tuple[float, float]:
        """Find a moment of somebody's row on the page, which shows the whole game; his label without a time."""
        row = [person["id"] for person in self.people()].index(player)
        begin_s, end_s = (self.shown()[name] for name in ("begin_s", "end_s"))
        box = "document.querySelector('.timeline canvas').getBoundingClientRect()"
        x, y, width, height = (self.page.value(f"{box}.{name}") for name in ("x", "y", "width", "height"))
        assert HEAD_PX + (row + 1) * ROW_PX < height, "the row is not in view: a larger window is needed"
        share = None if time_s is None else (time_s - begin_s) / (end_s - begin_s)
        across = 40.0 if share is None else GUTTER_PX + share * (width - GUTTER_PX)
        return x + across, y + HEAD_PX + (row + 0.5) * ROW_PX

    def settle(self, steps: int) -> None:
        """Wait until so many steps more stand in the journal and the page knows."""
        self.steps += steps
        self.until(lambda: self.written() >= self.steps)
        assert self.written() == self.steps, self.results()

    @contextmanager
    def maybe_refused(self) -> Iterator[None]:
        """Wait until what the block asks for is carried out, or refused: it contradicts what is seen."""
        done = self.results()[-1][0]
        yield
        self.until(lambda: self.results()[-1][0] > done)
        assert self.written() - self.steps == (self.results()[-1][1] is None), self.results()
        self.refused += [why for _, why, *_ in self.results()[-1:] if why is not None]
        self.steps = self.written()

    def written(self) -> int:
        """Count the steps of the journal."""
        return len(Journal.read(self.run / CORRECTIONS).steps)

    def results(self) -> Any:
        """Ask what became of the last corrections."""
        return json.loads(self.page.value("fetch('state').then((answer) => answer.text())"))["results"]

    def words(self) -> list[str]:
        """List what the page says at its edge."""
        return list(self.page.value("[...document.querySelectorAll('.toasts p')].map((e) => e.textContent)"))

    def answer(self, count: int) -> None:
        """Answer the first questions of the queue as it is."""
        self.page.key("d")
        for _ in range(count):
            doubts = self.shown()["doubts"]
            if not doubts:
                return
            work, doubt = self.reviewed(), doubts[0]
            people = [work.shown_by(work.game(), doubt[name]) for name in ("track_id", "against")]
            with self.timed("an answer"):
                self.page.key("y" if people[0] is not None and people[0] == people[1] else "n")
                self.settle(1)

    def switches(self) -> list[Switch]:
        """Find where tracklets go over to somebody else, the longest parts first."""
        work = self.reviewed()
        times = work.context.tables["frames"].set_index("frame")["time_s"]
        found = []
        for track_id, rows in work.matched.sort_values("frame").groupby("track_id"):
            identity, time_s = rows["identity"].to_numpy(), times[rows["frame"]].to_numpy()
            changes = (identity[1:] != identity[:-1]).nonzero()[0] + 1
            if len(changes) == 1:  # the clear ones
                at = int(changes[0])
                length_s = min(time_s[at - 1] - time_s[0], time_s[-1] - time_s[at])
                middle_s = float((time_s[at] + time_s[-1]) / 2)
                switch = Switch(int(str(track_id)), float(time_s[at - 1] + time_s[at]) / 2, int(identity[at]), middle_s)
                found.append((length_s, switch))
        found.sort(key=lambda each: -each[0])
        return [switch for length_s, switch in found if length_s >= LEAST_S]

    def player_of(self, identity: int) -> int:
        """Find the player who is mostly somebody in truth."""
        work = self.reviewed()
        player = work.matched["track_id"].map(work.context.tables["identities"].set_index("track_id")["player_id"])
        return int(player[work.matched["identity"] == identity].mode().iloc[0])

    def part(self, switch: Switch) -> pd.Series:
        """Return the tracklet that holds what comes after a switch, by where its box is in truth."""
        work = self.reviewed()
        times = work.context.tables["frames"].set_index("frame")["time_s"]
        mine = work.matched[work.matched["identity"] == switch.identity]
        nearest = int((times[mine["frame"]] - switch.after_s).abs().to_numpy().argmin())
        pieces = self.pieces()
        return pieces[pieces["track"] == int(mine["track_id"].iloc[nearest])].iloc[0]

    def mend(self, switch: Switch) -> None:
        """Split at a switch, and drag what comes after it to whose it is."""
        self.page.key("p")
        piece = self.pieces().set_index("track").loc[switch.track_id]
        if piece["player"]:
            self.page.click(*self.place(int(piece["player"]), float(piece["begin_s"] + piece["end_s"]) / 2))
            self.seek(switch.at_s)
            with self.timed("a split"), self.maybe_refused():
                self.page.key("s")
        after, wanted = self.part(switch), self.player_of(switch.identity)
        if after["player"] not in (0, wanted):
            middle_s = float(after["begin_s"] + after["end_s"]) / 2
            with self.timed("a move"), self.maybe_refused():
                self.page.drag(self.place(int(after["player"]), middle_s), self.place(wanted, middle_s))

    def seek(self, time_s: float) -> None:
        """Move the playhead, with what is chosen left as it is."""
        slider = "document.querySelector('.controls input')"
        self.page.value(f"{slider}.value = {time_s}; {slider}.dispatchEvent(new Event('input', {{ bubbles: true }}))")
        self.page.wait("document.querySelector('.foresight').textContent.includes('a split leaves')")

    def part_and_merge(self) -> None:
        """Make a new person of a tracklet, then merge him with whom he was."""
        self.page.key("p")
        pieces = self.pieces()
        shared = pieces[pieces["player"] > 0].groupby("player").filter(lambda mine: len(mine) > 1)
        piece = shared.loc[(shared["end_s"] - shared["begin_s"]).idxmax()]
        before = {person["id"] for person in self.people()}
        self.page.click(*self.place(int(piece["player"]), float(piece["begin_s"] + piece["end_s"]) / 2))
        with self.timed("somebody new"):
            self.page.key("n")
            self.settle(1)
        (new,) = {person["id"] for person in self.people()} - before
        self.page.click(*self.place(int(piece["player"])))
        self.page.click(*self.place(new), control=True)
        with self.timed("a merge"):
            self.page.key("m")
            self.settle(1)
        after = {person["id"] for person in self.people()}
        assert after in (before, before - {piece["player"]} | {new}), (before, after, self.words())

    def type_name(self, player: int, name: str) -> None:
        """Name somebody in place, without waiting for it."""
        self.page.key("p")
        self.page.click(*self.place(player))
        self.page.key("e")
        self.page.wait("document.activeElement.classList.contains('name')")
        self.page.type(name)
        self.page.key("Enter")

    def name(self, player: int, name: str) -> None:
        """Name somebody."""
        with self.timed("a name"):
            self.type_name(player, name)
            self.settle(1)

    def undo_and_redo(self) -> None:
        """Take the last step back, and do it again: people are as before."""
        before = {person["id"]: person["label"] for person in self.people()}
        with self.timed("an undo"):
            self.page.key("z", control=True)
            self.until(lambda: Journal.read(self.run / CORRECTIONS).steps[-1].undone is not None)
        assert {person["id"]: person["label"] for person in self.people()} != before
        with self.timed("a redo"):
            self.page.key("Z", control=True, shift=True)
            self.until(lambda: Journal.read(self.run / CORRECTIONS).steps[-1].undone is None)
        assert {person["id"]: person["label"] for person in self.people()} == before

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true and the page has nothing left to save."""
        end = time.monotonic() + _PATIENCE_S
        while not (true() and self.page.value(_SAVED)):
            assert time.monotonic() < end, f"never saved: {self.results()}, {self.words()}"
            time.sleep(0.1)

    def beside(self, second: Chromium, address: str, players: Sequence[int]) -> None:
        """Name two people in two tabs at once: both have their names in both."""
        open_page(second, address)
        beside = Session(second, self.run, self.game, self.steps + 1)
        beside.type_name(players[1], "Ito")
        self.type_name(players[0], "Okafor")
        self.settle(2)
        for tab in (self, beside):
            tab.page.wait("['Okafor', 'Ito'].every((name) => [...document.querySelectorAll('.row .name')]"
                          ".some((e) => e.textContent === name))")  # fmt: skip

    def export(self) -> None:
        """Have report and tables written anew."""
        with self.timed("an export"):
            self.page.value("document.querySelector('header .main').click()")
            self.page.wait("document.querySelector('dialog[open]') !== null")
            self.page.value("document.querySelector('dialog .main').click()")
            self.until(lambda: any("report.html" in words for words in self.words()))
        self.page.key("Escape")
        assert "Ada Low" in (self.run / "report.html").read_text(encoding="utf-8")

    def reload(self) -> None:
        """Open the page again: all is there."""
        self.page.reload()
        self.page.wait("document.querySelector('.tabs') !== null && document.querySelector('.toasts p') === null")
        names = {person["name"] for person in self.people()}
        assert {"Ada Low", "Okafor", "Ito"} <= names, names


def open_page(page: Chromium, address: str) -> None:
    """Open the page, with most of it for the time line."""
    page.open(address)
    page.wait(f"document.querySelector('.tabs') !== null && {_SAVED}")
    page.value("document.querySelector('main').style.gridTemplateRows = '300px minmax(0, 1fr)'")
