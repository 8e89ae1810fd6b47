"""Which device and which arithmetic, on machines that this one is not."""

import pytest
import torch

from models.detector.detection import DetectorSettings
from models.device import choose_device, choose_precision
from pipeline.errors import DependencyError


def machine_with(monkeypatch: pytest.MonkeyPatch, cards: int, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cards", "mps", "expected"),
    [(0, False, "cpu"), (0, True, "mps"), (1, False, "cuda:0"), (2, True, "cuda:0")],
)
def test_auto_prefers_cuda_then_mps_then_the_processor(
    cards: int, mps: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine_with(monkeypatch, cards, mps)
    assert choose_device("auto") == torch.device(expected)


def test_a_device_is_taken_as_named_where_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    machine_with(monkeypatch, 2, True)
    assert [str(choose_device(name)) for name in ("cpu", "mps", "cuda:1")] == ["cpu", "mps", "cuda:1"]


@pytest.mark.parametrize(
    ("name", "says"),
    [("mps", "device mps: Metal"), ("cuda:2", "device cuda:2: 2 CUDA devices found; use --device cpu")],
)
def test_what_is_not_there_is_one_line(name: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    machine_with(monkeypatch, 2, False)
    with pytest.raises(DependencyError, match=says):
        choose_device(name)


def test_half_precision_on_cuda_alone_unless_asked_for() -> None:
    assert choose_precision("auto", torch.device("cuda:0")) == torch.float16
    assert choose_precision("auto", torch.device("mps")) == torch.float32
    assert choose_precision("fp16", torch.device("mps")) == torch.float16


def test_the_detector_takes_every_device_by_name() -> None:
    assert [DetectorSettings(device=name).device for name in ("auto", "cpu", "mps", "cuda:3")][2] == "mps"
