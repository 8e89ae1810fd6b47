"""The ball network runs where the ball is followed, and nowhere else."""

from typing import Any

import pytest

from models.ball.joined import BallAwareDetector
from models.detector.tiles import TiledDetector
from pipeline.config import parse_settings
from pipeline.perceive import networks
from pipeline.run.manifest import weights_of


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What ball networks are asked for; none is loaded, nor anything else."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(networks, "BallFinder", lambda *arguments: asked.append(arguments))
    monkeypatch.setattr(networks, "load_detector", lambda settings: settings)
    monkeypatch.setattr(networks, "load_encoder", lambda *_: None)
    monkeypatch.setattr(networks, "NumberReader", lambda *_: None)
    monkeypatch.setattr(networks, "CourtFinder", lambda *_: None)
    return asked


def test_it_looks_at_what_the_detector_looks_at(loaded: list[tuple[Any, ...]]) -> None:
    settings = parse_settings({"ball": {"min_score": 0.3}, "networks": {"runtime": "torch"}})
    detector = networks.load_networks(settings, "cpu", 960).detector
    assert loaded == [("builtin", 0.3, 960, "cpu", "torch", "auto")]
    assert isinstance(detector, TiledDetector)
    assert isinstance(detector._detector, BallAwareDetector)
    assert "ball" in weights_of(settings)


@pytest.mark.parametrize("off", [{"weights": None}, {"follow": False}])
def test_where_it_is_off_nothing_of_it_is_loaded(loaded: list[tuple[Any, ...]], off: dict[str, Any]) -> None:
    settings = parse_settings({"ball": off})
    detector = networks.load_networks(settings, "cpu", 960).detector
    assert loaded == []
    assert not isinstance(detector._detector, BallAwareDetector)  # type: ignore[attr-defined]
    assert "ball" not in weights_of(settings)
