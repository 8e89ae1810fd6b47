"""Crops of one size, packed once into a memory map, and batches of them: fast epochs on few cores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from models.encoders.crops import resize
from models.encoders.osnet import normalise
from models.reid.data.crops import CropSet, Image, Ints
from models.reid.data.settings import PictureSettings

LAYOUT = 1
"""Of packed pictures on disk; part of their name."""

Augment = Callable[[Tensor], Tensor]
"""(c, h, w) uint8, RGB or grey, to the same: one picture changed at random."""


class Batch(NamedTuple):
    """What a network is shown: (n, c, h, w) float pictures, (n,) identities, (n,) rows of the crop set."""

    pictures: Tensor
    identity: Tensor
    row: Tensor


def pictures_of(crops: CropSet, picture: PictureSettings, cache: Path | None = None) -> Image:
    """Bring the people of a crop set to one size.

    Args:
        crops: n crops.
        picture: size and channels.
        cache: folder for a memory map, made once per content; None: in memory, every time.

    Returns:
        (n, height, width, channels) uint8, BGR or grey; read-only where it is a memory map.
    """
    if cache is None:
        return _pack(crops, picture, np.empty(_shape(crops, picture), np.uint8))
    path = cache / f"pictures-{_key(crops, picture)}.npy"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new.npy")
        out = np.lib.format.open_memmap(new, mode="w+", dtype=np.uint8, shape=_shape(crops, picture))
        _pack(crops, picture, out).flush()  # type: ignore[attr-defined]
        del out
        new.replace(path)
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def to_network(pictures: Tensor, picture: PictureSettings) -> Tensor:
    """Map uint8 (n, h, w, c), BGR or grey, to the float (n, c, h, w) that a network takes.

    Example:
        >>> to_network(torch.full((1, 2, 2, 1), 255, dtype=torch.uint8), PictureSettings(channels=1, scale="unit")).shape
        torch.Size([1, 1, 2, 2])
    """
    if picture.channels == 3 and picture.scale == "imagenet":
        return normalise(pictures)
    scaled = pictures.to(torch.float32).div_(255).permute(0, 3, 1, 2)
    return scaled.flip(1) if picture.channels == 3 else scaled


class PictureDataset(Dataset[Any]):
    """Rows of packed pictures, given out in batches; augmented one by one where asked.

    Args:
        pictures: (n, h, w, c) uint8, BGR or grey.
        identity: (n,) labels given out; may be replaced between epochs.
        picture: how the network wants them.
        augment: None for pictures as they are.
    """

    def __init__(
        self, pictures: Image, identity: Ints, picture: PictureSettings, augment: Augment | None = None
    ) -> None:
        self.pictures = pictures
        self.identity = identity
        self.picture = picture
        self.augment = augment

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, row: int) -> Batch:
        """Return a batch of one."""
        return self.__getitems__([row])

    def __getitems__(self, rows: Sequence[int]) -> Batch:
        """Return a batch: the loader asks for all rows at once."""
        index = np.asarray(rows, np.int64)
        chosen = torch.from_numpy(np.ascontiguousarray(self.pictures[index]))
        if self.augment is not None:
            chosen = self._augmented(chosen)
        return Batch(to_network(chosen, self.picture), torch.from_numpy(self.identity[index]), torch.from_numpy(index))

    def _augmented(self, chosen: Tensor) -> Tensor:
        """Change each of (n, h, w, c) by itself; augmentations see RGB, channels first."""
        assert self.augment is not None
        changed = [self.augment(image.permute(2, 0, 1).flip(0)).flip(0).permute(1, 2, 0) for image in chosen]
        return torch.stack(changed).contiguous()


def loader(pictures: Dataset[Any], batches: Iterable[Sequence[Any]]) -> DataLoader[Any]:
    """Load the batches that a batch sampler names, in this process: pictures lie in memory already."""
    return DataLoader(pictures, batch_sampler=batches, collate_fn=_as_it_is)  # type: ignore[arg-type]


class ShuffledBatches:
    """Batch sampler: every row once per epoch, in an order that follows from seed and epoch alone.

    A training that is resumed so sees what it would have seen. The loop tells the epoch (`set_epoch`).

    Args:
        n: rows.
        size: of a batch; the last one may be smaller, one of a single row is left out (batch norm needs two).
        seed: of the order.
    """

    def __init__(self, n: int, size: int, seed: int) -> None:
        self._n, self._size, self._seed, self._epoch = n, size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Take the order of this epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        full, rest = divmod(self._n, self._size)
        return full + (rest > 1 or full == 0)

    def __iter__(self) -> Any:
        order = np.random.default_rng([self._seed, self._epoch]).permutation(self._n)
        for start in range(0, len(self) * self._size, self._size):
            yield order[start : start + self._size].tolist()


class IdentityBatches:
    """Batch sampler: `people` identities x `crops` crops of each (with repetition where there are fewer).

    Hermans et al., "In Defense of the Triplet Loss for Person Re-Identification", 2017 ("PK batches"). Order as in
    `ShuffledBatches`.

    Args:
        identity: (n,).
        people: identities per batch, at most what there are.
        crops: of each.
        batches: per epoch; None: as many as it takes to show n crops.
        seed: of the choice.
    """

    def __init__(self, identity: Ints, people: int, crops: int, seed: int, batches: int | None = None) -> None:
        self._rows = [np.flatnonzero(identity == number) for number in np.unique(identity)]
        self._people, self._crops, self._seed, self._epoch = min(people, len(self._rows)), crops, seed, 0
        self._batches = batches or max(1, len(identity) // (self._people * crops))

    def set_epoch(self, epoch: int) -> None:
        """Take the choice of this epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Any:
        rng = np.random.default_rng([self._seed, self._epoch])
        for _ in range(self._batches):
            chosen = rng.choice(len(self._rows), self._people, replace=False)
            yield [int(row) for number in chosen for row in self._of(number, rng)]

    def _of(self, number: int, rng: np.random.Generator) -> Ints:
        rows = self._rows[number]
        return rng.choice(rows, self._crops, replace=len(rows) < self._crops)


def _as_it_is(batch: Batch) -> Batch:
    """Take a batch that came whole."""
    return batch


def _shape(crops: CropSet, picture: PictureSettings) -> tuple[int, int, int, int]:
    return (len(crops), *picture.size_px, picture.channels)


def _pack(crops: CropSet, picture: PictureSettings, out: Image) -> Image:
    """Fill `out` (n, h, w, c), crop by crop."""
    for row in range(len(crops)):
        person = np.ascontiguousarray(crops.person(row))
        if person.shape[2] == 1 and (picture.channels == 3 or person.shape[:2] != picture.size_px):
            person = np.repeat(person, 3, axis=2)
        if person.shape[:2] != picture.size_px:
            person = resize(person, picture.size_px)
        if person.shape[2] == 3 and picture.channels == 1:
            person = np.asarray(cv2.cvtColor(person, cv2.COLOR_BGR2GRAY), np.uint8)[..., None]
        out[row] = person
    return out


def _key(crops: CropSet, picture: PictureSettings) -> str:
    """Name the content: the source, the rows, the size."""
    digest = hashlib.sha256(f"{LAYOUT} {crops.fingerprint} {picture.size_px} {picture.channels}".encode())
    for column in (crops.start, crops.box_px):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()[:16]
