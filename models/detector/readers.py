"""Readers of the public data sets' formats: COCO json, Pascal VOC xml, YOLO text, rendered games."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np

from models.detector.classes import CLASS_NAMES, PLAYER, class_index_of
from models.detector.dataset import LabelledImage
from pipeline.errors import InputError

ALL_CLASSES = frozenset(range(len(CLASS_NAMES)))
_GAME_CLIP = re.compile(r"^(?P<game>.+?-game-\d+)-(?P<clip>.+)-(?P<frame>\d+)_png")
_SUFFIXES = (".jpg", ".jpeg", ".png")


def read_coco(folder: Path, true_aspect: float | None = 16 / 9) -> list[LabelledImage]:
    """Read every COCO json below a folder (train, valid and test alike).

    Args:
        folder: holds sub-folders, each with `_annotations.coco.json` and the images.
        true_aspect: width / height before the images were stretched; None when they were not.

    Returns:
        Labelled images; the game and the clip are taken from the file name.

    Raises:
        InputError: no annotation file, or a file name without game and clip.
    """
    files = sorted(folder.glob("*/_annotations.coco.json"))
    if not files:
        raise InputError(f"{folder}: no */_annotations.coco.json found")
    return [image for file in files for image in _read_coco_file(file, true_aspect)]


def _read_coco_file(file: Path, true_aspect: float | None) -> list[LabelledImage]:
    """Read the images of one COCO json."""
    content = json.loads(file.read_text(encoding="utf-8"))
    names = {category["id"]: str(category["name"]) for category in content["categories"]}
    annotations: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for annotation in content["annotations"]:
        annotations[annotation["image_id"]].append(annotation)
    images = []
    for entry in content["images"]:
        width, height = int(entry["width"]), int(entry["height"])
        true_height = height if true_aspect is None else round(width / true_aspect)
        stretch = np.array([1, true_height / height, 1, true_height / height])
        boxes = [
            (
                names[item["category_id"]],
                np.multiply([x, y, x + w, y + h], stretch).tolist(),
            )
            for item in annotations[entry["id"]]
            for x, y, w, h in [item["bbox"]]
        ]
        game, clip = _game_and_clip(file, str(entry["file_name"]))
        path = file.parent / str(entry["file_name"])
        images.append(_labelled(path, game, clip, (width, true_height), boxes, ALL_CLASSES))
    return images


def _game_and_clip(file: Path, name: str) -> tuple[str, str]:
    """Take the game and the clip out of an image's file name."""
    match = _GAME_CLIP.match(name)
    if match is None:
        raise InputError(f"{file}: image name {name!r} does not say game, clip and frame")
    return match["game"], match["clip"]


def read_rendered(folder: Path) -> list[LabelledImage]:
    """Read single frames of rendered games (`python -m pipeline.rendering.frames --out FOLDER`).

    Args:
        folder: holds `annotations.json` (COCO) and `images/`.

    Returns:
        Labelled images; the game is `rendered`, the clip the kind of camera.

    Raises:
        InputError: no annotation file.
    """
    file = folder / "annotations.json"
    if not file.is_file():
        raise InputError(f"{file}: not found; make it with `python -m pipeline.rendering.frames --out {folder}`")
    content = json.loads(file.read_text(encoding="utf-8"))
    names = {category["id"]: str(category["name"]) for category in content["categories"]}
    boxes: dict[int, list[tuple[str, list[float]]]] = defaultdict(list)
    for item in content["annotations"]:
        x, y, w, h = item["bbox"]
        boxes[item["image_id"]].append((names[item["category_id"]], [x, y, x + w, y + h]))
    return [
        _labelled(
            folder / "images" / entry["file_name"],
            "rendered",
            str(entry.get("camera", "")),
            (int(entry["width"]), int(entry["height"])),
            boxes[entry["id"]],
            ALL_CLASSES,
        )
        for entry in content["images"]
    ]


