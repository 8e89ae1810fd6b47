"""A run directory may come from a stranger, and a folder may hold a person's files: neither is trusted, nothing is lost."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

import pipeline.run.corrections.corrector as corrector_module
import pipeline.run.publishing as publishing_module
from pipeline.cli import run as courtside
from pipeline.corrections import Journal, Name, Number, Role
from pipeline.errors import InputError, OutputError
from pipeline.run.analysis import analyze_job
from pipeline.run.corrections import GivenAgain, correct
from pipeline.run.job import Job
from pipeline.store import RunDirectory

NEEDS_LINKS = pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make symbolic links")
PICTURES = 'class="crops"'
NAMED = [Name(1, "Ada")]


@pytest.fixture
def run(analysed_game: Path, tmp_path: Path) -> Path:
    """A copy of a finished run."""
    return Path(shutil.copytree(analysed_game, tmp_path / "run"))


@pytest.fixture(scope="module")
def named_run(analysed_game: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run that was corrected once; tests change copies alone."""
    run = Path(shutil.copytree(analysed_game, tmp_path_factory.mktemp("named") / "run"))
    correct(run, NAMED)
    return run


@pytest.fixture(scope="module")
def positions(positions_game: Path) -> Path:
    """Another game, without pixels."""
    return positions_game


def edit_json(path: Path, change: Callable[[Any], object]) -> None:
    noted = json.loads(path.read_text())
    change(noted)
    path.write_text(json.dumps(noted))


def for_people(run: Path) -> dict[str, bytes]:
    """Contents of what lies around `work/`."""
    files = [path for path in run.rglob("*") if path.is_file() and "work" not in path.relative_to(run).parts]
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in files}


