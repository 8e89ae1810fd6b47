"""YOLO11n and YOLOv8n, from the published architectures, with the layer names of Ultralytics' state dicts.

YOLOv8 (Jocher et al., 2023, https://docs.ultralytics.com/models/yolov8): C2f blocks, an anchor-free head with separate
box and class branches, sides of boxes as distributions over bins (Li et al., "Generalized Focal Loss", 2020). YOLO11
(Jocher and Qiu, 2024, https://docs.ultralytics.com/models/yolo11): C3k2 blocks and attention after the pyramid pooling.
A picture is (b, 3, h, w); a level of features is (b, c, h / stride, w / stride) for the strides 8, 16 and 32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from models.detector.blocks import Bottleneck, C3k, Convolution, Join, PartialAttention, PyramidPooling, SplitBlock
from models.detector.classes import CLASS_NAMES, SEED_CHANNELS
from models.weight_files import read_state
from pipeline.errors import WeightsError

STRIDES_PX: Final = (8, 16, 32)
"""Cell sizes of the three levels."""
BINS: Final = 16
"""Bins of the distribution over the length of a box's side."""
COCO_CLASSES: Final = 80

_QUARTER, _EIGHTH = 2, 4
"""Last layers of the backbone at a quarter and an eighth of the picture."""
_HEAD_WIDTH = 64
"""Channels of the box branch."""


class BinProjection(nn.Module):
    """The numbers 0 to 15 that a distribution over the bins is averaged with; state dicts hold them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(BINS, 1, 1, bias=False).requires_grad_(False)
        self.conv.weight.data[:] = torch.arange(BINS, dtype=torch.float32).view(1, BINS, 1, 1)


class DetectionHead(nn.Module):
    """Box and class logits for each cell of each level."""

    def __init__(self, channels: Sequence[int], classes: int, depthwise: bool) -> None:
        super().__init__()
        width = max(channels[0], COCO_CLASSES)
        self.cv2 = nn.ModuleList(_branch(c, _HEAD_WIDTH, 4 * BINS, depthwise=False) for c in channels)
        self.cv3 = nn.ModuleList(_branch(c, width, classes, depthwise) for c in channels)
        self.dfl = BinProjection()
        self._expect_few(classes)

    @property
    def classes(self) -> int:
        """Number of classes."""
        last: Any = self.cv3[0]
        return int(last[-1].out_channels)

    def forward(self, levels: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Map three levels to (b, 64, anchors) and (b, classes, anchors), the finest level first, row by row."""
        boxes = [branch(level).flatten(2) for branch, level in zip(self.cv2, levels, strict=True)]
        scores = [branch(level).flatten(2) for branch, level in zip(self.cv3, levels, strict=True)]
        return torch.cat(boxes, 2), torch.cat(scores, 2)

    def keep_channels(self, channels: Sequence[int]) -> None:
        """Cut the class branch down to some of its channels."""
        branches: Any = self.cv3
        for branch in branches:
            last = branch[-1]
            last.weight = nn.Parameter(last.weight[list(channels)].detach().clone())
            last.bias = nn.Parameter(last.bias[list(channels)].detach().clone())
            last.out_channels = len(channels)

    @torch.no_grad()
    def _expect_few(self, classes: int) -> None:
        """Start with boxes of some cells and about five things in a picture of 640 px (Lin et al., "Focal Loss", 2017)."""
        boxes: Any = self.cv2
        scores: Any = self.cv3
        for box, score, stride in zip(boxes, scores, STRIDES_PX, strict=True):
            box[-1].bias.fill_(2.0)
            score[-1].bias.fill_(math.log(5 / classes / (640 / stride) ** 2))