def read_voc(folder: Path, game: str, labelled: Sequence[str]) -> list[LabelledImage]:
    """Read every Pascal VOC xml below a folder, with the image of the same name beside it.

    Args:
        folder: searched to any depth.
        game: name under which a split knows these images.
        labelled: our class names that the data set labels throughout.

    Returns:
        Labelled images.

    Raises:
        InputError: no xml found.
    """
    files = sorted(folder.rglob("*.xml"))
    if not files:
        raise InputError(f"{folder}: no xml annotation found")
    classes = frozenset(CLASS_NAMES.index(name) for name in labelled)
    images = []
    for file in files:
        root = ElementTree.parse(file).getroot()
        size = (int(root.findtext("size/width", "0")), int(root.findtext("size/height", "0")))
        boxes = [
            (
                item.findtext("name", ""),
                [float(item.findtext(f"bndbox/{side}", "nan")) for side in ("xmin", "ymin", "xmax", "ymax")],
            )
            for item in root.iter("object")
        ]
        images.append(_labelled(_image_beside(file), game, file.parent.name, size, boxes, classes))
    return images


def _image_beside(file: Path) -> Path:
    """Return the image that has an annotation file's name."""
    for suffix in _SUFFIXES:
        if (path := file.with_suffix(suffix)).exists():
            return path
    raise InputError(f"{file}: no image of the same name beside it")


def read_yolo_text(folder: Path, game: str, names: Sequence[str]) -> list[LabelledImage]:
    """Read YOLO text labels (`class cx cy w h`, relative to the image).

    Args:
        folder: holds */images/*.jpg and */labels/*.txt.
        game: name under which a split knows these images.
        names: the data set's class names by its class index.

    Returns:
        Labelled images.

    Raises:
        InputError: no image found, an unreadable image, or a line of another form.
    """
    paths = sorted(path for path in folder.glob("*/images/*") if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise InputError(f"{folder}: no */images/* found")
    indices = [class_index_of(name) for name in names]
    classes = frozenset(index for index in indices if index is not None)
    images = []
    for path in paths:
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if pixels is None:
            raise InputError(f"{path}: cannot be read as an image")
        size = (pixels.shape[1], pixels.shape[0])
        label = path.parent.parent / "labels" / f"{path.stem}.txt"
        boxes = _yolo_boxes(label, names, size)
        images.append(_labelled(path, game, path.parent.parent.name, size, boxes, classes))
    return images


def _yolo_boxes(label: Path, names: Sequence[str], size: tuple[int, int]) -> list[tuple[str, list[float]]]:
    """Read the boxes of one YOLO text file; a missing file means an image without boxes."""
    boxes = []
    lines = label.read_text(encoding="utf-8").splitlines() if label.exists() else []
    for number, line in enumerate(lines, start=1):
        try:
            index, *values = line.split()
            cx, cy, w, h = (float(value) for value in values)
            name = names[int(index)]
        except (ValueError, IndexError):
            raise InputError(f"{label}, line {number}: expected 'class cx cy w h', got {line!r}") from None
        corners = np.array([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
        boxes.append((name, (corners * (size * 2)).tolist()))
    return boxes


def _labelled(
    path: Path,
    game: str,
    clip: str,
    size: tuple[int, int],
    boxes: Sequence[tuple[str, Sequence[float]]],
    labelled: frozenset[int],
) -> LabelledImage:
    """Put an image together, without boxes of foreign classes, without area or beyond the border."""
    width, height = size
    kept = [(index, box) for name, box in boxes if (index := class_index_of(name)) is not None]
    xyxy = np.array([box for _, box in kept], dtype=np.float32).reshape(-1, 4)
    xyxy = np.clip(xyxy, 0, np.array([width, height, width, height], dtype=np.float32))
    classes = np.array([index for index, _ in kept], dtype=np.int16)
    solid = (xyxy[:, 2] - xyxy[:, 0] > 0.5) & (xyxy[:, 3] - xyxy[:, 1] > 0.5)
    return LabelledImage(path, game, clip, width, height, xyxy[solid], classes[solid], labelled)


def read_training_sets(data_root: Path) -> list[LabelledImage]:
    """Read the three public sets that the shipped weights learn from (all CC BY 4.0).

    Args:
        data_root: folder that holds `detection/`.

    Returns:
        All labelled images of `basketball_player_detection_3`, `nba_detector_23` and
        `basketball_players_48`.

    Raises:
        InputError: a set is missing.
    """
    folder = data_root / "detection"
    return [
        *read_coco(folder / "basketball_player_detection_3"),
        *read_voc(folder / "nba_detector_23", "nba_detector_23", ("player", "ball", "rim")),
        *read_yolo_text(folder / "basketball_players_48", "basketball_players_48", (CLASS_NAMES[PLAYER],)),
    ]
