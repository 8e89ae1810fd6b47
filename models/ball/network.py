"""The ball network: the first layers of the detector's backbone, and a decoder that goes on to a quarter of the picture.

The detector's finest map has one cell for 8 x 8 px, which is about a ball. Here a cell is 4 x 4 px.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.ball.maps import OUTPUTS
from models.detector.blocks import Convolution
from models.detector.network import build_network

_WIDTH, _FINE_WIDTH = 48, 32
_SELDOM = -5.0
"""Logit of the ball before anything was learned."""
_STRIDE_4, _STRIDE_8, _STRIDE_16 = 2, 4, 6
"""Layers of the YOLO11n backbone whose features are used."""


class BallNet(nn.Module):
    """Picture to a map of where the ball is."""

    def __init__(self) -> None:
        """Build it with random weights."""
        super().__init__()
        self.backbone = nn.ModuleList(list(build_network("yolo11n").model)[: _STRIDE_16 + 1])
        self.side16 = nn.Conv2d(128, _WIDTH, 1)
        self.side8 = nn.Conv2d(128, _WIDTH, 1)
        self.side4 = nn.Conv2d(64, _FINE_WIDTH, 1)
        self.mix8 = _separable(_WIDTH, _WIDTH)
        self.up4 = nn.Conv2d(_WIDTH, _FINE_WIDTH, 1)
        self.mix4 = nn.Sequential(_separable(_FINE_WIDTH, _FINE_WIDTH), _separable(_FINE_WIDTH, _FINE_WIDTH))
        self.head = nn.Conv2d(_FINE_WIDTH, OUTPUTS, 1)
        with torch.no_grad():
            self.head.weight[1:] *= 0.1
            self.head.state_dict()["bias"].copy_(torch.tensor([_SELDOM, 0, 0, 0, 0]))

    @property
    def first(self) -> nn.Conv2d:
        """The first convolution."""
        layer = self.backbone[0]
        assert isinstance(layer, Convolution)
        return layer.conv

    def forward(self, pixels: Tensor) -> Tensor:
        """Map (b, 3, h, w), RGB in 0..1, h and w multiples of 32, to (b, OUTPUTS, h / 4, w / 4)."""
        features: dict[int, Tensor] = {}
        for number, layer in enumerate(self.backbone):
            pixels = layer(pixels)
            features[number] = pixels
        deep = self.side16(features[_STRIDE_16])
        middle = self.mix8(self.side8(features[_STRIDE_8]) + _doubled(deep))
        fine = self.mix4(self.side4(features[_STRIDE_4]) + _doubled(self.up4(middle)))
        maps: Tensor = self.head(fine)
        return maps


def _separable(channels: int, out: int) -> nn.Sequential:
    """5 x 5 convolution of each channel by itself, then of all channels, batch norm, SiLU."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 5, padding=2, groups=channels, bias=False),
        nn.Conv2d(channels, out, 1, bias=False),
        nn.BatchNorm2d(out),
        nn.SiLU(inplace=True),
    )


def _doubled(features: Tensor) -> Tensor:
    """Twice the size."""
    return nn.functional.interpolate(features, scale_factor=2.0, mode="nearest")
