"""Weight files of all networks: safetensors, never a pickle, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from pipeline.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor


def resolve(weights: str, builtin: Path, what: str) -> Path:
    """Turn a setting into a file: 'builtin' is the shipped one.

    Args:
        weights: 'builtin' or a path.
        builtin: the shipped file.
        what: whose weights they are, for messages.

    Raises:
        WeightsError: the file is not there, or is not a .safetensors file; `what` says whose weights they are.
    """
    path = builtin if weights == "builtin" else Path(weights)
    if path.suffix != ".safetensors":
        raise WeightsError(f"{what} weights {path}: expected a .safetensors file; convert other formats first")
    if not path.is_file():
        raise WeightsError(f"{what} weights {path}: no such file; give an existing .safetensors file or 'builtin'")
    return path


def read_header(path: Path, what: str) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Read the shapes of tensors by layer name, and the header's entries; the tensors themselves are left alone.

    Raises:
        WeightsError: missing, or not a safetensors file.
    """
    try:
        with safe_open(path, framework="np") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            return shapes, file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{what} weights {path}: not a readable safetensors file ({error})") from error


def read_tensors(path: Path, what: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read tensors by layer name, and the header's entries.

    Raises:
        WeightsError: missing, or not a safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{what} weights {path}: not a readable safetensors file ({error})") from error


def read_state(path: Path, what: str) -> dict[str, Tensor]:
    """Read a state dict in single precision, whatever it was stored in.

    Raises:
        WeightsError: missing, or not a safetensors file; `what` says whose weights they are.
    """
    return in_single_precision(read_tensors(path, what)[0])


def in_single_precision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors with floating point numbers in fp32."""
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}


def in_half_precision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Prepare a state dict for shipping: fp16, without the counters of batch norm."""
    kept = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    return {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in kept.items()}


def write_tensors(path: Path, state: Mapping[str, Tensor], header: Mapping[str, str] | None = None) -> None:
    """Write tensors, whole or not at all; the same state gives the same bytes if the header has one entry.

    Args:
        path: the file.
        state: tensors by layer name.
        header: entries of the file's header.
    """
    from safetensors.torch import save_file

    part = path.with_suffix(".part")
    save_file(
        {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}, part, dict(header or {})
    )
    part.chmod(0o644)  # safetensors keeps its files from everybody else
    part.replace(path)
