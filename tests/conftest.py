"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real footage and annotations beside the repository; skips where they are absent."""
    folder = Path(os.environ.get("COURTSIDE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real material at {folder}")
    return folder
