"""The command line: help, wrong usage and bad input, each in one clear line."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
import yaml

from pipeline.cli import run
from pipeline.cli.options import settings_of
from tests.videos import make_video, steady


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "clip.mp4", steady(25, 25))


def only_sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        block = av.AudioFrame.from_ndarray(np.zeros((1, 8000), dtype=np.int16), format="s16", layout="mono")
        block.sample_rate = 8000
        for packet in (*stream.encode(block), *stream.encode(None)):
            container.mux(packet)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail; return its only line of complaint."""
    code = run(arguments)
    said = capsys.readouterr()
    assert code not in (0, None)
    assert "Traceback" not in said.err
    lines = said.err.strip().splitlines()
    assert len(lines) == 1, said.err
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        *([name, "-h"] for name in ("analyze", "calibrate", "render-game", "evaluate", "compare", "settings", "train")),
    ],
    ids=" ".join,
)
def test_help_reads_well(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 0
    said = capsys.readouterr().out
    assert said.startswith("Usage: courtside")
    assert len(said.splitlines()) > 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["anlyze"], "No such command 'anlyze'. Did you mean 'analyze'?"),
        (["analyze"], "Missing argument 'VIDEO'"),
        (["analyze", "x.mp4", "--outt", "y"], "No such option"),
        (["analyze", "x.mp4", "--court", "cricket"], "cricket"),
        (
            ["analyze", "x.mp4", "--device", "abacus"],
            "there is no device 'abacus'; name auto, cpu, mps, cuda or cuda:N",
        ),
        (["analyze", "x.mp4", "--workers", "0"], "--workers 0: expected a whole number from 1 to 1024, or auto"),
        (["analyze", "x.mp4", "--workers", "1_0"], "--workers 1_0: expected a whole number"),
        (["analyze", "x.mp4", "--workers", "²"], "--workers ²: expected a whole number"),
        (["analyze", "x.mp4", "--device", "gpu"], "there is no device 'gpu'"),
        (["analyze", "x.mp4", "--device", "tpu"], "there is no device 'tpu'"),
        (["analyze", "x.mp4", "--device", "cuda:１"], "there is no device 'cuda:１'"),
        (["analyze", "x.mp4", "--end", "inf"], "--end inf: expected seconds, M:SS or H:MM:SS"),
        (["analyze", "x.mp4", "--end", "nan"], "--end nan: expected seconds"),
        (["analyze", "x.mp4", "--start", "１２"], "--start １２: expected seconds"),
        (["analyze", "x.mp4", "--start", "1_0"], "--start 1_0: expected seconds"),
        (["analyze", "x.mp4", "--periods", "0 inf"], "--periods inf: expected seconds"),
        (["analyze", "x.mp4", "--periods", "0 1000000000"], "stats.periods.1: Input should be less than or equal to"),
        (["analyze", "a\udcff.mp4"], "the name a\\udcff.mp4 holds bytes that are not UTF-8 text"),
        (["analyze", f"{'a' * 300}.mp4"], "the name is too long"),
        (["render-game", "--out", "x", "--seconds", "inf"], "seconds: Input should be"),
        (["render-game", "--out", "x", "--seed", "-1"], "seed: Input should be greater than or equal to 0"),
        (["render-game", "--out", "x", "--set", "stint_s=.inf"], "stint_s: Input should be a finite number"),
        (["render-game", "--out", "x", "--set", "stint_s=&a [*a]"], "the value cannot be read: line 1: aliases"),
        (["render-game", "--out", "x", "--noise", "miss=1_0", "--positions-only"], "numbers are written without _"),
        (["train", "reid"], "Missing option '--data'. (see courtside train reid --help)"),
        (["heatmap", "x", "--player", "1", "--versus", "²"], "x is not a finished output directory"),
        (["render-game", "--out", "x", "--size", "²x²"], "--size ²x²: expected WIDTHxHEIGHT"),
        (["analyze", "x.mp4", "--start", "1:75"], "--start 1:75: expected seconds, M:SS or H:MM:SS"),
        (["analyze", "x.mp4", "--periods", "0:00 half"], "--periods half: expected seconds"),
        (["analyze", "x.mp4", "--periods", "10:00 0:00"], "periods must begin one after another"),
        (["render-game", "--out", "x", "--size", "big"], "--size big: expected WIDTHxHEIGHT"),
        (["render-game", "--out", "x", "--camera", "drone"], "camera: Input should be 'fixed'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert says in refused(arguments, capsys)


def test_bad_videos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.mp4").write_text("not a video\n" * 100, encoding="utf-8")
    (tmp_path / "empty.mp4").write_bytes(b"")
    whole = make_video(tmp_path / "whole.mp4", steady(25, 25)).read_bytes()
    (tmp_path / "truncated.mp4").write_bytes(whole[: len(whole) // 3])
    only_sound(tmp_path / "sound.wav")
    for name in ("missing.mp4", ".", "notes.mp4", "empty.mp4", "truncated.mp4", "sound.wav"):
        out = tmp_path / "out"
        assert str(tmp_path / name) in refused(["analyze", str(tmp_path / name), "--out", str(out)], capsys)
        assert not out.exists()


def test_start_past_the_end(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(["analyze", str(video), "--out", str(tmp_path / "out"), "--start", "60"], capsys)
    assert "60 s lies past the end" in said


def test_output_that_cannot_be_written(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    said = refused(["analyze", str(video), "--out", str(tmp_path / "file" / "out")], capsys)
    assert str(tmp_path / "file") in said


@pytest.mark.parametrize(
    ("option", "name", "text", "says"),
    [
        ("--config", "c.yaml", "stats: {smoth_s: 1}", "stats.smoth_s: unknown key"),
        ("--calibration", "k.json", "{", "is not JSON"),
        ("--roster", "r.csv", "number,name,team\n4,Ann,A\n4,Bob,A\n", "4"),
    ],
)
def test_bad_files(
    option: str, name: str, text: str, says: str, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    said = refused(["analyze", str(video), "--out", str(tmp_path / "out"), option, str(tmp_path / name)], capsys)
    assert says in said
    assert name in said


def test_a_calibration_with_three_points(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = [{"px": [10 * i, 7 * i * i], "court_m": [i, i * i]} for i in range(3)]
    data = {
        "format": "courtside-calibration",
        "version": 1,
        "court": "fiba",
        "image_size": [64, 48],
        "frames": [{"frame": 0, "points": points}],
    }
    (tmp_path / "k.json").write_text(json.dumps(data), encoding="utf-8")
    said = refused(
        ["analyze", str(video), "--out", str(tmp_path / "out"), "--calibration", str(tmp_path / "k.json")], capsys
    )
    assert "4" in said


@pytest.mark.parametrize("option", ["--calibration", "--roster", "--config"])
def test_missing_files(option: str, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(["analyze", str(video), "--out", str(tmp_path / "out"), option, "no/such.file"], capsys)
    assert "no/such.file" in said


def test_missing_weights(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.yaml").write_text("detect: {weights: no/such.safetensors}", encoding="utf-8")
    said = refused(
        ["analyze", str(video), "--out", str(tmp_path / "out"), "--config", str(tmp_path / "c.yaml")], capsys
    )
    assert "no/such.safetensors" in said


def test_a_pickle_needs_permission(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.yaml").write_text("detect: {weights: no/such.pt}", encoding="utf-8")
    arguments = ["analyze", str(video), "--out", str(tmp_path / "out"), "--config", str(tmp_path / "c.yaml")]
    assert "no/such.pt is a pickle" in refused(arguments, capsys)
    assert not (tmp_path / "out").exists()
    assert "no/such.pt: detector weights not found" in refused([*arguments, "--allow-pickle"], capsys)


def test_settings_are_printed_as_a_settings_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["settings"]) == 0
    (tmp_path / "all.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert run(["settings", "--config", str(tmp_path / "all.yaml")]) == 0
    assert capsys.readouterr().out == (tmp_path / "all.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "text"),
    [(["train", "detector", "--config"], "stepz: 1"), (["train", "reid", "--recipe"], "method: osnet\nstepz: 1")],
)
def test_a_recipe_that_is_none(words: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.yaml").write_text(text, encoding="utf-8")
    data = ["--data", str(tmp_path)]
    assert "stepz" in refused([*words, str(tmp_path / "r.yaml"), *data], capsys)
    assert "no/such.yaml" in refused([*words, "no/such.yaml", *data], capsys)


@pytest.mark.parametrize(
    "words", [["train", "detector"], ["train", "reid"], ["train", "numbers"], ["evaluate", "reid"]]
)
def test_the_material_has_no_default(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "Missing option '--data'" in refused(words, capsys)


def test_a_preset_lies_under_a_file_of_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.yaml").write_text("present: {video: false}", encoding="utf-8")
    assert run(["settings", "--preset", "fast", "--config", str(tmp_path / "c.yaml")]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert (shown["video"]["max_fps"], shown["present"]["video"], shown["present"]["video_height_px"]) == (
        7.5,
        False,
        480,
    )
    assert "slow" in refused(["settings", "--preset", "slow"], capsys)


@pytest.mark.parametrize("command", ["analyze", "batch"])
def test_a_dialect_that_nobody_writes_is_refused(
    command: str, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused([command, str(video), "--out", str(tmp_path / "out"), "--csv-dialect", "excel-fr"], capsys)
    assert "'excel-fr' is not one of 'standard', 'excel-de'" in said


def test_a_dialect_on_the_command_line_goes_before_that_of_the_file(tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("present: {csv_dialect: excel-de}\n", encoding="utf-8")
    asked = [settings_of(None, file, None, csv_dialect=name) for file, name in ((config, None), (config, "standard"))]
    assert [settings.present.csv_dialect for settings in asked] == ["excel-de", "standard"]
    assert [settings_of(None, None, None, teams=count).identify.teams for count in (None, 1, 2)] == [True, False, True]
    assert settings_of(None, None, None, no_video=True, csv_dialect="excel-de").present.video is False


def test_encoders_are_compared_by_a_command_of_evaluate(capsys: pytest.CaptureFixture[str]) -> None:
    assert "name --weights or --recipe, or say --all" in refused(["evaluate", "reid", "--data", "."], capsys)
    assert "no/such.safetensors: not a readable" in refused(
        ["evaluate", "reid", "--data", ".", "--weights", "no/such.safetensors"], capsys
    )
    assert "no/such" in refused(["evaluate", "no/such", "--truth", "no/truth"], capsys), "a run needs no word before it"


def points_of(video: Path) -> Path:
    """Write points of a court seen straight from above, 20 px a metre."""
    rows = ["u_px,v_px,landmark", "40,20,corner_far_left", "600,20,corner_far_right", "600,320,corner_near_right"]
    path = video.with_name("points.csv")
    path.write_text("\n".join([*rows, "40,320,corner_near_left", "320,170,centre_spot"]) + "\n")
    return path


def test_points_in_a_file_calibrate_without_a_page(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calibrate", str(video), "--points", str(points_of(video))]) == 0
    written = video.with_name("clip-court.json")
    said = capsys.readouterr().out
    assert "centre_spot" in said
    assert str(written) in said.replace("\n", "")
    assert json.loads(written.read_text())["court"] == "fiba"


def test_a_calibration_that_is_there_is_not_overwritten(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video.with_name("clip-court.json").write_text("{}")
    assert "--out" in refused(["calibrate", str(video), "--points", str(points_of(video))], capsys)
    assert video.with_name("clip-court.json").read_text() == "{}"
