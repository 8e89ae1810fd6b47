"""How long the whole takes: the first stage by its own speed, the others by what they took before."""

from pathlib import Path

import pytest

from pipeline.run.execution.forecast import USUAL_S, Forecast, keep_seconds, known_seconds
from pipeline.run.observer import Silence


class Time:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURTSIDE_CACHE", str(tmp_path))
    return tmp_path


def followed(seconds: dict[str, float], frames: int = 1000) -> tuple[list[str], Forecast]:
    """A run that watches 10 frames a second, resumed after 100 of them."""
    time, said = Time(), []
    forecast = Forecast(Silence(), said.append, seconds, time)
    forecast.begin("perceive", frames, "frames")
    for done in range(100, frames + 1, 10):
        forecast.advance(done)
        time.now += 1
    forecast.end("90.0 s")
    for stage in ("tracking", "present"):
        forecast.begin(stage, None, "")
        time.now += 65
        forecast.end("65.0 s" if stage == "tracking" else "unchanged, reused")
    return said, forecast


def test_the_whole_is_said_after_some_seconds_and_how_far_it_is_each_minute() -> None:
    said, forecast = followed({"tracking": 0.06, "present": 0.03})
    assert said == [
        "about 3:00 in all on this machine, 1:30 of it after the last frame is watched",
        "the whole: 38 % done, about 1:52 left",
        "the whole: 84 % done, about 0:30 left",
    ]
    assert forecast.measured == {"tracking": 0.065}
    assert followed({}, frames=400)[1].measured == {}


def test_what_stages_took_is_remembered(cache: Path) -> None:
    assert known_seconds(video=True) == dict(USUAL_S)
    assert "video" not in known_seconds(video=False)
    keep_seconds({"tracking": 0.5})
    keep_seconds({"present": 0.25})
    assert known_seconds(video=True) == dict(USUAL_S) | {"tracking": 0.5, "present": 0.25}
    for text in ("[]", "{", '{"tracking": "x", "present": -1}'):
        (cache / "forecast" / "seconds.json").write_text(text)
        assert known_seconds(video=True) == dict(USUAL_S)
