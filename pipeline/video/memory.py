"""Where the memory of pictures lies."""

from __future__ import annotations

import ctypes
import platform

LEAST_BYTES = 1 << 18
"""Blocks of this size on are kept apart."""
_MMAP_THRESHOLD = -3
"""glibc's M_MMAP_THRESHOLD."""


def keep_pictures_apart() -> None:
    """Give each large block of memory pages of its own, which the system gets back when the block is released.

    glibc does so at first, but puts blocks as large as one that was released into its heaps from then on (`mallopt(3)`).
    There pictures lie between small arrays that stay, and the holes that they leave add up: a fixed size ends that. Other
    C libraries are left as they are.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, LEAST_BYTES)
