"""Are close-ups and replays recognised? `python -m benchmarks.shots [--seeds 61 62 63 64] [--out reports/shots]`.

Renders broadcasts of four minutes without pixels, with close-ups, and replays at full, half or a third of the speed, lets
`courtside analyze` take them, and prints by true kind how many shots were taken for what. `--game` names games to take
in place of them. Seeds 21 to 24 were used to choose the thresholds.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.rendering import NoiseSettings, RenderSettings, render_positions
from pipeline.run.analysis import analyze_job
from pipeline.run.job import Job

KINDS = {"play": "game", "closeup": "close-up", "replay": "replay"}
SPEEDS = (1.0, 0.5, 0.33)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[61, 62, 63, 64])
    parser.add_argument("--game", type=Path, action="append", default=[], help="a rendered game; may be repeated")
    parser.add_argument("--out", type=Path, default=Path("reports/shots"))
    given = parser.parse_args(arguments)
    games = given.game or [_rendered(seed, given.out / f"game-{seed}") for seed in given.seeds]
    taken: Counter[tuple[str, str]] = Counter()
    for game in games:
        shots = analyze_job(Job(game, given.out / f"run-{game.name}")).tables["shots"]
        taken.update(zip(_true_kinds(game, shots), shots["kind"], strict=True))
    print("| shots that are | " + " | ".join(f"taken for {kind}" for kind in KINDS.values()) + " |")
    print("|---" + "|---:" * len(KINDS) + "|")
    for true in KINDS.values():
        print(f"| {true} | " + " | ".join(str(taken[true, found]) for found in KINDS.values()) + " |")


def _rendered(seed: int, folder: Path) -> Path:
    """Render a game unless it is there."""
    if not (folder / "game.json").is_file():
        settings = RenderSettings(
            seed=seed, seconds=240, court="nba", dead_ball_every_s=14, replays=True, replay_speed=SPEEDS[seed % 3]
        )
        render_positions(settings, NoiseSettings(number_share=0.3), folder)
    return folder


def _true_kinds(game: Path, shots: pd.DataFrame) -> list[str]:
    """Say what each found shot mostly shows."""
    true = pd.read_parquet(game / "frames.parquet").set_index("frame")["kind"].map(KINDS)
    spans = zip(shots["first_frame"], shots["last_frame"], strict=True)
    return [str(true.loc[first:last].mode()[0]) for first, last in spans]


if __name__ == "__main__":
    main()
