"""OSNet: a light person re-identification network that sees several scales at once.

K. Zhou, Y. Yang, A. Cavallaro, T. Xiang: "Omni-Scale Feature Learning for Person Re-Identification", ICCV 2019.
Own implementation; layer names and order are those of torchreid's published weights, so that their state dicts load
strictly once the identity classifier is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from models.encoders.weights import EncoderWeights, load_state
from models.runtime.prepared import Prepared, take_bgr

FEATURE_DIM = 512
"""Length of the feature vector that the published weights end with."""
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of RGB values in [0, 1] over ImageNet, as the published person re-identification weights expect."""


class ConvBN(nn.Module):
    """Convolution, batch norm and, unless `linear`, ReLU: (n, c, h, w) -> (n, c', h', w')."""

    def __init__(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1, linear: bool = False) -> None:
        super().__init__()
        self.conv: nn.Module = nn.Conv2d(c_in, c_out, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(c_out)
        self.relu: nn.Module = nn.Identity() if linear else nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c_in, h, w) to (n, c_out, h / stride, w / stride)."""
        out: Tensor = self.relu(self.bn(self.conv(x)))
        return out

    def fuse(self) -> None:
        """Fold the batch norm into the convolution, in place; for inference only."""
        self.conv, self.bn = _fold(self.conv, self.bn), nn.Identity()


class LightConv3x3(nn.Module):
    """The paper's "Lite 3x3": pointwise, then depthwise 3x3 convolution, batch norm, ReLU."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.conv1: nn.Module = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.conv2: nn.Module = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False, groups=c_out)
        self.bn: nn.Module = nn.BatchNorm2d(c_out)
        self.relu: nn.Module = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c_in, h, w) to (n, c_out, h, w)."""
        out: Tensor = self.relu(self.bn(self.conv2(self.conv1(x))))
        return out

    def fuse(self) -> None:
        """Fold the batch norm into the depthwise convolution, in place; for inference only."""
        self.conv2, self.bn = _fold(self.conv2, self.bn), nn.Identity()


class ChannelGate(nn.Module):
    """The unified aggregation gate: one weight in (0, 1) per image and channel, shared by all streams of a block."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.global_avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1)
        self.relu = nn.ReLU(inplace=True)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1)
        self.gate_activation = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Weigh the channels of (n, c, h, w)."""
        gate = self.gate_activation(self.fc2(self.relu(self.fc1(self.global_avgpool(x)))))
        gated: Tensor = x * gate
        return gated


class OSBlock(nn.Module):
    """Omni-scale residual block: four streams of one to four lite 3x3 layers (3 to 9 px), gated and added."""

    def __init__(self, c_in: int, c_out: int, reduction: int = 4) -> None:
        super().__init__()
        mid = c_out // reduction
        self.conv1 = ConvBN(c_in, mid)
        self.conv2a = LightConv3x3(mid, mid)
        self.conv2b = nn.Sequential(*(LightConv3x3(mid, mid) for _ in range(2)))
        self.conv2c = nn.Sequential(*(LightConv3x3(mid, mid) for _ in range(3)))
        self.conv2d = nn.Sequential(*(LightConv3x3(mid, mid) for _ in range(4)))
        self.gate = ChannelGate(mid)
        self.conv3 = ConvBN(mid, c_out, linear=True)
        self.downsample = ConvBN(c_in, c_out, linear=True) if c_in != c_out else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c_in, h, w) to (n, c_out, h, w)."""
        x1 = self.conv1(x)
        x2 = self.gate(self.conv2a(x1))
        for stream in (self.conv2b, self.conv2c, self.conv2d):
            x2 = x2 + self.gate(stream(x1))
        identity = x if self.downsample is None else self.downsample(x)
        return torch.relu(self.conv3(x2) + identity)


