"""Memory over a long video: `python -m benchmarks.soak CLIP [--minutes 30] [--max-fps 1] [--video-fps 2] [--workers 1]`.

Loops a clip, analyses it in a process of its own at a low rate, annotated video included, and prints what all its processes
hold, pages that they share counted once: for each stage the peak, and for those that go through the video the median over
each five minutes of it (`--window`). Nothing may grow with the length: the last column divides the last window by the first.
`--in-heap` lets pictures lie in the heap, as they do where nothing is done about it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.resources import group_memory_bytes
from benchmarks.speed import loop

POLL_S = 0.5
_CHILD = "from benchmarks.soak import analyse; analyse()"


@dataclass
class StageMemory:
    """What was held while a stage ran."""

    peak: int = 0
    """Bytes."""
    windows: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Bytes, by which window of the video was at work."""

    def add(self, held: int, window: int | None) -> None:
        """Take a sample, in bytes; None where a stage does not go through the video."""
        self.peak = max(self.peak, held)
        if window is not None:
            self.windows[window].append(held)

    def medians(self) -> list[float]:
        """Return the median of each window, in bytes."""
        return [statistics.median(self.windows[window]) for window in sorted(self.windows)]

    def growth(self) -> float | None:
        """Return by which share the last window's is more than the first's; None where there are not two."""
        medians = self.medians()
        return medians[-1] / medians[0] - 1 if len(medians) > 1 else None


class Noting:
    """Writes to a file which stage is at work, and how far it is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._now: dict[str, Any] = {}

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """A stage starts."""
        self._now = {"stage": stage, "total": total, "unit": unit}
        self._note(0.0)

    def advance(self, done: float) -> None:
        """So many units are done."""
        self._note(done)

    def end(self, note: str) -> None:
        """The stage is done; it has no place to note that."""

    def warn(self, message: str) -> None:
        """Print a warning."""
        print(f"warning: {message}", file=sys.stderr)

    def _note(self, done: float) -> None:
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps({**self._now, "done": done}), encoding="utf-8")
        partial.replace(self._path)


def analyse() -> None:
    """Analyse what the arguments say, in the process that is watched."""
    import courtside
    from pipeline.video import decode

    video, out, note, settings, workers, in_heap = sys.argv[1:]
    if in_heap == "True":
        decode.keep_pictures_apart = lambda: None
    courtside.analyze(video, out=out, settings=json.loads(settings), workers=int(workers), progress=Noting(Path(note)))


@dataclass(frozen=True)
class Plan:
    """How a video is analysed and watched."""

    minutes: float
    """Length of the video."""
    window_min: float
    """Minutes of video over which memory is summed up."""
    settings: dict[str, Any]
    workers: int = 1
    in_heap: bool = False


def soak(video: Path, plan: Plan) -> dict[str, StageMemory]:
    """Analyse a video and watch what is held, by stage.

    Raises:
        SystemExit: the analysis failed.
    """
    note = video.with_suffix(".json")
    command = [sys.executable, "-c", _CHILD, str(video), str(video.with_suffix("")), str(note)]
    command += [json.dumps(plan.settings), str(plan.workers), str(plan.in_heap)]
    held: defaultdict[str, StageMemory] = defaultdict(StageMemory)
    with subprocess.Popen(command, start_new_session=True) as process:
        while process.poll() is None:
            time.sleep(POLL_S)
            now = noted(note)
            if now is not None:
                held[now["stage"]].add(group_memory_bytes(process.pid), window_of(now, plan))
    if process.returncode:
        raise SystemExit(f"the analysis failed ({process.returncode})")
    return dict(held)


def noted(path: Path) -> dict[str, Any] | None:
    """Read which stage is at work; None before the first."""
    now: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return now


def window_of(now: dict[str, Any], plan: Plan) -> int | None:
    """Say in which window of the video a stage is; before its first frame, while networks are loaded, it is in none."""
    if not now["total"] or not now["done"]:
        return None
    windows = max(1, round(plan.minutes / plan.window_min))
    return min(int(now["done"] / now["total"] * windows), windows - 1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--minutes", type=float, default=30.0, help="length of the looped video [30]")
    parser.add_argument("--max-fps", type=float, default=1.0, help="analysed frames per second [1]")
    parser.add_argument("--video-fps", type=float, default=2.0, help="frames per second of the annotated video [2]")
    parser.add_argument("--workers", type=int, default=1, help="processes that share perception [1]")
    parser.add_argument("--window", type=float, default=5.0, help="minutes over which memory is summed up [5]")
    parser.add_argument("--in-heap", action="store_true", help="let pictures lie in the heap")
    given = parser.parse_args(arguments)
    settings = {"video": {"max_fps": given.max_fps}, "present": {"video_fps": given.video_fps}}
    plan = Plan(given.minutes, given.window, settings, given.workers, given.in_heap)
    with tempfile.TemporaryDirectory(prefix="courtside-soak-") as name:
        video = Path(name) / f"long{given.clip.suffix}"
        loop(given.clip, video, given.minutes * 60)
        held = soak(video, plan)
    print(f"| stage | peak MB | MB per {given.window:g} minutes | growth |\n|---|---:|---|---:|")
    for stage, memory in held.items():
        print(row(stage, memory))


def row(stage: str, memory: StageMemory) -> str:
    """Lay a row of the table out.

    Example:
        >>> memory = StageMemory()
        >>> for window, megabytes in ((0, 100), (0, 100), (0, 300), (1, 104)):
        ...     memory.add(megabytes * 1_000_000, window)
        >>> row("video", memory)
        '| video | 300 | 100 104 | +4 % |'
    """
    growth = memory.growth()
    medians = " ".join(f"{median / 1e6:.0f}" for median in memory.medians())
    return f"| {stage} | {memory.peak / 1e6:.0f} | {medians} | {'' if growth is None else f'{growth:+.0%}'.replace('%', ' %')} |"


if __name__ == "__main__":
    main()
