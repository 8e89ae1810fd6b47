"""What is checked of weights of another program before they are opened; those that run code need permission each time."""

from __future__ import annotations

from pathlib import Path

from models.weight_files import MAX_BYTES
from pipeline.config import Settings
from pipeline.errors import SettingsError, WeightsError

PICKLE_SUFFIX = ".pt"
OPENVINO_SUFFIXES = (".xml", ".bin", ".yaml")
"""Of the files of an OpenVINO folder: the network, its weights, and what ultralytics says about it."""


def openvino_files(folder: Path) -> list[Path]:
    """List the files of an OpenVINO folder, which lie in it and not below, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in OPENVINO_SUFFIXES and path.is_file())


def check_foreign(path: Path) -> None:
    """Refuse weights of another program that cannot be what their name says, before they are opened.

    Args:
        path: a .pt or .onnx file, or an OpenVINO folder.

    Raises:
        WeightsError: a folder that is no OpenVINO folder, no plain file, or larger than `MAX_BYTES`.
    """
    try:
        files = openvino_files(path) if path.is_dir() else [path]
        size = sum(file.stat().st_size for file in files)
    except OSError as error:
        raise WeightsError(f"detector weights {path}: cannot be read ({error.strerror})") from error
    if path.is_dir() and sorted(file.suffix for file in files if file.suffix != ".yaml") != [".bin", ".xml"]:
        raise WeightsError(f"detector weights {path}: a folder of OpenVINO holds one .xml file and its .bin file")
    if not (path.is_dir() or path.is_file()):
        raise WeightsError(f"detector weights {path}: not a plain file")
    if size > MAX_BYTES:
        raise WeightsError(f"detector weights {path}: larger than {MAX_BYTES >> 20} MiB")


def check_weights_named(settings: Settings, allow_pickle: bool) -> None:
    """Refuse weights whose loading runs code, unless that was asked for.

    Args:
        settings: of a run.
        allow_pickle: whoever started this run said that its `.pt` file may run code.

    Raises:
        SettingsError: they name such a file and nobody asked for it.
    """
    weights = settings.detect.weights
    if Path(weights).suffix.lower() == PICKLE_SUFFIX and not allow_pickle:
        raise SettingsError(
            f"detect.weights: {weights} is a pickle, and loading it runs whatever code it holds; if you trust it, add "
            "--allow-pickle (in Python: allow_pickle=True), else convert it to .onnx or .safetensors"
        )