class OSNet(nn.Module):
    """OSNet with an optional projection head.

    Args:
        channels: of the stem and the three stages; (16, 64, 96, 128) is "x0.25".
        head_dim: length of the vectors; None for the published network's own 512 after its ReLU. With a head, the 512
            features go through a linear layer and batch norm (the "neck" of Luo et al., "Bag of Tricks and a Strong
            Baseline for Deep Person Re-Identification", CVPRW 2019).
        stripes: how many horizontal stripes of the last feature map the head sees beside the 512 features, each averaged and
            brought to one scale by a batch norm: a number on the chest and shoes are not lost in the mean over the body (Sun et
            al., "Beyond Part Models" (PCB), ECCV 2018). With a head only.
    """

    def __init__(
        self, channels: Sequence[int] = (16, 64, 96, 128), head_dim: int | None = None, stripes: int = 0
    ) -> None:
        super().__init__()
        if stripes and head_dim is None:
            raise ValueError("stripes need a head")
        c1, c2, c3, c4 = channels
        self.conv1 = ConvBN(3, c1, kernel=7, stride=2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.conv2 = nn.Sequential(OSBlock(c1, c2), OSBlock(c2, c2), _transition(c2))
        self.conv3 = nn.Sequential(OSBlock(c2, c3), OSBlock(c3, c3), _transition(c3))
        self.conv4 = nn.Sequential(OSBlock(c3, c4), OSBlock(c4, c4))
        self.conv5 = ConvBN(c4, c4)
        self.global_avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(nn.Linear(c4, FEATURE_DIM), nn.BatchNorm1d(FEATURE_DIM), nn.ReLU(inplace=True))
        self.stripes = stripes
        self.stripe_norm = nn.BatchNorm1d(stripes * c4) if stripes else None
        width = FEATURE_DIM + stripes * c4
        self.head = None if head_dim is None else nn.Sequential(nn.Linear(width, head_dim), nn.BatchNorm1d(head_dim))
        self.dim = FEATURE_DIM if head_dim is None else head_dim

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised RGB crops (n, 3, h, w) float to vectors (n, dim), not of unit length."""
        return self.above_first_stage(self.first_stage(x))

    def first_stage(self, x: Tensor) -> Tensor:
        """Map normalised RGB crops (n, 3, h, w) to what the first stage sees, (n, c, h / 8, w / 8)."""
        seen: Tensor = self.conv2(self.maxpool(self.conv1(x)))
        return seen

    def above_first_stage(self, x: Tensor) -> Tensor:
        """Map what the first stage sees to vectors (n, dim)."""
        x = self.conv5(self.conv4(self.conv3(x)))
        features: Tensor = self.fc(self.global_avgpool(x).flatten(1))
        if self.stripe_norm is not None:
            stripes = nn.functional.adaptive_avg_pool2d(x, (self.stripes, 1)).flatten(1)  # (n, c4 * stripes)
            features = torch.cat([features, self.stripe_norm(stripes)], 1)
        if self.head is not None:
            features = self.head(features)
        return features

    @property
    def first(self) -> nn.Conv2d:
        """The first convolution."""
        assert isinstance(self.conv1.conv, nn.Conv2d)
        return self.conv1.conv

    def project_features(self) -> None:
        """Begin the head as an orthogonal projection of the 512 features, which nearly keeps their cosines, without stripes."""
        if self.head is None or not isinstance(linear := self.head[0], nn.Linear):
            return
        projection = nn.init.orthogonal_(torch.empty(linear.out_features, FEATURE_DIM))
        with torch.no_grad():
            linear.weight.zero_()[:, :FEATURE_DIM] = projection
            linear.bias.zero_()

    def fuse(self) -> None:
        """Fold every batch norm into the layer before it, in place; for inference only (the network must be in eval)."""
        for module in self.modules():
            if isinstance(module, (ConvBN, LightConv3x3)):
                module.fuse()
        self.fc = _fold_linear(self.fc)
        if self.head is not None:
            self.head = _fold_linear(self.head)


def inference_network(weights: EncoderWeights) -> nn.Module:
    """Build the network of a weight file for inference: (n, h, w, 3) uint8 BGR -> (n, dim)."""
    network = OSNet(head_dim=weights.head_dim, stripes=weights.stripes)
    load_state(network, weights)
    network.eval().fuse()
    take_bgr(network.first)
    return Prepared(network, normalise_bgr)


def normalise(batch: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Map BGR uint8 (n, h, w, 3) to normalised RGB (n, 3, h, w) of `dtype`, channels last in memory."""
    return normalise_bgr(batch, dtype).flip(1)


def normalise_bgr(batch: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Map BGR uint8 (n, h, w, 3) to normalised BGR (n, 3, h, w) of `dtype`, channels last in memory."""
    scale = torch.tensor(STD, device=batch.device).mul(255).reciprocal().flip(0)
    shift = torch.tensor(MEAN, device=batch.device).div(torch.tensor(STD, device=batch.device)).flip(0)
    return batch.to(torch.float32).mul(scale).sub(shift).to(dtype).permute(0, 3, 1, 2)


def _transition(channels: int) -> nn.Sequential:
    """End a stage: pointwise convolution, then half the size."""
    return nn.Sequential(ConvBN(channels, channels), nn.AvgPool2d(2, stride=2))


def _fold(conv: nn.Module, norm: nn.Module) -> nn.Module:
    """Fold a batch norm, unless that is already done, into the convolution before it."""
    if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
        return fuse_conv_bn_eval(conv, norm)
    return conv


def _fold_linear(layers: nn.Sequential) -> nn.Sequential:
    """Fold the batch norm that follows a leading linear layer into it."""
    linear, *rest = layers
    if isinstance(linear, nn.Linear) and rest and isinstance(rest[0], nn.BatchNorm1d):
        return nn.Sequential(fuse_linear_bn_eval(linear, rest[0]), *rest[1:])
    return layers
