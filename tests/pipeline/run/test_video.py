"""The annotated video as a stage of its own: now, later, anew, or not at all; the report says which."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.cli import run as courtside
from pipeline.config import Settings
from pipeline.corrections import Name
from pipeline.run.analysis import analyze_job
from pipeline.run.corrections import correct
from pipeline.run.job import Job
from pipeline.store import seal
from pipeline.video import probe

NO_VIDEO = "There is no annotated video"
OLDER = "was drawn before the last changes"
CURRENT = "The game with names on it"
PICTURES = 'class="crops"'


@pytest.fixture
def finished(analysed_game: Path, tmp_path: Path) -> Path:
    """A copy of a finished run."""
    return Path(shutil.copytree(analysed_game, tmp_path / "run"))


def said(run: Path) -> list[str]:
    """What the report says of the video."""
    report = (run / "report.html").read_text(encoding="utf-8")
    return [text for text in (NO_VIDEO, OLDER, CURRENT) if text in report]


def test_the_report_names_a_video_that_is_there(analysed_game: Path) -> None:
    assert said(analysed_game) == [CURRENT]
    assert "640 × 360 px, 10 frames per second" in (analysed_game / "report.html").read_text(encoding="utf-8")


def test_no_video_and_later_one(finished: Path, game: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (finished / "annotated.mp4").unlink()
    assert courtside(["analyze", str(game), "--out", str(finished), "--no-video"]) == 0
    assert "annotated.mp4" not in capsys.readouterr().out
    assert not (finished / "annotated.mp4").exists()
    assert said(finished) == [NO_VIDEO]
    assert courtside(["video", str(finished)]) == 0
    assert capsys.readouterr().out.strip() == str(finished / "annotated.mp4")
    assert said(finished) == [CURRENT]
    drawn = (finished / "annotated.mp4").stat().st_mtime_ns
    assert courtside(["video", str(finished)]) == 0  # nothing changed
    assert (finished / "annotated.mp4").stat().st_mtime_ns == drawn
    assert courtside(["video", str(finished), "--height", "180"]) == 0
    assert probe(finished / "annotated.mp4").height_px == 180
    assert said(finished) == [CURRENT]


def test_another_file_leaves_the_run_as_it_is(finished: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    assert courtside(["video", str(finished), "--height", "120", "--out", str(tmp_path / "new" / "small.mp4")]) == 0
    assert probe(tmp_path / "new" / "small.mp4").height_px == 120
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()} == before


def test_relabel_needs_no_video(finished: Path, game: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (finished / "annotated.mp4").read_bytes()
    correct(finished, [Name(1, "Ada")])
    assert said(finished) == [OLDER]
    noted = json.loads((finished / "work" / "job.json").read_text())
    gone, sha256 = str(finished / "gone.mp4"), json.loads((finished / "run.json").read_text())["video"]["sha256"]
    noted |= {"video": gone, "video_seal": seal([gone, sha256])}
    (finished / "work" / "job.json").write_text(json.dumps(noted))
    correct(finished, [Name(2, "Bo")])
    assert "Bo" in (finished / "player_stats.csv").read_text()
    report = (finished / "report.html").read_text(encoding="utf-8")
    assert PICTURES not in report
    assert said(finished) == [OLDER]
    assert (finished / "annotated.mp4").read_bytes() == before
    capsys.readouterr()
    assert courtside(["video", str(finished)]) != 0
    complaint = capsys.readouterr().err.strip().splitlines()
    assert len(complaint) == 1
    assert "gone.mp4 is not there any more" in complaint[0]
    assert courtside(["video", str(finished), "--source", str(game)]) == 0
    assert said(finished) == [CURRENT]
    analyze_job(Job(game, finished, Settings()))  # the pictures of players come back
    assert PICTURES in (finished / "report.html").read_text(encoding="utf-8")


def test_an_unfinished_run_has_no_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert courtside(["video", str(tmp_path)]) != 0
    assert "not a finished output directory" in capsys.readouterr().err
