"""A whole analysis of a small rendered game: outputs and reuse."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.config import Settings, parse_settings
from pipeline.errors import InputError, SettingsError
from pipeline.evaluation import evaluate
from pipeline.run.analysis import Analysis, analyze_job
from pipeline.run.job import Job
from pipeline.run.oracles import evaluate_oracles
from pipeline.run.order import STAGE_NAMES, UNDERSTAND, check_chain
from pipeline.store import RunDirectory


def analyze(video: Path, out: Path, **options: Any) -> Analysis:
    return analyze_job(Job(video, out, **options))


def run_of(out: Path) -> dict[str, Any]:
    """What a run says of itself."""
    noted: dict[str, Any] = json.loads((out / "run.json").read_text(encoding="utf-8"))
    return noted


@pytest.fixture
def out(analysed_game: Path) -> Path:
    """A finished run; tests change copies alone."""
    return analysed_game


@pytest.fixture
def copy(analysed_game: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(analysed_game, tmp_path / analysed_game.name))  # the report is called as its folder


def test_all_outputs_are_there(out: Path) -> None:
    names = [
        "player_stats.csv",
        "team_stats.csv",
        "player_periods.csv",
        "team_periods.csv",
        "periods.csv",
        "statistics.xlsx",
        "positions.parquet",
        "annotated.mp4",
        "report.html",
        "mot.txt",
        "tracklets_mot.txt",
        "run.json",
        "heatmaps",
    ]
    assert [name for name in names if not (out / name).exists()] == []
    run = run_of(out)
    assert len(run["video"]["sha256"]) == 64
    assert all(len(digest) == 64 for digest in run["weights_sha256"].values())
    assert set(run["seconds"]) == {*STAGE_NAMES, "video"}
    assert run["settings"] == Settings().model_dump(mode="json")


def test_people_are_found_and_located(out: Path) -> None:
    stored = RunDirectory(out)
    players = stored.read_table("players")
    positions = stored.read_table("positions")
    assert (players["role"] == "player").sum() >= 6
    assert positions["x_m"].between(-3, 31).all()
    assert positions["y_m"].between(-3, 18).all()


def test_a_second_run_reuses_everything_and_writes_what_was_removed(copy: Path, game: Path) -> None:
    kept = (copy / "annotated.mp4", copy / "work" / "detections.parquet", copy / "report.html")
    before = {path: path.stat().st_mtime_ns for path in kept}
    analyze(game, copy)
    assert run_of(copy)["reused"] == [*STAGE_NAMES, "video"]
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())
    (copy / "player_stats.csv").unlink()
    analyze(game, copy)
    assert run_of(copy)["reused"] == [*STAGE_NAMES[:-1], "video"]
    assert (copy / "player_stats.csv").exists()


def test_another_setting_computes_only_what_depends_on_it(copy: Path, game: Path) -> None:
    analyze(game, copy, settings=parse_settings({"stats": {"smooth_s": 1.0}, "present": {"video": False}}))
    assert run_of(copy)["reused"] == ["perceive", "court", "tracking", "splitting", "identity", "shots", "scoreboard"]


def test_another_device_perceives_again(copy: Path, game: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its arithmetic may be another, and `run.json` names it."""

    def perceived_again(*_: object) -> None:
        raise InputError("perceived again")

    monkeypatch.setattr("pipeline.run.perceiving.perceive_video", perceived_again)
    assert analyze(game, copy).out == copy  # the same device: reused
    with pytest.raises(InputError, match="perceived again"):
        analyze(game, copy, device="cpu")


def test_an_interval_without_calibration_has_times_and_no_metres(game: Path, tmp_path: Path) -> None:
    blind = parse_settings({"detect": {"input_size_px": 640}, "court": {"automatic": False}})
    analysis = analyze(game / "video.mp4", tmp_path / "out", settings=blind, start_s=1.0, end_s=2.0)
    times = analysis.tables["frames"]["time_s"]
    assert times.min() == pytest.approx(1.0, abs=0.051)
    assert times.max() < 2.0
    assert len(times) == 10
    assert any("calibration" in warning for warning in analysis.warnings)
    assert analysis.player_stats["distance_m"].isna().all()
    assert (analysis.player_stats["seen_s"] > 0).all()
    assert not (tmp_path / "out" / "heatmaps").exists() or not list((tmp_path / "out" / "heatmaps").iterdir())
    assert (tmp_path / "out" / "annotated.mp4").exists()


def test_a_run_is_scored_and_each_stage_can_be_replaced_by_the_truth(out: Path, game: Path) -> None:
    found = evaluate_oracles(out, game)
    assert 0.3 < found.as_run.players.hota < 1
    assert found.as_run.as_dict() == evaluate(out, game).as_dict()
    replaced = found.replaced
    assert set(replaced) == {"detections", "court", "tracks", "identities"}
    assert replaced["detections"].players.loca > 0.99  # whose box no tracklet has is matched to a neighbour's
    assert replaced["detections"].players.deta > found.as_run.players.deta
    assert replaced["court"].court is not None
    assert replaced["court"].court.error_px_p95 == pytest.approx(0, abs=1e-6)
    assert replaced["tracks"].tracklet_identity is not None
    assert (
        replaced["tracks"].tracklet_identity.purity > 0.98
    )  # boxes filled in for who is hidden may lie on a neighbour
    assert replaced["identities"].labels is not None
    assert replaced["identities"].identity.accuracy >= found.as_run.identity.accuracy


def test_a_rendered_game_stands_for_its_files(game: Path) -> None:
    job = Job(game).completed()
    assert job.video == game / "video.mp4"
    assert job.calibration == game / "calibration.json"
    assert job.out == Path("reports") / game.name


def test_the_chain_is_checked() -> None:
    check_chain()
    with pytest.raises(SettingsError, match="'shots' needs"):
        check_chain(tuple(stage for stage in UNDERSTAND if stage.name != "identity"))


def test_mot_text_is_of_players_only(out: Path) -> None:
    players = RunDirectory(out).read_table("players")
    mot = pd.read_csv(out / "mot.txt", header=None)
    assert set(mot[1]) <= set(players.loc[players["role"] == "player", "player_id"])
    assert mot[0].min() >= 1
    assert not mot.duplicated([0, 1]).any()
