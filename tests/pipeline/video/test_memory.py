"""Pictures leave no holes in the heap."""

import platform
import subprocess
import sys

import pytest

BETWEEN = """
import sys
from pathlib import Path
import numpy as np
from pipeline.video.memory import keep_pictures_apart

def held_mb():
    return int(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0]) / 1024

if sys.argv[1] == "apart":
    keep_pictures_apart()
np.ones(3_000_000, np.uint8)  # released at once: from now on glibc puts blocks of this size into its heap
before, kept = held_mb(), []
for _ in range(40):
    pictures = [np.ones(2_000_000 + k, np.uint8) for k in range(4)]
    kept.append([bytes(50_000) for _ in range(4)])
    pictures = [np.ones(2_500_000 - 1000 * len(kept), np.uint8), bytes(1000)]
    kept.append(bytes(60_000))
del pictures
print(held_mb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is about glibc")
def test_small_arrays_between_pictures_hold_no_more_than_themselves() -> None:
    def grown_mb(how: str) -> float:
        done = subprocess.run([sys.executable, "-c", BETWEEN, how], capture_output=True, text=True, check=True)
        return float(done.stdout)

    kept_mb = 40 * 260_000 / 2**20
    assert grown_mb("apart") < kept_mb + 2
    assert grown_mb("as it was") > grown_mb("apart")
