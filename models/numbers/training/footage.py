"""Numbers of real footage, labelled weakly: a number box inside one named person's box says that person's number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.detector.classes import CLASS_NAMES
from models.detector.dataset import LabelledImage
from models.detector.readers import read_coco
from models.numbers.texts import TEXTS, index_of
from models.numbers.training.render import NO_TEXT, STORED_PX, Examples
from models.numbers.window import INPUT_PX, WINDOW, cut_window
from pipeline.errors import InputError

_TORSO = (0.08, 0.58)
"""Top and bottom, as shares of a person's box, between which the middle of his number lies."""
_NOTHING_PER_IMAGE = 2
_WINDOW = WINDOW * STORED_PX / INPUT_PX
_RIGHT = np.clip((np.arange(STORED_PX) - STORED_PX / 2 + 2) / 4, 0, 1)[:, None]
"""Share of the other picture, by column, where two halves are put together."""


@dataclass(frozen=True)
class Footage:
    """Examples of footage and where they come from, rows alike."""

    examples: Examples
    game: NDArray[np.str_]
    clip: NDArray[np.str_]
    uniform: NDArray[np.str_]
    """(n,) game and team; two people of one uniform wear the same colours and typeface."""
    height_px: NDArray[np.float64]
    """(n,) height of the number's box, in px of a picture 1280 px wide; NaN where there is none."""

    def __len__(self) -> int:
        """Count them."""
        return len(self.examples)

    def select(self, rows: NDArray[np.bool_]) -> Footage:
        """Take the rows (n,) that are wanted."""
        chosen = Examples(self.examples.images[rows], self.examples.text[rows])
        return Footage(chosen, self.game[rows], self.clip[rows], self.uniform[rows], self.height_px[rows])


def read_footage(images: Path, tracklets: Path, people: Path, rng: np.random.Generator) -> Footage:
    """Cut the numbers of named people, and places without a number, out of a COCO set.

    Args:
        images: folder of the set, its pictures stretched to a square from 16:9.
        tracklets: CSV with clip, file, tracklet, x, y, w, h (px of the stored picture).
        people: CSV with clip, tracklet, person (his number where it is known, else empty).
        rng: chooses places without a number.

    Raises:
        InputError: a file is missing or lacks a column.
    """
    boxes = _named_boxes(tracklets, people)
    by_file = {str(file): rows for file, rows in boxes.groupby("file")}
    rows = [row for image in read_coco(images) for row in _examples_of(image, by_file.get(image.path.name), rng)]
    if not rows:
        raise InputError(f"{images}: no number box inside the box of a named person")
    pictures, text, game, clip, team, height = zip(*rows, strict=True)
    examples = Examples(np.stack(pictures), np.array(text, dtype=np.int64))
    uniform = np.char.add(np.array(game), np.array(team))
    return Footage(examples, np.array(game), np.array(clip), uniform, np.array(height, dtype=np.float64))


def exchange_halves(footage: Footage, rows: NDArray[np.int64], share: float, rng: np.random.Generator) -> Examples:
    """Take examples, some numbers of two digits with the second digit of another one of the same uniform.

    Few numbers are worn in two games: without it they would be learned as wholes, and other numbers taken for them.

    Args:
        footage: where they come from.
        rows: (k,) which of them.
        share: of the numbers with two digits.
        rng: source of chance.
    """
    images, text = footage.examples.images[rows], footage.examples.text[rows].copy()
    if share == 0:
        return Examples(images, text)
    two = (footage.examples.text >= 10) & (footage.examples.text < 100)
    for place in np.flatnonzero(two[rows] & (rng.random(len(rows)) < share)):
        mates = np.flatnonzero(two & (footage.uniform == footage.uniform[rows[place]]))
        donor = int(mates[rng.integers(len(mates))])
        images[place] = images[place] * (1 - _RIGHT) + footage.examples.images[donor] * _RIGHT
        text[place] = 10 * (text[place] // 10) + footage.examples.text[donor] % 10
    return Examples(images, text)


def _named_boxes(tracklets: Path, people: Path) -> pd.DataFrame:
    """Read the boxes of people, with the column person ('' where not named)."""
    try:
        boxes = pd.read_csv(tracklets)
        named = pd.read_csv(people, dtype={"person": str}, keep_default_na=False)
        joined = boxes.merge(named[["clip", "tracklet", "team", "person"]], on=["clip", "tracklet"], how="left")
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"weak labels from {tracklets} and {people}: {error}") from error
    return joined.assign(person=joined["person"].fillna(""), team=joined["team"].fillna(""))


