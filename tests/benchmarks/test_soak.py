"""Memory over a long video is told by stage and by five minutes of it."""

from pathlib import Path

import pytest

from benchmarks import soak
from benchmarks.soak import Noting, Plan, StageMemory, window_of


def test_a_stage_that_goes_through_the_video_is_told_by_five_minutes() -> None:
    note = {"stage": "video", "total": 600.0, "done": 0.0}
    plan = Plan(30.0, 5.0, {})
    assert window_of(note, plan) is None
    assert [window_of({**note, "done": done}, plan) for done in (1.0, 99.0, 100.0, 599.0, 700.0)] == [0, 0, 1, 5, 5]
    assert window_of({**note, "total": None, "done": 5.0}, plan) is None


def test_growth_is_that_of_medians() -> None:
    memory = StageMemory()
    assert memory.growth() is None
    for held, window in ((90, None), (100, 0), (100, 0), (900, 0), (130, 1), (110, 2)):
        memory.add(held, window)
    assert memory.peak == 900
    assert memory.medians() == [100, 130, 110]
    assert memory.growth() == pytest.approx(0.1)


def test_a_stage_is_noted_as_it_goes(tmp_path: Path) -> None:
    noting = Noting(tmp_path / "now.json")
    noting.begin("perceive", 10.0, "frames")
    noting.advance(4.0)
    assert soak.noted(tmp_path / "now.json") == {"stage": "perceive", "total": 10.0, "unit": "frames", "done": 4.0}
    assert soak.noted(tmp_path / "nothing.json") is None


def test_an_analysis_that_fails_is_said(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(SystemExit, match="failed"):
        soak.soak(tmp_path / "no.mp4", Plan(5.0, 5.0, {}))
