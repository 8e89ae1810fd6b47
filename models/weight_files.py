"""Weight files of all networks: safetensors, never a pickle, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from pipeline.errors import WeightsError
from pipeline.untrusted import parse_json

if TYPE_CHECKING:
    from torch import Tensor

MAX_BYTES = 2 << 30
"""Of a weight file."""
MAX_HEADER_BYTES = 8 << 20
"""Of the header of a weight file: names, shapes and what is said about the network."""


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


def check_file(path: Path, what: str) -> None:
    """Refuse what is no weight file of a size that can be read, before any of it is.

    The library that reads safetensors checks the header against the file; how much a header holds it does not bound.

    Args:
        path: a safetensors file.
        what: whose weights they are, for messages.

    Raises:
        WeightsError: a directory, too large, or with a header that is damaged or too large.
    """
    try:
        size = path.stat().st_size
        if not path.is_file() or size > MAX_BYTES:
            problem = f"larger than {MAX_BYTES >> 20} MiB" if path.is_file() else "not a plain file"
            raise WeightsError(f"{what} weights {path}: {problem}; give a .safetensors file of this network")
        with path.open("rb") as file:
            header_bytes = int.from_bytes(file.read(8), "little")
    except OSError as error:
        raise WeightsError(f"{what} weights {path}: not a readable safetensors file ({error.strerror})") from error
    if not 2 <= header_bytes <= min(MAX_HEADER_BYTES, size - 8):
        raise WeightsError(
            f"{what} weights {path}: not a readable safetensors file (a header of {header_bytes} bytes in a file of {size})"
        )


def check_finite(state: Mapping[str, Tensor], path: Path, what: str) -> None:
    """Refuse weights that are not numbers: a network with one of them finds nothing, or anything.

    Args:
        state: tensors by layer name.
        path: the file, for messages.
        what: whose weights they are, for messages.

    Raises:
        WeightsError: a layer holds NaN or infinity.
    """
    for name, tensor in state.items():
        if tensor.is_complex() or not bool(tensor.float().isfinite().all()):
            raise WeightsError(
                f"{what} weights {path}: layer {name[:200]} holds values that are no finite numbers; train or copy it again"
            )


def check_dtypes(state: Mapping[str, Tensor], path: Path, what: str) -> None:
    """Refuse layers of whole numbers, which would be taken for weights; counters of batch norm are such.

    Args:
        state: tensors by layer name.
        path: the file, for messages.
        what: whose weights they are, for messages.

    Raises:
        WeightsError: a layer holds no floating point numbers.
    """
    for name, tensor in state.items():
        if not (tensor.is_floating_point() or name.endswith("num_batches_tracked")):
            dtype = str(tensor.dtype).removeprefix("torch.")
            raise WeightsError(
                f"{what} weights {path}: layer {name[:200]} is of {dtype}, expected floating point numbers"
            )


def parse_about(text: str | None, path: Path, what: str) -> dict[str, Any]:
    """Read the JSON object that the header of a weight file carries; empty where it carries none.

    Args:
        text: the entry of the header.
        path: the file, for messages.
        what: whose weights they are, for messages.

    Raises:
        WeightsError: it is none.
    """
    try:
        about = {} if text is None else parse_json(text, MAX_HEADER_BYTES)
    except ValueError as error:
        raise WeightsError(f"{what} weights {path}: its metadata cannot be used ({error})") from error
    if not isinstance(about, dict):
        raise WeightsError(f"{what} weights {path}: its metadata cannot be used (no JSON object)")
    return about


def read_header(path: Path, what: str) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Read the shapes of tensors by layer name, and the header's entries; the tensors themselves are left alone.

    Raises:
        WeightsError: missing, or not a safetensors file.
    """
    check_file(path, what)
    try:
        with safe_open(path, framework="np") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            return shapes, file.metadata() or {}
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError, AttributeError) as error:
        raise WeightsError(f"{what} weights {path}: not a readable safetensors file ({error})") from error


def read_tensors(path: Path, what: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read tensors by layer name, and the header's entries.

    Raises:
        WeightsError: missing, not a safetensors file, or with values that are no finite numbers.
    """
    check_file(path, what)
    try:
        with safe_open(path, framework="pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            header = file.metadata() or {}
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError, AttributeError) as error:
        raise WeightsError(f"{what} weights {path}: not a readable safetensors file ({error})") from error
    check_finite(state, path, what)
    return state, header


def read_state(path: Path, what: str) -> dict[str, Tensor]:
    """Read a state dict in single precision, whatever it was stored in.

    Raises:
        WeightsError: missing, or not a safetensors file; `what` says whose weights they are.
    """
    state = read_tensors(path, what)[0]
    check_dtypes(state, path, what)
    return in_single_precision(state)


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
