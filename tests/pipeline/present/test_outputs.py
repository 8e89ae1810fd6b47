"""All files of a run, from a real video file."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.config import parse_settings
from pipeline.errors import OutputError
from pipeline.present.annotated_video.annotate import write_video
from pipeline.present.outputs import present
from pipeline.present.results import Results
from pipeline.tables import check
from pipeline.video import VideoWriter, chunks, probe, read_chunks

Make = Callable[..., Results]


@pytest.fixture
def game(tmp_path: Path, source: Callable[[], Iterator[Any]]) -> Path:
    path = tmp_path / "game.mp4"
    with VideoWriter(path, 320, 180, fps=30.0) as writer:
        for frame in source():
            writer.write(frame.image, frame.time_s)
    return path


def made(make_results: Make, game: Path, **kwargs: Any) -> Results:
    return replace(make_results(path=game, **kwargs), video=probe(game))


def test_everything_but_the_video_is_written(make_results: Make, game: Path, tmp_path: Path) -> None:
    out = tmp_path / "reports" / "game"
    files = present(made(make_results, game, players=6), out).files
    names = [path.relative_to(out).as_posix() for path in files]
    assert names[0] == "report.html"
    assert {"player_stats.csv", "positions.parquet", "mot.txt", "tracklets_mot.txt"} <= set(names)
    assert sum(name.startswith("heatmaps/team-") for name in names) == 2
    assert sum(name.startswith("heatmaps/player-") for name in names) == 6
    assert all(path.stat().st_size > 0 for path in files)
    assert sorted(p for p in out.rglob("*") if p.is_file()) == sorted(files)
    assert len(check("positions", pd.read_parquet(out / "positions.parquet"))) == 6 * 24


def test_the_video_has_every_frame_at_its_time_though_half_of_them_were_analysed(
    make_results: Make, game: Path, tmp_path: Path
) -> None:
    results = made(make_results, game)
    half = results.frames[results.frames["frame"] % 2 == 0].reset_index(drop=True)
    told: list[float] = []
    facts = write_video(replace(results, frames=half), tmp_path / "annotated.mp4", 720, told.append)
    written = probe(tmp_path / "annotated.mp4")
    times = [frame.time_s for frame in read_chunks(written, chunks(written))]
    assert times == pytest.approx(results.frames["time_s"].tolist()[:23], abs=1e-4)  # up to the last one analysed
    assert (written.width_px, written.height_px, written.codec) == (320, 180, "h264")
    assert (facts["frames"], facts["fps"], told[-1]) == (23, 30.0, 23)


def test_the_videos_rate_is_bounded(make_results: Make, game: Path, tmp_path: Path) -> None:
    results = made(make_results, game, settings=parse_settings({"present": {"video_fps": 10}}))
    assert write_video(results, tmp_path / "annotated.mp4", 120, print)["frames"] == 8
    assert probe(tmp_path / "annotated.mp4").height_px == 120


def test_without_metres(make_results: Make, game: Path, tmp_path: Path) -> None:
    settings = parse_settings({"present": {"crops_per_player": 2}})
    files = present(made(make_results, game, metres=False, settings=settings), tmp_path / "out").files
    assert {path.name for path in files} == {
        "report.html",
        "player_stats.csv",
        "player_periods.csv",
        "team_stats.csv",
        "team_periods.csv",
        "periods.csv",
        *("efforts.csv", "lineups.csv", "stints.csv", "pairs.csv", "fives.csv", "events.csv"),
        "statistics.xlsx",
        "positions.parquet",
        "boxes.parquet",
        "mot.txt",
        "tracklets_mot.txt",
    }
    assert "data:image/jpeg" in (tmp_path / "out" / "report.html").read_text()


def test_nobody_still_gives_a_report(make_results: Make, game: Path, tmp_path: Path) -> None:
    files = present(made(make_results, game, players=0), tmp_path / "out").files
    assert (tmp_path / "out" / "report.html") in files


def test_what_cannot_be_written_is_one_line(make_results: Make, game: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file stands here")
    with pytest.raises(OutputError, match="out"):
        present(made(make_results, game, players=0), tmp_path / "out")
