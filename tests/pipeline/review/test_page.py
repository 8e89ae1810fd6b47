"""The page in a browser, used as a person would: keys, clicks, drags, two tabs."""

import json
import time
from pathlib import Path

import pytest

from pipeline.corrections import Merge, Move, Name, SplitTracklet
from pipeline.geometry.court import COURTS
from pipeline.review import Playback, Reviewing, VideoPictures, reviewing
from pipeline.video import probe
from tests.chromium import Chromium
from tests.pipeline.review.correctors import JournalInMemory
from tests.pipeline.review.games import reviewed_game

PIECES = [
    {"track_id": 1, "player_id": 1, "begin_s": 0, "end_s": 2},
    {"track_id": 2, "player_id": 2, "begin_s": 0, "end_s": 3.5},
    {"track_id": 3, "player_id": 1, "begin_s": 2.5, "end_s": 3.5, "confidence": 0.5, "runner_up": 2,
     "runner_up_confidence": 0.5},
    {"track_id": 4, "player_id": 3, "begin_s": 1, "end_s": 3},
]  # fmt: skip
PATIENCE_S = 60
HEAD_PX, ROW_PX, GUTTER_PX = 40, 22, 132
ROWS = "document.querySelectorAll('[role=option]').length"
SAVED = "document.querySelector('.saved').textContent === 'All saved'"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("browser") / "profile") as started:
        yield started
        assert started.errors() == []


@pytest.fixture
def journal():
    return JournalInMemory([reviewed_game(PIECES, seconds=4, positions=[(1, frame, 3.0, 4.0) for frame in range(20)])])


@pytest.fixture
def page(journal, browser, fixed_game, tmp_path):
    video = probe(fixed_game / "video.mp4")
    playback = Playback(video, tmp_path / "copies" / "a.webm")
    work = Reviewing("a game", journal, video, COURTS["fiba"], VideoPictures(video), playback)
    with reviewing(work) as address:
        browser.open(address)
        browser.wait("document.querySelector('.tabs') !== null")
        yield browser
        browser.open("about:blank")


def text(page: Chromium, selector: str) -> str:
    return page.value(f"document.querySelector({json.dumps(selector)})?.textContent ?? ''")


def middle(page: Chromium, selector: str) -> tuple[float, float]:
    code = f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
    x, y = page.value(code + " return [r.x + r.width / 2, r.y + r.height / 2]; })()")
    return x, y


def on_time_line(page: Chromium, row: int, time_s: float | None = None) -> tuple[float, float]:
    """Where a moment of a row is on the page, while the whole game of 3.9 s is shown; its label without a time."""
    x, y, width = page.value(
        "(() => { const r = document.querySelector('.timeline canvas').getBoundingClientRect(); return [r.x, r.y, r.width]; })()"
    )
    across = 40 if time_s is None else GUTTER_PX + time_s / 3.9 * (width - GUTTER_PX)
    return x + across, y + HEAD_PX + (row + 0.5) * ROW_PX


def settle(page: Chromium, journal: JournalInMemory, count: int) -> None:
    """Wait until so many steps count in the journal, and the page knows."""
    end = time.monotonic() + PATIENCE_S
    while journal.place != count:
        assert time.monotonic() < end, journal
        time.sleep(0.05)
    page.wait(SAVED)


def test_a_question_is_answered_with_a_key(page, journal):
    assert "Is this A-P2?" in text(page, ".doubt h2")
    page.wait("[...document.querySelectorAll('.pair img')].every((image) => image.naturalHeight > 0)")
    page.key("y")
    page.wait("document.querySelector('.empty .big')?.textContent === 'No open questions.'")
    settle(page, journal, 1)
    said = journal.asked[0][1]
    assert (said.track_id, said.second) == (3, 2)
    pictured_s = [journal.games[0].pictured_s(track_id) for track_id in (3, 2)]
    assert [said.at_s, said.second_at_s] == pytest.approx(pictured_s, abs=1e-3)
    page.key("z", control=True)
    settle(page, journal, 0)


def test_two_rows_are_merged_and_the_merge_undone(page, journal):
    page.key("p")
    page.wait(f"{ROWS} === 3")
    page.click(*on_time_line(page, 0))
    page.click(*on_time_line(page, 1), control=True)
    page.wait("document.querySelector('.foresight').textContent.includes('A-P1 becomes A-P2: 3.0 s go over')")
    page.key("m")
    page.wait(f"{ROWS} === 2")
    settle(page, journal, 1)
    assert journal.asked[0][1] == Merge(1, 2)
    page.key("z", control=True)
    page.wait(f"{ROWS} === 3")
    page.key("Z", control=True, shift=True)
    page.wait(f"{ROWS} === 2")
    settle(page, journal, 1)


