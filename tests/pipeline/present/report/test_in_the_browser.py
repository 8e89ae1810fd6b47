"""The report as a browser shows it: times that lead into the video, themes, a phone, paper, and axe-core's judgement."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.present.crops import Crop
from pipeline.present.heat_maps.painting import HeatPictures
from pipeline.present.report import Pictures, report_html
from pipeline.present.report.video_note import VideoNote, note_video
from pipeline.present.results import Results
from tests.chromium import Chromium
from tests.videos import make_video, steady

JPEG = cv2.imencode(".jpg", np.full((40, 20, 3), 128, np.uint8))[1].tobytes()
PLAYED = "document.querySelector('video').currentTime"
FLOATS = "document.querySelector('.watch').classList.contains('floating')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("browser") / "profile") as started:
        yield started


@pytest.fixture
def report(make_results: Callable[..., Results], tmp_path: Path) -> Path:
    """A report of the made-up game, whose video begins at 0.2 s of the source."""
    heat = HeatPictures(JPEG, JPEG, 0.034)
    pictures = Pictures({"A": heat, "B": heat}, {1: heat}, {1: [Crop(0, JPEG), Crop(20, JPEG)]})
    results = make_results(names={1: "Ana Lima", 6: "A Very Long Name That Does Not Fit Anywhere"})
    path = tmp_path / "report.html"
    path.write_text(report_html(results, pictures, [Path("player_stats.csv")]), encoding="utf-8")
    note_video(path, VideoNote("run", "annotated.mp4", True, "320 x 180", begin_s=0.2))
    return path


def opened(browser: Chromium, report: Path) -> Chromium:
    browser.open(report.as_uri())
    browser.wait("document.readyState === 'complete' && document.querySelector('h2') !== null")
    return browser


def click_on(page: Chromium, selector: str, x_share: float = 0.5) -> None:
    """Bring an element into view and click it, in one step: pictures that are loaded meanwhile may move it."""
    page.value(
        f"(() => {{ const e = document.querySelector({selector!r}); e.scrollIntoView({{block: 'center'}});"
        f" const r = e.getBoundingClientRect(), x = r.x + {x_share} * r.width, y = r.y + r.height / 2;"
        " e.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true, clientX: x, clientY: y})); })()"
    )


def wait_for(page: Chromium, time_s: float) -> None:
    page.wait(f"Math.abs({PLAYED} - {time_s}) < 0.02")


def test_times_lead_into_the_video_beside_the_report(browser: Chromium, report: Path) -> None:
    make_video(report.parent / "annotated.mp4", steady(30, 30))
    page = opened(browser, report)
    page.wait("document.querySelector('video').readyState >= 1")
    assert page.value("document.querySelector('.crops a').getAttribute('href')") == "annotated.mp4#t=0.00"
    page.value("HTMLMediaElement.prototype.play = () => Promise.resolve(); 0")
    for selector, time_s in (
        (".crops figure:nth-child(2) a", 20 / 30 - 0.2),
        ("td a.at", 0.0),  # the top speed
        (".moment a.at", 0.0),  # a sprint from 0.1 s on
    ):
        click_on(page, selector)
        wait_for(page, time_s)
    assert page.value(FLOATS)
    click_on(page, ".presence .lane-bars", 0.75)
    wait_for(page, 0.75 * 23 / 30 - 0.2)
    page.value("document.querySelector('.watch button').click()")
    assert not page.value(FLOATS)
    assert page.errors() == []


def test_without_a_video_times_are_text(browser: Chromium, report: Path) -> None:
    note_video(report, VideoNote("run", None, False))
    page = opened(browser, report)
    assert page.value("document.querySelectorAll('a.at').length") > 4
    assert page.value("document.querySelectorAll('a.at[href], video').length") == 0


def test_two_players_are_compared(browser: Chromium, report: Path) -> None:
    page = opened(browser, report)
    shown = "[...document.querySelectorAll('.compare thead th')].filter((e) => !e.hidden).map((e) => e.textContent)"
    assert len(page.value(shown)) == 3
    wanted = page.value("document.querySelectorAll('.compare option')[4].textContent")
    pick = "document.querySelector('.compare select')"
    page.value(f"{pick}.value = '5'; {pick}.dispatchEvent(new Event('change')); 0")
    assert wanted in page.value(shown)
    assert page.value("[...document.querySelectorAll('.compare tbody tr')].every((r) => r.cells.length === 11)")


@pytest.mark.parametrize(("theme", "width"), [("light", 1240), ("dark", 1240), ("dark", 360)])
def test_it_is_accessible_in_both_themes_and_fits_a_phone(
    theme: str, width: int, browser: Chromium, report: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core comes with axe-playwright-python")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    page = opened(browser, report)
    assert page.value("document.documentElement.scrollWidth") <= width
    page.value("document.querySelectorAll('details').forEach((each) => { each.open = true; }); 0")
    page.value((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + "; 0")
    found = page.value(
        "axe.run().then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')))"
    )
    assert found == []
    ground = page.value("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(247, 246, 243)", "dark": "rgb(20, 22, 26)"}[theme]
    if width == 360:
        heads = "[...document.querySelector('table.sortable').tHead.rows[0].cells]"
        seen = page.value(
            f"{heads}.filter((e) => e.getBoundingClientRect().right <= 346).map((e) => e.innerText.split(/\\s/)[0])"
        )
        assert seen == ["Player", "On", "Distance"]
    browser.call("Emulation.setEmulatedMedia", features=[])
    browser.call("Emulation.setDeviceMetricsOverride", width=1440, height=900, deviceScaleFactor=1, mobile=False)


def test_it_prints_on_few_pages(browser: Chromium, report: Path) -> None:
    page = opened(browser, report)
    printed = base64.b64decode(page.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page/") <= 4
