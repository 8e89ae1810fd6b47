"""The ball head runs where the ball is followed, and nowhere else."""

from pathlib import Path
from typing import Any

import pytest

from models.ball.joined import BallAwareDetector
from models.detector.tiles import TiledDetector
from pipeline.config import parse_settings
from pipeline.perceive import networks
from pipeline.run.manifest import weights_of


class Loaded(tuple[Any, ...]):
    """What a network was asked for with; none is loaded."""


@pytest.fixture(autouse=True)
def nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "BallDetector", lambda *arguments: Loaded(arguments))
    monkeypatch.setattr(networks, "load_detector", lambda settings: settings)
    monkeypatch.setattr(networks, "load_encoder", lambda *_: None)
    monkeypatch.setattr(networks, "NumberReader", lambda *_: None)
    monkeypatch.setattr(networks, "CourtFinder", lambda *_: None)


def detector_of(changes: dict[str, Any]) -> Any:
    tiled = networks.load_networks(parse_settings(changes), "cpu", 960).detector
    assert isinstance(tiled, TiledDetector)
    return tiled._detector


def test_the_head_goes_on_from_the_built_in_detector() -> None:
    detector = detector_of({"ball": {"min_score": 0.3}, "networks": {"runtime": "torch"}})
    assert isinstance(detector, Loaded)
    settings, weights, lowest = detector
    assert (settings.weights, settings.input_px, settings.runtime) == ("builtin", 960, "torch")
    assert (weights, lowest) == ("builtin", 0.3)


def test_a_detector_of_other_weights_has_the_built_in_one_with_the_head_beside_it() -> None:
    detector = detector_of({"detect": {"weights": "mine.safetensors"}})
    assert isinstance(detector, BallAwareDetector)
    assert detector._detector.weights == "mine.safetensors"  # type: ignore[attr-defined]
    assert isinstance(detector._balls, Loaded)


@pytest.mark.parametrize("off", [{"weights": None}, {"follow": False}])
def test_where_it_is_off_the_detector_runs_alone(off: dict[str, Any]) -> None:
    assert not isinstance(detector_of({"ball": off}), Loaded | BallAwareDetector)
    assert "ball" not in weights_of(parse_settings({"ball": off}))


def test_what_a_run_rests_on_names_the_head_and_what_it_goes_on_from(tmp_path: Path) -> None:
    builtin = weights_of(parse_settings({}))
    assert "ball" in builtin
    assert "features" not in builtin  # they are the detector's
    (tmp_path / "mine.safetensors").write_bytes(b"mine")
    beside = weights_of(parse_settings({"detect": {"weights": str(tmp_path / "mine.safetensors")}}))
    assert beside["features"] == builtin["detector"]
