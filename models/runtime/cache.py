"""Where networks that were converted or compiled on this machine are kept for the next start."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "COURTSIDE_CACHE"
"""Environment variable that names the folder; empty: nothing is kept."""


def cache_folder(name: str) -> Path | None:
    """Make and return a folder of the cache; None where nothing can be written.

    Args:
        name: of the folder in it.
    """
    place = os.environ.get(VARIABLE)
    if place == "":
        return None
    try:
        folder = (_usual_place() if place is None else Path(place)) / name
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return None
    return folder if os.access(folder, os.W_OK) else None


def _usual_place() -> Path:
    """Return the folder that the system has for caches."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "courtside" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "courtside"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "courtside"
