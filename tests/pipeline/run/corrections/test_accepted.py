"""What the review page has accepted is carried out, once, also when the process is killed before it is."""

import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from pipeline.corrections import Journal, MoveStretch, Name
from pipeline.errors import OutputError
from pipeline.rendering.positions import render_positions
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.truth.noise import NoiseSettings
from pipeline.run.analysis import analyze_job
from pipeline.run.corrections import Corrector, read_journal
from pipeline.run.corrections.accepted import AcceptedRequests
from pipeline.run.corrections.review_page import review_page
from pipeline.run.job import Job
from pipeline.store import RunDirectory
from tests.children import ForkServer, Work
from tests.pipeline.run.corrections.reviewers import SAID, ask

KILLED = -9


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    settings = RenderSettings(seed=4, seconds=5, fps=10, camera="fixed", substitutions=False)
    folder = tmp_path_factory.mktemp("games")
    game = render_positions(settings, NoiseSettings(false_boxes=0), folder / "game")
    return analyze_job(Job(game, folder / "analysed")).out


@pytest.fixture(scope="module")
def journals(analysed, tmp_path_factory):
    """The journal after each of what is said, carried out one by one."""
    run = Path(shutil.copytree(analysed, tmp_path_factory.mktemp("undisturbed") / "out"))
    corrector, found = Corrector(run), [""]
    for step in (partial(corrector.correct, [asked]) for asked in (Name(1, "Ada"), MoveStretch(1, 0.0, 3.0, None))):
        step()
        found.append(corrector.journal.text)
    corrector.undo()
    return [*found, corrector.journal.text]


def steps(text):
    """What a journal says, without the times of boxes that a move is written by."""
    return [
        (step.number, step.words, step.undone, len(step.lines)) for step in Journal.parse(text, Path("journal")).steps
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each page is forked")
def test_a_kill_at_any_moment_loses_nothing_that_was_accepted_and_repeats_nothing(analysed, journals, tmp_path):
    """Killed just before a change of the file system: of the requests, as they come and go, and of the tables."""
    run, note = tmp_path / "out", tmp_path / "accepted.txt"
    say = {"call": "tests.pipeline.run.corrections.reviewers:say_all", "arguments": (str(run), str(note))}
    with ForkServer("tests.faults.injection", "tests.pipeline.run.corrections.reviewers") as server:
        for place, number in (("work/review", 13), ("work/review", 30), ("work", 300)):
            shutil.rmtree(run, ignore_errors=True)
            shutil.copytree(analysed, run)
            note.write_text("")
            fault = ("tests.faults.injection:kill_at", (str(run / place), number))
            assert server.run(Work(**say, folder=str(tmp_path), before=[fault])).code == KILLED
            accepted = len(note.read_text().split())
            with review_page(run) as (address, work):
                work.background.settle()
                assert [error for _, error, _ in ask(address, "state")["results"] if error] == []
            found = steps(read_journal(run).text)
            assert found in [steps(text) for text in journals[accepted : accepted + 2]], (place, number, accepted)
            assert AcceptedRequests(RunDirectory(run)).waiting() == []


def test_what_was_left_is_told_and_what_cannot_be_read_is_refused(analysed, tmp_path):
    run = Path(shutil.copytree(analysed, tmp_path / "out"))
    (run / "work" / "review").mkdir()
    (run / "work" / "review" / "000003.json").write_text('["undo", ')
    (run / "work" / "review" / "000004.json").write_text('["edit", {"edits": [{"kind": "dance"}], "revision": ""}]')
    (run / "work" / "review" / "notes.json").write_text("mine")
    with review_page(run) as (address, work):
        work.background.settle()
        state = ask(address, "state")
    errors = {ticket: error for ticket, error, _ in state["results"]}
    assert [errors[ticket][:30] for ticket in state["resumed"]] == [
        "this is no correction that can",
        "expected a correction of a kin",
    ]
    assert [path.name for path in sorted((run / "work" / "review").glob("*.json"))] == ["notes.json"]


def test_two_pages_of_a_run_do_not_carry_out_the_same(analysed, tmp_path):
    run = Path(shutil.copytree(analysed, tmp_path / "out"))
    with review_page(run) as (address, work):
        with pytest.raises(OutputError, match="is open already"), review_page(run):
            pass
        ask(address, *SAID[2][:1], {})
        work.background.settle()
        assert "nothing to undo" in ask(address, "state")["results"][-1][1]
    with review_page(run):
        pass


def test_no_number_comes_after_the_last(tmp_path):
    """Else a request would be written under a name that is never read again."""
    folder = tmp_path / "work" / "review"
    folder.mkdir(parents=True)
    (folder / "999999999999.json").write_text("[]", encoding="utf-8")
    with pytest.raises(OutputError, match="none of ours"):
        AcceptedRequests(RunDirectory(tmp_path)).add(["undo", {}])
