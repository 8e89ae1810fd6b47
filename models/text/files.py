"""The networks that the package rapidocr brings, and what they know of characters."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from pipeline.errors import DependencyError, WeightsError

RAPIDOCR = "rapidocr"
"""Name of the package."""
INSTALL = "pip install --no-deps rapidocr==3.10.0"
_FINDER, _RECOGNISER = "*det*.onnx", "*rec*.onnx"


def is_installed() -> bool:
    """Tell whether the package is there; nothing of it is loaded."""
    return importlib.util.find_spec(RAPIDOCR) is not None


def model_files(what: str) -> tuple[Path, Path]:
    """Find the files of both networks in the installed package: that which finds text, and that which reads it.

    Args:
        what: wants them, for the message.

    Raises:
        DependencyError: the package is not installed.
        WeightsError: it has no such files.
    """
    package = importlib.util.find_spec(RAPIDOCR)
    if package is None or package.origin is None:
        raise DependencyError(f"{what}: it is not installed; {INSTALL}")
    folder = Path(package.origin).parent / "models"
    found = [sorted(folder.glob(pattern)) for pattern in (_FINDER, _RECOGNISER)]
    for pattern, files in zip((_FINDER, _RECOGNISER), found, strict=True):
        if not files:
            raise WeightsError(f"{what}: the installed package has no {pattern}; use version 3.10")
    return found[0][-1], found[1][-1]


def characters(model: Path) -> list[str]:
    """Read the recogniser's characters: the metadata entry 'character' of an ONNX file (a length, then a line each).

    Raises:
        WeightsError: there is none.
    """
    content = model.read_bytes()
    at = content.rfind(b"\x0a\x09character\x12")
    if at < 0:
        raise WeightsError(f"{model}: not a recogniser of PP-OCR: it does not list its characters")
    at += len(b"\x0a\x09character\x12")
    length = shift = 0
    while True:
        byte = content[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return content[at : at + length].decode("utf-8").splitlines()
