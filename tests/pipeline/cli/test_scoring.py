"""Scoring from the command line, with the MOT text that any tool writes."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Two people, ten frames."""
    lines = [f"{f},{i},{100 * i + f},50,30,80,1,1,1" for f in range(1, 11) for i in (1, 2)]
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "gt.txt").write_text("\n".join(lines))
    return tmp_path / "truth" / "gt.txt"


@pytest.fixture
def tracks(truth: Path, tmp_path: Path) -> Path:
    """The same with the two exchanged from frame 6 on."""
    rows = [line.split(",") for line in truth.read_text().splitlines()]
    for row in rows:
        row[1] = str(3 - int(row[1])) if int(row[0]) >= 6 else row[1]
    (tmp_path / "tracks.txt").write_text("\n".join(",".join(row) for row in rows))
    return tmp_path / "tracks.txt"


def test_a_table(truth: Path, tracks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(tracks), "--truth", str(truth)]) == 0
    said = capsys.readouterr().out
    assert "HOTA" in said
    assert "identity accuracy" in said
    assert "10 of 10" in said


def test_json(truth: Path, tracks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(tracks), "--truth", str(truth), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["players"]["switches"] == 2
    assert scores["identity"]["accuracy"] == pytest.approx(0.5)
    assert scores["movement"] is None


def test_two_side_by_side(truth: Path, tracks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(tracks), str(truth), "--truth", str(truth)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "identity accuracy" in line)
    assert "50.0" in line
    assert "100.0" in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["evaluate", "{tracks}", "--truth", "nowhere"], "no truth at nowhere"),
        (["evaluate", "{truth}/..", "--truth", "{truth}"], "neither an output directory of courtside analyze nor"),
        (["evaluate", "{tracks}", "--truth", "{truth}", "--oracle", "court"], "has no run.json"),
        (["evaluate", "{tracks}", "--truth", "{truth}", "--oracle", "luck"], "luck"),
        (["compare", "{tracks}", "{truth}"], "has not been scored; give --truth"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: list[str], says: str, truth: Path, tracks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([word.format(truth=truth, tracks=tracks) for word in arguments]) != 0
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    assert says in said


def test_a_wrong_line_is_named(truth: Path, tracks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tracks.write_text("1,1,0,0,5,5\n2,1,zero,0,5,5\n")
    assert run(["evaluate", str(tracks), "--truth", str(truth)]) == 3
    assert "tracks.txt, line 2: x is 'zero', expected a number" in " ".join(capsys.readouterr().err.split())
