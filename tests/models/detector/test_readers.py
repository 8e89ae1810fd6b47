"""Readers of the data sets' formats on small made-up folders, and on the real sets where they are there."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.detector.classes import BALL, NUMBER, PLAYER, REFEREE, RIM
from models.detector.dataset import (
    LabelledImage,
    Split,
    data_fingerprint,
    read_pixels,
    split_by_game,
    unstretch,
)
from models.detector.readers import (
    read_coco,
    read_rendered,
    read_training_sets,
    read_voc,
    read_yolo_text,
)
from pipeline.errors import InputError


def _picture(path: Path, width: int, height: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width, 3), 90, dtype=np.uint8))
    return path


def _coco(folder: Path, name: str) -> None:
    _picture(folder / "train" / name, 640, 640)
    content = {
        "categories": [
            {"id": 3, "name": "number"},
            {"id": 6, "name": "player-jump-shot"},
            {"id": 2, "name": "ball-in-basket"},
        ],
        "images": [{"id": 0, "file_name": name, "width": 640, "height": 640}],
        "annotations": [
            {"image_id": 0, "category_id": 6, "bbox": [64, 160, 32, 320]},
            {"image_id": 0, "category_id": 3, "bbox": [70, 200, 8, 0]},
            {"image_id": 0, "category_id": 2, "bbox": [630, 100, 20, 32]},
        ],
    }
    (folder / "train" / "_annotations.coco.json").write_text(json.dumps(content))


def test_coco_boxes_are_unstretched_merged_and_clipped(tmp_path):
    _coco(tmp_path, "a-b-game-4-q1-05_31-05_24-0138_png.rf.0f.jpg")
    (image,) = read_coco(tmp_path)
    assert (image.game, image.clip) == ("a-b-game-4", "q1-05_31-05_24")
    assert (image.width_px, image.height_px) == (640, 360)
    assert image.class_index.tolist() == [PLAYER, BALL]
    assert image.xyxy_px.tolist() == [[64, 90, 96, 270], [630, 56.25, 640, 74.25]]
    assert unstretch(read_pixels(image), image, 320).shape == (180, 320, 3)


def test_coco_images_without_a_game_in_their_name_are_refused(tmp_path):
    _coco(tmp_path, "holiday.jpg")
    with pytest.raises(InputError, match="holiday"):
        read_coco(tmp_path)


def test_voc(tmp_path):
    _picture(tmp_path / "train" / "a.jpg", 192, 108)
    box = "<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>40</xmax><ymax>90</ymax></bndbox>"
    (tmp_path / "train" / "a.xml").write_text(
        "<annotation><size><width>192</width><height>108</height></size>"
        f"<object><name>Rim</name>{box}</object><object><name>Mascot</name>{box}</object></annotation>"
    )
    (image,) = read_voc(tmp_path, "nba", ("player", "ball", "rim"))
    assert image.class_index.tolist() == [RIM]
    assert image.xyxy_px.tolist() == [[10, 20, 40, 90]]
    assert image.labelled == {PLAYER, BALL, RIM}


def test_yolo_text(tmp_path):
    _picture(tmp_path / "train" / "images" / "a.jpg", 200, 100)
    label = tmp_path / "train" / "labels" / "a.txt"
    label.parent.mkdir()
    label.write_text("0 0.5 0.5 0.2 0.4\n")
    (image,) = read_yolo_text(tmp_path, "photos", ("basketball-player",))
    assert image.xyxy_px.tolist() == [[80, 30, 120, 70]]
    assert image.labelled == {PLAYER}
    label.write_text("0 0.5 0.5 0.2 0.4\n0 0.5\n")
    with pytest.raises(InputError, match="line 2"):
        read_yolo_text(tmp_path, "photos", ("basketball-player",))


def test_rendered_frames(tmp_path):
    _picture(tmp_path / "images" / "000000.jpg", 128, 72)
    content = {
        "categories": [
            {"id": k, "name": name} for k, name in enumerate(("player", "referee", "ball", "rim", "number"))
        ],
        "images": [{"id": 0, "file_name": "000000.jpg", "width": 128, "height": 72, "camera": "fixed"}],
        "annotations": [{"image_id": 0, "category_id": 4, "bbox": [10, 10, 5, 5]}],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    (image,) = read_rendered(tmp_path)
    assert (image.game, image.clip, image.class_index.tolist()) == ("rendered", "fixed", [NUMBER])
    assert image.xyxy_px.tolist() == [[10, 10, 15, 15]]


@pytest.mark.parametrize(
    "read", [read_coco, read_rendered, lambda f: read_voc(f, "", ()), lambda f: read_yolo_text(f, "", ())]
)
def test_an_empty_folder_is_an_error(read, tmp_path):
    with pytest.raises(InputError, match=str(tmp_path)):
        read(tmp_path)


def _image(game: str, name: str = "a.jpg") -> LabelledImage:
    nothing = np.empty((0, 4), np.float32)
    return LabelledImage(Path(name), game, "clip", 16, 9, nothing, np.empty(0, np.int16), frozenset({PLAYER}))


def test_a_split_that_shares_a_game_is_refused():
    with pytest.raises(InputError, match="shares the games"):
        Split((_image("one"), _image("two")), (_image("two"),))
    with pytest.raises(InputError, match="three"):
        split_by_game([_image("one")], ("three",))
    split = split_by_game([_image("one"), _image("two")], ("two",))
    assert [image.game for image in split.held_out] == ["two"]


def test_the_fingerprint_knows_content_but_not_order():
    one, two = _image("one"), _image("two")
    assert data_fingerprint([one, two]) == data_fingerprint([two, one])
    assert data_fingerprint([one]) != data_fingerprint([two])


def test_an_image_that_is_none_is_an_error(tmp_path):
    (tmp_path / "a.jpg").write_text("no image")
    with pytest.raises(InputError, match="cannot be read"):
        read_pixels(_image("one", str(tmp_path / "a.jpg")))


def test_the_real_sets_hold_what_the_recipe_expects(real_data):
    images = read_training_sets(real_data)
    split = split_by_game(images, ("boston-celtics-orlando-magic-game-4",))
    assert (len(split.train), len(split.held_out)) == (593, 132)
    counts = np.bincount(np.concatenate([image.class_index for image in split.held_out]))
    assert counts[[PLAYER, REFEREE]].min() > 100
    for image in images:
        assert (image.xyxy_px[:, 2:] > image.xyxy_px[:, :2]).all()
        assert (image.xyxy_px <= [image.width_px, image.height_px] * 2).all()
