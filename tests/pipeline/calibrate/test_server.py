"""The server of the page: what it answers, and to whom."""

import http.client
import json
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from pipeline.calibrate import Clicking, clicking
from pipeline.calibrate.moments import Moments
from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import read_calibration
from pipeline.video import probe
from tests.pipeline.calibrate.test_points import payload

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def work(fixed_game, tmp_path):
    return Clicking(probe(fixed_game / "video.mp4"), tmp_path / "court.json")


@pytest.fixture
def ask(work):
    with clicking(work) as address:
        parts = urlsplit(address)

        def request(path, data=None, headers=None, token=parts.path):
            body = None if data is None else json.dumps(data)
            with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)) as connection:
                connection.request("POST" if body else "GET", token + path, body, headers or (JSON if body else {}))
                answer = connection.getresponse()
                return answer, answer.read()

        yield request


def test_page_and_its_parts_are_there(ask):
    for name, kind in (("", "text/html"), ("app.js", "text/javascript"), ("page.css", "text/css")):
        answer, body = ask(name)
        assert answer.status == 200
        assert answer.getheader("Content-Type").startswith(kind)
        assert b"http://" not in body.replace(b"http://www.w3.org/2000/svg", b"")
    assert "default-src 'none'" in answer.getheader("Content-Security-Policy")


def test_pictures_are_those_of_the_time_asked_for(ask, work):
    answer, body = ask("picture?time_s=2.0")
    assert body[:2] == b"\xff\xd8"
    assert float(answer.getheader("X-Time-S")) == pytest.approx(2.0, abs=1 / work.info.fps)
    last, _ = ask(f"picture?time_s={work.info.duration_s}")
    assert float(last.getheader("X-Time-S")) == pytest.approx(work.info.duration_s, abs=2 / work.info.fps)


@pytest.mark.parametrize("time_s", ["nan", "inf", "-1", "1e999", "99", "", "1_0", "%D9%A3", "%FF", "1&time_s=2"])
def test_pictures_of_no_moment_of_the_video_are_refused(ask, time_s):
    answer, body = ask(f"picture?time_s={time_s}")
    assert answer.status == 400
    assert json.loads(body)["error"]


def test_points_are_fitted_saved_and_shown_again(ask, work, monkeypatch):
    monkeypatch.setattr("pipeline.calibrate.server.search_video", lambda *_: Moments(None, stands=True))
    data = payload(8) | {"image_size": [640, 360], "camera": "fixed"}
    for point in data["frames"][0]["points"]:
        point["px"] = [value / 2 for value in point["px"]]
    answer, body = ask("fit", data)
    assert json.loads(body)["frames"][0]["rms_px"] < 0.1
    answer, body = ask("save", {"calibration": data, "use_found": False})
    assert answer.status == 200
    assert work.saved
    assert read_calibration(work.out).frames[0].error_px < 0.1
    assert len(json.loads(ask("about")[1])["before"]["frames"][0]["points"]) == 8


@pytest.mark.parametrize(
    "data", [{"frames": []}, {"court": "fiba", "image_size": [640, 360], "frames": [{"points": []}]}, [], None]
)
def test_what_cannot_be_saved_is_refused_in_words_and_nothing_is_written(ask, work, data):
    answer, body = ask("save", "text" if data is None else {"calibration": data, "use_found": False})
    assert answer.status == 400
    assert json.loads(body)["error"]
    assert not work.out.exists()


def test_done_ends_it(ask, work):
    assert ask("done", {})[0].status == 200
    assert work.done.wait(30)


def test_a_broken_calibration_is_said_before_a_page_opens(work):
    work.out.write_text("{")
    with pytest.raises(CalibrationError, match="not JSON"), clicking(work):
        pass


def test_the_address_is_of_this_machine_alone(work):
    with clicking(work) as address:
        assert address.startswith("http://127.0.0.1:")
        with clicking(work) as other:
            assert urlsplit(address).path != urlsplit(other).path


def test_the_end_waits_for_a_search_that_is_told_to_stop(work, monkeypatch):
    """A network that still runs while the program ends would abort it."""
    begun, stopped = threading.Event(), threading.Event()

    def search(_info, _court, is_ended):
        begun.set()
        while not is_ended():
            time.sleep(0.01)
        stopped.set()
        raise CalibrationError("the page was closed")

    monkeypatch.setattr("pipeline.calibrate.server.search_video", search)
    with clicking(work) as address:
        parts = urlsplit(address)
        with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)) as connection:
            connection.request("GET", f"{parts.path}moments")
            assert begun.wait(30)
    assert stopped.is_set()
