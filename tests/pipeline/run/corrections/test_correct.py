"""A finished run is corrected from the command line; corrections last."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.cli import run as courtside
from pipeline.config import Settings
from pipeline.corrections import Asked, Lock, Merge, MoveAt, MoveStretch, Name, Number, Role, SplitAt, Team
from pipeline.errors import CourtsideError, InputError
from pipeline.present.labels import people
from pipeline.rendering.positions import render_positions
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.truth.noise import NoiseSettings
from pipeline.run.analysis import analyze_job
from pipeline.run.corrections import Changes, Corrector, correct, read_journal
from pipeline.run.job import Job
from pipeline.run.loading import context_of
from pipeline.store import RunDirectory
from pipeline.tables import TableName


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = RenderSettings(seed=4, seconds=8, fps=10, camera="fixed", substitutions=False)
    return render_positions(settings, NoiseSettings(false_boxes=0), tmp_path_factory.mktemp("games") / "game")


@pytest.fixture(scope="module")
def analysed(game: Path) -> Path:
    return analyze_job(Job(game, game.parent / "analysed")).out


@pytest.fixture
def finished(analysed: Path, tmp_path: Path) -> Path:
    """A copy that a test may correct."""
    return Path(shutil.copytree(analysed, tmp_path / "out"))


def edit_json(path: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON file in place."""
    noted = json.loads(path.read_text())
    change(noted)
    path.write_text(json.dumps(noted))


def players(run: Path) -> pd.DataFrame:
    return RunDirectory(run).read_table("players").set_index("player_id")


COMPARED: tuple[TableName, ...] = (
    *("tracks", "identities", "players", "positions", "player_stats", "lineups"),
    *("ball", "flights", "ball_events", "box_score"),
)


def told(changes: Changes) -> list[str]:
    """The summary, without signs of its layout."""
    return [line.strip() for line in changes.lines]


def test_name_number_and_team_last(finished: Path, game: Path) -> None:
    correct(finished, [Name(1, "Ada"), Number(1, "77")], publish=False)
    correct(finished, [Team(2, "B"), Name(2, "Bo")], publish=False)
    again = analyze_job(Job(game, finished))
    named = again.tables["players"].dropna(subset="name").set_index("name")
    assert set(named.index) == {"Ada", "Bo"}
    assert (named.loc["Ada", "number"], named.loc["Bo", "team"]) == ("77", "B")
    assert "Ada" in (finished / "player_stats.csv").read_text()


