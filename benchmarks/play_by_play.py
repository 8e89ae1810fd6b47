"""Does a play-by-play tell who is who? `python -m benchmarks.play_by_play [--seeds 401 402] [--minutes 12] [--numbers 0.01] [--out reports/play-by-play]`.

Rendered games without pixels (10 players a team, broadcast camera with cuts, nine of ten words of the scoreboard read, numbers hardly ever) go through all
stages without a roster. The truth is written as a play-by-play with numbers; printed is how many players have their right number before it, and by
what it suggests. Games are kept in the folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.rendering import WHOLE_GAME, noise_settings, render_positions, whole_game

FPS = 10.0


def render(game: Path, seed: int, seconds: float, numbers: float) -> None:
    """Play and film a game."""
    share = seconds / float(WHOLE_GAME["seconds"])
    settings = whole_game(
        seed=seed,
        seconds=seconds,
        period_s=share * WHOLE_GAME["period_s"],
        break_s=max(6.0, share * WHOLE_GAME["break_s"]),
        dead_ball_every_s=25.0,
        stint_s=110.0,
        fps=FPS,
        court="nba",
    )
    render_positions(settings, noise_settings({"board_share": 0.9, "number_share": numbers}), game)


def analyse(game: Path, run: Path) -> None:
    """Run all stages; what has not changed is kept."""
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze", str(game), "--out", str(run)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[401, 402])
    parser.add_argument("--minutes", type=float, default=12.0)
    parser.add_argument("--numbers", type=float, default=0.01)
    parser.add_argument("--out", type=Path, default=Path("reports/play-by-play"))
    given = parser.parse_args(arguments)
    for seed in given.seeds:
        folder = given.out / f"{seed}-{given.minutes:g}-{given.numbers:g}"
        game, run = folder / "game", folder / "run"
        if not (game / "game.json").is_file():
            render(game, seed, 60 * given.minutes, given.numbers)
        analyse(game, run)


if __name__ == "__main__":
    main()
