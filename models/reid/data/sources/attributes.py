"""What can be said of a person's appearance: one class per attribute and crop, where it is known.

Four vocabularies, `VOCABULARIES`:

- `market1501`: the 27 attributes of Market-1501 (Lin et al., "Improving Person Re-identification by Attribute and Identity
  Learning", Pattern Recognition 2019), by identity, from `market_attribute.mat`;
- `basketball`: of `basketball_player_detection_3`: the player's state (the dataset's own classes), whether a number box lies in the
  box, and whether the team plays in a light or a dark uniform (measured);
- `rendered`: of a rendered game: role, jersey, number visible, the way that somebody faces (known while he moves), and what the
  figure was painted like (`appearance.csv`);
- `digits`: of a written digit, measured on its strokes: holes, slant, width, thickness.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
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
from models.reid.data.sources.tracklets import game_of
from models.reid.data.splits.people import People
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
    "jersey": ("dark", "light"),
}
RENDERED: Vocabulary = {
    "role": ("player", "referee"),
    "jersey": ("dark", "light"),
    "number": _YES_NO,
    "facing": ("away", "towards", "left", "right"),
    "skin": ("dark", "medium", "light"),
    "hair": ("dark", "fair", "none"),
    "shoes": ("black", "coloured", "white"),
    "sleeves": _YES_NO,
}
DIGITS: Vocabulary = {
    "holes": ("none", "one", "more"),
    "slant": ("left", "upright", "right"),
    "width": ("narrow", "wide"),
    "strokes": ("thin", "thick"),
}
VOCABULARIES: Mapping[str, Vocabulary] = {
    "market1501": MARKET,
    "basketball": BASKETBALL,
    "rendered": RENDERED,
    "digits": DIGITS,
}


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

    def only(self, names: Collection[str]) -> Attributes:
        """Leave out all attributes but some, in the order that they have.

        Example:
            >>> both = Attributes({"hat": ("no", "yes"), "age": ("young", "old")}, np.array([[0, 1], [1, 0]]))
            >>> both.only(["age"]).label.tolist()
            [[1], [0]]
        """
        kept = [name for name in self.vocabulary if name in names]
        rows = [list(self.vocabulary).index(name) for name in kept]
        return Attributes({name: self.vocabulary[name] for name in kept}, self.label[:, rows])


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
    row_of = {name: row for split in read_market_table(table).values() for name, row in split.items()}
    missing = np.full(len(MARKET), UNKNOWN, np.int64)
    names = [f"{int(name):04d}" if name.lstrip("-").isdigit() else name for name in crops.identity_names]
    rows = np.array([row_of.get(name, missing) for name in names]).reshape(-1, len(MARKET))
    return Attributes(MARKET, rows[crops.identity])


def basketball_attributes(people: People, table: Path, images: Path) -> Attributes:
    """Find state, number and uniform of player tracklets.

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
    label = np.column_stack([state.to_numpy(np.int64), number, _uniform_shade(people)])
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


def _uniform_shade(people: People) -> Ints:
    """Tell the uniform of each crop's team in its game: light where the median torso is in the brighter half; UNKNOWN without a team."""
    crops = people.crops
    out = np.full(len(crops), UNKNOWN, np.int64)
    game = np.array([game_of(name) for name in crops.scene_names])[crops.scene]
    for number in np.unique(game):
        for team in (0, 1):
            rows = np.flatnonzero((game == number) & (people.team == team))
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


_MOVES_MPS = 1.0
"""Who is slower need not face the way he moves."""


def rendered_attributes(people: People, folders: Sequence[Path]) -> Attributes:
    """Look up what is true about the crops of rendered games.

    Args:
        people: of `models.reid.data.sources.games`: scenes are named after the games' folders, frames count milliseconds.
        folders: of the games.

    Raises:
        InputError: a game or one of its files is missing.
    """
    crops = people.crops
    where = {folder.name: folder for folder in folders}
    label = np.full((len(crops), len(RENDERED)), UNKNOWN, np.int64)
    for scene in np.unique(crops.scene):
        name = crops.scene_names[scene]
        if name not in where:
            raise InputError(f"rendered game {name!r}: no such folder among {', '.join(sorted(where)) or 'none'}")
        rows = np.flatnonzero(crops.scene == scene)
        try:
            label[rows] = _of_game(where[name], crops.tracklet[rows], crops.frame[rows])
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"rendered game {where[name]}: {error}; render it again") from error
    return Attributes(RENDERED, label)


