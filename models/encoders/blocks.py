"""A plain convolutional encoder of four blocks, for training from nothing.

The twin of A. K. Bojja's siamese network on MARS: convolution, max-pooling, batch norm, ReLU, four times, then a dense
embedding.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import Tensor, nn


class BlockNet(nn.Module):
    """Four blocks and a dense layer: (n, c, h, w) -> (n, dim), not of unit length.

    Args:
        size_px: height and width of the pictures, at least 16.
        colors: channels of the pictures.
        dim: length of the vectors.
        channels: of the blocks.
        dropout: share of the features before the dense layer that is dropped in training.
    """

    def __init__(
        self,
        size_px: tuple[int, int],
        colors: int = 3,
        dim: int = 128,
        channels: Sequence[int] = (32, 64, 128, 256),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if min(size_px) < 2 ** len(channels):
            raise ValueError(f"pictures of {size_px} px are too small for {len(channels)} poolings")
        widths = [colors, *channels]
        self.blocks = nn.Sequential(*(_block(a, b) for a, b in itertools.pairwise(widths)))
        height, width = (size // 2 ** len(channels) for size in size_px)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(channels[-1] * height * width, dim)
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures (n, c, h, w) to vectors (n, dim)."""
        out: Tensor = self.dense(self.dropout(self.blocks(x).flatten(1)))
        return out


def _block(c_in: int, c_out: int) -> nn.Sequential:
    """One block: (n, c_in, h, w) -> (n, c_out, h // 2, w // 2)."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1), nn.MaxPool2d(2), nn.BatchNorm2d(c_out), nn.ReLU(inplace=True)
    )