def _branch(channels: int, width: int, out: int, depthwise: bool) -> nn.Sequential:
    """Build two convolutions and a linear layer; depthwise ones are followed by a 1 x 1 convolution each."""
    if not depthwise:
        return nn.Sequential(Convolution(channels, width, 3), Convolution(width, width, 3), nn.Conv2d(width, out, 1))
    return nn.Sequential(
        nn.Sequential(Convolution(channels, channels, 3, groups=channels), Convolution(channels, width)),
        nn.Sequential(Convolution(width, width, 3, groups=width), Convolution(width, width)),
        nn.Conv2d(width, out, 1),
    )


class YoloNetwork(nn.Module):
    """Backbone, feature pyramid there and back, head: layers in a row, some of which join earlier ones."""

    def __init__(
        self,
        layers: Sequence[nn.Module],
        sources: Mapping[int, Sequence[int]],
        backbone_length: int,
        feature_layers: Sequence[int],
    ) -> None:
        """Put layers together.

        Args:
            layers: the last one is the `DetectionHead`.
            sources: layer -> layers whose outputs go into it; the others take the output of the layer before.
            backbone_length: how many of the first layers form the backbone.
            feature_layers: whose outputs `with_features` gives.
        """
        super().__init__()
        self.model = nn.ModuleList(layers)
        self.backbone_length = backbone_length
        self._sources = {layer: tuple(joined) for layer, joined in sources.items()}
        self._feature_layers = tuple(feature_layers)
        self._wanted = frozenset([layer for joined in sources.values() for layer in joined] + [*feature_layers])

    @property
    def first(self) -> nn.Conv2d:
        """The first convolution."""
        layer = self.model[0]
        assert isinstance(layer, Convolution)
        return layer.conv

    @property
    def head(self) -> DetectionHead:
        """The last layer."""
        last = self.model[-1]
        assert isinstance(last, DetectionHead)
        return last

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Map pictures to logits.

        Args:
            pixels: (b, 3, h, w) RGB in 0..1, h and w multiples of 32.

        Returns:
            (b, 64, anchors): distributions over 16 bins of left, top, right, bottom, in cells; (b, classes, anchors).
        """
        boxes, scores, *_ = self.with_features(pixels)
        return boxes, scores

    def with_features(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Map pictures to logits, see `forward`, and to features that another head may go on from.

        Returns:
            After the logits, of YOLO11n (b, 64, h / 4, w / 4) and (b, 128, h / 8, w / 8) of the backbone, and (b, 64, h / 8,
            w / 8) behind the pyramid, which has seen the whole picture.
        """
        kept: dict[int, Tensor] = {}
        flow: Any = pixels
        for number, layer in enumerate(self.model):
            sources = self._sources.get(number)
            flow = layer(flow if sources is None else [kept[source] for source in sources])
            if number in self._wanted:
                kept[number] = flow
        boxes, scores = flow
        return boxes, scores, *(kept[layer] for layer in self._feature_layers)


