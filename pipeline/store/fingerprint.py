"""Fingerprints: the same inputs and settings give the same text, anything else another."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline.errors import InputError
from pipeline.store.files import canonical_json

_BLOCK_BYTES = 1 << 20


def fingerprint(*values: Any) -> str:
    """Return the SHA-256 of the canonical JSON of plain data, as 64 hex digits.

    Args:
        values: numbers, text, None, lists, mappings with text keys, settings models, dataclasses of these.

    Example:
        >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
        True
        >>> fingerprint("a", "b") == fingerprint("ab")
        False
        >>> fingerprint(1) == fingerprint(1.0)
        False
    """
    return hashlib.sha256(canonical_json([_plain(value) for value in values]).encode()).hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's content, as 64 hex digits.

    Raises:
        InputError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """Turn a settings model or a dataclass into a mapping."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
