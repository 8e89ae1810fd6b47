"""The page in a browser, used as a person would: clicks, a drag, keys."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.calibrate import Clicking, clicking
from pipeline.calibrate.moments import Moments
from pipeline.calibrate.sketch import to_px
from pipeline.evaluation.truth.court import read_court_table
from pipeline.geometry.calibration import CalibratedFrame, read_calibration
from pipeline.geometry.court import COURTS, landmarks
from pipeline.video import probe
from tests.chromium import Chromium

SPOTS = ("half_far", "centre_circle_near", "free_throw_near_left", "free_throw_far_right", "free_throw_near_right")
OTHERS = ("free_throw_far_left", "centre_circle_far", "three_point_top_left")


@pytest.fixture
def browser(tmp_path):
    with Chromium(tmp_path / "profile") as started:
        yield started
        assert started.errors() == []


@pytest.fixture
def truth(fixed_game: Path):
    """Pixels of a landmark in the rendered game."""
    court = read_court_table(fixed_game)
    view = CalibratedFrame(court.matrices[0])
    places = landmarks(COURTS["fiba"])
    return {name: to_px(np.array([place]), view, court.lens)[0] for name, place in places.items()}


def on_screen(browser: Chromium, px) -> tuple[float, float]:
    """Where a pixel of the frame is on the page, while the whole frame is shown."""
    box = browser.value(
        "(() => { const r = picture.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()"
    )
    scale = min(box[2] / 640, box[3] / 360)
    return (
        box[0] + (box[2] - 640 * scale) / 2 + px[0] * scale,
        box[1] + (box[3] - 360 * scale) / 2 + px[1] * scale,
    )


def middle_of(browser: Chromium, selector: str) -> list[float]:
    code = f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
    return browser.value(code + " return [r.x + r.width / 2, r.y + r.height / 2]; })()")


def text_of(browser: Chromium, name: str) -> str:
    return browser.value(f"document.getElementById('{name}').textContent")


def mark(browser: Chromium, name: str, px) -> None:
    browser.click(*on_screen(browser, px))
    browser.click(*middle_of(browser, f"[data-landmark={name}]"))


def test_clicking_calibrates(fixed_game, tmp_path, browser, truth, monkeypatch):
    monkeypatch.setattr("pipeline.calibrate.server.search_video", lambda *_: Moments(None, stands=True))
    work = Clicking(probe(fixed_game / "video.mp4"), tmp_path / "court.json")
    with clicking(work) as address:
        browser.open(address)
        browser.wait("document.getElementById('time')?.textContent.includes(':')")
        browser.wait("document.getElementById('wait').hidden")
        for name in SPOTS:
            mark(browser, name, truth[name])
        browser.wait("document.getElementById('points').rows.length === 5")

        browser.click(*on_screen(browser, truth[OTHERS[0]]))  # the court is known: the landmark is guessed
        browser.wait("document.getElementById('hint').textContent.startsWith('Is it free throw, far left')")
        browser.key("Enter")
        for name in OTHERS[1:]:
            mark(browser, name, truth[name])
        browser.wait("document.getElementById('points').rows.length === 8")
        browser.wait("document.getElementById('hint').textContent.startsWith('Usual error')")
        good = float(text_of(browser, "hint").split()[2])
        assert good < 1.5

        here = on_screen(browser, truth["half_far"])
        browser.drag(here, (here[0] + 40, here[1] + 30))
        browser.wait(f"Number(document.getElementById('hint').textContent.split(' ')[2]) > {good + 2}")
        browser.key("z", control=True)
        browser.wait(f"Number(document.getElementById('hint').textContent.split(' ')[2]) <= {good}")

        browser.click(*middle_of(browser, "#points tr:last-child"))
        browser.key("Delete")
        browser.wait("document.getElementById('points').rows.length === 7")
        browser.click(*middle_of(browser, "#undo"))
        browser.wait("document.getElementById('points').rows.length === 8")

        browser.click(*middle_of(browser, "#save"))
        browser.wait("document.getElementById('hint').textContent.startsWith('Saved')")
        browser.click(*middle_of(browser, "#done"))
        assert work.done.wait(30)

    found = read_calibration(work.out)
    assert found.fixed
    assert len(found.frames[0].pairs.px) == 8
    mapped = found.lens.undistort(np.array([truth["centre_spot"]]))[0]
    place = found.frames[0].homography @ np.append(mapped, 1)
    assert place[:2] / place[2] == pytest.approx(landmarks(COURTS["fiba"])["centre_spot"], abs=0.3)
