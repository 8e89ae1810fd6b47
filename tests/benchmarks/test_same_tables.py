"""Two runs compared: renamed tables of release 0.1, values, dtypes, missing values, arrays and published files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.same_tables import compare_runs, main

Run = tuple[Path, Path]


def write_run(folder: Path, renamed: bool) -> Path:
    """Write a small run, under the names of release 0.1 or those of now."""
    work = folder / "work"
    work.mkdir(parents=True)
    jersey, links = ("jersey", "raw_tracks") if renamed else ("kit", "links")
    tracks = pd.DataFrame({"detection_id": [0, 1], "track_id": [1, 1]})
    tracks.to_parquet(work / f"{links}.parquet")
    detections = pd.DataFrame({"detection_id": [0, 1], f"{jersey}_l": np.array([50.0, np.nan], np.float32)})
    detections.to_parquet(work / "detections.parquet")
    evidence = pd.DataFrame({"player_id": [1, 2], "nearest": pd.array([2, None], "Int64")})
    evidence.assign(kept_apart_by=[jersey, None]).to_parquet(work / "player_evidence.parquet")
    np.save(work / "embeddings.npy", np.array([[1.0, 0.0], [np.nan, np.nan]], np.float16))
    (folder / "player_stats.csv").write_text("player_id,distance_m\n1,12.5\n")
    (folder / "mot.txt").write_text("1,1,0,0,5,5,1,-1,-1,-1\n")
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> Run:
    return write_run(tmp_path / "before", renamed=False), write_run(tmp_path / "now", renamed=True)


def test_a_run_of_the_old_names_equals_one_of_the_new(runs: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(path) for path in runs]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "table detections: equal",
        "table player_evidence: equal",
        "table raw_tracks: equal",
        "array embeddings: equal",
        "file mot.txt: equal",
        "file player_stats.csv: equal",
    ]


def rewrite(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    """Change a stored table."""

    def apply(run: Path) -> None:
        path = run / "work" / f"{name}.parquet"
        change(pd.read_parquet(path)).to_parquet(path)

    return apply


@pytest.mark.parametrize(
    ("change", "name", "says"),
    [
        (rewrite("raw_tracks", lambda t: t.assign(track_id=[1, 4])), "table raw_tracks", "track_id in 1 of 2 rows by up to 3"),
        (rewrite("raw_tracks", lambda t: t.astype({"track_id": "int32"})), "table raw_tracks", "track_id is int64 and int32"),
        (rewrite("raw_tracks", lambda t: t.iloc[:1]), "table raw_tracks", "2 and 1 rows"),
        (rewrite("raw_tracks", lambda t: t.assign(more=1)), "table raw_tracks", "columns +more"),
        (rewrite("detections", lambda t: t.assign(jersey_l=np.float32(50))), "table detections", "jersey_l in 1 of 2 rows"),
        (rewrite("player_evidence", lambda t: t.assign(kept_apart_by="reach")), "table player_evidence", "in 2 of 2 rows"),
        (lambda run: (run / "work" / "raw_tracks.parquet").unlink(), "table raw_tracks", "only in the first run"),
        (lambda run: np.save(run / "work" / "embeddings.npy", np.ones((2, 2), np.float16)), "array embeddings", "2 of 2 rows"),
        (lambda run: np.save(run / "work" / "embeddings.npy", np.ones((2, 2))), "array embeddings", "float16[2, 2] and float64"),
        (lambda run: (run / "mot.txt").write_text("1\n2\n"), "file mot.txt", "2 of 2 lines"),
        (lambda run: (run / "team_stats.csv").write_text("team\n"), "file team_stats.csv", "only in the second run"),
    ],
)  # fmt: skip
def test_every_difference_is_told(runs: Run, change: Callable[[Path], None], name: str, says: str) -> None:
    change(runs[1])
    differences = {what: text for what, text in compare_runs(*runs) if text is not None}
    assert list(differences) == [name]
    assert says in differences[name]
    assert main([str(path) for path in runs]) == 1


def test_a_folder_without_a_run_is_refused(runs: Run, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no tables"):
        list(compare_runs(runs[0], tmp_path))
