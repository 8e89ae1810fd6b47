"""The ball head: from the detector's features to a map of a quarter of the picture.

The detector's finest map has one cell for 8 x 8 px, which is about a ball. Here a cell is 4 x 4 px. What the detector has
computed by then is used again, so that the ball costs a fifth of what the detector does.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from models.ball.maps import OUTPUTS

FEATURE_CHANNELS: Final = (64, 128, 64)
"""Of YOLO11n's features: a quarter and an eighth of the picture, and an eighth behind the pyramid."""
_WIDTH, _FINE_WIDTH = 64, 40
_SELDOM = -5.0
"""Logit of the ball before anything was learned."""


class BallHead(nn.Module):
    """Features to a map of where the ball is."""

    def __init__(self) -> None:
        """Build it with random weights."""
        super().__init__()
        quarter, eighth, pyramid = FEATURE_CHANNELS
        self.of_quarter = nn.Conv2d(quarter, _FINE_WIDTH, 1)
        self.of_eighth = nn.Conv2d(eighth, _WIDTH, 1)
        self.of_pyramid = nn.Conv2d(pyramid, _WIDTH, 1)
        self.mix_eighth = _separable(_WIDTH, _WIDTH)
        self.up = nn.Conv2d(_WIDTH, _FINE_WIDTH, 1)
        self.mix_quarter = nn.Sequential(_separable(_FINE_WIDTH, _FINE_WIDTH), _separable(_FINE_WIDTH, _FINE_WIDTH))
        self.maps = nn.Conv2d(_FINE_WIDTH, OUTPUTS, 1)
        with torch.no_grad():
            self.maps.weight[1:] *= 0.1
            self.maps.state_dict()["bias"].copy_(torch.tensor([_SELDOM, 0, 0, 0, 0]))

    def forward(self, quarter: Tensor, eighth: Tensor, pyramid: Tensor) -> Tensor:
        """Map features (b, c, h / 4, w / 4) and twice (b, c, h / 8, w / 8) to (b, OUTPUTS, h / 4, w / 4)."""
        coarse = self.mix_eighth(self.of_eighth(eighth) + self.of_pyramid(pyramid))
        doubled = nn.functional.interpolate(self.up(coarse), scale_factor=2.0, mode="nearest")
        maps: Tensor = self.maps(self.mix_quarter(self.of_quarter(quarter) + doubled))
        return maps


def _separable(channels: int, out: int) -> nn.Sequential:
    """5 x 5 convolution of each channel by itself, then of all channels, batch norm, SiLU."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 5, padding=2, groups=channels, bias=False),
        nn.Conv2d(channels, out, 1, bias=False),
        nn.BatchNorm2d(out),
        nn.SiLU(inplace=True),
    )
