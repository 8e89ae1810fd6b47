"""The public face: light to import, typed, and a run that is read, drawn and searched."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import av
import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

import courtside
from pipeline.cli import run as run_command
from pipeline.errors import InputError, TableError
from pipeline.store import hash_file, seal
from pipeline.tables import ALL

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def run(analysed_game: Path) -> courtside.Run:
    return courtside.load(analysed_game)


@pytest.fixture
def copied(analysed_game: Path, tmp_path: Path) -> Path:
    """A copy of the finished run, to be changed."""
    return Path(shutil.copytree(analysed_game, tmp_path / "copy"))


@pytest.fixture(scope="module")
def without_pixels(analysed_positions: Path) -> courtside.Run:
    """A game given as tables, with two teams."""
    return courtside.load(analysed_positions)


def test_the_tables_of_efforts_and_of_the_ball_say_who(without_pixels: courtside.Run) -> None:
    run = without_pixels
    assert run.efforts.columns[:3].tolist() == ["player_id", "label", "team"]
    assert run.efforts["label"].notna().all()
    assert run.matchups.columns[:4].tolist() == ["player_id", "label", "team", "opponent_id"]
    assert run.matchups["label"].notna().all()
    assert run.box_score.columns[:3].tolist() == ["team", "player_id", "label"]
    assert len(run.box_score)
    assert not [warning for warning in run.warnings if "no box score" in warning]
    assert (run.box_score["label"].isna() == run.box_score["player_id"].isna()).all()
    assert run.events.columns.tolist() == [
        name for name in pd.read_csv(run.out / "events.csv").columns if not name.endswith("_name")
    ]
    assert len(run.events) == len(run.tables["events"]) + len(run.tables["ball_events"])


def somebody(run: courtside.Run) -> int:
    return int(run.boxes["player_id"].value_counts().index[0])


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")


def rewrite(run: Path, name: str, table: pd.DataFrame) -> None:
    """Put another table into a run, as the stage that wrote it would have."""
    path = run / "work" / f"{name}.parquet"
    table.to_parquet(path, index=False)
    for manifest in (run / "work").glob("*.manifest.json"):
        outputs = json.loads(manifest.read_text(encoding="utf-8"))["outputs"]
        if path.name in outputs:
            change(manifest, outputs=outputs | {path.name: [path.stat().st_size, hash_file(path)]})


def test_importing_is_light_and_everything_public_is_there() -> None:
    heavy = ("torch", "pandas", "pydantic", "cv2", "matplotlib")
    code = f"import sys, courtside; print([name for name in {heavy} if name in sys.modules])"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2]).stdout
    assert printed.strip() == "[]"
    for name in courtside.__all__:
        assert getattr(courtside, name) is not None
    assert dir(courtside) == courtside.__all__
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        courtside.analyse  # type: ignore[attr-defined]  # noqa: B018


def test_tables_are_tidy(run: courtside.Run) -> None:
    assert set(run.tables) == set(ALL)
    assert list(run.players.columns[:3]) == ["player_id", "label", "role"]
    assert run.boxes.columns.tolist() == [
        *("frame", "time_s", "player_id", "label", "team", "track_id", "x1", "y1", "x2", "y2", "confidence")
    ]
    assert not run.boxes.duplicated(["frame", "player_id"]).any()
    assert run.tracks["boxes"].sum() == len(run.boxes)
    assert len(run.positions) == len(run.tables["positions"])
    assert run.positions["label"].notna().all()
    assert set(run.player_stats["player_id"]) <= set(run.players["player_id"])
    assert len(run.player_stats) >= 8  # of ten players and referees, in the few seconds that there are
    assert list(run.team_stats.columns[:2]) == ["team", "players"]
    assert not run.periods.empty
    assert not run.shots.empty


def test_a_changed_table_does_not_change_the_run(run: courtside.Run) -> None:
    table = run.tables["players"]
    table["name"] = "X"
    assert "X" not in set(run.tables["players"]["name"])
    with pytest.raises(TableError, match="there is no table 'playerz'; there are frames"):
        run.tables["playerz"]  # type: ignore[index]


def test_tables_are_a_mapping(run: courtside.Run) -> None:
    assert "players" in run.tables
    assert "games" not in run.tables
    assert run.tables.get("games") is None  # type: ignore[call-overload]
    with pytest.raises(TableError, match=r"^there is no table 'games'; there are frames"):
        run.tables["games"]  # type: ignore[index]


def test_what_the_run_says_of_itself(run: courtside.Run, analysed_game: Path) -> None:
    assert run.out == analysed_game
    assert run.report.is_file()
    assert (run.video.width_px, run.video.height_px, run.video.path) == (640, 360, Path("video.mp4"))
    assert run.settings == courtside.Settings()
    assert all(isinstance(warning, str) for warning in run.warnings)
    assert run.court.length_m == 28.0
    frame = int(run.tables["court"]["frame"].iloc[0])
    homography = run.court_at(frame)
    assert homography is not None
    assert homography.shape == (3, 3)
    assert run.court_at(10_000) is None
    assert repr(run).startswith("<courtside.Run ")
    assert "players" in repr(run)


def test_the_summary_in_a_notebook_is_whole_and_escaped(copied: Path) -> None:
    players = pd.read_parquet(copied / "work" / "players.parquet")
    players["name"] = players["name"].astype("str").where(players.index > 0, "<script>")
    rewrite(copied, "players", players)
    rows = pd.read_parquet(copied / "work" / "player_stats.parquet")
    rows["name"] = rows["name"].astype("str").where(rows.index > 0, "<script>")
    rewrite(copied, "player_stats", rows)
    html = courtside.load(copied)._repr_html_()
    assert "video.mp4" in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "http" not in html


def test_players_are_named_in_several_ways(run: courtside.Run) -> None:
    label = run.players["label"].value_counts()
    unique = run.players[run.players["label"].isin(label[label == 1].index)].iloc[0]
    assert run.player(int(unique["player_id"])) == unique["player_id"]
    assert run.player(str(unique["label"]).lower()) == unique["player_id"]
    with pytest.raises(InputError, match="there is no player 999; the run has "):
        run.player(999)
    with pytest.raises(courtside.CourtsideError, match="there is no player Nobody; the run has"):
        run.player("Nobody")


def test_a_number_that_two_wear_names_nobody(copied: Path) -> None:
    players = pd.read_parquet(copied / "work" / "players.parquet")
    players["number"] = players["number"].astype("str").where(players.index > 1, "7")
    players.loc[:1, ["role", "team"]] = "player", "A"
    rewrite(copied, "players", players)
    with pytest.raises(InputError, match=r"'#7' could be A7 .* or A7 .*; name one by P and the id"):
        courtside.load(copied).player("#7")


def test_pictures_show_what_was_analysed(run: courtside.Run) -> None:
    number = int(run.tables["frames"]["frame"].iloc[-1])
    plain, drawn = run.frame(number), run.frame(number, annotated=True)
    assert plain.shape == drawn.shape == (360, 640, 3)
    assert plain.dtype == np.uint8
    assert (plain != drawn).any()
    with pytest.raises(InputError, match="frame 999 was not analysed; the run has frames from 0 to"):
        run.frame(999)
    who = somebody(run)
    crops = run.crops(who, count=3)
    assert 1 <= len(crops) <= 3
    assert run.crops(who, count=0) == []
    assert all(crop.ndim == 3 and crop.shape[0] > 20 for crop in crops)
    best = run.boxes[run.boxes["player_id"] == who].iloc[0]
    x1, y1, x2, y2 = (int(best[name]) for name in ("x1", "y1", "x2", "y2"))
    floor = run.frame(int(best["frame"]))[y1:y2, x1:x2].astype(float)
    assert np.std(floor) > 5  # somebody, not one colour


@pytest.mark.parametrize("cropped", [False, True])
def test_clips_play(cropped: bool, run: courtside.Run, tmp_path: Path) -> None:
    who = somebody(run)
    path = run.clip(who, 0.5, 1.5, tmp_path / "clip.mp4", cropped=cropped)
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 10
    assert (frames[0].width < 640) == cropped
    with pytest.raises(InputError, match=r"is not in view between 2\.9999 s and 3 s"):
        run.clip(who, 2.9999, 3.0)


def test_heat_maps_are_drawn_on_axes(without_pixels: courtside.Run) -> None:
    run = without_pixels
    figure, (left, right) = pyplot.subplots(1, 2)
    assert run.heatmap("A", left) is left
    run.heatmap(int(run.positions["player_id"].iloc[0]), right, period=1)
    assert left.get_images()
    assert left.get_xlim()[1] > run.court.length_m
    pyplot.close(figure)
    drawn = run.heatmap("B", direction="filmed")
    pyplot.close(drawn.figure)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="there is no player Z"):
        run.heatmap("Z")
    with pytest.raises(InputError, match="there is no direction 'left'; there are filmed, attacking"):
        run.heatmap("A", direction="left")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"there is no player \['A'\]"):
        run.heatmap(["A"])  # type: ignore[arg-type]


def test_a_game_without_pixels_has_everything_but_pictures(without_pixels: courtside.Run) -> None:
    assert set(without_pixels.team_stats["team"]) == {"A", "B"}
    assert without_pixels.boxes["label"].notna().all()
    with pytest.raises(InputError, match="has no pictures: the game was given as tables"):
        without_pixels.frame(0)


def test_a_preset_lies_under_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.run import analysis

    jobs = []

    def noted(job: object, _observer: object) -> None:
        jobs.append(job)
        raise InputError("far enough")

    monkeypatch.setattr(analysis, "analyze_job", noted)
    with pytest.raises(courtside.CourtsideError, match="far enough"):
        courtside.analyze("a.mp4", preset="fast", court="nba", end_s=3, device="cpu")
    settings = jobs[0].settings  # type: ignore[attr-defined]
    assert (settings.video.max_fps, settings.court.court) == (7.5, "nba")
    for given in (courtside.Settings(present={"video": False}), {"present": {"video": False}}):  # type: ignore[arg-type]
        with pytest.raises(courtside.CourtsideError, match="far enough"):
            courtside.analyze("a.mp4", preset="fast", settings=given, end_s=float("inf"))  # type: ignore[arg-type]
        settings, end_s = jobs[-1].settings, jobs[-1].end_s  # type: ignore[attr-defined]
        assert (settings.video.max_fps, settings.present.video, end_s) == (7.5, False, None)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"preset": "slow"}, "there is no preset 'slow'; there are fast"),
        ({"court": "cricket"}, "there is no court 'cricket'; there are nba"),
        ({"device": "abacus"}, "there is no device 'abacus'"),
        ({"settings": {"stats": {"smoth_s": 1}}}, "settings: stats.smoth_s: unknown key"),
        ({"settings": "fast.yaml"}, "settings: expected a mapping of sections, got str"),
    ],
)
def test_wrong_options_are_refused_in_one_line(options: dict[str, object], says: str) -> None:
    with pytest.raises(courtside.CourtsideError, match=says):
        courtside.analyze("a.mp4", **options)  # type: ignore[arg-type]


def test_the_video_is_taken_only_if_it_is_the_same(copied: Path, game: Path, tmp_path: Path) -> None:
    assert courtside.load(copied).frame(0).shape == (360, 640, 3)
    other = tmp_path / "other.mp4"
    other.write_bytes((game / "video.mp4").read_bytes()[:-1] + b"x")
    sha256 = json.loads((copied / "run.json").read_text(encoding="utf-8"))["video"]["sha256"]

    def note(path: Path) -> None:
        change(copied / "work" / "job.json", video=str(path), video_seal=seal([str(path), sha256]))

    note(other)
    with pytest.raises(InputError, match=r"other.mp4 is not the video .* courtside.load\(\.\.\., video=\.\.\.\)"):
        courtside.load(copied).frame(0)
    note(tmp_path / "gone.mp4")
    with pytest.raises(InputError, match=r"gone.mp4 .* video=...\)"):
        courtside.load(copied).frame(0)
    assert courtside.load(copied, video=game / "video.mp4").frame(0).shape == (360, 640, 3)
    assert courtside.load(copied, video=game).frame(0).shape == (360, 640, 3)


@pytest.mark.parametrize(
    "damage",
    [{"settings": 1}, {"video": {}}, {"interval_s": [0]}, {"warnings": None}, {"video": {"width_px": "wide"}}],
)
def test_a_damaged_run_is_refused_in_one_line(damage: dict[str, object], copied: Path) -> None:
    change(copied / "run.json", **damage)
    with pytest.raises(courtside.CourtsideError, match=r"run\.json"):
        courtside.load(copied)


def test_a_run_of_another_version_is_refused(
    copied: Path, analysed_game: Path, game: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copied / "work" / "tracking.manifest.json").rename(copied / "work" / "track.manifest.json")
    with pytest.raises(InputError, match=r"not finished by this version of courtside .*'tracking'"):
        courtside.load(copied)
    for command in (["evaluate", str(copied)], ["compare", str(copied), str(analysed_game)]):
        assert run_command([*command, "--truth", str(game)]) == InputError.exit_code
        assert "not finished by this version of courtside" in capsys.readouterr().err.replace("\n", " ")
    with pytest.raises(InputError, match=r"has no run\.json"):
        courtside.load(copied / "work")
