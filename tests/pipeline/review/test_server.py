"""What the page is told and what it may ask for."""

import http.client
import json
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from pipeline.corrections import Merge
from pipeline.geometry.court import COURTS
from pipeline.review import Playback, Reviewing, VideoPictures, reviewing
from pipeline.video import probe
from tests.pipeline.review.correctors import JournalInMemory
from tests.pipeline.review.games import reviewed_game
from tests.pipeline.review.test_windows import read

JSON = {"Content-Type": "application/json"}
PIECES = [
    {"track_id": 1, "player_id": 1, "begin_s": 0, "end_s": 2},
    {"track_id": 2, "player_id": 2, "begin_s": 0, "end_s": 2},
    {"track_id": 3, "player_id": 1, "begin_s": 3, "end_s": 4, "confidence": 0.5, "runner_up": 2,
     "runner_up_confidence": 0.5},
]  # fmt: skip


@pytest.fixture
def journal():
    return JournalInMemory([reviewed_game(PIECES, positions=[(1, 5, 3.0, 4.0)])])


@pytest.fixture
def work(journal, fixed_game, tmp_path):
    video = probe(fixed_game / "video.mp4")
    playback = Playback(video, tmp_path / "copies" / "a.webm")
    return Reviewing("a game", journal, video, COURTS["fiba"], VideoPictures(video), playback)


@pytest.fixture
def ask(work):
    with reviewing(work) as address:
        parts = urlsplit(address)

        def request(path, data=None, headers=None):
            body = None if data is None else json.dumps(data)
            with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)) as connection:
                given = headers or (JSON if body else {})
                connection.request("POST" if body else "GET", parts.path + path, body, given)
                answer = connection.getresponse()
                sent = answer.read()
                kind = answer.getheader("Content-Type") or ""
                return answer.status, json.loads(sent) if kind.startswith("application/json") else sent

        yield request


def settled(ask, work):
    work.background.settle()
    return ask("state")[1]


def test_the_page_and_its_parts_are_there(ask):
    for name in ("", "page.js", "page.css"):
        assert ask(name)[0] == 200


def test_a_game_is_described_with_its_doubts(ask):
    status, game = ask("game")
    assert status == 200
    assert [person["label"] for person in game["people"]] == ["A-P1", "A-P2"]
    assert [(doubt["track_id"], doubt["player_id"]) for doubt in game["doubts"]] == [(3, 2)]
    assert game["revision"] == ask("state")[1]["revision"]
    about = ask("about")[1]
    assert about["court"]["length_m"] == 28.0
    assert about["video"]["source"].startswith('video/mp4; codecs="avc1')


def test_windows_are_sent_as_bytes(ask):
    found = read(ask("window?begin_s=0.5&end_s=0.6")[1])
    assert found["track"].tolist() == [1, 2]
    assert found["player"].tolist() == [1]
    assert ask("window?begin_s=0&end_s=600")[0] == 400


def test_pictures_are_cut_from_the_video(ask):
    (box, track, time_s), *_ = ask("crops?player=1&count=2")[1]
    assert (track, time_s) == (1, 0.0)
    for path in (f"crop?box={box}", "crop?track=2", "still?time_s=1.0"):
        status, sent = ask(path)
        assert (status, sent[:2]) == (200, b"\xff\xd8"), path
    for path in ("crop?box=99999", "crop?track=77", "crop", "crops?player=1&count=0"):
        assert ask(path)[0] == 400, path


def test_the_source_is_sent_by_ranges(ask):
    status, sent = ask("source", headers={"Range": "bytes=4-7"})
    assert (status, sent) == (206, b"ftyp")
    assert ask("copy")[0] == 400


def test_a_copy_is_made_once_and_keeps_the_times(ask, work):
    ask("playable", {})
    work.playback._maker.join()
    copied = probe(work.playback.copy)
    assert ask("about")[1]["video"]["copy"] == "ready"
    assert (copied.codec, copied.duration_s) == ("vp9", pytest.approx(work.video.duration_s, abs=0.1))
    assert ask("copy", headers={"Range": "bytes=0-3"})[1] == b"\x1a\x45\xdf\xa3"
    before = work.playback.copy.stat().st_mtime_ns
    ask("playable", {})
    assert work.playback.copy.stat().st_mtime_ns == before


def test_a_correction_is_carried_out_and_shown(ask, work, journal):
    seen = ask("game")[1]
    ticket = ask("edit", {"revision": seen["revision"], "edits": [{"kind": "merge", "player": 1, "other": 2}]})[1][
        "ticket"
    ]
    state = settled(ask, work)
    assert state["results"][1:] == [[ticket, None, {"words": "done: Merge", "people": [], "warnings": []}]]
    assert state["can_undo"] == "Merge"
    assert journal.asked == [(seen["revision"], Merge(1, 2))]
    after = ask("game")[1]
    assert [person["label"] for person in after["people"]] == ["A-P1"]
    assert after["generation"] == seen["generation"] + 1
    ask("undo", {})
    assert settled(ask, work)["can_redo"] == "Merge"
    assert len(ask("game")[1]["people"]) == 2


def test_a_refused_correction_is_told_and_changes_nothing(ask, work):
    seen = ask("game")[1]
    ask("edit", {"revision": seen["revision"], "edits": [{"kind": "move", "track_id": 3, "to": 9}]})
    state = settled(ask, work)
    assert state["results"][-1][1] == "there is no player 9"
    assert state["generation"] == seen["generation"]


def test_rosters_and_exports_are_asked_for(ask, work, journal):
    ask("roster", {"text": "number,name,team\n4,Ä. Smith,A\n"})
    ask("export", {"video": True})
    state = settled(ask, work)
    assert journal.rosters == ["number,name,team\n4,Ä. Smith,A\n"]
    assert journal.exports == [True]
    assert state["results"][-1][2] == {"words": "written", "files": ["report.html"]}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("edit", []),
        ("edit", {"edits": [{"kind": "lock", "player": 1}]}),
        ("undo", {"step": "1"}),
        ("roster", {"text": 5}),
    ],
)
def test_what_is_no_request_is_refused(ask, path, data):
    assert ask(path, data)[0] == 400


def test_without_a_video_it_says_why(journal, fixed_game):
    work = Reviewing("a game", journal, probe(fixed_game / "video.mp4"), no_video="its video is not there any more")
    with reviewing(work) as address:
        parts = urlsplit(address)
        with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)) as connection:
            connection.request("GET", parts.path + "still?time_s=1")
            answer = connection.getresponse()
            assert json.loads(answer.read()) == {"error": "its video is not there any more"}


@pytest.mark.parametrize("kept", [[{}, {}], [["edit"], {}], "edit", None, [1], {"edit": {}}, ["edit", None]])
def test_what_lies_in_a_received_run_as_an_accepted_request_is_no_harm(work, journal, kept):
    """The folder may come from anybody; its kind need not even be a text."""
    journal.requests["000001"] = kept
    with reviewing(work):
        work.background.settle()
        errors = [found.error for found in work.background.results]
    assert errors[0].startswith(("this is no correction", "expected an object"))
    assert (journal.asked, journal.requests) == ([], {})