def without_times(files: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out what shows how long the run took."""
    return {name: data for name, data in files.items() if name not in ("run.json", "report.html")}


class _Touches:
    """What a pickle can do when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


def test_a_received_run_executes_nothing(run: Path, tmp_path: Path) -> None:
    weights, harm = tmp_path / "weights.pt", tmp_path / "harm"
    weights.write_bytes(pickle.dumps(_Touches(harm)))
    for path in (run / "work" / "job.json", run / "run.json"):
        edit_json(path, lambda noted: noted["settings"]["detect"].update(weights=str(weights)))
    edit_json(run / "work" / "perceive.manifest.json", lambda noted: noted.update(fingerprint="stale"))
    correct(run, NAMED)
    assert courtside(["heatmap", str(run), "--player", "1"]) == 0
    assert courtside(["export", str(run), "--format", "sportvu"]) == 0
    assert not harm.exists()


def test_a_video_named_by_a_stranger_is_not_opened(
    run: Path, game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    video = shutil.copy(game / "video.mp4", tmp_path / "same.mp4")  # even one of the right content
    edit_json(run / "work" / "job.json", lambda noted: noted.update(video=str(video)))

    def opened(path: Path) -> None:
        raise AssertionError(path)

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.run.loading.probe", opened)
        assert courtside(["relabel", str(run), "--name", "P1", "Ada"]) == 0
        assert "no pictures of players" in " ".join(capsys.readouterr().out.split())
        assert PICTURES not in (run / "report.html").read_text(encoding="utf-8")
        assert courtside(["video", str(run)]) == 3
        assert "was not made by this user on this machine" in capsys.readouterr().err
    correct(run, [Number(1, "5")], files=GivenAgain(video=Path(video)))
    assert PICTURES in (run / "report.html").read_text(encoding="utf-8")


def test_ones_own_run_finds_its_video_though_it_was_moved(run: Path, tmp_path: Path) -> None:
    moved = Path(shutil.move(run, tmp_path / "elsewhere"))
    correct(moved, NAMED)
    assert PICTURES in (moved / "report.html").read_text(encoding="utf-8")
    correct(Path(shutil.move(moved, tmp_path / "again")), [Number(1, "5")])


def test_files_beside_the_video_are_those_that_the_run_keeps(run: Path, tmp_path: Path) -> None:
    """What job.json names outside is never read, whatever it is."""
    before = (run / "work" / "calibration.json").read_bytes()
    for name in ("calibration", "roster"):
        edit_json(run / "work" / "job.json", lambda noted, name=name: noted.update({name: str(tmp_path / "diary")}))
    (tmp_path / "diary").write_text("secret")
    correct(run, NAMED)
    assert (run / "work" / "calibration.json").read_bytes() == before
    assert not any(b"secret" in data for data in for_people(run).values())
    (run / "work" / "calibration.json").unlink()
    with pytest.raises(InputError, match="does not keep it; give it with --calibration FILE"):
        correct(run, NAMED)


@NEEDS_LINKS
@pytest.mark.parametrize(
    "name", ["corrections.csv", "run.json", "work/job.json", "work/detections.parquet", "work/court.facts.json"]
)
def test_a_link_in_a_received_run_is_not_followed(
    named_run: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where what it leads to is right."""
    run = Path(shutil.copytree(named_run, tmp_path / "run"))
    (run / name).rename(tmp_path / "outside")
    (run / name).symlink_to(tmp_path / "outside")
    before = (tmp_path / "outside").read_bytes()
    assert courtside(["relabel", str(run), "--number", "P1", "5"]) in (3, 8)
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert (tmp_path / "outside").read_bytes() == before


def test_a_changed_table_is_not_scored(run: Path, game: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = run / "work" / "detections.parquet"
    table = pd.read_parquet(path)
    table.assign(x1=table["x1"] - 1).to_parquet(path, index=False)
    assert courtside(["evaluate", str(run), "--truth", str(game)]) == 8
    assert "detections.parquet is not as it was written" in capsys.readouterr().err


def test_what_was_changed_is_written_anew_and_kept_beside(run: Path, game: Path) -> None:
    before = for_people(run)
    changed = ("player_stats.csv", "mot.txt", "annotated.mp4", "report.html", "positions.parquet", "team_stats.csv")
    maps = sorted(name for name in before if name.startswith("heatmaps/"))[:1]
    for k, name in enumerate((*changed, *maps)):
        data = before[name]
        (run / name).write_bytes(data[: len(data) // 2] if k % 2 else data[:-1] + bytes([data[-1] ^ 1]))
    edited = for_people(run)
    analyze_job(Job(game, run))
    after = for_people(run)
    for name in (*changed, *maps):
        path = Path(name)
        assert after.pop((path.parent / f"{path.stem}.yours{path.suffix}").as_posix()) == edited[name]
    assert without_times(after) == without_times(before)


def test_another_game_leaves_nothing_of_the_one_before(run: Path, positions: Path, analysed_positions: Path) -> None:
    assert courtside(["heatmap", str(run), "--player", "1"]) == 0
    assert courtside(["export", str(run), "--format", "sportvu"]) == 0
    (run / "heatmaps" / "holiday.png").write_bytes(b"mine")
    warned: list[str] = []

    class Listener:
        def begin(self, stage: str, total: float | None, unit: str) -> None: ...

        def advance(self, done: float) -> None: ...

        def end(self, note: str) -> None: ...

        def warn(self, message: str) -> None:
            warned.append(message)

    analyze_job(Job(positions, run), Listener())
    assert set(for_people(run)) == {*for_people(analysed_positions), "heatmaps/holiday.png"}
    assert any("held the analysis of another video" in message for message in warned)


def test_corrections_of_another_video_are_refused(run: Path, game: Path, positions: Path) -> None:
    correct(run, NAMED)
    assert Journal.read(run / "corrections.csv").lines[0].video.startswith("sha256:")
    before = for_people(run)
    with pytest.raises(InputError, match=r"corrections.csv: line 2: a correction of another video"):
        analyze_job(Job(positions, run))
    assert for_people(run) == before
    text = (run / "corrections.csv").read_text()
    (run / "corrections.csv").write_text(text.replace(Journal.read(run / "corrections.csv").lines[0].video, ""))
    assert "Ada" in set(analyze_job(Job(game, run)).tables["players"]["name"].dropna())


def test_a_folder_in_use_is_left_alone(positions: Path, tmp_path: Path) -> None:
    out = tmp_path / "in_use"
    (out / "heatmaps").mkdir(parents=True)
    (out / "heatmaps" / "holiday.png").write_bytes(b"mine")
    (out / "report.html").write_text("mine")
    before = for_people(out)
    with pytest.raises(OutputError, match="--alongside"):
        analyze_job(Job(positions, out))
    assert for_people(out) == before
    with pytest.raises(OutputError, match=r"report.html is not from courtside"):
        analyze_job(Job(positions, out, alongside=True))
    assert for_people(out) == before
    (out / "report.html").rename(out / "essay.html")
    analyze_job(Job(positions, out, alongside=True))
    after = for_people(out)
    assert (after["heatmaps/holiday.png"], after["essay.html"]) == (b"mine", b"mine")
    assert b"<html" in after["report.html"]


def test_a_stopped_correction_goes_on(
    analysed_positions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, whole = (Path(shutil.copytree(analysed_positions, tmp_path / name)) for name in ("run", "whole"))
    asked = [Role(int(RunDirectory(out).read_table("players")["player_id"].iloc[0]), "nobody"), Name(2, "Bo")]
    correct(whole, asked)

    def stopped(module: ModuleType, place: str, call: int) -> None:
        """Correct, and be stopped at a call of a function of the analysis."""
        finish, calls = getattr(module, place), []

        def dies(*arguments: Any) -> Any:
            calls.append(place)
            if len(calls) == call:
                raise KeyboardInterrupt
            return finish(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(module, place, dies)
            with pytest.raises(KeyboardInterrupt):
                correct(out, asked)

    stopped(corrector_module, "understand", 2)
    stopped(publishing_module, "_present", 1)
    correct(out, asked)
    assert without_times(for_people(out)) == without_times(for_people(whole))
    stopped_again = Path(shutil.copytree(whole, tmp_path / "again"))
    out, asked = stopped_again, [Name(3, "Cy")]
    stopped(corrector_module, "understand", 2)
    with pytest.raises(InputError, match="an earlier correction was interrupted, and is carried out now"):
        correct(out, [Name(4, "Di")])
    correct(out, [Name(4, "Di")])
    assert {"Bo", "Cy", "Di"} <= set(RunDirectory(out).read_table("players")["name"].dropna())


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("run.json", lambda noted: noted["video"].update(fps=10**400)),
        ("run.json", lambda noted: noted["video"].update(fps=-1)),
        ("run.json", lambda noted: noted["video"].update(duration_s="x")),
        ("run.json", lambda noted: noted["video"].update(width_px=0)),
        ("run.json", lambda noted: noted.update(warnings=5)),
        ("run.json", lambda noted: noted.update(interval_s=[1])),
        ("run.json", lambda noted: noted.update(weights_sha256=[])),
        ("run.json", lambda noted: noted.update(video=3)),
        ("work/job.json", lambda noted: noted.update(start_s=10**400)),
        ("work/job.json", lambda noted: noted.update(settings=[])),
        ("work/job.json", lambda noted: noted.pop("calibration")),
        ("work/perceive.facts.json", lambda noted: noted.update(rewound="many")),
        ("work/perceive.facts.json", lambda noted: noted.clear()),
        ("work/court.facts.json", lambda noted: noted.clear()),
    ],
)
def test_malformed_notes_are_one_line(
    run: Path, file: str, change: Callable[[Any], object], capsys: pytest.CaptureFixture[str]
) -> None:
    edit_json(run / file, change)
    code = courtside(["relabel", str(run), "--name", "P1", "Ada"])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    if file != "work/court.facts.json":  # that stage is done again
        assert code in (3, 4, 8)
        assert len(printed.err.strip().splitlines()) == 1
