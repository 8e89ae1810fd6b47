"""The summary of a batch: what spreadsheets make of it."""

import csv
import io
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.run.batch import GameSummary
from pipeline.run.batch.summary import write_summary

GAMES = (
    GameSummary("=cmd", "done", 10, 1.5, 3.25, "court seen in 60 %; -3 left out", "=cmd.mp4"),
    GameSummary("späte Runde", "waiting"),
)


def test_games_that_are_called_like_formulas_are_not_computed(tmp_path: Path) -> None:
    text = write_summary(tmp_path, GAMES).read_text(encoding="utf-8")
    assert text.startswith("\ufeffgame,status,")
    first, second = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (first["game"], first["video"], first["minutes"]) == ("'=cmd", "'=cmd.mp4", "1.5")
    assert first["warning"] == "court seen in 60 %;' -3 left out"
    assert (second["game"], second["players"], second["seconds"]) == ("späte Runde", "", "")


def test_the_dialect_is_that_of_the_settings(tmp_path: Path) -> None:
    lines = write_summary(tmp_path, GAMES, "excel-de").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "game;status;players;minutes;seconds;warning;video"
    assert lines[1].startswith("'=cmd;done;10;1,5;3,25;")


def test_a_table_of_that_name_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "summary.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"summary\.csv is not from courtside"):
        write_summary(tmp_path, GAMES)
    assert (tmp_path / "summary.csv").read_text() == "mine"
    (tmp_path / "summary.csv").unlink()
    text = write_summary(tmp_path, GAMES).read_bytes()
    (tmp_path / "summary.csv").write_text("changed")
    assert write_summary(tmp_path, GAMES).read_bytes() == text
    assert (tmp_path / "summary.yours.csv").read_text() == "changed"
    assert not list(tmp_path.rglob("*.partial"))
