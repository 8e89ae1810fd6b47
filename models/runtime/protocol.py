"""What a network is to those who use it: pictures in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

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
class HeadSource:
    """Where a small network comes from that goes on from another one's features."""

    name: str
    """ball."""
    weights: Path
    """The safetensors file."""
    build: Callable[[], nn.Module]
    """Makes it for inference in fp32: feature maps, each (n, channels, h, w) -> a tensor of n rows."""
    feature_shapes: tuple[tuple[int, int, int], ...]
    """Channels, height and width of each feature map, to trace it with; height and width stay open."""

    def examples(self) -> tuple[NDArray[Any], ...]:
        """Make something to trace it with."""
        return tuple(np.zeros((2, *shape), np.float32) for shape in self.feature_shapes)


@dataclass(frozen=True)
class NetworkSource:
    """Where a network comes from."""

    name: str
    """detector, encoder, court or numbers."""
    weights: Path
    """The safetensors file."""
    build: Callable[[], nn.Module]
    """Makes the network for inference in fp32: (n, h, w, 3) uint8 BGR -> a tensor or a tuple of them, n rows each."""
    size_px: tuple[int, int]
    """Height and width of a picture, to trace the network with."""
    batch: int
    """Pictures that go through together."""
    outputs: int | None = None
    """The first so many outputs are wanted, what comes after them is for a head; None: all are wanted."""
    head: HeadSource | None = None
    """Its output comes after the wanted ones."""

    def examples(self) -> tuple[NDArray[Any], ...]:
        """Make something to trace it with."""
        return (np.zeros((2, *self.size_px, 3), np.uint8),)
