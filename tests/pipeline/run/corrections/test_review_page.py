"""A finished run on the review page: what it may read, and that corrections reach its journal."""

import json
import shutil

import pytest

from pipeline.corrections import Journal
from pipeline.errors import InputError
from pipeline.run.corrections.review_page import review_page
from tests.pipeline.run.corrections.reviewers import ask

ROSTER = "number,name,team\n19,Vera Ngo,A\n42,Ana Paz,A\n"


@pytest.fixture
def run(analysed_game, tmp_path):
    shutil.copytree(analysed_game, tmp_path / "run")
    return tmp_path / "run"


def test_corrections_reach_the_journal_and_the_report(run):
    with review_page(run) as (address, work):
        seen = ask(address, "game")
        who = seen["people"][0]["id"]
        assert work.pictures is not None
        ask(
            address,
            "edit",
            {"revision": seen["revision"], "edits": [{"kind": "name", "player": who, "value": "Ada Low"}]},
        )
        ask(address, "export", {"video": False})
        work.background.settle()
        state = ask(address, "state")
        assert [error for _, error, _ in state["results"]] == [None, None, None]
        assert "report.html" in state["results"][-1][2]["files"]
        after = ask(address, "game")
        assert next(person for person in after["people"] if person["id"] == who)["name"] == "Ada Low"
        assert "Ada Low" in (run / "report.html").read_text(encoding="utf-8")
        assert len(Journal.read(run / "corrections.csv").active) == 1
        ask(address, "undo", {})
        work.background.settle()
        assert ask(address, "state")["can_redo"] is not None
    assert Journal.read(run / "corrections.csv").active == ()


def test_a_tracklet_that_is_another_by_now_is_not_corrected(run):
    """One tab splits; what another tab, which has not seen it, says of a tracklet by its id is refused, of a player done."""
    with review_page(run) as (address, work):
        seen = ask(address, "game")
        pieces = seen["pieces"]
        k = max(range(len(pieces["track"])), key=lambda at: pieces["end_s"][at] - pieces["begin_s"][at])
        middle_s = (pieces["begin_s"][k] + pieces["end_s"][k]) / 2
        for edit in (
            {"kind": "split_tracklet", "track_id": pieces["track"][k], "at_s": middle_s},
            {"kind": "move", "track_id": pieces["track"][k], "to": None},
            {"kind": "name", "player": seen["people"][0]["id"], "value": "Ada Low"},
        ):
            ask(address, "edit", {"revision": seen["revision"], "edits": [edit]})
        work.background.settle()
        split, moved, named = [error for _, error, _ in ask(address, "state")["results"]][-3:]
        assert split is None
        assert "look again, and repeat it" in moved
        assert named is None
        assert ask(address, "game")["revision"] != seen["revision"]
    assert [line.action for line in Journal.read(run / "corrections.csv").active[-1].lines] == ["name"]


def test_a_roster_names_people_and_is_kept(run):
    with review_page(run) as (address, work):
        ask(address, "roster", {"text": "nonsense"})
        ask(address, "roster", {"text": ROSTER})
        work.background.settle()
        wrong, right = ask(address, "state")["results"][-2:]
        assert "roster" in wrong[1]
        assert right[1] is None
    assert "Vera Ngo" in next((run / "work").glob("*roster*")).read_text(encoding="utf-8")


def test_the_video_of_a_stranger_is_not_followed(run):
    """The path in a run that somebody else made is not sealed by this user."""
    noted = json.loads((run / "work" / "job.json").read_text())
    (run / "work" / "job.json").write_text(json.dumps(noted | {"video_seal": "0" * 64}))
    with review_page(run) as (address, work):
        about = ask(address, "about")
        assert about["video"] is None
        assert "--source FILE" in about["no_video"]
        assert work.playback is None


def test_a_video_that_is_named_must_be_there(run):
    with pytest.raises(InputError, match="missing"), review_page(run, run / "missing.mp4"):
        pass
