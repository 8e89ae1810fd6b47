"""A seal that only this user of this machine can put on what he writes.

A run directory may come from a stranger. What it says is data; a path that it names is followed only if the seal beside
it shows that this user wrote it. The seal is an HMAC (RFC 2104) by a key that lies with the user's other state.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from pipeline.store.files import canonical_json

VARIABLE = "COURTSIDE_STATE"
"""Environment variable that names the folder of the key; empty: nothing is sealed."""
_KEY_BYTES = 32
_FILE = "seal.key"


def seal(data: Any) -> str | None:
    """Return the seal of plain data, as hex digits; None where no key can be kept."""
    key = _key()
    return None if key is None else hmac.new(key, canonical_json(data).encode(), hashlib.sha256).hexdigest()


def is_sealed(data: Any, mark: Any) -> bool:
    """Say whether a mark is the seal that this user puts on the data."""
    right = seal(data)
    return right is not None and isinstance(mark, str) and hmac.compare_digest(right.encode(), mark.encode())


def _key() -> bytes | None:
    """Read the user's key; the first time, make it."""
    place = os.environ.get(VARIABLE)
    if place == "":
        return None
    try:
        folder = user_state_path("courtside", appauthor=False) if place is None else Path(place)
        path = folder / _FILE
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            _write_key(path)
        key = path.read_bytes()
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return None
    return key if len(key) == _KEY_BYTES else None


def _write_key(path: Path) -> None:
    """Make a key that this user alone can read, whole or not at all.

    Raises:
        FileExistsError: there is one.
    """
    if path.exists():
        raise FileExistsError(path)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        os.link(partial, path)  # not replaced: of two that start at once, both use the first one's key
    finally:
        partial.unlink()
