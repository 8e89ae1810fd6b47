"""What a network is to those who use it: pictures in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

Pictures = NDArray[np.uint8]
"""(n, h, w, 3) BGR."""
Outputs = tuple[NDArray[np.float32], ...]
"""Each of n rows."""
Runtime = Literal["auto", "openvino", "torch"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]


class PictureNetwork(Protocol):
    """A network that is ready to run. Several threads may use it at once."""

    def __call__(self, pictures: Pictures) -> Outputs:
        """Run on n pictures (n, h, w, 3), n at least 1; the same pictures give the same bytes whatever runs beside."""
        ...


@dataclass(frozen=True)
class NetworkSource:
    """Where a network comes from."""

    name: str
    """detector, encoder, ball, court or numbers."""
    weights: Path
    """The safetensors file."""
    build: Callable[[], nn.Module]
    """Makes the network for inference in fp32: (n, h, w, 3) uint8 BGR -> a tensor or a tuple of them, n rows each."""
    size_px: tuple[int, int]
    """Height and width of a picture, to trace the network with."""
    batch: int
    """Pictures that go through together."""
