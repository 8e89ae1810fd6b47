"""What every appearance encoder offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Crop = NDArray[np.uint8]
"""(h, w, 3) BGR: the pixels of one person box, any size."""

Vectors = NDArray[np.float32]
"""(n, dim), unit length."""


class Encoder(Protocol):
    """Maps crops of people to vectors whose cosine says how alike two people look.

    Several threads may use it at once.
    """

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    @property
    def crop_size_px(self) -> tuple[int, int]:
        """Height and width that crops are brought to; larger crops gain nothing."""
        ...

    def embed(self, crops: Sequence[Crop]) -> Vectors:
        """Encode crops.

        Args:
            crops: n arrays (h, w, 3) BGR uint8, h and w at least 1 and free to differ.

        Returns:
            (n, dim) float32, unit length, row i of crop i; (0, dim) for no crops.
        """
        ...
