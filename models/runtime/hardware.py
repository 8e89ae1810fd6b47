"""What a machine has, as far as it can be told without loading torch."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

_CARDS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd") if platform.system() == "Linux" else ()


def usable_cores() -> int:
    """Count the cores that networks may use; `OMP_NUM_THREADS` limits them, as it does everywhere else."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(wanted)) if wanted.isdecimal() and int(wanted) > 0 else cores


def may_have_gpu() -> bool:
    """Say whether a graphics card that torch can use may be there; where not, torch need not be asked."""
    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "nvcuda.dll").exists()
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return any(Path(device).exists() for device in _CARDS)
