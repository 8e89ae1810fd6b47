"""The MNIST digits: IDX files as their authors published them.

Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits": magic number, sizes as big-endian 32-bit
integers, then the values.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from models.reid.data.crops import CropSet, Image
from pipeline.errors import InputError

_IMAGES, _LABELS = 0x803, 0x801


def read_mnist(folder: Path, part: str) -> CropSet:
    """Read one part of MNIST; an identity is a digit.

    Args:
        folder: holds `<part>-images-idx3-ubyte.gz` and `<part>-labels-idx1-ubyte.gz`.
        part: `train` or `t10k`.

    Returns:
        Grey crops (28, 28, 1), identity = digit.

    Raises:
        InputError: a file is missing or not what it should be.
    """
    images = _read_idx(folder / f"{part}-images-idx3-ubyte.gz", _IMAGES)
    labels = _read_idx(folder / f"{part}-labels-idx1-ubyte.gz", _LABELS)
    if len(images) != len(labels):
        raise InputError(f"MNIST {folder}: {len(images)} images of part {part} but {len(labels)} labels")
    n, height, width = images.shape
    none = np.zeros(n, np.int64)
    return CropSet(
        pixels=images.reshape(-1),
        start=np.arange(n, dtype=np.int64) * height * width,
        shape_px=np.tile(np.array([[height, width]], np.int64), (n, 1)),
        box_px=np.tile(np.array([[0, 0, width, height]], np.float32), (n, 1)),
        identity=labels.astype(np.int64),
        tracklet=none,
        scene=none,
        frame=np.arange(n, dtype=np.int64),
        camera=none,
        scene_names=(part,),
        scene_game=("mnist",),
        fingerprint=f"mnist-{part}-{n}",
        channels=1,
        identity_names=tuple(str(digit) for digit in range(10)),
    )


def _read_idx(path: Path, magic: int) -> Image:
    """Read one gzipped IDX file of bytes."""
    try:
        with gzip.open(path, "rb") as file:
            data = file.read()
    except (OSError, EOFError) as error:
        raise InputError(f"MNIST file {path}: {error}") from error
    dims = magic & 0xFF
    head = np.frombuffer(data[: 4 * (1 + dims)], ">i4")
    if len(head) != 1 + dims or head[0] != magic or len(data) != head.nbytes + np.prod(head[1:]):
        raise InputError(f"MNIST file {path}: not an IDX file of {dims}-dimensional bytes (or cut off)")
    return np.frombuffer(data, np.uint8, offset=head.nbytes).reshape(tuple(head[1:]))
