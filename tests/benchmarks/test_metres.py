"""Players' numbers against the truth: found and true ones go through the same stages."""

from pathlib import Path

import pytest

from benchmarks import metres


def test_found_and_true_numbers_stand_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metres, "WHOLE_GAME", {**metres.WHOLE_GAME, "fps": 5.0})
    players, teams, scored, errors = metres._measured(tmp_path, 3, "fixed", 150.0)
    assert len(teams) == 2
    assert len(players) >= 8
    assert len(scored) >= 8
    distance = scored["distance_found_m"].sum() / scored["distance_true_same_time_m"].sum()
    assert distance == pytest.approx(1, abs=0.05)
    assert (players["distance_m_x"] / players["distance_m_y"]).median() == pytest.approx(1, abs=0.1)
    assert "all" in metres.table(errors)
