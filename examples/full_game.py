"""Analyse a whole game and print what everybody did.

    python examples/full_game.py game.mp4 [--out DIR] [--preset fast|balanced|thorough|broadcast|fixed-camera]

The run can be stopped at any time: the same command goes on from there. Report, heat maps, tables and the annotated video
lie in the output directory.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import courtside


class Lines:
    """Prints a line when a stage ends, and every warning."""

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """A stage starts, with so many units of work ahead."""
        self.stage = stage

    def advance(self, done: float) -> None:
        """So many units are done."""

    def end(self, note: str) -> None:
        """The stage is done."""
        print(f"{self.stage}: {note}")

    def warn(self, message: str) -> None:
        """Something is not as one would expect."""
        print(f"warning: {message}")


def main(arguments: list[str] | None = None) -> None:
    """Analyse the video that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--out", type=Path, help="output directory [default: reports/NAME]")
    parser.add_argument("--preset", choices=("fast", "balanced", "thorough", "broadcast", "fixed-camera"))
    asked = parser.parse_args(arguments)

    run = courtside.analyze(asked.video, asked.out, preset=asked.preset, progress=Lines())
    columns = ["label", "team", "seen_s", "distance_m", "mean_speed_mps", "top_speed_mps"]
    print(run.player_stats[columns].round(1).to_string(index=False))
    print(run.team_stats[["team", "distance_m", "spacing_m"]].round(1).to_string(index=False))
    print(f"report: {run.report}")


if __name__ == "__main__":
    try:
        main()
    except courtside.CourtsideError as error:
        raise SystemExit(f"error: {error}") from None
