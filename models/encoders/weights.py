"""Weight files of encoders: safetensors, with our own metadata or with the layer names of torchreid.

Our files carry one metadata entry, `courtside-encoder`, a JSON object: `version`, `encoder`, `head_dim`, `crop_size_px`
(height, width), `stripes` where there are any, and whatever the training stores beside them (seed, settings, data fingerprint). Files without it are
taken for torchreid's: no head, 256 x 128 px, classifier ignored. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.weight_files import (
    check_dtypes,
    in_half_precision,
    in_single_precision,
    parse_about,
    read_header,
    read_tensors,
    resolve,
    write_tensors,
)
from pipeline.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn

METADATA_KEY = "courtside-encoder"
VERSION = 1
BUILTIN = Path(__file__).parents[1] / "weights" / "encoder.safetensors"
TORCHREID_CROP_PX = (256, 128)
MAX_CROP_PX, MAX_DIM = 1024, 8192
"""Longest side of a crop, and longest vector, that a file may ask for."""


@dataclass(frozen=True)
class EncoderAbout:
    """What a weight file says about itself."""

    path: Path
    head_dim: int | None
    """Length of its vectors; None without a head."""
    crop_size_px: tuple[int, int]
    """Height and width."""
    metadata: Mapping[str, Any]
    stripes: int = 0


@dataclass(frozen=True)
class EncoderWeights(EncoderAbout):
    """A weight file as read."""

    state: Mapping[str, Tensor] = field(default_factory=dict)
    """Tensors by layer name."""


def encoder_weights_file(weights: str) -> Path:
    """Resolve the setting `embed.weights` to a file: 'builtin' is the shipped one.

    Raises:
        WeightsError: the file is not there, or is not a .safetensors file.
    """
    return resolve(weights, BUILTIN, "encoder")


def read_encoder_weights(path: Path, encoder: str) -> EncoderWeights:
    """Read a weight file of the named encoder.

    Raises:
        WeightsError: not a safetensors file, of another encoder, or with metadata that cannot be used.
    """
    about = read_encoder_about(path, encoder)
    state = read_tensors(path, "encoder")[0]
    check_dtypes(state, path, "encoder")
    layers = {name: tensor for name, tensor in state.items() if not name.startswith("classifier.")}
    return EncoderWeights(path, about.head_dim, about.crop_size_px, about.metadata, about.stripes, layers)


def read_encoder_about(path: Path, encoder: str) -> EncoderAbout:
    """Read what a weight file of the named encoder says about itself.

    Raises:
        WeightsError: not a safetensors file, of another encoder, or with metadata that cannot be used.
    """
    text = read_header(path, "encoder")[1].get(METADATA_KEY)
    if text is None:
        return EncoderAbout(path, None, TORCHREID_CROP_PX, {})
    try:
        metadata = parse_about(text, path, "encoder")
        version, made_for, head_dim = metadata["version"], metadata["encoder"], metadata["head_dim"]
        height, width = (int(size) for size in metadata["crop_size_px"])
        stripes = int(metadata.get("stripes", 0))
        if not (min(height, width) >= 16 and max(height, width) <= MAX_CROP_PX and 0 <= stripes <= height):
            raise ValueError(f"crops of {width}x{height} px in {stripes} stripes")
        if head_dim is not None and not (isinstance(head_dim, int) and 1 <= head_dim <= MAX_DIM):
            raise ValueError(f"head_dim {head_dim!r}")
    except (ValueError, OverflowError, KeyError, TypeError) as error:
        raise WeightsError(f"encoder weights {path}: its metadata cannot be used ({error!r})") from error
    if (version, made_for) != (VERSION, encoder):
        raise WeightsError(
            f"encoder weights {path}: made for encoder {made_for!r} (format {version}), expected {encoder!r} ({VERSION})"
        )
    return EncoderAbout(path, head_dim, (height, width), metadata, stripes)


def write_encoder_weights(
    path: Path,
    network: nn.Module,
    encoder: str,
    head_dim: int | None,
    crop_size_px: tuple[int, int],
    metadata: Mapping[str, Any],
) -> None:
    """Write a network's state as half precision safetensors with our metadata.

    Counters of batch norm are left out. The same state gives the same bytes.

    Args:
        path: the file.
        network: its state is written.
        encoder: name of its kind.
        head_dim: length of its vectors; None without a head.
        crop_size_px: height and width.
        metadata: whatever is to be stored beside these.
    """
    required = {"version": VERSION, "encoder": encoder, "head_dim": head_dim, "crop_size_px": list(crop_size_px)}
    text = json.dumps(
        {**metadata, **required}, sort_keys=True
    )  # one entry: safetensors does not keep the order of several
    write_tensors(path, in_half_precision(network.state_dict()), {METADATA_KEY: text})


def load_state(network: nn.Module, weights: EncoderWeights) -> None:
    """Load a weight file into a network, strictly: every layer, no other layer, the same shapes.

    Raises:
        WeightsError: names or shapes differ, with the first of them.
    """
    import torch

    expected = {name: t.shape for name, t in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    given = {name: t.shape for name, t in weights.state.items() if not name.endswith("num_batches_tracked")}
    missing, extra = sorted(expected.keys() - given.keys()), sorted(given.keys() - expected.keys())
    shapes = [name for name in expected.keys() & given.keys() if expected[name] != given[name]]
    for problem, names in (
        ("is missing", missing),
        ("is not one of this network", extra),
        ("has another shape", shapes),
    ):
        if names:
            raise WeightsError(
                f"encoder weights {weights.path}: layer {min(names)} {problem} ({len(names)} such layers); "
                "give weights of the encoder that the settings name"
            )
    with torch.no_grad():
        network.load_state_dict(in_single_precision(weights.state), False)
