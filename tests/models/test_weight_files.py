"""Weight files of strangers: what is wrong with one is a line, and is found before it costs anything."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.ball.finder import BUILTIN_WEIGHTS as BALL
from models.ball.finder import BallDetector
from models.court.finder import BUILTIN_WEIGHTS as COURT
from models.court.finder import CourtFinder
from models.detector.detection import DetectorSettings
from models.detector.foreign_files import check_foreign, check_weights_named, openvino_files
from models.detector.yolo import BUILTIN_WEIGHTS as DETECTOR
from models.detector.yolo import load_detector
from models.encoders import load_encoder
from models.encoders.weights import BUILTIN as ENCODER
from models.numbers.reader import NumberReader
from models.numbers.weights import BUILTIN as NUMBERS
from models.weight_files import MAX_BYTES, read_header, read_tensors
from pipeline.config import parse_settings
from pipeline.errors import SettingsError, WeightsError
from pipeline.run.manifest import weights_of

NETWORKS: dict[str, tuple[Path, Callable[[Path], object]]] = {
    "detector": (DETECTOR, lambda path: load_detector(DetectorSettings(weights=str(path), device="cpu"))),
    "encoder": (ENCODER, lambda path: load_encoder("osnet", path)),
    "numbers": (NUMBERS, NumberReader),
    "court": (COURT, lambda path: CourtFinder(path, "cpu")),
    "ball": (BALL, lambda path: BallDetector(DetectorSettings(device="cpu"), path)),
}
"""Name of a network -> its shipped weights and how they are loaded."""


def changed(network: str, path: Path, layer: Callable[[torch.Tensor], torch.Tensor]) -> Path:
    """Write a network's weights with its first layer changed."""
    source = NETWORKS[network][0]
    state, about = load_file(source), read_header(source, network)[1]
    name = next(name for name, tensor in state.items() if tensor.ndim and not name.startswith("classifier."))
    save_file({**state, name: layer(state[name])}, path, about)
    return path


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (lambda tensor: torch.full_like(tensor, torch.nan), "holds values that are no finite numbers"),
        (lambda tensor: torch.full_like(tensor, -torch.inf), "holds values that are no finite numbers"),
        (lambda tensor: torch.full_like(tensor.double(), 1e300), "holds values that are no finite numbers"),
        (lambda tensor: tensor.to(torch.int32), "is of int32, expected floating point numbers"),
        (lambda tensor: tensor.to(torch.complex64), "holds values that are no finite numbers"),
        (lambda tensor: torch.cat([tensor, tensor]), ""),
    ],
    ids=["nan", "infinity", "beyond fp32", "whole numbers", "complex", "shape"],
)
def test_layers_that_are_none_are_refused(
    network: str, layer: Any, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURTSIDE_CACHE", "")
    path = changed(network, tmp_path / "weights.safetensors", layer)
    with pytest.raises(WeightsError) as refusal:
        NETWORKS[network][1](path)
    assert says in str(refusal.value)
    assert str(path) in str(refusal.value)


def bomb(path: Path) -> None:
    path.write_bytes((10 << 30).to_bytes(8, "little") + b"{}")


def large_header(path: Path) -> None:
    size = 9 << 20
    path.write_bytes(size.to_bytes(8, "little") + b" " * size)


def deep_header(path: Path) -> None:
    text = b'{"a":' * 100_000
    path.write_bytes(len(text).to_bytes(8, "little") + text)


def short(path: Path) -> None:
    path.write_bytes(b"\x01\x02")


def truncated(path: Path) -> None:
    path.write_bytes(ENCODER.read_bytes()[:50_000])


def folder(path: Path) -> None:
    path.mkdir()


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # without a byte on the disk


@pytest.mark.parametrize(
    "make", [bomb, large_header, deep_header, short, truncated, folder, huge], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("read", [read_header, read_tensors], ids=lambda f: f.__name__)
def test_a_file_that_is_none_is_one_line(make: Any, read: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    make(path)
    with pytest.raises(WeightsError, match=r"a\.safetensors: (not a readable|larger than|not a plain file)") as refusal:
        read(path, "court")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "about",
    [
        "[" * 100_000,
        "[]",
        "NaN",
        '{"version": 1, "version": 1}',
        json.dumps({"version": 1, "encoder": "osnet", "head_dim": 10**99, "crop_size_px": [256, 128]})[:-1] + "0" * 400,
        json.dumps({"version": 1, "encoder": "osnet", "head_dim": 10**9, "crop_size_px": [256, 128]}),
        json.dumps({"version": 1, "encoder": "osnet", "head_dim": -1, "crop_size_px": [256, 128]}),
        json.dumps({"version": 1, "encoder": "osnet", "head_dim": 256, "crop_size_px": [10**9, 10**9]}),
        json.dumps({"version": 1, "encoder": "osnet", "head_dim": 256, "crop_size_px": 5}),
        json.dumps({"version": 1, "encoder": "osnet", "head_dim": 256, "crop_size_px": [256, 128], "stripes": 10**9}),
    ],
)
def test_metadata_of_an_encoder_that_cannot_be_used(about: str, tmp_path: Path) -> None:
    save_file(load_file(ENCODER), tmp_path / "a.safetensors", {"courtside-encoder": about})
    with pytest.raises(WeightsError, match="its metadata cannot be used"):
        load_encoder("osnet", tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    "calibration",
    [
        "",
        ', "calibration": 5',
        *(f', "calibration": {{{text}}}' for text in ('"digits": "x"', '"digits": 0', '"nothing": 1')),
    ],
)
def test_a_number_reader_without_a_calibration(calibration: str, tmp_path: Path) -> None:
    save_file(load_file(NUMBERS), tmp_path / "a.safetensors", {"courtside-numbers": f'{{"version": 2{calibration}}}'})
    with pytest.raises(WeightsError, match="its calibration cannot be used"):
        NumberReader(tmp_path / "a.safetensors")


def test_a_folder_that_is_none_of_openvino_is_refused_and_never_read_through(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("deep/a.xml", "deep/er/b.bin", "c.txt"):
        (tmp_path / name).write_text("x")
    assert openvino_files(tmp_path) == []
    with pytest.raises(WeightsError, match=r"holds one \.xml file and its \.bin file"):
        check_foreign(tmp_path)
    settings = parse_settings({"detect": {"weights": str(tmp_path)}, "court": {"weights": str(tmp_path)}})
    assert {name: weights_of(settings)[name] for name in ("detector", "court")} == {"detector": "", "court": ""}
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(WeightsError, match="not a plain file"):
        check_foreign(tmp_path / "pipe.onnx")


@pytest.mark.parametrize("name", ["a.pt", "folder/A.PT", "a.pt/"])
def test_weights_that_run_code_need_permission_each_time(name: str) -> None:
    settings = parse_settings({"detect": {"weights": name}})
    with pytest.raises(
        SettingsError, match=r"is a pickle, and loading it runs whatever code it holds; .* --allow-pickle"
    ):
        check_weights_named(settings, allow_pickle=False)
    check_weights_named(settings, allow_pickle=True)
    check_weights_named(parse_settings({"detect": {"weights": "a.onnx"}}), allow_pickle=False)
