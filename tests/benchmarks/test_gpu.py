"""What `benchmarks.gpu` says, without a card."""

import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import gpu
from benchmarks.gpu import Agreement, CardSample, OutOfTimeError, TimedRun
from pipeline.store import RunDirectory

SHORT = TimedRun(600, 40.0, {"perceive": 20.0, "present": 5.0})
LONG = TimedRun(1800, 64.0, {"perceive": 38.0, "present": 11.0}, (CardSample(80.0, 2048.0), CardSample(40.0, 4096.0)))


def test_a_long_game_is_projected_from_what_two_runs_differ_by() -> None:
    lines = gpu.report(SHORT, LONG, 30.0)
    assert lines[0] == "end to end: 50.0 frames/s beyond start-up; 28.1 with it, over 1800 frames"
    # 64 s, and 214,200 frames more at 0.02 s each
    assert lines[1] == "two hours, projected: 72.5 minutes, 1.7 times real time"
    assert lines[2].split() == ["perceive", "38.0", "s", "of", "1800", "frames", "54.2", "min", "of", "two", "hours"]
    assert lines[-1] == "card: busy 60 % of the time, peak of memory 4.0 GB"


def test_at_60_fps_half_of_the_frames_are_analysed() -> None:
    assert gpu.report(SHORT, LONG, 60.0)[1] == gpu.report(SHORT, LONG, 30.0)[1]
    assert "36.5 minutes" in gpu.report(SHORT, LONG, 15.0)[1]


def test_without_nvidia_smi_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with gpu.watched_card() as samples:
        pass
    assert samples == []
    assert "is not known" in gpu.report(LONG, TimedRun(2400, 80.0, {}), 30.0)[-1]


def test_nvidia_smi_is_read_while_something_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("sh") is None:
        pytest.skip("the stand-in is a shell script")
    stand_in = tmp_path / "smi"
    stand_in.write_text("#!/bin/sh\necho '50, 1000'\necho '[N/A], 1'\ntouch said\nexec sleep 60\n", encoding="utf-8")
    stand_in.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gpu, "_SMI", (str(stand_in),))
    with gpu.watched_card() as samples:
        for _ in range(1000):
            if (tmp_path / "said").exists():
                break
            time.sleep(0.01)
    assert samples == [CardSample(50.0, 1000.0)]


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (Agreement(0.99, (10, 10), (100.0, 101.0)), True),
        (Agreement(0.97, (10, 10), (100.0, 100.0)), False),
        (Agreement(1.0, (10, 11), (100.0, 100.0)), False),
        (Agreement(1.0, (10, 10), (100.0, 103.0)), False),
        (Agreement(1.0, (0, 0), (0.0, 0.0)), True),
    ],
)
def test_tolerance(found: Agreement, holds: bool) -> None:
    assert found.holds is holds


def test_boxes_that_one_run_lacks_are_counted(analysed_game: Path, tmp_path: Path) -> None:
    assert gpu.agreement(analysed_game, analysed_game).boxes == 1.0
    copy = shutil.copytree(analysed_game, tmp_path / "copy")
    stored = RunDirectory(copy)
    detections: pd.DataFrame = stored.read_table("detections")
    kept = detections["frame"] > detections["frame"].median()
    detections[kept].to_parquet(stored.table_path("detections"), index=False)
    found = gpu.agreement(analysed_game, copy)
    assert found.boxes == pytest.approx(2 * kept.sum() / (kept.sum() + len(kept)), abs=0.03)
    assert not found.holds


def test_parts_are_timed_on_the_processor(game: Path) -> None:
    times = gpu.part_times(game / "video.mp4", "cpu", count=3)
    assert set(times) == {"reading", "detector", "encoder", "court"}
    assert all(milliseconds > 0 for milliseconds in times.values())


def test_one_command_measures_all_and_leaves_out_what_time_does_not_allow(
    game: Path, analysed_game: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, str]] = []

    def canned(clip: Path, out: Path, device: str, workers: str, limit_s: float) -> TimedRun:
        assert 0 < limit_s <= 540
        asked.append((clip.stem, f"{device} {workers}"))
        shutil.copytree(analysed_game, out)
        return LONG if clip.stem == "9" else SHORT

    monkeypatch.setattr(gpu, "timed_run", canned)
    monkeypatch.setattr(gpu, "part_times", lambda *_: {"detector": 3.0})
    video = str(game / "video.mp4")
    assert gpu.main([video, "--device", "cpu", "--workers", "2", "--lengths", "3", "9"]) == 0
    assert asked == [("3", "cpu 2"), ("9", "cpu 2"), ("agree", "cpu 2"), ("agree", "cpu 2")]
    said = capsys.readouterr().out
    assert "video.mp4: 640 x 360" in said
    assert "nothing here is measured on a card" in said
    assert "as the processor: 100.00% of boxes" in said

    def too_slow(*_: object) -> TimedRun:
        raise OutOfTimeError

    monkeypatch.setattr(gpu, "timed_run", too_slow)
    assert gpu.main([video, "--device", "cpu"]) == 0
    assert capsys.readouterr().out.count("left out: the limit of time is reached") == 2
