"""Changed versions ("views") of crops that are drawn once, as the frozen first layers of a network see them, on disk.

A short training shows each crop a few times. Where the first layers stay as they are, most of a step's time goes into changing pictures and into
these layers; trainings that differ in what comes after share that work. A store is found by what its records depend on: the layers, the
changes, the size; a record by its crop's pixels, so that any split of any set of crops takes from it what is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from models.reid.data.batches.pictures import Batch
from models.reid.data.crops import CropSet, Image, Ints

Draw = Callable[[CropSet, int, int], Image]
"""Makes view number k (last) of a crop of a set."""
Layers = Callable[[Image], NDArray[np.float32]]
"""Maps pictures (n, h, w, 3) to what the first layers see (n, c, h', w')."""
_HASH_BYTES = 16
_CROPS_AT_ONCE = 16


class ViewStore:
    """Records of crops, one after the other in a file: (views, c, h', w') half precision each.

    Args:
        folder: its own; made if need be. What a stopped start left is used.
        views: of each crop.
        draw: makes one of them.
        layers: the first layers.
    """

    def __init__(self, folder: Path, views: int, draw: Draw, layers: Layers) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._records, self._index, self._shape = (folder / name for name in ("views.f16", "crops.hash", "shape.json"))
        self.views, self._draw, self._layers = views, draw, layers

    def rows(self, crops: CropSet) -> Ints:
        """Return the record of each of n crops (n,); crops that have none are given one."""
        wanted = [_hash(crops, row) for row in range(len(crops))]
        place = self._places()
        missing = [row for row, name in enumerate(wanted) if name not in place]
        missing = list({wanted[row]: row for row in missing}.values())
        for at in range(0, len(missing), _CROPS_AT_ONCE):
            some = missing[at : at + _CROPS_AT_ONCE]
            self._add(crops, some, [wanted[row] for row in some], len(place))
            place |= {wanted[row]: len(place) + k for k, row in enumerate(some)}
        return np.array([place[name] for name in wanted], np.int64)

    def read(self) -> NDArray[np.float16]:
        """Map the records: (m, views, c, h', w')."""
        shape = tuple(json.loads(self._shape.read_text(encoding="utf-8")))
        record = self.views * int(np.prod(shape))
        count = self._records.stat().st_size // (2 * record)
        return np.memmap(self._records, np.float16, "r", shape=(count, self.views, *shape))

    def _places(self) -> dict[bytes, int]:
        """Read which crop has which record."""
        data = self._index.read_bytes() if self._index.is_file() else b""
        names = [data[at : at + _HASH_BYTES] for at in range(0, len(data) - _HASH_BYTES + 1, _HASH_BYTES)]
        return {name: number for number, name in enumerate(names)}

    def _add(self, crops: CropSet, rows: Sequence[int], names: Sequence[bytes], count: int) -> None:
        """Write the records of some crops behind `count` others, and then their names."""
        pictures = np.stack([self._draw(crops, row, view) for row in rows for view in range(self.views)])
        seen = self._layers(pictures).astype(np.float16)
        self._shape.write_text(json.dumps(seen.shape[1:]), encoding="utf-8")
        mode = "r+b" if self._records.is_file() else "w+b"
        with self._records.open(mode) as file:
            file.seek(count * (seen.nbytes // len(rows)))
            file.write(seen.tobytes())
        with self._index.open("r+b" if self._index.is_file() else "w+b") as file:
            file.seek(count * _HASH_BYTES)
            file.write(b"".join(names))


class StoredViews(Dataset[Any]):
    """Batches of (row, seed of its change, seed of its uniform or -1), read from a store.

    The first half of a crop's views shows it in its own uniform, the second in another one, which is the same for all crops of a game.

    Args:
        crops: n of them.
        store: where their records are, or will be.
    """

    def __init__(self, crops: CropSet, store: ViewStore) -> None:
        self._identity = torch.from_numpy(crops.identity)
        self._rows = store.rows(crops)
        self._half = store.views // 2
        self._records = store.read()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitems__(self, drawn: Sequence[tuple[int, int, int]]) -> Batch:
        """Return a batch."""
        rows = np.array([row for row, _, _ in drawn], np.int64)
        views = [view_of(seed, colour_seed, self._half) for _, seed, colour_seed in drawn]
        seen = torch.from_numpy(np.array(self._records[self._rows[rows], views])).float()
        return Batch(seen.contiguous(memory_format=torch.channels_last), self._identity[rows], torch.from_numpy(rows))


def view_of(seed: int, colour_seed: int, half: int) -> int:
    """Choose a view: one of the first half for its own uniform, else of the second, the same one for a whole scene.

    Example:
        >>> view_of(7, -1, 3), view_of(7, 5, 3)
        (1, 5)
    """
    return seed % half if colour_seed < 0 else half + colour_seed % half


def _hash(crops: CropSet, row: int) -> bytes:
    """Name a crop by its pixels, its box and its game, whose uniforms a view may have."""
    text = f"{crops.image(row).shape} {crops.box_px[row].tolist()} {crops.scene_game[crops.scene[row]]}"
    digest = hashlib.blake2b(text.encode(), digest_size=_HASH_BYTES)
    digest.update(np.ascontiguousarray(crops.image(row)).tobytes())
    return digest.digest()
