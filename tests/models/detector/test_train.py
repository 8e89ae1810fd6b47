"""The training: its parts by hand, and a run of two steps from end to end."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors import safe_open
from safetensors.torch import save_file

from models.detector.augment import AugmentedSample
from models.detector.classes import CLASS_NAMES, PLAYER, REFEREE
from models.detector.dataset import LabelledImage
from models.detector.detection import DetectorSettings
from models.detector.loss import DetectionLoss
from models.detector.network import build_network
from models.detector.train import (
    DetectorTrainSettings,
    frame_odds,
    lr_factor,
    read_settings,
    to_batch,
    train_detector,
)
from models.detector.yolo import load_detector
from models.weight_files import read_state
from pipeline.errors import SettingsError

ROOT = Path(__file__).parents[3]


def test_the_recipe_in_configs_is_valid():
    settings = read_settings(ROOT / "configs" / "detector.yaml")
    assert settings.held_out_games == ("boston-celtics-orlando-magic-game-4",)
    with pytest.raises(ValidationError):
        DetectorTrainSettings.model_validate({"step": 3})


@pytest.mark.parametrize(("step", "expected"), [(1, 0.1), (10, 1.0), (60, 0.51), (110, 0.02)])
def test_the_learning_rate_warms_up_and_falls_as_a_cosine(step, expected):
    settings = DetectorTrainSettings(steps=110, warmup_steps=10)
    assert lr_factor(step, settings) == pytest.approx(expected)


def _image(game: str) -> LabelledImage:
    nothing = np.empty((0, 4), np.float32)
    return LabelledImage(Path("a.jpg"), game, "clip", 16, 9, nothing, np.empty(0, np.int16), frozenset({PLAYER}))


def test_frames_of_a_named_game_share_its_odds():
    images = [_image(game) for game in ("a", "b", "b", "rendered", "rendered")]
    np.testing.assert_allclose(frame_odds(images, {"rendered": 0.4}), [0.2, 0.2, 0.2, 0.2, 0.2])
    np.testing.assert_allclose(frame_odds(images, {}), [0.2] * 5)
    np.testing.assert_allclose(frame_odds(images, {"a": 0.7}), [0.7, 0.075, 0.075, 0.075, 0.075])
    with pytest.raises(SettingsError, match="elsewhere"):
        frame_odds(images, {"elsewhere": 0.1})


def _view(labelled: frozenset[int] = frozenset(range(5))) -> AugmentedSample:
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[..., 2] = 255
    return AugmentedSample(pixels, np.array([[24, 16, 72, 48]], np.float32), np.array([PLAYER], np.int16), labelled)


def test_a_batch_is_rgb_with_relative_boxes():
    pixels, boxes, classes, labelled = to_batch([_view(), _view(frozenset({PLAYER}))])
    assert pixels.shape == (2, 3, 64, 96)
    assert pixels[0, :, 0, 0].tolist() == [1.0, 0.0, 0.0]
    assert boxes[0].tolist() == [[0.5, 0.5, 0.5, 0.5]]
    assert classes[1].tolist() == [PLAYER]
    assert labelled.tolist() == [[True] * 5, [True, False, False, False, False]]


def test_the_loss_is_blind_to_classes_nobody_labelled():
    """A network sure of referees everywhere is blamed only where referees were labelled."""
    network = build_network().train()
    loss_of = DetectionLoss(network)
    losses = {}
    for labelled in (frozenset(range(5)), frozenset({PLAYER})):
        pixels, boxes, classes, known = to_batch([_view(labelled)])
        box_logits, class_logits = (logits.detach() for logits in network(pixels))
        for sureness in (-5.0, 5.0):
            class_logits[:, REFEREE] = sureness
            terms = loss_of((box_logits, class_logits), (64, 96), boxes, classes, known)
            losses[len(labelled), sureness] = float(terms[1])
    assert losses[5, 5.0] > 10 * losses[5, -5.0]
    assert losses[1, 5.0] == losses[1, -5.0]


@pytest.fixture
def tiny_data(tmp_path: Path) -> Path:
    """Three sets of a picture or two each, and start weights."""
    rng = np.random.default_rng(0)
    coco = tmp_path / "detection" / "basketball_player_detection_3" / "train"
    voc = tmp_path / "detection" / "nba_detector_23" / "train"
    yolo = tmp_path / "detection" / "basketball_players_48" / "train"
    for folder in (coco, voc, yolo / "images", yolo / "labels", tmp_path / "weights"):
        folder.mkdir(parents=True)
    names = [f"a-b-game-{game}-q1-05_31-05_24-0138_png.jpg" for game in (1, 2)]
    for path in (*(coco / name for name in names), voc / "a.jpg", yolo / "images" / "a.jpg"):
        cv2.imwrite(str(path), rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
    content = {
        "categories": [{"id": 1, "name": "player"}],
        "images": [{"id": k, "file_name": name, "width": 64, "height": 64} for k, name in enumerate(names)],
        "annotations": [{"image_id": k, "category_id": 1, "bbox": [10, 10, 20, 40]} for k in range(2)],
    }
    (coco / "_annotations.coco.json").write_text(json.dumps(content))
    box = "<bndbox><xmin>5</xmin><ymin>5</ymin><xmax>30</xmax><ymax>60</ymax></bndbox>"
    size = "<size><width>64</width><height>64</height></size>"
    (voc / "a.xml").write_text(f"<annotation>{size}<object><name>Player</name>{box}</object></annotation>")
    (yolo / "labels" / "a.txt").write_text("0 0.5 0.5 0.4 0.8")
    state = {name: value.half() for name, value in build_network("yolo11n", 80).state_dict().items()}
    save_file(state, tmp_path / "weights" / "yolo11n_coco.safetensors")
    return tmp_path


def test_two_steps_give_weights_that_load_and_the_seed_gives_the_same_ones(tiny_data, tmp_path):
    settings = DetectorTrainSettings.model_validate(
        {
            "held_out_games": ["a-b-game-2"],
            "canvases": [{"size_px": [96, 64], "batch": 2, "weight": 1}],
            "steps": 2,
            "warmup_steps": 1,
            "precision": "fp32",
        }
    )
    first = train_detector(settings, tiny_data, tmp_path / "one")
    second = train_detector(settings, tiny_data, tmp_path / "two")
    ours, again = read_state(first, "detector"), read_state(second, "detector")
    assert all(torch.equal(ours[name], again[name]) for name in ours)
    with safe_open(first, "pt") as file:
        facts = file.metadata()
    assert facts["images"] == "3"
    assert facts["classes"] == ",".join(CLASS_NAMES)
    assert len(json.loads((tmp_path / "one" / "train.json").read_text())["loss"]) == 2
    found = load_detector(DetectorSettings(weights=str(first), input_px=64)).detect([np.zeros((36, 64, 3), np.uint8)])
    assert len(found) == 1
