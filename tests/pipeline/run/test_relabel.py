"""A finished run is corrected from the command line; corrections last."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.cli import run as courtside
from pipeline.corrections import read_corrections
from pipeline.errors import CourtsideError, InputError
from pipeline.rendering.positions import render_positions
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.truth.noise import NoiseSettings
from pipeline.run.analysis import analyze_job
from pipeline.run.job import Job
from pipeline.run.relabel import Relabel, relabel
from pipeline.store import RunDirectory


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


def test_name_number_and_team_last(finished: Path, game: Path) -> None:
    relabel(finished, Relabel(name=(1, "Ada"), number=(1, "77")))
    relabel(finished, Relabel(team=(2, "B"), name=(2, "Bo")))
    again = analyze_job(Job(game, finished))
    named = again.tables["players"].dropna(subset="name").set_index("name")
    assert set(named.index) == {"Ada", "Bo"}
    assert (named.loc["Ada", "number"], named.loc["Bo", "team"]) == ("77", "B")
    assert "Ada" in (finished / "player_stats.csv").read_text()


def test_who_is_not_a_player_is_gone(finished: Path) -> None:
    before = players(finished)
    relabel(finished, Relabel(nobody=int(before.index[0])))
    assert len(players(finished)) == len(before) - 1


def test_what_comes_before_identity_is_reused(finished: Path) -> None:
    relabel(finished, Relabel(name=(1, "Ada")))
    manifest = (finished / "run.json").read_text()
    assert '"tracking"' in manifest.split('"reused"')[1].split("]")[0]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda _: Relabel(), "nothing to correct"),
        (lambda _: Relabel(name=(99, "X")), "there is no player 99; the run has 1, 2"),
        (lambda _: Relabel(move=(1, 999.0, 2)), "player 1 is not in view at 999 s"),
        (
            lambda ids: Relabel(merge=(int(ids[0]), int(ids[1]))),
            "corrections.csv: line 2: they are in the picture at the same time",
        ),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_is_written(
    finished: Path, asked: Callable[[pd.Index], Relabel], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        relabel(finished, asked(players(finished).index))
    assert not (finished / "corrections.csv").exists()


def test_a_directory_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a finished output directory"):
        relabel(tmp_path, Relabel(name=(1, "Ada")))


def test_a_run_of_an_older_version_is_corrected_on_what_it_perceived(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_json(finished / "run.json", lambda noted: noted["settings"]["detect"].update(batch=8))
    edit_json(finished / "work" / "job.json", lambda noted: noted["settings"]["detect"].update(batch=8))
    edit_json(
        finished / "work" / "perceive.manifest.json", lambda noted: noted.update(fingerprint="of another version")
    )
    perceived = (finished / "work" / "detections.parquet").stat().st_mtime_ns
    assert courtside(["relabel", str(finished), "--name", "1", "Ada"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "detect.batch: no longer settings" in said
    assert "perceived by another version" in said
    assert players(finished).loc[1, "name"] == "Ada"
    assert (finished / "work" / "detections.parquet").stat().st_mtime_ns == perceived
    assert courtside(["heatmap", str(finished), "--player", "1"]) == 0
    assert "batch" not in json.loads((finished / "run.json").read_text())["settings"]["detect"]


def test_what_was_perceived_is_kept_whole_or_refused(finished: Path) -> None:
    (finished / "work" / "detections.parquet").write_bytes((finished / "work" / "frames.parquet").read_bytes())
    before = {path: path.read_bytes() for path in (finished / "work").glob("*.manifest.json")}
    with pytest.raises(CourtsideError, match="detections"):
        relabel(finished, Relabel(name=(1, "Ada")))
    assert {path: path.read_bytes() for path in (finished / "work").glob("*.manifest.json")} == before


def test_the_same_again_adds_no_line(finished: Path) -> None:
    """A command may have been killed when all but its last word was done."""
    relabel(finished, Relabel(name=(1, "Ada")))
    before = (finished / "corrections.csv").read_bytes()
    relabel(finished, Relabel(name=(1, "Ada")))
    assert (finished / "corrections.csv").read_bytes() == before
    assert players(finished).loc[1, "name"] == "Ada"


def test_from_the_command_line(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert courtside(["relabel", str(finished), "--name", "1", "A. Smith", "--number", "1", "0"]) == 0
    assert "A. Smith" in capsys.readouterr().out
    assert [correction.action for correction in read_corrections(finished / "corrections.csv")] == ["name", "number"]
    assert courtside(["relabel", str(finished), "--number", "1", "seven"]) != 0
    assert len(read_corrections(finished / "corrections.csv")) == 2
