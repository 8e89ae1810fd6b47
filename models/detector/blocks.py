"""The blocks of YOLO11 and YOLOv8; `network` puts them together. Features are (b, c, h, w) throughout."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

_HEAD_DIM = 64
"""Channels of an attention head's values; its keys and queries have half as many."""


class Convolution(nn.Module):
    """Convolution, batch norm, SiLU."""

    def __init__(
        self, channels: int, out: int, kernel: int = 1, stride: int = 1, groups: int = 1, activated: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(out, eps=1e-3, momentum=0.03)
        self.act: nn.Module = nn.SiLU(inplace=True) if activated else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, c, h, w) to (b, c', h / stride, w / stride)."""
        result: Tensor = self.act(self.bn(self.conv(features)))
        return result


class Bottleneck(nn.Module):
    """Two 3 x 3 convolutions, with a shortcut around them where it is wanted."""

    def __init__(self, channels: int, shortcut: bool, ratio: float) -> None:
        super().__init__()
        hidden = int(channels * ratio)
        self.cv1 = Convolution(channels, hidden, 3)
        self.cv2 = Convolution(hidden, channels, 3)
        self.shortcut = shortcut

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, c, h, w) to the same shape."""
        result: Tensor = self.cv2(self.cv1(features))
        return features + result if self.shortcut else result


class C3k(nn.Module):
    """Two paths, one of them through bottlenecks, joined (cross stage partial: Wang et al., 2020)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // 2
        self.cv1 = Convolution(channels, hidden)
        self.cv2 = Convolution(channels, hidden)
        self.cv3 = Convolution(2 * hidden, channels)
        self.m = nn.Sequential(*(Bottleneck(hidden, shortcut=True, ratio=1.0) for _ in range(2)))

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, c, h, w) to the same shape."""
        result: Tensor = self.cv3(torch.cat((self.m(self.cv1(features)), self.cv2(features)), 1))
        return result


class SplitBlock(nn.Module):
    """C2f of YOLOv8 and C3k2 of YOLO11: one half passes through blocks in a row, and the result of each is kept."""

    def __init__(self, channels: int, out: int, ratio: float, blocks: Sequence[Callable[[int], nn.Module]]) -> None:
        super().__init__()
        hidden = int(out * ratio)
        self.cv1 = Convolution(channels, 2 * hidden)
        self.cv2 = Convolution((2 + len(blocks)) * hidden, out)
        self.m = nn.ModuleList(block(hidden) for block in blocks)

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, c, h, w) to (b, c', h, w)."""
        parts = list(self.cv1(features).chunk(2, 1))
        for block in self.m:
            parts.append(block(parts[-1]))
        result: Tensor = self.cv2(torch.cat(parts, 1))
        return result


class PyramidPooling(nn.Module):
    """SPPF: maxima over windows of 5, 9 and 13 cells, by three poolings in a row (He et al., 2015)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.cv1 = Convolution(channels, channels // 2)
        self.cv2 = Convolution(2 * channels, channels)
        self.m = nn.MaxPool2d(5, 1, 2)

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, c, h, w) to the same shape."""
        parts = [self.cv1(features)]
        for _ in range(3):
            parts.append(self.m(parts[-1]))
        result: Tensor = self.cv2(torch.cat(parts, 1))
        return result


class Attention(nn.Module):
    """Self-attention among the cells of a level; a 3 x 3 convolution of the values says where they are."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = channels // _HEAD_DIM
        self.qkv = Convolution(channels, 2 * channels, activated=False)
        self.proj = Convolution(channels, channels, activated=False)
        self.pe = Convolution(channels, channels, 3, groups=channels, activated=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, c, h, w) to the same shape."""
        b, c, h, w = features.shape
        key_dim = _HEAD_DIM // 2
        joint = self.qkv(features).view(b, self.heads, 2 * _HEAD_DIM, h * w)  # (b, heads, dims, cells)
        query, key, value = joint.split([key_dim, key_dim, _HEAD_DIM], dim=2)
        weight = ((query * key_dim**-0.5).transpose(-2, -1) @ key).softmax(dim=-1)  # (b, heads, cells, cells)
        mixed = (value @ weight.transpose(-2, -1)).view(b, c, h, w)
        result: Tensor = self.proj(mixed + self.pe(value.reshape(b, c, h, w)))
        return result


class AttentionBlock(nn.Module):
    """Attention and a feed-forward layer, each with a shortcut (Vaswani et al., 2017)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attn = Attention(channels)
        self.ffn = nn.Sequential(
            Convolution(channels, 2 * channels), Convolution(2 * channels, channels, activated=False)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, c, h, w) to the same shape."""
        attended = features + self.attn(features)
        result: Tensor = attended + self.ffn(attended)
        return result


class PartialAttention(nn.Module):
    """C2PSA: one half of the channels passes through attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // 2
        self.cv1 = Convolution(channels, 2 * hidden)
        self.cv2 = Convolution(2 * hidden, channels)
        self.m = nn.Sequential(AttentionBlock(hidden))

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, c, h, w) to the same shape."""
        kept, attending = self.cv1(features).chunk(2, 1)
        result: Tensor = self.cv2(torch.cat((kept, self.m(attending)), 1))
        return result


class Join(nn.Module):
    """Levels of one size, channel after channel."""

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Map tensors (b, c_i, h, w) to (b, sum of c_i, h, w)."""
        return torch.cat(tuple(levels), 1)


def fold_batch_norms(network: nn.Module) -> None:
    """Fold each batch norm into the convolution before it, in place, for inference."""
    for module in network.modules():
        if isinstance(module, Convolution) and isinstance(module.bn, nn.BatchNorm2d):
            norm = module.bn
            assert norm.running_mean is not None
            assert norm.running_var is not None
            module.conv.weight, module.conv.bias = fuse_conv_bn_weights(
                module.conv.weight,
                module.conv.bias,
                norm.running_mean,
                norm.running_var,
                norm.eps,
                norm.weight,
                norm.bias,
            )
            module.bn = nn.Identity()
