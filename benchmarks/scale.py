"""Time and memory by the length of the game: `python -m benchmarks.scale [--minutes 10 20 40 80] [--video CLIP]`.

Renders games without pixels of these lengths, lets `courtside analyze` take each in a process of its own, and prints
processor seconds per minute of game, stage by stage (on a machine shared with other work the stages' seconds on the clock say
less), the peak of memory, and the size of the work directory. Nothing may grow faster than the length: the last line
divides the longest game's numbers by the shortest one's. `--video` does the same through perception with a clip that is looped,
at `--max-fps` analysed frames per second.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.full_game import render
from benchmarks.resources import ANALYZE, measured
from benchmarks.speed import loop
from pipeline.rendering import noise_settings

SEED = 11
SHOWN = (
    "court",
    "tracking",
    "splitting",
    "identity",
    "location",
    "statistics",
    "lineups",
    "ball",
    "ball_events",
    "tactics",
    "present",
)
"""Stages whose seconds on the clock are shown."""


@dataclass(frozen=True)
class Length:
    """What a game of one length took."""

    minutes: float
    processor_s: float
    peak_gb: float
    work_mb: float
    seconds: dict[str, float]
    """On the clock, by stage."""

    def row(self) -> list[float]:
        """List what is printed, everything but memory per minute of game."""
        per_minute = [self.processor_s / self.minutes, *(self.seconds.get(name, 0.0) / self.minutes for name in SHOWN)]
        return [*per_minute, self.work_mb / self.minutes, self.peak_gb]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[10.0, 20.0, 40.0, 80.0])
    parser.add_argument("--video", type=Path, help="a clip to loop in place of games without pixels")
    parser.add_argument("--max-fps", type=float, default=2.0, help="analysed frames per second of the clip [2]")
    given = parser.parse_args(arguments)
    print("| minutes | processor s/min | " + " | ".join(SHOWN) + " | work MB/min | peak GB |")
    print("|---:" * (len(SHOWN) + 4) + "|")
    rows = []
    with tempfile.TemporaryDirectory(prefix="courtside-scale-") as name:
        for minutes in given.minutes:
            made = Path(name) / f"{minutes:g}"
            source = made / "game" if given.video is None else made.with_suffix(given.video.suffix)
            if given.video is None:
                render(source, SEED, minutes * 60, noise_settings({}))
            else:
                loop(given.video, source, minutes * 60)
            rows.append(measure(source, made / "run", minutes, None if given.video is None else given.max_fps).row())
            print(line(f"{minutes:g}", rows[-1]), flush=True)
    print(line("last / first", [b / a if a else float("nan") for a, b in zip(rows[0], rows[-1], strict=True)]))


def measure(source: Path, out: Path, minutes: float, max_fps: float | None) -> Length:
    """Analyse a game of one length, without an annotated video.

    Args:
        source: the game.
        out: the run.
        minutes: its length.
        max_fps: analysed frames per second of a video; None for a game without pixels.
    """
    command = [*ANALYZE, str(source), "--out", str(out)]
    if max_fps is not None:
        settings = out.parent / f"{out.parent.name}.yaml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(f"video:\n  max_fps: {max_fps}\n", encoding="utf-8")
        command += ["--no-video", "--config", str(settings)]
    used = measured(command)
    seconds = json.loads((out / "run.json").read_text(encoding="utf-8"))["seconds"]
    work_mb = sum(path.stat().st_size for path in (out / "work").rglob("*") if path.is_file()) / 1e6
    return Length(minutes, used.processor_s, used.memory_bytes / 1e9, work_mb, seconds)


def line(name: str, row: Sequence[float]) -> str:
    """Lay a row of the table out."""
    return f"| {name} | " + " | ".join(f"{value:.2f}" for value in row) + " |"


if __name__ == "__main__":
    main()
