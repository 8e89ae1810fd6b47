"""Training frames: boxes of five classes, stored as COCO."""

import json

import cv2
import numpy as np

from pipeline.rendering.frames import main, training_frames
from pipeline.tables import CLASSES


def test_frames_are_seeded_and_carry_all_classes():
    def draw(seed):
        return list(training_frames(4, np.random.default_rng(seed), (320, 180), ("fixed", "handheld"), per_scene=2))

    first, again = draw(1), draw(1)
    assert all(np.array_equal(a.image, b.image) and a.boxes == b.boxes for a, b in zip(first, again, strict=True))
    assert {label for frame in first for label, _ in frame.boxes} <= set(CLASSES)
    players = [sum(label == "player" for label, _ in frame.boxes) for frame in first]
    assert np.median(players) <= 10  # more for the moments in which substitutes come in
    assert sum(players) > 15
    boxes = np.array([box for frame in first for _, box in frame.boxes])
    assert (boxes >= 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= np.array([320, 180])).all()


def test_command_writes_coco(tmp_path):
    main(["--out", str(tmp_path), "--count", "2", "--seed", "5", "--size", "320x180"])
    stored = json.loads((tmp_path / "annotations.json").read_text())
    assert [c["name"] for c in stored["categories"]] == list(CLASSES)
    assert [i["file_name"] for i in stored["images"]] == ["000000.jpg", "000001.jpg"]
    assert cv2.imread(str(tmp_path / "images" / "000001.jpg")).shape == (180, 320, 3)
    assert all(a["image_id"] in (0, 1) and a["area"] > 0 for a in stored["annotations"])