class FeatureGiver(nn.Module):
    """A network that gives its features as well."""

    def __init__(self, network: YoloNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """See `YoloNetwork.with_features`."""
        return self.network.with_features(pixels)


def build_network(architecture: str = "yolo11n", classes: int = len(CLASS_NAMES)) -> YoloNetwork:
    """Build a YOLO network with random weights.

    The class branch of the head keeps the width that it has for COCO's 80 classes, so that COCO weights fit up to the
    last layer.

    Args:
        architecture: one of `ARCHITECTURES`.
        classes: number of classes.
    """
    return ARCHITECTURES[architecture](classes)


def _yolo11n(classes: int) -> YoloNetwork:
    """YOLO11 of the smallest size."""
    backbone = [
        Convolution(3, 16, 3, 2),
        Convolution(16, 32, 3, 2),
        _c3k2(32, 64, ratio=0.25),
        Convolution(64, 64, 3, 2),
        _c3k2(64, 128, ratio=0.25),
        Convolution(128, 128, 3, 2),
        _c3k2(128, 128, deep=True),
        Convolution(128, 256, 3, 2),
        _c3k2(256, 256, deep=True),
        PyramidPooling(256),
        PartialAttention(256),
    ]
    blocks = [_c3k2(384, 128), _c3k2(256, 64), _c3k2(192, 128), _c3k2(384, 256, deep=True)]
    return _with_pyramid(backbone, blocks, DetectionHead((64, 128, 256), classes, depthwise=True))


def _yolov8n(classes: int) -> YoloNetwork:
    """YOLOv8 of the smallest size."""
    backbone = [
        Convolution(3, 16, 3, 2),
        Convolution(16, 32, 3, 2),
        _c2f(32, 32, 1, shortcut=True),
        Convolution(32, 64, 3, 2),
        _c2f(64, 64, 2, shortcut=True),
        Convolution(64, 128, 3, 2),
        _c2f(128, 128, 2, shortcut=True),
        Convolution(128, 256, 3, 2),
        _c2f(256, 256, 1, shortcut=True),
        PyramidPooling(256),
    ]
    blocks = [_c2f(384, 128, 1), _c2f(192, 64, 1), _c2f(192, 128, 1), _c2f(384, 256, 1)]
    return _with_pyramid(backbone, blocks, DetectionHead((64, 128, 256), classes, depthwise=False))


ARCHITECTURES: Final[Mapping[str, Callable[[int], YoloNetwork]]] = {"yolo11n": _yolo11n, "yolov8n": _yolov8n}
"""Name -> what builds it for a number of classes."""


def _c3k2(channels: int, out: int, ratio: float = 0.5, deep: bool = False) -> SplitBlock:
    """Build YOLO11's block: one bottleneck, or a C3k in its place."""
    return SplitBlock(channels, out, ratio, [C3k if deep else lambda c: Bottleneck(c, shortcut=True, ratio=0.5)])


def _c2f(channels: int, out: int, count: int, shortcut: bool = False) -> SplitBlock:
    """Build YOLOv8's block of a number of bottlenecks."""
    return SplitBlock(channels, out, 0.5, [lambda c: Bottleneck(c, shortcut, ratio=1.0)] * count)


def _with_pyramid(backbone: Sequence[nn.Module], blocks: Sequence[nn.Module], head: DetectionHead) -> YoloNetwork:
    """Join the levels from coarse to fine and back (Liu et al., "Path Aggregation Network", 2018)."""
    deep = len(backbone) - 1
    top_down_16, fine, bottom_16, coarse = deep + 3, deep + 6, deep + 9, deep + 12
    neck = [
        *(nn.Upsample(scale_factor=2.0, mode="nearest"), Join(), blocks[0]),
        *(nn.Upsample(scale_factor=2.0, mode="nearest"), Join(), blocks[1]),
        *(Convolution(64, 64, 3, 2), Join(), blocks[2]),
        *(Convolution(128, 128, 3, 2), Join(), blocks[3]),
    ]
    sources = {
        deep + 2: (deep + 1, 6),
        deep + 5: (deep + 4, 4),
        deep + 8: (deep + 7, top_down_16),
        deep + 11: (deep + 10, deep),
        deep + 13: (fine, bottom_16, coarse),
    }
    return YoloNetwork([*backbone, *neck, head], sources, len(backbone), (_QUARTER, _EIGHTH, fine))


def seed_from_coco(network: YoloNetwork, path: Path) -> None:
    """Start a network from COCO weights: all layers, and the channels of the classes that COCO knows.

    Args:
        network: from `build_network`, any number of classes.
        path: safetensors file with the state dict of the same architecture for 80 classes.

    Raises:
        WeightsError: missing file, or layers other than the last ones differ.
    """
    coco = read_state(path, "detector")
    state = network.state_dict()
    if coco.keys() != state.keys():
        raise WeightsError(f"{path}: weights of another architecture")
    for name, mine in state.items():
        theirs = coco[name]
        if theirs.shape == mine.shape:
            mine.copy_(theirs)
            continue
        for ours, channel in SEED_CHANNELS.items():
            mine[ours].copy_(theirs[channel])
    network.load_state_dict(state)
