"""Numbers by the length of the game are per minute, but memory; the last line compares the ends."""

import pytest

from benchmarks import scale
from benchmarks.scale import Length


def test_a_row_is_per_minute_but_for_memory() -> None:
    row = Length(20.0, 60.0, 1.5, 400.0, {"court": 10.0, "tracking": 30.0}).row()
    assert row[:3] == [3.0, 0.5, 1.5]
    assert row[-2:] == [20.0, 1.5]


def test_the_longest_is_divided_by_the_shortest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scale, "render", lambda *_: None)
    monkeypatch.setattr(
        scale, "measure", lambda _source, _out, minutes, _fps: Length(minutes, minutes**2, 1.0, 7 * minutes, {})
    )
    scale.main(["--minutes", "10", "40"])
    last = capsys.readouterr().out.splitlines()[-1].split("|")
    assert [last[1].strip(), last[2].strip(), last[-2].strip(), last[-3].strip()] == [
        "last / first",
        "4.00",
        "1.00",
        "1.00",
    ]
