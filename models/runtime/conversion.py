"""Network files of OpenVINO: shipped ones, and ones that are made from a user's own weights at first use."""

from __future__ import annotations

import os
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.runtime.cache import cache_folder
from models.runtime.library import openvino
from models.runtime.openvino_network import read_model
from models.runtime.protocol import HeadSource, NetworkSource
from pipeline.store import hash_file

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

SHIPPED = Path(__file__).parents[1] / "weights" / "openvino"
FORMAT = 2
"""Counts what a network file holds beside the weights: input, preparation of pictures, outputs."""
_NOTE = ["courtside", "made_of"]
_ABANDONED_S = 3600.0


def stored_model(source: NetworkSource | HeadSource, int8: bool = False) -> Any | None:
    """Read a network that is shipped or was made before; None if there is none for these weights.

    Args:
        source: the network.
        int8: with weights and arithmetic of 8 bits.
    """
    made_of = note_for(source)
    folders = [SHIPPED, cache_folder("networks")]
    names = [shipped_name(source.name, int8), f"{source.name}-{made_of[:20]}.xml"]
    for folder, name in zip(folders, names, strict=True):
        if folder is not None and (folder / name).is_file() and (int8, folder) != (True, folders[1]):
            model = _readable(folder / name)
            if model is not None and note_of(model) == made_of:
                return model
    return None


def _readable(path: Path) -> Any | None:
    """Read a network file; None where it is damaged, and is made again."""
    try:
        return read_model(path)
    except RuntimeError:
        return None


def shipped_name(name: str, int8: bool) -> str:
    """Name the shipped file of a network."""
    return f"{name}.int8.xml" if int8 else f"{name}.xml"


def note_for(source: NetworkSource | HeadSource) -> str:
    """Say what a file of these weights is made of: the hash of the weights, and the format."""
    return f"{hash_file(source.weights)}-{FORMAT}"


def note_of(model: Any) -> str:
    """Return what a network file says that it is made of; nothing if it does not say."""
    return str(model.get_rt_info(_NOTE).astype(str)) if model.has_rt_info(_NOTE) else ""


def save(model: Any, source: NetworkSource | HeadSource, path: Path) -> None:
    """Write a network file in fp16, whole or not at all."""
    model.set_rt_info(note_for(source), _NOTE)
    part = path.with_name(f"part-{os.getpid()}-{path.name}")
    try:
        openvino().save_model(model, str(part), compress_to_fp16=True)
        part.with_suffix(".bin").replace(path.with_suffix(".bin"))
        part.replace(path)
    finally:
        for left in (part, part.with_suffix(".bin")):
            left.unlink(missing_ok=True)


def converted(source: NetworkSource | HeadSource) -> Any:
    """Convert a network, and keep it for the next time where there is a cache."""
    model = convert(source)
    folder = cache_folder("networks")
    if folder is not None:
        _remove_leftovers(folder)
        save(model, source, folder / f"{source.name}-{note_for(source)[:20]}.xml")
    return model


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left half-written; what another process writes at the moment is young."""
    with suppress(OSError):
        for part in folder.glob("part-*"):
            if time.time() - part.stat().st_mtime > _ABANDONED_S:
                part.unlink(missing_ok=True)


def convert(source: NetworkSource | HeadSource) -> Any:
    """Convert a network by tracing it; number, height and width of its pictures or feature maps stay open."""
    from models.runtime.prepared import built

    return convert_module(built(source), source.examples())


def convert_module(network: nn.Module, examples: tuple[NDArray[Any], ...]) -> Any:
    """Convert a network by tracing it; it learns no more then.

    Args:
        network: as it is run.
        examples: of what it takes, to trace it with: pictures (2, h, w, 3) uint8, or feature maps (2, c, h, w) float32.
            Their number, height and width stay open.
    """
    openvino()
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    network.eval().requires_grad_(False)
    given = tuple(map(torch.from_numpy, examples))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing, about shapes, which are the same again when it runs
        traced = torch.jit.trace(network, given, check_trace=False)  # type: ignore[no-untyped-call]
        frontend = FrontEndManager().load_by_framework("pytorch")
        decoder = TorchScriptPythonDecoder(traced, example_input=given)  # must outlive the conversion
        loaded = frontend.load(decoder)
        return frontend.convert(loaded)
