"""Weight files of the number reader: safetensors, half precision, with one metadata entry of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.numbers.calibration import NumberCalibration
from models.weight_files import (
    in_half_precision,
    parse_about,
    read_header,
    read_state,
    resolve,
    write_tensors,
)
from pipeline.errors import WeightsError

if TYPE_CHECKING:
    from models.numbers.network import DigitNetwork

METADATA_KEY = "courtside-numbers"
VERSION = 2
BUILTIN = Path(__file__).parents[1] / "weights" / "numbers.safetensors"


def number_weights_file(weights: str) -> Path:
    """Resolve the setting `numbers.weights` to a file: 'builtin' is the shipped one.

    Raises:
        WeightsError: the file is not there, or is not a .safetensors file.
    """
    return resolve(weights, BUILTIN, "number")


def write_number_network(path: Path, network: DigitNetwork, about: Mapping[str, Any]) -> None:
    """Write a network with what is to be known of it; the same state gives the same bytes.

    Args:
        path: the file.
        network: its state is written.
        about: plain data.
    """
    text = json.dumps({**about, "version": VERSION}, sort_keys=True)
    write_tensors(path, in_half_precision(network.state_dict()), {METADATA_KEY: text})


def read_about(path: Path) -> Mapping[str, Any]:
    """Read what is known of a network.

    Raises:
        WeightsError: not a safetensors file, or of something else.
    """
    text = read_header(path, "number")[1].get(METADATA_KEY)
    about = parse_about(text, path, "number")
    if about.get("version") != VERSION:
        raise WeightsError(f"number weights {path}: not a number reader of version {VERSION}")
    return about


def read_number_calibration(path: Path) -> NumberCalibration:
    """Read how the outputs of a network become probabilities.

    Raises:
        WeightsError: not a safetensors file, of something else, or without numbers that can be used.
    """
    stored = read_about(path).get("calibration")
    try:
        calibration = NumberCalibration(**stored)  # type: ignore[arg-type]  # what it is, is found out here
        values = [float(value) for value in astuple(calibration)]
    except (TypeError, ValueError, OverflowError) as error:
        raise WeightsError(f"number weights {path}: its calibration cannot be used ({error})") from error
    if not all(0 < value < 1e6 for value in values) or calibration.singles >= 1:
        raise WeightsError(f"number weights {path}: its calibration cannot be used ({values})")
    return calibration


def read_number_network(path: Path) -> tuple[DigitNetwork, Mapping[str, Any]]:
    """Read a network, in eval mode, and what is known of it.

    Raises:
        WeightsError: not a safetensors file, of something else, or damaged.
    """
    import torch

    from models.numbers.network import DigitNetwork

    about = read_about(path)
    state = read_state(path, "number")
    network = DigitNetwork()
    expected = {name: t.shape for name, t in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    if expected != {name: tensor.shape for name, tensor in state.items()}:
        raise WeightsError(f"number weights {path}: layers differ from the reader's; train it again")
    with torch.no_grad():
        network.load_state_dict(state, strict=False)
    return network.eval(), about