def test_nothing_to_correct_is_said_before_anything_is_computed(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.run.corrections.corrector.compute", lambda *_: pytest.fail("computed"))
    assert courtside(["relabel", str(finished)]) == InputError.exit_code
    assert "nothing to correct: say what" in capsys.readouterr().err


def test_who_is_not_a_player_is_gone_and_everybody_else_keeps_his_id(finished: Path) -> None:
    before = players(finished)
    changes = correct(finished, [Role(1, "nobody")], publish=False)
    assert players(finished).index.tolist() == before.index.tolist()[1:]
    gone = changes.people[0]
    assert (gone.player_id, gone.label, gone.expected) == (1, None, True)
    assert gone.lost_s == pytest.approx(8.0, abs=0.5)
    with pytest.raises(InputError, match="player P1 is no more"):
        correct(finished, [Name(1, "Ada")], publish=False)


def test_ids_stay_when_a_merge_is_made_undone_and_made_again(finished: Path, game: Path) -> None:
    before = players(finished).index.tolist()
    new = correct(finished, [MoveStretch("P1", 0.0, 3.0, None)], publish=False)
    added = players(finished).index.tolist()
    assert added == [*before, before[-1] + 1]
    assert [(p.player_id, p.gained_s > 2.5, p.lost_s > 2.5) for p in new.people] == [
        (1, False, True),
        (added[-1], True, False),
    ]
    merged = correct(finished, [Merge(1, added[-1])], publish=False)
    assert players(finished).index.tolist() == before
    assert {p.player_id: p.label for p in merged.people}[added[-1]] is None
    Corrector(finished).undo()
    assert players(finished).index.tolist() == added
    Corrector(finished).redo()
    assert players(finished).index.tolist() == before
    analyze_job(Job(game, finished, settings=Settings.model_validate({"identify": {"number_odds": 11.0}})))
    assert players(finished).index.tolist() == before


def test_undo_takes_back_and_redo_does_again_all_that_followed(finished: Path) -> None:
    without = {name: RunDirectory(finished).read_table(name) for name in COMPARED}
    correct(finished, [Number(1, "77")], publish=False)
    correct(finished, [Name(2, "Bo")], publish=False)
    after = {name: RunDirectory(finished).read_table(name) for name in COMPARED}
    Corrector(finished).undo(1)
    assert players(finished).loc[2, "name"] == "Bo"
    Corrector(finished).undo()
    for name in COMPARED:
        pd.testing.assert_frame_equal(RunDirectory(finished).read_table(name), without[name])
    Corrector(finished).redo()
    Corrector(finished).redo()
    for name in COMPARED:
        pd.testing.assert_frame_equal(RunDirectory(finished).read_table(name), after[name])


def test_what_is_kept_from_before_equals_all_computed_anew(finished: Path) -> None:
    corrector = Corrector(finished)
    corrector.warm()
    corrector.correct([MoveStretch("P1", 2.0, 5.0, None), Name(2, "Bo")])
    corrector.correct([SplitAt("P7", 3.0), Number(3, "33"), Lock("P4")])
    corrector.correct([Role(11, "nobody"), Merge("P13", 1)])
    corrector.undo()
    kept = corrector.tables
    former = RunDirectory(finished).read_table("former_player_ids")
    for name in COMPARED:
        pd.testing.assert_frame_equal(RunDirectory(finished).read_table(name), kept[name])
    context = context_of(finished)
    context.corrections, context.former["identity"] = corrector.journal.lines, former
    context.facts["perceive"] = {}
    context.complete("identity")
    for name in COMPARED:
        pd.testing.assert_frame_equal(context.tables[name], kept[name], check_exact=True)


def test_what_follows_from_who_is_who_may_wait_and_is_read_by_nobody_meanwhile(finished: Path) -> None:
    """As on the review page: statistics and the ball are computed when nobody waits, and are then those of all at once."""
    corrector = Corrector(finished, waits=True)
    changes = corrector.correct([MoveStretch("P1", 2.0, 5.0, None), Name(2, "Bo")])
    metres = changes.people[0].distance_m
    with pytest.raises(InputError, match="is being corrected: its statistics are computed in a moment"):
        context_of(finished)
    corrector.correct([SplitAt("P7", 3.0)])  # does not wait for them
    corrector.catch_up(lambda: False)
    with pytest.raises(InputError, match="is being corrected"):
        context_of(finished)
    corrector.catch_up()
    waited = {name: RunDirectory(finished).read_table(name) for name in COMPARED}
    assert waited["player_stats"].set_index("player_id").loc[1, "distance_m"] == pytest.approx(metres, abs=0.01)
    context = context_of(finished)
    context.corrections = corrector.journal.lines
    context.former["identity"] = RunDirectory(finished).read_table("former_player_ids")
    context.facts["perceive"] = {}
    context.complete("identity")
    for name in COMPARED:
        pd.testing.assert_frame_equal(context.tables[name], waited[name], check_exact=True)


def test_what_waited_when_the_page_was_killed_is_computed_by_whoever_corrects_next(finished: Path) -> None:
    Corrector(finished, waits=True).correct([MoveStretch("P1", 2.0, 5.0, None)])
    correct(finished, [Name(2, "Bo")], publish=False)
    assert players(finished).loc[2, "name"] == "Bo"
    assert len(read_journal(finished).steps) == 2
    context_of(finished)
    assert RunDirectory(finished).read_table("player_stats").set_index("player_id").loc[2, "name"] == "Bo"


def test_nothing_that_is_accepted_is_dropped(finished: Path) -> None:
    """As many lines as were asked for, whatever was said before; each holds."""
    ids = players(finished).index.tolist()[:4]
    correct(finished, [Name(who, f"Man {who}") for who in ids], publish=False)
    correct(finished, [Number(who, str(60 + who)) for who in ids], publish=False)
    correct(finished, [Name(ids[0], "Ann"), Team(ids[1], "-"), Role(ids[2], "player")], publish=False)
    journal = read_journal(finished)
    assert [len(step.lines) for step in journal.steps] == [4, 4, 3]
    found = players(finished)
    assert found.loc[ids, "name"].tolist() == ["Ann", *(f"Man {who}" for who in ids[1:])]
    assert found.loc[ids, "number"].tolist() == [str(60 + who) for who in ids]
    assert pd.isna(found.loc[ids[1], "team"])


def test_the_summary_says_who_changed(finished: Path) -> None:
    changes = correct(finished, [Name(1, "Ada")], publish=False)
    label = people(RunDirectory(finished).read_table("players"))[0].code
    assert told(changes) == [f"{label} is Ada", f"{label} Ada: was {label}"]


def test_what_a_name_is_nothing_to_is_not_done_again(finished: Path) -> None:
    names = ("perceive", "court", "tracking", "splitting", "location", "lineups", "ball", "ball_events")
    before = [(finished / "work" / f"{name}.manifest.json").stat().st_mtime_ns for name in names]
    correct(finished, [Name(1, "Ada"), Number(2, "77")], publish=False)
    assert [(finished / "work" / f"{name}.manifest.json").stat().st_mtime_ns for name in names] == before


def test_what_people_look_at_can_wait(finished: Path) -> None:
    correct(finished, [Name(1, "Ada")], publish=False)
    assert players(finished).loc[1, "name"] == "Ada"
    assert "Ada" not in (finished / "player_stats.csv").read_text()
    correct(finished, [Name(2, "Bo")])
    assert "Ada" in (finished / "player_stats.csv").read_text()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda _: [], "nothing to correct"),
        (lambda _: [Name(99, "X")], "there is no player P99; the run has A"),
        (lambda _: [Name("Cy", "X")], "there is no player Cy; the run has A"),
        (lambda _: [MoveAt(1, 999.0, 2)], "A.* is not in view at 16:39.0"),
        (lambda _: [Merge("P1", 1)], "is one player already"),
        (lambda _: [Number(1, "seven")], "number 'seven' is not a jersey number"),
        (
            lambda ids: [Merge(int(ids[0]), int(ids[1]))],
            "are one: they are in the picture together at 0:00",
        ),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_is_written(
    finished: Path, asked: Callable[[pd.Index], list[Asked]], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        correct(finished, asked(players(finished).index))
    assert not (finished / "corrections.csv").exists()


def test_a_directory_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a finished output directory"):
        correct(tmp_path, [Name(1, "Ada")])


def test_a_run_of_an_older_version_is_corrected_on_what_it_perceived(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_json(finished / "run.json", lambda noted: noted["settings"]["detect"].update(batch=8))
    edit_json(finished / "work" / "job.json", lambda noted: noted["settings"]["detect"].update(batch=8))
    edit_json(
        finished / "work" / "perceive.manifest.json", lambda noted: noted.update(fingerprint="of another version")
    )
    perceived = (finished / "work" / "detections.parquet").stat().st_mtime_ns
    assert courtside(["relabel", str(finished), "--name", "P1", "Ada"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "detect.batch: no longer settings" in said
    assert "perceived by another version" in said
    assert players(finished).loc[1, "name"] == "Ada"
    assert (finished / "work" / "detections.parquet").stat().st_mtime_ns == perceived
    assert courtside(["heatmap", str(finished), "--player", "P1"]) == 0
    assert "batch" not in json.loads((finished / "run.json").read_text())["settings"]["detect"]


def test_what_was_perceived_is_kept_whole_or_refused(finished: Path) -> None:
    (finished / "work" / "detections.parquet").write_bytes((finished / "work" / "frames.parquet").read_bytes())
    before = {path: path.read_bytes() for path in (finished / "work").glob("*.manifest.json")}
    with pytest.raises(CourtsideError, match=r"what was perceived .* is damaged"):
        correct(finished, [Name(1, "Ada")], publish=False)
    assert {path: path.read_bytes() for path in (finished / "work").glob("*.manifest.json")} == before


def test_the_same_again_adds_no_line(finished: Path) -> None:
    """A command may have been killed when all but its last word was done."""
    correct(finished, [Name(1, "Ada")], publish=False)
    before = (finished / "corrections.csv").read_bytes()
    correct(finished, [Name(1, "Ada")], publish=False)
    assert (finished / "corrections.csv").read_bytes() == before
    assert players(finished).loc[1, "name"] == "Ada"


@pytest.mark.parametrize(
    "asks",
    [lambda run: correct(run, [Name(1, "Ada")]), lambda run: Corrector(run).publish()],
    ids=["a correction", "an export"],
)
def test_what_is_killed_while_the_report_is_written_goes_on_by_the_same_command(
    asks: Callable[[Path], object], finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        (RunDirectory(finished).path / "present.manifest.json").unlink()
        raise KeyboardInterrupt

    correct(finished, [Name(2, "Bo")])
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.run.corrections.corrector.publish", killed)
        with pytest.raises(KeyboardInterrupt):
            asks(finished)
    with pytest.raises(InputError, match="is being corrected"):
        context_of(finished)
    asks(finished)
    context_of(finished)
    named = [line.value for line in read_journal(finished).lines if line.action == "name"]
    assert named in (["Bo"], ["Bo", "Ada"])
    assert set(named) <= set(pd.read_csv(finished / "player_stats.csv")["name"])


def test_options_repeat_on_the_command_line(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ["--name", "P1", "A. Smith", "--name", "P2", "B. Jones", "--number", "P1", "0"]
    assert courtside(["relabel", str(finished), *said]) == 0
    assert "A. Smith" in capsys.readouterr().out
    assert [line.action for line in read_journal(finished).lines] == ["name", "name", "number"]
    assert players(finished).loc[[1, 2], "name"].tolist() == ["A. Smith", "B. Jones"]
    assert courtside(["relabel", str(finished), "--number", "smith", "seven"]) != 0
    assert courtside(["relabel", str(finished), "--name", "P1"]) == 2
    assert "--name takes 2 words, got P1" in capsys.readouterr().err
    assert len(read_journal(finished).lines) == 3


def test_the_journal_on_the_command_line(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(finished)
    assert courtside(["relabel", run, "--list"]) == 0
    assert capsys.readouterr().out == "no corrections\n"
    corrector = Corrector(finished)
    corrector.correct([Name("P1", "Ada")])
    corrector.correct([Name("Ada", "Ada Bo")])
    assert courtside(["relabel", run, "--undo", "2"]) == 0
    assert "undone: Ada is Ada Bo" in capsys.readouterr().out
    courtside(["relabel", run, "--list"])
    listed = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in listed] == ["1", "2"]
    assert [line.endswith("(undone)") for line in listed] == [False, True]
    assert corrector.tables["players"]["name"].dropna().tolist() == ["Ada"]  # sees what was done elsewhere
    assert courtside(["relabel", run, "--undo", "9"]) == 3
    assert courtside(["relabel", run, "--undo", "1", "--list"]) == 4


def test_a_roster_is_given_later(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    correct(finished, [Number(1, "77"), Team(1, "A")], publish=False)
    (tmp_path / "roster.csv").write_text("number,name,team\n77,Ada Low,A\n", encoding="utf-8")
    assert courtside(["relabel", str(finished), "--roster", str(tmp_path / "roster.csv")]) == 0
    assert "people with a name: 1" in capsys.readouterr().out
    assert players(finished).loc[1, "name"] == "Ada Low"
    assert "Ada Low" in (finished / "player_stats.csv").read_text()
