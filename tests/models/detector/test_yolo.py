"""The YOLO runner: weights in, boxes out, one clear error else, and no word to the network."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models.detector.classes import BALL, CLASS_NAMES, PLAYER, REFEREE
from models.detector.detection import DetectorSettings, candidates, decode, logits_of
from models.detector.network import build_network, seed_from_coco
from models.detector.yolo import load_detector
from models.device import choose_device, choose_precision
from models.weight_files import read_state
from pipeline.errors import DependencyError, WeightsError

ROOT = Path(__file__).parents[3]


def _save(network: torch.nn.Module, path: Path) -> Path:
    save_file({name: value.half() for name, value in network.state_dict().items()}, path)
    return path


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return _save(build_network(), tmp_path_factory.mktemp("weights") / "random.safetensors")


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, size, dtype=np.uint8) for size in ((90, 160, 3), (90, 160, 3), (120, 80, 3))]


def _low(weights: Path, **changes: object) -> DetectorSettings:
    """Settings under which even a random network finds something."""
    low = dict.fromkeys(CLASS_NAMES, 1e-4)
    return DetectorSettings.model_validate(
        {"weights": str(weights), "input_px": 160, "thresholds": low, "precision": "fp32", "device": "cpu", **changes}
    )


def test_boxes_lie_within_each_image_and_come_best_first(random_weights, images):
    detector = load_detector(_low(random_weights))
    assert detector.class_names == CLASS_NAMES
    found = detector.detect(images)
    assert len(found) == 3
    for boxes, image in zip(found, images, strict=True):
        height, width = image.shape[:2]
        assert 0 < len(boxes) <= 100
        assert (boxes.xyxy_px >= 0).all()
        assert (boxes.xyxy_px <= [width, height, width, height]).all()
        assert (np.diff(boxes.score) <= 0).all()


def test_an_image_has_the_same_boxes_alone_and_in_a_batch(random_weights, images):
    detector = load_detector(_low(random_weights))
    together = detector.detect(images)
    for boxes, image in zip(together, images, strict=True):
        (alone,) = detector.detect([image])
        np.testing.assert_allclose(boxes.score[:10], alone.score[:10], rtol=1e-4)
    assert detector.detect([]) == []


def test_the_same_images_give_the_same_bytes(random_weights, images):
    detector = load_detector(_low(random_weights))
    first, second = detector.detect(images), detector.detect(images)
    for a, b in zip(first, second, strict=True):
        assert a.xyxy_px.tobytes() == b.xyxy_px.tobytes()


def test_decoding_agrees_with_ultralytics(random_weights, reference):
    """Our sparse decoding gives the boxes that the head of the library computes for every anchor."""
    network = reference("yolo11n", 5)
    network.load_state_dict(read_state(random_weights, "detector"))
    network.eval()
    pixels = torch.rand(1, 3, 96, 160, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        dense, raw = network(pixels)
    chosen = candidates(raw["boxes"][0].numpy(), raw["scores"][0].numpy(), logits_of(np.zeros(5, np.float32)))
    xyxy, score = (torch.from_numpy(each) for each in decode(chosen, (160, 96)))
    index = torch.from_numpy(chosen.channel)
    centres = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    expected = dense[0, :, :].T.repeat(5, 1)[: len(xyxy)]
    torch.testing.assert_close(torch.cat([centres, xyxy[:, 2:] - xyxy[:, :2]], 1), expected[:, :4], atol=1e-3, rtol=0)
    torch.testing.assert_close(score[index == BALL], dense[0, 4 + BALL], atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def coco_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network with the layers of COCO's 80 classes."""
    torch.manual_seed(1)
    return _save(build_network("yolo11n", 80), tmp_path_factory.mktemp("coco") / "coco.safetensors")


def test_a_coco_network_gives_players_and_balls_only(coco_weights, images):
    found = load_detector(_low(coco_weights)).detect(images[:1])[0]
    assert set(found.class_index.tolist()) <= {PLAYER, BALL}
    assert len(found) > 0


def test_seeding_copies_person_to_player_and_referee(coco_weights):
    network = build_network()
    seed_from_coco(network, coco_weights)
    last = network.state_dict()["model.23.cv3.0.2.weight"]
    person = read_state(coco_weights, "detector")["model.23.cv3.0.2.weight"][0]
    torch.testing.assert_close(last[PLAYER], person)
    torch.testing.assert_close(last[REFEREE], person)
    assert network.backbone_length == 11


def test_missing_damaged_and_foreign_weights_give_one_clear_error(tmp_path):
    (tmp_path / "text.safetensors").write_text("no weights")
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    (tmp_path / "weights.txt").write_text("")
    (tmp_path / "text.pt").write_text("no weights")
    for name, message in {
        "missing.safetensors": "not found",
        "missing.pt": "not found",
        "text.safetensors": "not a readable safetensors file",
        "other.safetensors": "expected a YOLO state dict",
        "weights.txt": "expected .safetensors",
        "text.pt": "cannot be loaded",
    }.items():
        with pytest.raises(WeightsError, match=message):
            load_detector(DetectorSettings(weights=str(tmp_path / name)))


def test_a_users_own_pt_finds_the_same_things(random_weights, reference, images, tmp_path):
    network = reference("yolo11n", 5)
    network.load_state_dict(read_state(random_weights, "detector"))
    torch.save({"model": network, "train_args": {}}, tmp_path / "user.pt")
    settings = _low(tmp_path / "user.pt")
    ours = load_detector(_low(random_weights)).detect(images[:1])[0]
    theirs = load_detector(settings).detect(images[:1])[0]
    assert len(theirs) > 0
    assert theirs.score[0] == pytest.approx(ours.score[0], rel=0.05)


@pytest.mark.skipif(find_spec("onnxruntime") is not None, reason="onnxruntime is installed")
def test_a_package_that_weights_need_is_named_and_never_installed(tmp_path):
    (tmp_path / "user.onnx").write_bytes(b"")
    with pytest.raises(DependencyError, match="onnxruntime"):
        load_detector(DetectorSettings(weights=str(tmp_path / "user.onnx")))


def test_a_device_that_is_not_there_is_an_error():
    with pytest.raises(DependencyError, match="cuda:99"):
        choose_device("cuda:99")
    assert choose_device("cpu").type == "cpu"
    assert choose_precision("fp32", torch.device("cpu")) is torch.float32


def test_bf16_is_refused_where_the_processor_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.device.computes_bf16", lambda: False)
    with pytest.raises(DependencyError, match="bf16: this processor"):
        choose_precision("bf16", torch.device("cpu"))


_OFFLINE = """
import socket, os, sys
def refuse(*args, **kwargs):
    sys.exit("reached for the network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
import numpy as np
from models.detector.detection import DetectorSettings
from models.detector.yolo import load_detector
settings = DetectorSettings(weights=sys.argv[1], input_px=64)
load_detector(settings).detect([np.zeros((36, 64, 3), np.uint8)])
sys.exit(sorted(os.listdir(os.environ["HOME"])) and "left files in the home folder" or 0)
"""


def test_a_detection_stays_off_the_network_and_leaves_no_files(random_weights, tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", _OFFLINE, str(random_weights)],
        cwd=ROOT,
        env={
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
            "MPLCONFIGDIR": str(tmp_path.parent),
            "COURTSIDE_CACHE": os.environ["COURTSIDE_CACHE"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
