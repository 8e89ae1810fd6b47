"""Networks that several methods can be built on, and weights to start them from.

`osnet` (Zhou et al., ICCV 2019, x0.25) starts from torchreid's published re-identification weights, `resnet34` (He et al.,
CVPR 2016, as torchvision has it) from any safetensors file with torchvision's layer names: ImageNet weights are not part of
this project's material. `blocks` is for training from nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from torch import nn
from torchvision.models import resnet34

from models.encoders.blocks import BlockNet
from models.encoders.osnet import FEATURE_DIM, OSNet
from models.encoders.weights import load_state, read_encoder_weights
from models.reid.data.settings import PictureSettings
from models.weight_files import read_tensors
from pipeline.errors import SettingsError, WeightsError

BackboneName = Literal["osnet", "blocks", "resnet34"]
FEATURES = {"osnet": FEATURE_DIM, "resnet34": 512}
"""Width of the features below the head, where a backbone has one that can be left off."""


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
    resnet: nn.Module = resnet34(weights=None)
    resnet.fc = nn.Identity() if dim is None else nn.Linear(FEATURES["resnet34"], dim)
    return resnet


def start_from(network: nn.Module, name: BackboneName, weights: Path) -> None:
    """Load published weights below the head, in place.

    Args:
        network: what is loaded into.
        name: of its backbone.
        weights: the file.

    Raises:
        SettingsError: there are none for this backbone.
        WeightsError: the file is missing or of another network.
    """
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
