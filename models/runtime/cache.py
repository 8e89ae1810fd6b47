"""Where networks that were converted or compiled on this machine are kept for the next start."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

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
        folder = (user_cache_path("courtside", appauthor=False) if place is None else Path(place)) / name
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return None
    return folder if os.access(folder, os.W_OK) else None
