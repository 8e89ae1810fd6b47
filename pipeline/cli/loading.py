"""Importing what is heavy when a command runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Import without garbage collection, and leave what was imported out of later ones: a second of every run."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
