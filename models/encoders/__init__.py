"""Appearance encoders: a crop of a person in, a vector out.

encoder = load_encoder("osnet", "builtin")
vectors = encoder.embed(crops)          # (n, encoder.dim) float32, unit length
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from models.encoders.network import NetworkEncoder, Precision
from models.encoders.osnet import OSNet
from models.encoders.protocol import Crop, Encoder, Vectors
from models.encoders.weights import EncoderWeights, encoder_weights_file, load_state, read_encoder_weights
from models.kernels import fused_kernels_run_on
from pipeline.errors import SettingsError

__all__ = ["Crop", "Encoder", "EncoderSpec", "Vectors", "encoder_weights_file", "encoders", "load_encoder"]


@dataclass(frozen=True)
class EncoderSpec:
    """One kind of encoder: what it is, and how a network is built for a weight file."""

    summary: str
    build: Callable[[EncoderWeights], OSNet]


def _osnet(weights: EncoderWeights) -> OSNet:
    network = OSNet(head_dim=weights.head_dim, stripes=weights.stripes)
    load_state(network, weights)
    network.eval().fuse()
    return network


encoders: Mapping[str, EncoderSpec] = {
    "osnet": EncoderSpec("OSNet x0.25 (Zhou et al., ICCV 2019), tuned on basketball players", _osnet),
}


def load_encoder(
    name: str = "osnet",
    weights: str | Path = "builtin",
    device: str = "cpu",
    batch: int = 64,
    precision: Precision = "auto",
) -> Encoder:
    """Build an encoder from its weights.

    Args:
        name: a key of `encoders`.
        weights: 'builtin', or a .safetensors file: ours, or one with torchreid's layer names.
        device: 'auto', 'cpu', 'mps', 'cuda' or 'cuda:N'.
        batch: crops per forward pass.
        precision: of the arithmetic; 'auto' takes half precision where it is faster.

    Raises:
        SettingsError: no encoder of that name.
        WeightsError: the file is missing, unreadable, or of another network.
        DependencyError: the device is not there.
    """
    if name not in encoders:
        raise SettingsError(f"embed.encoder: no encoder {name!r}; known here: {', '.join(sorted(encoders))}")
    file = read_encoder_weights(encoder_weights_file(str(weights)), name)
    network = encoders[name].build(file)
    if fused_kernels_run_on(torch.device(device)):
        network.fuse_activations()
    return NetworkEncoder(network, network.dim, file.crop_size_px, device, batch, precision)
