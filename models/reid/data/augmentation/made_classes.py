"""Classes made from classes: more identities to tell apart than the data has, so that unseen ones can be told apart too.

A picture turned or mirrored is taken for another class, as is common for characters (Vinyals et al., "Matching Networks for One
Shot Learning", NIPS 2016, turn Omniglot's by quarters); and so is the half of one class put beside the half of another. Within a
class pictures are bent, turned a little, sheared and moved at random.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.utils.data import Dataset

from models.reid.data.batches.pictures import Batch, to_network
from models.reid.data.crops import Image, Ints
from models.reid.data.settings import PictureSettings
from models.strict import Strict
from pipeline.errors import SettingsError

_BENDS = 5
"""Points along a side that are moved to bend a picture."""


class MadeClassSettings(Strict):
    """Which classes are made, and how pictures change within a class."""

    turns: bool = Field(True, description="the eight ways to turn and mirror a square are classes of their own")
    halves: int = Field(60, ge=0, description="classes that are half of one class, half of another, drawn at random")
    turn_deg: float = Field(15.0, ge=0, description="at most, to either side")
    scale: float = Field(0.15, ge=0, lt=1)
    shear: float = Field(0.3, ge=0)
    shift: float = Field(0.12, ge=0, lt=1, description="share of half the size")
    bend: float = Field(0.08, ge=0, description="standard deviation of the bending, share of half the size")


@dataclass(frozen=True)
class MadeClass:
    """How pictures of a class are put together: (identity, turn) of the whole, or of two halves."""

    first: tuple[int, int]
    second: tuple[int, int] | None = None
    upright: bool = True


def made_classes(identities: Sequence[int], settings: MadeClassSettings, seed: int) -> list[MadeClass]:
    """List the classes.

    Args:
        identities: of the training set.
        settings: which classes are made.
        seed: of the halves.

    Example:
        >>> settings = MadeClassSettings(turns=True, halves=3)
        >>> len(made_classes([4, 7], settings, seed=0))
        19
    """
    base = [(identity, turn) for identity in identities for turn in range(8 if settings.turns else 1)]
    rng = np.random.default_rng(seed)
    halves = []
    for number in range(settings.halves):
        first, second = (base[k] for k in rng.choice(len(base), 2, replace=False))
        halves.append(MadeClass(first, second, number % 2 == 0))
    return [*(MadeClass(whole) for whole in base), *halves]


class MadePictures(Dataset[Any]):
    """Batches of (class, seed) pairs: pictures of made classes, labels are the classes' numbers.

    Args:
        pictures: (n, side, side, channels) uint8.
        identity: (n,).
        picture: how the network wants them.
        settings: see `MadeClassSettings`.
        seed: of the choice of classes.

    Raises:
        SettingsError: pictures are not square.
    """

    def __init__(
        self, pictures: Image, identity: Ints, picture: PictureSettings, settings: MadeClassSettings, seed: int
    ) -> None:
        if picture.size_px[0] != picture.size_px[1]:
            raise SettingsError(
                f"made: pictures of {picture.size_px} px cannot be turned; choose a square picture.size_px"
            )
        self.pictures, self.picture, self.settings = pictures, picture, settings
        self.rows = {int(number): np.flatnonzero(identity == number) for number in np.unique(identity)}
        self.classes = made_classes(sorted(self.rows), settings, seed)

    def __len__(self) -> int:
        return len(self.classes)

    def __getitems__(self, drawn: Sequence[tuple[int, int]]) -> Batch:
        """Return a batch."""
        made = torch.stack([self._put_together(self.classes[number], seed) for number, seed in drawn])
        generator = torch.Generator().manual_seed(drawn[0][1])
        label = torch.tensor([number for number, _ in drawn])
        return Batch(bent(to_network(made, self.picture), self.settings, generator), label, label)

    def _put_together(self, made: MadeClass, seed: int) -> Tensor:
        """Draw one picture (side, side, channels) of a class."""
        rng = np.random.default_rng(seed)
        out = self._draw(made.first, rng)
        if made.second is not None:
            second, middle = self._draw(made.second, rng), out.shape[0] // 2
            out = (
                torch.cat([out[:middle], second[middle:]], 0)
                if made.upright
                else torch.cat([out[:, :middle], second[:, middle:]], 1)
            )
        return out

    def _draw(self, source: tuple[int, int], rng: np.random.Generator) -> Tensor:
        """Draw a picture of an identity and turn it; contiguous."""
        identity, turn = source
        picture = torch.from_numpy(np.array(self.pictures[rng.choice(self.rows[identity])]))
        return torch.rot90(picture.flip(1) if turn & 4 else picture, turn & 3, (0, 1)).contiguous()


class ClassBatches:
    """Batch sampler for `MadePictures`: `people` classes x `crops` pictures of each, as (class, seed) pairs.

    Args:
        classes: how many there are.
        people: classes per batch, at most what there are.
        crops: pictures of each.
        batches: per epoch.
        seed: of everything.
    """

    def __init__(self, classes: int, people: int, crops: int, batches: int, seed: int) -> None:
        self._classes, self._people, self._crops = classes, min(people, classes), crops
        self._batches, self._seed, self._epoch = batches, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Take the choice of this epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        rng = np.random.default_rng([self._seed, self._epoch])
        for _ in range(self._batches):
            chosen = np.repeat(rng.choice(self._classes, self._people, replace=False), self._crops)
            yield list(zip(chosen.tolist(), rng.integers(2**32, size=len(chosen)).tolist(), strict=True))


def bent(pictures: Tensor, settings: MadeClassSettings, generator: torch.Generator) -> Tensor:
    """Turn, scale, shear, shift and bend each picture (n, c, h, w) by itself; outside is 0.

    Args:
        pictures: (n, c, h, w).
        settings: how much.
        generator: everything random.
    """
    n = len(pictures)

    def even(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=generator) * 2 - 1

    angle = even() * math.radians(settings.turn_deg)
    scale, shift = 1 + even(2) * settings.scale, even(2) * settings.shift
    cos, sin = angle.cos(), angle.sin()
    first = torch.stack([cos * scale[:, 0], even() * settings.shear - sin, shift[:, 0]], 1)
    second = torch.stack([sin, cos * scale[:, 1], shift[:, 1]], 1)
    grid = nn.functional.affine_grid(torch.stack([first, second], 1), list(pictures.shape), align_corners=False)
    if settings.bend:
        field = torch.randn(n, 2, _BENDS, _BENDS, generator=generator) * settings.bend
        smooth = nn.functional.interpolate(field, size=pictures.shape[2:], mode="bicubic", align_corners=True)
        grid = grid + smooth.permute(0, 2, 3, 1)
    return nn.functional.grid_sample(pictures, grid, align_corners=False)