_Row = tuple[NDArray[np.uint8], int, str, str, str, float]


def _examples_of(image: LabelledImage, people: pd.DataFrame | None, rng: np.random.Generator) -> Iterator[_Row]:
    """Cut the examples of one picture."""
    if people is None:
        return
    stored = cv2.imread(str(image.path), cv2.IMREAD_COLOR)
    if stored is None:
        raise InputError(f"{image.path}: cannot be read as an image")
    picture = np.asarray(stored, np.uint8)
    stretch = picture.shape[0] / image.height_px
    person_box = people[["x", "y", "w", "h"]].to_numpy(np.float64)
    numbers = image.xyxy_px[image.class_index == CLASS_NAMES.index("number")].astype(np.float64)
    for box in numbers:
        inside = _owners(box * [1, stretch, 1, stretch], person_box)
        if len(inside) == 1 and (text := str(people["person"].iloc[inside[0]])) in TEXTS:
            height = (box[3] - box[1]) * 1280 / image.width_px
            team = str(people["team"].iloc[inside[0]])
            yield _cut(picture, box, stretch), index_of(text), image.game, image.clip, team, height
    for _ in range(_NOTHING_PER_IMAGE):
        box = _below_number(person_box[int(rng.integers(len(person_box)))], stretch, rng)
        if not _overlaps(box, numbers):
            yield _cut(picture, box, stretch), NO_TEXT, image.game, image.clip, "", np.nan


def _owners(number: NDArray[np.float64], people: NDArray[np.float64]) -> NDArray[np.intp]:
    """Find the people (x, y, w, h) on whose torso the middle of a number box lies."""
    x, y = (number[0] + number[2]) / 2, (number[1] + number[3]) / 2
    across = (people[:, 0] < x) & (x < people[:, 0] + people[:, 2])
    share = (y - people[:, 1]) / people[:, 3]
    return np.flatnonzero(across & (share > _TORSO[0]) & (share < _TORSO[1]))


def _cut(picture: NDArray[np.uint8], box: NDArray[np.float64], stretch: float) -> NDArray[np.uint8]:
    """Cut the window around a box that is given in unstretched px."""
    side = _WINDOW * max(box[2] - box[0], box[3] - box[1])
    centre = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2 * stretch
    return cut_window(picture, centre, (side, side * stretch), STORED_PX)


def _below_number(person: NDArray[np.float64], stretch: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Make a box the size of a number on the head, shorts or legs of a person, in unstretched px."""
    x, y, w, h = person / [1, stretch, 1, stretch]
    tall = h * rng.uniform(0.08, 0.16)
    wide = tall * rng.uniform(0.5, 1.0)
    left = x + rng.uniform(0, max(w - wide, 1e-6))
    share = rng.uniform(0.0, 0.08) if rng.random() < 0.3 else rng.uniform(0.5, 0.9)
    return np.array([left, y + share * h, left + wide, y + share * h + tall])


def _overlaps(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> bool:
    """Say whether a box (4,) touches any of the others (n, 4)."""
    separate = (boxes[:, 0] > box[2]) | (boxes[:, 2] < box[0]) | (boxes[:, 1] > box[3]) | (boxes[:, 3] < box[1])
    return bool((~separate).any())