def test_a_piece_is_dragged_to_another_row_and_split_at_the_playhead(page, journal):
    page.drag(on_time_line(page, 2, 1.5), on_time_line(page, 0, 1.5))
    settle(page, journal, 1)
    assert journal.asked[0][1] == Move(4, 1)
    page.click(*on_time_line(page, 1, 2.0))
    page.wait("document.querySelector('.foresight').textContent.includes('a split leaves')")
    page.key("s")
    settle(page, journal, 2)
    correction = journal.asked[1][1]
    assert isinstance(correction, SplitTracklet)
    assert (correction.track_id, correction.at_s) == (2, pytest.approx(2.0, abs=0.02))


def test_a_name_is_edited_in_place_and_is_there_after_a_reload(page, journal):
    page.key("p")
    page.click(*on_time_line(page, 0))
    page.wait("document.querySelectorAll('.thumb img').length > 0")
    page.key("e")
    page.wait("document.activeElement.classList.contains('name')")
    page.type("A. Smith")
    page.key("Enter")
    settle(page, journal, 1)
    assert journal.asked[0][1] == Name(1, "A. Smith")
    page.reload()
    page.wait("document.querySelector('.tabs') !== null && document.querySelector('.toasts p') === null")
    page.key("p")
    page.wait("document.querySelector('.row .name')?.textContent === 'A. Smith'")


def test_two_tabs_lose_nothing(page, journal):
    """A second tab corrects while this one still shows what was before."""
    journal.hold.clear()
    page.key("p")
    page.value(
        "window.second = fetch('game').then((r) => r.json()).then(({ revision }) => fetch('edit', { method: 'POST', "
        "headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ revision, edits: "
        "[{ kind: 'name', player: 3, value: 'Tab Two' }] }) })).then((r) => r.status)"
    )
    assert page.value("window.second") == 200
    page.click(*on_time_line(page, 0))
    page.click(*on_time_line(page, 1), control=True)
    page.key("m")
    page.wait(f"{ROWS} === 2")  # shown at once
    page.wait("document.querySelector('.saved').textContent !== 'All saved'")
    journal.hold.set()
    settle(page, journal, 2)
    assert [type(correction).__name__ for _, correction in journal.asked] == ["Name", "Merge"]
    page.wait("[...document.querySelectorAll('.row .name')].map((e) => e.textContent).join() === 'A-P1,Tab Two'")


def test_refused_corrections_are_said_and_exports_asked_for(page, journal):
    page.value(
        "window.third = fetch('edit', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: "
        "JSON.stringify({ revision: 'x', edits: [{ kind: 'move', track_id: 3, to: 9 }] }) }).then((r) => r.status)"
    )
    page.click(*middle(page, "header .main"))
    page.wait("document.querySelector('dialog[open]') !== null")
    page.click(*middle(page, "dialog .main"))
    page.wait("[...document.querySelectorAll('.toasts .good')].some((e) => e.textContent.includes('report.html'))")
    assert journal.exports == [False]
    assert journal.place == 0


def test_keys_are_listed_and_frames_are_stepped(page):
    page.key("?", shift=True)
    page.wait("document.querySelectorAll('dialog[open] kbd').length > 20")
    page.key("Escape")
    page.wait("document.querySelector('dialog[open]') === null")
    page.key("ArrowRight")
    page.wait("document.querySelector('.time').textContent.startsWith('0:01.00')")
    page.key(".")
    page.wait("/^0:01\\.(06|10)/.test(document.querySelector('.time').textContent)")  # of the video, of the tables


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible(page, theme):
    """As axe-core judges it, in both themes, with each panel shown."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core comes with axe-playwright-python")
    page.value((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + "; 0")
    page.value(f"document.documentElement.dataset.theme = {theme!r}")
    page.click(*on_time_line(page, 0))
    page.wait("document.querySelectorAll('.thumb img').length > 0")
    for shown in ("p", "d", "j"):
        page.key(shown)
        page.wait("document.querySelector('[role=tabpanel] > *') !== null")
        found = page.value(
            "axe.run().then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')))"
        )
        assert found == [], (theme, shown)
