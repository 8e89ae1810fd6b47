"""What a run rests on: hashes of its inputs and weights, and the versions of what it used."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path

import models
from models.detector.foreign_files import openvino_files
from models.text import is_installed, model_files
from models.weight_files import MAX_BYTES
from pipeline.config import Settings
from pipeline.errors import WeightsError
from pipeline.store import fingerprint, hash_file

_WEIGHTS = Path(models.__file__).parent / "weights"
_PACKAGES = (
    "courtside",
    "openvino",
    "torch",
    "ultralytics",
    "deep-sort-realtime",
    "opencv-python",
    "av",
    "numpy",
    "pandas",
)
"""Shown to people; what decides on reuse is `pipeline.run.source_code.closure`."""


def versions() -> dict[str, str]:
    """Name the versions of Python and of the packages that matter most."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:  # a headless OpenCV, or run from a checkout
            continue
    return found


def weights_of(settings: Settings) -> dict[str, str]:
    """Hash the weight files that the settings name.

    Returns:
        'detector', 'encoder' and, if they are used, 'ball', 'features' (those of the built-in detector that the ball head
        goes on from, beside one of other weights), 'numbers', 'court' and 'scoreboard' to SHA-256; of a folder (OpenVINO), and of a
        shipped network with its files for OpenVINO, of all files together.
    """
    named = {"detector": settings.detect.weights, "encoder": settings.embed.weights}
    if settings.ball.head_weights is not None:
        named["ball"] = settings.ball.head_weights
    if settings.numbers.weights is not None:
        named["numbers"] = settings.numbers.weights
    if settings.court.automatic:
        named["court"] = settings.court.weights
    beside = settings.ball.head_weights is not None and settings.detect.weights != "builtin"
    features = {"features": _hash_builtin("detector")} if beside else {}
    texts = {"scoreboard": fingerprint(*map(hash_file, model_files("scoreboard")))} if _reads_texts(settings) else {}
    return (
        texts
        | features
        | {
            name: _hash_builtin(name) if weights == "builtin" else _hash_named(Path(weights), name)
            for name, weights in named.items()
        }
    )


def _reads_texts(settings: Settings) -> bool:
    return settings.scoreboard.read and is_installed()


def _hash_named(path: Path, name: str) -> str:
    """Hash weights that the settings name, a folder's own files of OpenVINO alone; '' if they are not there.

    Raises:
        WeightsError: they are larger than any network is.
    """
    files = openvino_files(path) if path.is_dir() else [path] if path.is_file() else []
    size = sum(file.stat().st_size for file in files)
    if size > MAX_BYTES:
        raise WeightsError(f"{name} weights {path}: larger than {MAX_BYTES >> 20} MiB")
    if path.is_file():
        return hash_file(path)
    return fingerprint(*([file.name, hash_file(file)] for file in files)) if files else ""


def _hash_builtin(name: str) -> str:
    """Hash the shipped files of a network."""
    files = [_WEIGHTS / f"{name}.safetensors", *sorted((_WEIGHTS / "openvino").glob(f"{name}.*"))]
    return fingerprint(*(hash_file(file) for file in files))


def hash_path(path: Path | None) -> str:
    """Hash a file; '' for no path or one that is not there."""
    return "" if path is None or not path.is_file() else hash_file(path)