def _of_game(folder: Path, person: Ints, time_ms: Ints) -> Ints:
    """Return the classes (n, attributes) of people at times of one game."""
    truth = pd.read_parquet(folder / "truth.parquet").sort_values(["id", "frame"])
    truth["facing"] = _facing(truth)
    truth["number"] = _with_number(truth, pd.read_parquet(folder / "truth_objects.parquet"))
    truth["ms"] = (truth["time_s"] * 1000).round().astype(np.int64)
    painted_as = pd.read_csv(folder / "appearance.csv", keep_default_na=False).set_index("id")
    seen = truth.set_index(["id", "ms"]).loc[list(zip(person, time_ms, strict=True))]
    painted = painted_as.loc[person]
    columns = {
        "role": seen["role"].map({"player": 0, "referee": 1}).fillna(UNKNOWN),
        "jersey": painted["shirt"].map(lambda color: int(_lightness(color) > 50)),
        "number": seen["number"],
        "facing": seen["facing"],
        "skin": painted["skin"].map(lambda color: int(np.digitize(_lightness(color), (45, 65)))),
        "hair": painted["hair"].map(lambda color: 2 if not color else int(_lightness(color) > 35)),
        "shoes": painted["shoes"].map(_shoes),
        "sleeves": painted["sleeves"].map({"no": 0, "yes": 1}),
    }
    return np.column_stack([columns[name].to_numpy(np.int64) for name in RENDERED])


def _facing(truth: pd.DataFrame) -> Ints:
    """Tell the way somebody moves on the court (n,): y grows towards the camera, x to the right."""
    people = truth.groupby("id")
    seconds = people["time_s"].diff().to_numpy(np.float64)
    right, near = (people[axis].diff().to_numpy(np.float64) / seconds for axis in ("x_m", "y_m"))
    way = np.where(abs(near) > abs(right), np.where(near > 0, 1, 0), np.where(right > 0, 3, 2))
    moving = (np.hypot(right, near) > _MOVES_MPS) & (seconds < 1.5)  # NaN, where nothing is known, is not moving
    return np.where(moving, way, UNKNOWN)


def _with_number(truth: pd.DataFrame, objects: pd.DataFrame) -> Ints:
    """Tell which bodies (n,) hold the centre of a visible number."""
    centre = ("frame", "u", "v")
    numbers = objects[objects["class"] == "number"].assign(
        u=lambda o: o["x"] + o["w"] / 2, v=lambda o: o["y"] + o["h"] / 2
    )
    body = truth[["frame", "x", "y", "w", "h"]].reset_index(drop=True).reset_index(names="row")
    both = body.merge(numbers[list(centre)], on="frame")  # one row per body and number of a frame
    inside = both["u"].between(both["x"], both["x"] + both["w"]) & both["v"].between(both["y"], both["y"] + both["h"])
    return np.isin(np.arange(len(truth)), both.loc[inside, "row"]).astype(np.int64)


def _lightness(color: str) -> float:
    """CIE lightness, 0 to 100, of #rrggbb.

    Example:
        >>> _lightness("#000000"), _lightness("#ffffff")
        (0.0, 100.0)
    """
    return torso_lightness(np.full((8, 8, 3), _bgr(color), np.uint8))


def _bgr(color: str) -> tuple[int, int, int]:
    return int(color[5:7], 16), int(color[3:5], 16), int(color[1:3], 16)


def _shoes(color: str) -> int:
    """Name the colour of shoes.

    Example:
        >>> [RENDERED["shoes"][_shoes(color)] for color in ("#f0f0f0", "#1e1e1e", "#d22828")]
        ['white', 'black', 'coloured']
    """
    channels = _bgr(color)
    if max(channels) - min(channels) > 40:
        return 1
    return 2 if _lightness(color) > 50 else 0


def digit_attributes(crops: CropSet) -> Attributes:
    """Measure the strokes of digits, white on black."""
    rows = [_strokes(crops.person(row)[..., 0]) for row in range(len(crops))]
    return Attributes(DIGITS, np.array(rows, np.int64).reshape(-1, len(DIGITS)))


def _strokes(image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Tell holes, slant, width and thickness of one digit (h, w).

    Slant is the shear that the second moments say, width that of the box about the ink in shares of its height, thickness
    the largest distance from ink to paper, doubled.

    Example:
        A ring: one hole, upright, wide, of thin strokes.

        >>> _strokes(cv2.circle(np.zeros((28, 28), np.uint8), (14, 14), 8, 255, 1))
        (1, 1, 1, 0)
    """
    ink = (np.pad(image, 1) > 63).astype(np.uint8)
    holes = cv2.connectedComponents(1 - ink, connectivity=4)[0] - 2  # less the ink's own label and the paper around it
    moments = cv2.moments(ink, binaryImage=True)
    shear = -moments["mu11"] / max(moments["mu02"], 1.0)  # y grows downwards: what leans to the right has mu11 < 0
    _, _, width, height = cv2.boundingRect(ink)
    thickness = 2 * float(cv2.distanceTransform(ink, cv2.DIST_L2, 3).max())
    return min(holes, 2), int(np.digitize(shear, (-0.15, 0.15))), int(width > 0.6 * height), int(thickness > 4.5)
