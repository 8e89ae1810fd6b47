"""Many games: failures apart, a summary, and work that is not done twice."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import typer

from pipeline.cli import run
from pipeline.cli.commands import app
from pipeline.presets import overlaid
from pipeline.rendering import NoiseSettings, RenderSettings, render_positions
from pipeline.run.batch import BatchGame, BatchOptions, GameSummary, analyze_games, running
from pipeline.run.batch.games import COLUMNS
from pipeline.run.execution import InThisProcess, RayCluster, WorkerProcesses
from pipeline.run.observer import Silence
from pipeline.run.order import STAGE_NAMES


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two short games without pixels, and a file that is no video."""
    folder = tmp_path_factory.mktemp("season")
    for seed in (2, 3):
        settings = RenderSettings(seed=seed, seconds=4, fps=15, start_s=0)
        render_positions(settings, NoiseSettings(), folder / f"game{seed}")
    (folder / "broken.mp4").write_text("not a video\n" * 100, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def out(season: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch") / "out"
    assert run(["batch", str(season), "--out", str(folder), "--workers", "2"]) == 1
    return folder


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_game_that_fails_does_not_keep_the_others(out: Path, season: Path) -> None:
    broken, *games = rows_of(out)
    assert (broken["game"], broken["status"], broken["players"]) == ("broken", "failed", "")
    assert "broken.mp4 is not a video that can be read" in broken["warning"]
    assert [(row["game"], row["status"], row["minutes"]) for row in games] == [
        ("game2", "done", "0.07"),
        ("game3", "done", "0.07"),
    ]
    assert all(int(row["players"]) >= 2 and float(row["seconds"]) > 0 and row["warning"] for row in games)
    assert games[0]["video"] == str(season / "game2")
    assert all((out / row["game"] / "player_stats.csv").is_file() for row in games)


def test_the_same_command_does_what_is_left(
    out: Path, season: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mended, folder = shutil.copytree(season, tmp_path / "season"), shutil.copytree(out, tmp_path / "out")
    (mended / "broken.mp4").unlink()
    assert run(["batch", str(mended), "--out", str(folder), "--workers", "1"]) == 0
    for row in rows_of(folder):
        assert json.loads((folder / row["game"] / "run.json").read_text(encoding="utf-8"))["reused"] == list(
            STAGE_NAMES
        )
    said = capsys.readouterr().out
    assert "batch: 2 of 2 games" in said
    assert "game2: " in said
    assert str(folder / "summary.csv") in said


class Bar(Silence):
    def __init__(self) -> None:
        self.begun: list[tuple[str, float | None, str]] = []
        self.notes: list[str] = []

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        self.begun.append((stage, total, unit))

    def end(self, note: str) -> None:
        self.notes.append(note)


def test_one_bar_over_all_games_and_each_is_told_when_it_ends(out: Path, season: Path) -> None:
    bar, ended = Bar(), []
    games = (BatchGame(season / "game2", "game2"), BatchGame(season / "gone.mp4", "gone"))
    summaries = analyze_games(games, BatchOptions(out, workers=1), bar, ended.append)
    assert tuple(ended) == summaries
    assert [summary.status for summary in summaries] == ["done", "failed"]
    assert bar.begun == [("batch", 60, "frames")]  # nothing is known of a video that is not there
    assert bar.notes == ["1 of 2 games"]


def test_what_a_line_says_goes_before_the_options(season: Path) -> None:
    game = BatchGame(season / "game2", "x", "ncaa", None, season / "r.csv", None, 1.0, 2.0, (0.0, 1.5))
    job = running._job(game, BatchOptions(Path("out"), device="cpu", fresh=True), 1)
    assert (job.out, job.settings.court.court, job.roster) == (Path("out/x").absolute(), "ncaa", season / "r.csv")
    assert job.settings.stats.periods == (0.0, 1.5)
    assert (job.start_s, job.end_s, job.device, job.fresh, job.workers) == (1.0, 2.0, "cpu", True, 1)


@pytest.mark.parametrize(
    ("cores", "asked", "games", "expected"),
    [
        (2, "auto", 10, (InThisProcess(), "auto")),
        (16, "auto", 10, (WorkerProcesses(8, 2), 1)),
        (16, "auto", 4, (WorkerProcesses(4, 4), 2)),
        (16, "auto", 1, (InThisProcess(), "auto")),
        (2, 4, 2, (WorkerProcesses(2, 1), 2)),
        (16, 1, 10, (InThisProcess(), 1)),
    ],
)
def test_games_at_once_and_workers_of_each(
    cores: int, asked: int, games: int, expected: tuple[object, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.run.batch.running.usable_cores", lambda: cores)
    monkeypatch.setattr(running, "memory_bytes", lambda: 1 << 40)
    executor, workers = running._executor(BatchOptions(Path("out"), workers=asked), games)  # type: ignore[arg-type]
    assert workers == expected[1]
    assert repr(executor).startswith(repr(expected[0]).partition(" object")[0])


def test_settings_are_said_as_for_a_single_game(season: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[BatchOptions] = []
    monkeypatch.setattr(
        "pipeline.run.batch.analyze_games", lambda _games, options, *_, **__: asked.append(options) or ()
    )
    said = ["--preset", "fast", "--court", "nba", "--device", "cpu", "--workers", "3", "--no-video", "--fresh"]
    assert run(["batch", str(season), "--out", str(tmp_path), *said]) == 0
    expected = overlaid("fast", {"court": {"court": "nba"}, "present": {"video": False}})
    assert asked == [BatchOptions(tmp_path, expected, "cpu", 3, True)]


def test_what_analyze_can_be_told_batch_can_be_told() -> None:
    command = typer.main.get_command(app)
    of_analyze, of_batch = ({p.name for p in command.commands[name].params} for name in ("analyze", "batch"))  # type: ignore[attr-defined]
    assert of_analyze - of_batch - set(COLUMNS) == set()


def test_a_cluster_has_the_games() -> None:
    executor, _ = running._executor(BatchOptions(Path("out"), ray="auto"), 5)
    assert executor == RayCluster("auto", games=True)


def test_a_game_whose_process_died_is_a_line_of_the_summary(season: Path, tmp_path: Path) -> None:
    from pipeline.errors import WorkerError

    job = running._job(BatchGame(season / "game2", "x"), BatchOptions(tmp_path), 1)
    assert running._failed(job, WorkerError("a worker\nended"), None) == GameSummary(
        "x", "failed", warning="a worker ended", video=str(season / "game2")
    )
