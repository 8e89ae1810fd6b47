"""Several kinds of crops in one training: tracklets of real games, rendered games, single pictures.

Players of few real games teach few uniforms and one size of picture. Rendered games add other uniforms, other light and small players
of a wide camera; single pictures of other games add real uniforms, each person alike to nobody but himself. People of two kinds are
neither the same nor certainly different: that a figure is no photograph is not to be learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from pydantic import Field

from models.detector.classes import CLASS_NAMES, PLAYER
from models.detector.dataset import LabelledImage
from models.detector.readers import read_voc, read_yolo_text
from models.reid.data.batches.sampling import CourtSampler
from models.reid.data.crops import CropSet, Entry, Ints, cut, pack
from models.reid.data.sources.games import MARGIN, joined, read_game
from models.reid.data.splits.people import People, unnamed
from models.strict import Strict
from pipeline.errors import InputError

_SMALLEST_PX = (40, 12)
"""Height and width under which a box in a single picture shows nobody."""


class BesideData(Strict):
    """What is learned from beside the tracklets."""

    rendered: str | None = Field(
        None, description="folder with rendered games (courtside render-game), relative to the working directory"
    )
    min_visible: float = Field(0.5, ge=0, le=1, description="of a rendered figure")
    voc: tuple[str, ...] = Field((), description="folders of single pictures with Pascal VOC boxes of players")
    yolo: tuple[str, ...] = Field((), description="folders of single pictures with YOLO boxes of players")
    people: int = Field(8, ge=2, description="identities of one of these kinds that join every batch")


def read_beside(settings: BesideData, root: Path, cache: Path) -> list[People]:
    """Read what is learned from beside the tracklets, one set per kind.

    Args:
        settings: which.
        root: where the paths of pictures begin.
        cache: folder for packed crops.

    Raises:
        InputError: data are missing.
    """
    sets = []
    if settings.rendered is not None:
        folders = sorted(file.parent for file in Path(settings.rendered).glob("*/truth.parquet"))
        if not folders:
            raise InputError(f"{settings.rendered}: no rendered games there; make some with courtside render-game")
        sets.append(joined([read_game(folder, cache, min_visible=settings.min_visible) for folder in folders]))
    pictures = [image for name in settings.voc for image in read_voc(root / name, name, ("player",))]
    pictures += [image for name in settings.yolo for image in read_yolo_text(root / name, name, (CLASS_NAMES[PLAYER],))]
    if pictures:
        sets.append(single_pictures(pictures))
    return sets


def single_pictures(images: Sequence[LabelledImage]) -> People:
    """Cut the players of single pictures: everybody is an identity of one crop, and differs from the others in his picture.

    A picture that is there in several augmented copies (`NAME.rf.HASH.jpg`) is taken once.
    """
    entries, names = list[Entry](), list[str]()
    for name, image in {image.path.name.split(".rf.")[0]: image for image in reversed(images)}.items():
        size = image.xyxy_px[:, 2:] - image.xyxy_px[:, :2]  # (n, 2) width, height
        shown = (image.class_index == PLAYER) & (size[:, 1] >= _SMALLEST_PX[0]) & (size[:, 0] >= _SMALLEST_PX[1])
        if shown.sum() < 2:
            continue  # nobody to be told from
        picture = cv2.imread(str(image.path), cv2.IMREAD_COLOR)
        if picture is None:
            raise InputError(f"picture {image.path}: missing or unreadable")
        for number, box in enumerate(image.xyxy_px[shown]):
            pixels, inner = cut(np.asarray(picture, np.uint8), box.tolist(), MARGIN)
            entries.append(Entry(pixels, inner, len(entries), number, len(names), 0))
        names.append(name)
    return unnamed(pack(entries, names, names, "pictures"))


class MixedBatches:
    """Batch sampler: people of one clip of the first set, and people of one scene of one other set.

    Each entry is (row, seed of its change, seed of the scene's new uniforms or -1); all follow from seed and step alone.

    Args:
        crops: all sets, chained.
        sizes: crops of each set.
        people: identities per batch from the first set, and from another.
        per_person: crops of each.
        home: see `CourtSampler`.
        recolour: share of the scenes that get new uniforms.
        seed: of everything.
        span: batches per epoch.
        steps: batches in all; the last epoch ends there.
    """

    def __init__(
        self,
        crops: CropSet,
        sizes: Sequence[int],
        people: tuple[int, int],
        per_person: int,
        home: float,
        recolour: float,
        seed: int,
        span: int,
        steps: int,
    ) -> None:
        ends = np.cumsum([0, *sizes])
        self._rows: list[Ints] = [np.arange(a, b) for a, b in pairwise(ends)]
        self._samplers = [
            CourtSampler(crops.select(rows), 1, people[min(kind, 1)], per_person, home)
            for kind, rows in enumerate(self._rows)
        ]
        self._recolour, self._seed = recolour, seed
        self._span, self._steps, self._epoch = span, steps, 0

    def set_epoch(self, epoch: int) -> None:
        """Take the batches of this epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._span

    def __iter__(self) -> Iterator[list[tuple[int, int, int]]]:
        first = self._epoch * self._span
        for step in range(first, min(first + self._span, self._steps)):
            rng = np.random.default_rng([self._seed, step])
            added = len(self._samplers) - 1
            kinds = [0, *([1 + int(rng.integers(added))] if added else [])]
            yield [entry for kind in kinds for entry in self._scene(kind, rng)]

    def _scene(self, kind: int, rng: np.random.Generator) -> list[tuple[int, int, int]]:
        """Draw the entries of one scene."""
        rows = self._rows[kind][self._samplers[kind].draw(rng)]
        recolour_seed = int(rng.integers(2**31)) if rng.random() < self._recolour else -1
        return [
            (int(row), int(seed), recolour_seed)
            for row, seed in zip(rows, rng.integers(2**31, size=len(rows)), strict=True)
        ]
