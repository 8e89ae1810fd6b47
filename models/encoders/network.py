"""An encoder that runs a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.encoders.crops import to_batch
from models.encoders.protocol import Crop, Vectors
from models.runtime import PictureNetwork
from models.vectors import unit


class NetworkEncoder:
    """Crops to vectors with a network that maps (n, h, w, 3) to (n, dim).

    Args:
        network: ready to run.
        dim: length of its vectors.
        crop_size_px: height and width of its pictures.
    """

    def __init__(self, network: PictureNetwork, dim: int, crop_size_px: tuple[int, int]) -> None:
        self._network = network
        self._dim = dim
        self._crop_size_px = crop_size_px

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    @property
    def crop_size_px(self) -> tuple[int, int]:
        """Height and width that crops are brought to."""
        return self._crop_size_px

    def embed(self, crops: Sequence[Crop]) -> Vectors:
        """Encode n crops (h, w, 3) BGR uint8 to (n, dim) float32, unit length."""
        if not crops:
            return np.empty((0, self._dim), np.float32)
        vectors = self._network(to_batch(crops, self._crop_size_px))[0]  # (n, dim)
        return np.asarray(unit(vectors), np.float32)
