"""The court network: the detector's backbone, and a small decoder that says where on the court each place is."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.court.targets import ACROSS, ALONG
from models.detector.blocks import Convolution
from models.detector.network import build_network

_WIDTH = 96
_FINE_WIDTH = 32
_TAPS = {2: 64, 4: 128, 6: 128, 10: 256}
"""Layers of the YOLO11n backbone whose features are used (strides 4, 8, 16, 32), and their channels."""
_LAST_LAYER = 10


class Logits(NamedTuple):
    """What the network says, before any activation."""

    along: Tensor
    """(b, ALONG, h / 8, w / 8): steps along the court."""
    across: Tensor
    """(b, ACROSS, h / 8, w / 8): steps across it."""
    court: Tensor
    """(b, h / 8, w / 8): the floor there is the court's."""
    line: Tensor
    """(b, h / 4, w / 4): a line of the court is seen there."""


class CourtNet(nn.Module):
    """Picture to court positions, cell by cell."""

    def __init__(self) -> None:
        """Build it with random weights."""
        super().__init__()
        layers = build_network("yolo11n").model
        self.backbone = nn.ModuleList(list(layers)[: _LAST_LAYER + 1])
        self.side = nn.ModuleDict(
            {str(tap): nn.Conv2d(channels, _WIDTH, 1) for tap, channels in _TAPS.items() if tap > 2}
        )
        self.context = _block(_WIDTH, _WIDTH)
        self.mix16 = _block(_WIDTH, _WIDTH)
        self.mix8 = _block(_WIDTH, _WIDTH)
        self.place = nn.Sequential(_block(_WIDTH, _WIDTH), nn.Conv2d(_WIDTH, ALONG + ACROSS + 1, 1))
        self.fine_side = nn.Conv2d(_TAPS[2], _FINE_WIDTH, 1)
        self.fine_up = nn.Conv2d(_WIDTH, _FINE_WIDTH, 1)
        self.line = nn.Sequential(_block(_FINE_WIDTH, _FINE_WIDTH), nn.Conv2d(_FINE_WIDTH, 1, 1))

    @property
    def first(self) -> nn.Conv2d:
        """The first convolution."""
        layer = self.backbone[0]
        assert isinstance(layer, Convolution)
        return layer.conv

    def forward(self, pixels: Tensor) -> Logits:
        """Map (b, 3, h, w), RGB in 0..1, h and w multiples of 32, to logits."""
        features: dict[int, Tensor] = {}
        for number, layer in enumerate(self.backbone):
            pixels = layer(pixels)
            if number in _TAPS:
                features[number] = pixels
        deep = self.context(self.side["10"](features[10]))
        middle = self.mix16(self.side["6"](features[6]) + _doubled(deep))
        shallow = self.mix8(self.side["4"](features[4]) + _doubled(middle))
        place = self.place(shallow)
        fine = torch.relu(self.fine_side(features[2]) + _doubled(self.fine_up(shallow)))
        along, across, court = place.split([ALONG, ACROSS, 1], dim=1)
        return Logits(along, across, court[:, 0], self.line(fine)[:, 0])


def _block(channels: int, out: int) -> nn.Sequential:
    """3 x 3 convolution, batch norm, SiLU."""
    return nn.Sequential(nn.Conv2d(channels, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.SiLU(inplace=True))


def _doubled(features: Tensor) -> Tensor:
    """Twice the size."""
    return nn.functional.interpolate(features, scale_factor=2.0, mode="nearest")
