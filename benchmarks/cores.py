"""How far more worker processes make it faster: `python -m benchmarks.cores VIDEO [--workers 1x2 2x1 4]`.

Analyses the clip, repeated to --seconds and cut into two chunks for each of the most workers, without the annotated video,
with each number of workers, one after the other and --repeat times around. Prints for each the fastest run: seconds of
perception on the clock, processor seconds of all processes and the peak of their memory, and the efficiency: how much faster
than the first, divided by how many times as many cores work. 2x3 is two workers of three cores each, 2 is 2x1. Says whether all runs gave the same bytes (their exit code is
1 if not).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.resources import ANALYZE, Usage, measured
from benchmarks.speed import loop

_TABLES = ("frames", "detections", "number_reads", "court_points")


@dataclass(frozen=True)
class CoresRun:
    """One run."""

    workers: int
    cores: int
    """That its processes and threads could keep busy."""
    perceive_s: float
    """On the clock, start of the workers included."""
    usage: Usage
    files: tuple[bytes, ...]
    """The tables and embeddings."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say with the exit code whether all runs agree."""
    available = os.cpu_count() or 1
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--workers", type=_shared, nargs="+", default=[(n, 1) for n in _doubling(available)])
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the clip, repeated")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each number; the fastest counts")
    parser.add_argument("--max-fps", type=float, default=30.0)
    wanted = parser.parse_args(arguments)
    runs: list[CoresRun] = []
    with tempfile.TemporaryDirectory(prefix="courtside-cores-") as folder:
        clip = Path(folder) / f"clip{wanted.video.suffix}"
        loop(wanted.video, clip, wanted.seconds)
        config = Path(folder) / "settings.yaml"
        chunk_s = wanted.seconds / (2 * max(workers for workers, _ in wanted.workers))
        config.write_text(
            f"video: {{chunk_s: {chunk_s}, max_fps: {wanted.max_fps}}}\npresent: {{video: false}}\n", encoding="utf-8"
        )
        for turn in range(wanted.repeat):
            for workers, cores_each in wanted.workers:
                out = Path(folder) / f"run-{turn}-{workers}x{cores_each}"
                runs.append(_run(clip, config, out, workers, workers * cores_each))
    print("\n".join(report(runs)))
    same = all(run.files == runs[0].files for run in runs)
    print("all runs gave the same bytes" if same else "THE RUNS DIFFER")
    return 0 if same else 1


def report(runs: Sequence[CoresRun]) -> list[str]:
    r"""Lay out the fastest run of each number of workers; the efficiency is against the first.

    Example:
        >>> one, two = (CoresRun(n, n, s, Usage(s + 5, 42.0, n << 30), ()) for n, s in ((1, 40.0), (2, 25.0)))
        >>> print("\n".join(report([one, two])))
        workers cores perceive s command s processor s memory GB efficiency
              1     1       40.0      45.0        42.0      1.07       100 %
              2     2       25.0      30.0        42.0      2.15        80 %
    """
    fastest: dict[tuple[int, int], CoresRun] = {}
    for run in sorted(runs, key=lambda run: -run.perceive_s):
        fastest[run.workers, run.cores] = run
    rows = [fastest[key] for key in dict.fromkeys((run.workers, run.cores) for run in runs)]
    lines = ["workers cores perceive s command s processor s memory GB efficiency"]
    for run in rows:
        efficiency = rows[0].perceive_s * rows[0].cores / (run.perceive_s * run.cores)
        lines.append(
            f"{run.workers:7d} {run.cores:5d} {run.perceive_s:10.1f} {run.usage.wall_s:9.1f} {run.usage.processor_s:11.1f} "
            f"{run.usage.memory_bytes / 1e9:9.2f} {100 * efficiency:9.0f} %"
        )
    return lines


def _run(clip: Path, config: Path, out: Path, workers: int, cores: int) -> CoresRun:
    """Analyse the clip once with so many processes and, in all, cores."""
    os.environ["OMP_NUM_THREADS"] = str(cores)
    usage = measured([*ANALYZE, str(clip), "--out", str(out), "--config", str(config), "--workers", str(workers)])
    seconds = json.loads((out / "run.json").read_text(encoding="utf-8"))["seconds"]["perceive"]
    files = [out / "work" / f"{name}.parquet" for name in _TABLES] + [out / "work" / "embeddings.npy"]
    return CoresRun(workers, cores, seconds, usage, tuple(path.read_bytes() for path in files))


def _shared(text: str) -> tuple[int, int]:
    """Read a number of workers and the cores of each.

    Example:
        >>> _shared("2x3"), _shared("4")
        ((2, 3), (4, 1))
    """
    workers, _, cores = text.partition("x")
    return int(workers), int(cores or 1)


def _doubling(most: int) -> list[int]:
    """Return 1, 2, 4, ... and the most.

    Example:
        >>> _doubling(12)
        [1, 2, 4, 8, 12]
    """
    return [*(1 << power for power in range(most.bit_length()) if 1 << power < most), most]


if __name__ == "__main__":
    sys.exit(main())
