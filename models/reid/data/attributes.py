"""What can be said of a person's looks: one class per attribute and crop, where it is known.

Three vocabularies, `VOCABULARIES`:

- `market1501`: the 27 attributes of Market-1501 (Lin et al., "Improving Person Re-identification by Attribute and Identity
  Learning", Pattern Recognition 2019), by identity, from `market_attribute.mat`;
- `basketball`: of `basketball_player_detection_3`: the player's state (the dataset's own classes), whether a number box lies in the
  box, and whether the team plays in a light or a dark kit (measured);
- `rendered`: of a rendered game: role, kit, number visible, way faced while moving, and the looks that the figure was given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import scipy.io
from numpy.typing import NDArray
from scipy.io.matlab import MatReadError

from models.reid.data.crops import CropSet, Ints
from models.reid.data.people import People
from models.reid.data.tracklets import game_of
from pipeline.errors import InputError

UNKNOWN = -1
Vocabulary = Mapping[str, tuple[str, ...]]
"""Attribute -> names of its classes."""

_YES_NO = ("no", "yes")
_MARKET_COLORS = ("black", "white", "red", "purple", "yellow", "gray", "blue", "green")
_MARKET_DOWN = ("black", "white", "pink", "purple", "yellow", "gray", "blue", "green", "brown")
MARKET: Vocabulary = {
    "age": ("young", "teenager", "adult", "old"),
    "backpack": _YES_NO,
    "bag": _YES_NO,
    "handbag": _YES_NO,
    "clothes": ("dress", "pants"),
    "down": ("long", "short"),
    "up": ("long sleeve", "short sleeve"),
    "hair": ("short", "long"),
    "hat": _YES_NO,
    "gender": ("male", "female"),
    **{f"up{color}": _YES_NO for color in _MARKET_COLORS},
    **{f"down{color}": _YES_NO for color in _MARKET_DOWN},
}
BASKETBALL: Vocabulary = {
    "state": ("player", "player-in-possession", "player-jump-shot", "player-layup-dunk", "player-shot-block"),
    "number": _YES_NO,
    "kit": ("dark", "light"),
}
RENDERED: Vocabulary = {
    "role": ("player", "referee"),
    "kit": ("dark", "light"),
    "number": _YES_NO,
    "facing": ("away", "towards", "left", "right"),
    "skin": ("light", "medium", "dark"),
    "hair": ("dark", "fair", "none"),
    "shoes": ("white", "black", "coloured"),
    "sleeves": _YES_NO,
}
VOCABULARIES: Mapping[str, Vocabulary] = {"market1501": MARKET, "basketball": BASKETBALL, "rendered": RENDERED}


@dataclass(frozen=True)
class Attributes:
    """Classes of n crops.

    Attributes:
        vocabulary: attributes, in the order of the columns.
        label: (n, attributes) number of the class, UNKNOWN where it is not known.
    """

    vocabulary: Vocabulary
    label: Ints

    def column(self, name: str) -> Ints:
        """Return the classes (n,) of one attribute."""
        return self.label[:, list(self.vocabulary).index(name)]


def read_market_table(path: Path) -> dict[str, dict[str, Ints]]:
    """Read `market_attribute.mat`.

    Args:
        path: the MATLAB file (plain arrays; nothing in it is run).

    Returns:
        "train" and "test" -> identity as in the file names ("0002") -> (27,) classes in the order of MARKET.

    Raises:
        InputError: missing, not MATLAB, or without an attribute.
    """
    try:
        table = scipy.io.loadmat(path, simplify_cells=True)["market_attribute"]
        return {part: _by_identity(table[part]) for part in ("train", "test")}
    except (OSError, ValueError, KeyError, TypeError, MatReadError) as error:
        raise InputError(f"attribute table {path}: missing or not market_attribute.mat ({error})") from error


def _by_identity(part: Mapping[str, Any]) -> dict[str, Ints]:
    """Turn columns of 1, 2, ... into one row of 0, 1, ... per identity."""
    rows = np.column_stack([np.asarray(part[name], np.int64) - 1 for name in MARKET])
    return {str(name): row for name, row in zip(part["image_index"], rows, strict=True)}


def market_attributes(crops: CropSet, table: Path) -> Attributes:
    """Look up the identities of Market-1501 crops; identities that the table lacks (distractors) are unknown."""
    known = {name: row for part in read_market_table(table).values() for name, row in part.items()}
    missing = np.full(len(MARKET), UNKNOWN, np.int64)
    names = [f"{int(name):04d}" if name.lstrip("-").isdigit() else name for name in crops.identity_names]
    rows = np.array([known.get(name, missing) for name in names]).reshape(-1, len(MARKET))
    return Attributes(MARKET, rows[crops.identity])


def basketball_attributes(people: People, table: Path, images: Path) -> Attributes:
    """Find state, number and kit of player tracklets.

    Args:
        people: of the tracklet table.
        table: the CSV that they were cut from; its column `class` is the state.
        images: the folder with the pictures; each split's `_annotations.coco.json` holds the number boxes.

    Raises:
        InputError: a file is missing, or a crop is not in the table.
    """
    crops = people.crops
    boxes = _rows_of(crops, table)
    state = boxes["class"].map({name: i for i, name in enumerate(BASKETBALL["state"])}).fillna(UNKNOWN)
    number = _number_visible(boxes, images)
    label = np.column_stack([state.to_numpy(np.int64), number, _kits(people)])
    return Attributes(BASKETBALL, label)


def _rows_of(crops: CropSet, table: Path) -> pd.DataFrame:
    """Find the row of every crop."""
    try:
        rows = pd.read_csv(table).set_index(["clip", "tracklet", "frame"])
        keys = zip((crops.scene_names[scene] for scene in crops.scene), crops.tracklet, crops.frame, strict=True)
        return rows.loc[list(keys)].reset_index()
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"tracklet table {table}: missing, or lacks a crop ({error})") from error


def _number_visible(boxes: pd.DataFrame, images: Path) -> Ints:
    """Tell which boxes (n,) hold the centre of a number box."""
    seen = np.zeros(len(boxes), np.int64)
    for split, rows in boxes.groupby("split"):
        numbers = _number_centres(images / str(split) / "_annotations.coco.json")
        for i, file, x, y, w, h in zip(
            rows.index, rows["file"], rows["x"], rows["y"], rows["w"], rows["h"], strict=True
        ):
            u, v = numbers.get(str(file), np.empty((0, 2))).T
            seen[i] = int(((u >= x) & (u <= x + w) & (v >= y) & (v <= y + h)).any())
    return seen


def _number_centres(path: Path) -> dict[str, NDArray[np.float64]]:
    """Read the centres (k, 2) of the number boxes of every picture."""
    try:
        coco = json.loads(path.read_text(encoding="utf-8"))
        wanted = {category["id"] for category in coco["categories"] if category["name"] == "number"}
        names = {picture["id"]: str(picture["file_name"]) for picture in coco["images"]}
        found: dict[str, list[tuple[float, float]]] = {}
        for box in coco["annotations"]:
            if box["category_id"] in wanted:
                x, y, w, h = (float(value) for value in box["bbox"])
                found.setdefault(names[box["image_id"]], []).append((x + w / 2, y + h / 2))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"annotations {path}: missing or not COCO ({error})") from error
    return {name: np.array(centres) for name, centres in found.items()}


def _kits(people: People) -> Ints:
    """Tell the kit of each crop's team in its game: light where the median torso is in the brighter half; UNKNOWN without a team."""
    crops = people.crops
    out = np.full(len(crops), UNKNOWN, np.int64)
    game = np.array([game_of(name) for name in crops.scene_names])[crops.scene]
    for one in np.unique(game):
        for team in (0, 1):
            rows = np.flatnonzero((game == one) & (people.team == team))
            if len(rows):
                sample = rows[:: max(1, len(rows) // 50)]
                out[rows] = int(np.median([torso_lightness(crops.person(row)) for row in sample]) > 50)
    return out


def torso_lightness(image: NDArray[np.uint8]) -> float:
    """Median CIE lightness, 0 to 100, of the middle of the upper body of a crop (h, w, 3) BGR.

    Example:
        >>> torso_lightness(np.full((60, 30, 3), 255, np.uint8))
        100.0
    """
    height, width = image.shape[:2]
    torso = image[height // 5 : max(height // 2, height // 5 + 1), width // 4 : max(3 * width // 4, width // 4 + 1)]
    lightness = cv2.cvtColor(np.ascontiguousarray(torso), cv2.COLOR_BGR2LAB)[..., 0]
    return float(np.median(lightness)) / 2.55
