"""Weight files of the number reader: safetensors, half precision, with one metadata entry of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from models.numbers.network import DigitNetwork
from pipeline.errors import WeightsError

METADATA_KEY = "courtside-numbers"
VERSION = 1
BUILTIN = Path(__file__).parents[1] / "weights" / "numbers.safetensors"


def weights_file(weights: str) -> Path:
    """Resolve the setting `numbers.weights` to a file: 'builtin' is the shipped one.

    Raises:
        WeightsError: the file is not there, or is not a .safetensors file.
    """
    path = BUILTIN if weights == "builtin" else Path(weights)
    if path.suffix != ".safetensors":
        raise WeightsError(f"number weights {path}: expected a .safetensors file")
    if not path.is_file():
        raise WeightsError(f"number weights {path}: no such file; give an existing one, 'builtin', or null for none")
    return path


def write_weights(path: Path, network: DigitNetwork, about: Mapping[str, Any]) -> None:
    """Write a network with what is to be known of it; the same state gives the same bytes."""
    state = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    text = json.dumps({**about, "version": VERSION}, sort_keys=True)
    save_file(state, path, metadata={METADATA_KEY: text})


def read_weights(path: Path) -> tuple[DigitNetwork, Mapping[str, Any]]:
    """Read a network, in eval mode, and what is known of it.

    Raises:
        WeightsError: not a safetensors file, of something else, or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(METADATA_KEY)
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118  not a dict
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"number weights {path}: not a readable safetensors file ({error})") from error
    about = json.loads(text) if text else {}
    if about.get("version") != VERSION:
        raise WeightsError(f"number weights {path}: not a number reader of version {VERSION}")
    network = DigitNetwork()
    expected = {name: t.shape for name, t in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    if expected != {name: tensor.shape for name, tensor in state.items()}:
        raise WeightsError(f"number weights {path}: layers differ from the reader's; train it again")
    with torch.no_grad():
        network.load_state_dict(state, strict=False)
    return network.eval(), about
