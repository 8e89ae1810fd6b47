"""Appearance encoders: a crop of a person in, a vector out.

encoder = load_encoder("osnet", "builtin")
vectors = encoder.embed(crops)          # (n, encoder.dim) float32, unit length
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from models.encoders.network import NetworkEncoder
from models.encoders.protocol import Crop, Encoder, Vectors
from models.encoders.weights import EncoderAbout, encoder_weights_file, read_encoder_about, read_encoder_weights
from models.runtime import NetworkSource, Precision, Runtime, load_network
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "Crop",
    "Encoder",
    "EncoderSpec",
    "Vectors",
    "encoder_source",
    "encoder_weights_file",
    "encoders",
    "load_encoder",
]


@dataclass(frozen=True)
class EncoderSpec:
    """One kind of encoder: what it is, how its network is built for a weight file, and how long its vectors are."""

    summary: str
    build: Callable[[Path], nn.Module]
    dim: Callable[[EncoderAbout], int]


def _osnet(weights: Path) -> nn.Module:
    """Build OSNet for inference."""
    from models.encoders.osnet import inference_network

    return inference_network(read_encoder_weights(weights, "osnet"))


def _osnet_dim(about: EncoderAbout) -> int:
    """Return the length of OSNet's vectors: those of the published network without a head."""
    return about.head_dim or 512


encoders: Mapping[str, EncoderSpec] = {
    "osnet": EncoderSpec("OSNet x0.25 (Zhou et al., ICCV 2019), tuned on basketball players", _osnet, _osnet_dim),
}
_BATCH = 8


def load_encoder(
    name: str = "osnet",
    weights: str | Path = "builtin",
    device: str = "cpu",
    runtime: Runtime = "auto",
    precision: Precision = "auto",
) -> Encoder:
    """Build an encoder from its weights.

    Args:
        name: a key of `encoders`.
        weights: 'builtin', or a .safetensors file: ours, or one with torchreid's layer names.
        device: see `models.runtime.load_network`, like `runtime` and `precision`.
        runtime: what runs the network.
        precision: of the arithmetic.

    Raises:
        SettingsError: no encoder of that name.
        WeightsError: the file is missing, unreadable, or of another network.
        DependencyError: the device is not there.
    """
    source = encoder_source(name, weights)
    about = read_encoder_about(source.weights, name)
    return NetworkEncoder(
        load_network(source, device, runtime, precision), encoders[name].dim(about), about.crop_size_px
    )


def encoder_source(name: str, weights: str | Path) -> NetworkSource:
    """Describe an encoder's network.

    Args:
        name: a key of `encoders`.
        weights: 'builtin', or a .safetensors file.

    Raises:
        SettingsError: no encoder of that name.
        WeightsError: the file is missing, unreadable, or of another network.
    """
    if name not in encoders:
        raise SettingsError(f"embed.encoder: no encoder {name!r}; known here: {', '.join(sorted(encoders))}")
    path = encoder_weights_file(str(weights))
    size_px = read_encoder_about(path, name).crop_size_px
    return NetworkSource("encoder", path, partial(encoders[name].build, path), size_px, _BATCH)
