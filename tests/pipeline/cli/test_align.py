"""What `courtside align` says."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.play_by_play import Alignment


@pytest.mark.parametrize("status", ["sure", "candidate"])
def test_sure_numbers_are_said_as_the_correction_that_gives_them(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    names = pd.DataFrame({"player_id": [7, 8], "number_ours": [None, "4"], "number": ["12", "4"], "status": status})
    found = Alignment(pd.DataFrame({"time_s": [1.0], "player_id": [7]}), pd.DataFrame(), {}, names)
    monkeypatch.setattr("pipeline.run.finished.write_alignment", lambda *_: ([Path("players.csv")], found))
    said = CliRunner().invoke(app, ["align", "game", "--pbp", "file.csv"])
    assert said.exit_code == 0
    assert ("courtside relabel game --number P7 12" in said.output.replace("\n", " ")) == (status == "sure")
    assert "P8" not in said.output
