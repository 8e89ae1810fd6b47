"""Who attacks, and who guards whom? `python -m benchmarks.tactics [--seeds 211 212 213] [--minutes 6] [--found 0.7] [--out reports/tactics]`.

Rendered games without pixels (NBA court, 12 players a team, broadcast camera with cuts; at a fifth of the screens defenders change men, and so
many possessions begin with two men changed) go through all stages. Phases and matchups are compared with the truth: as the run has them, with the
ball followed in what `--found` leaves of it, and again from the positions alone. Games are kept in the folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.rendering import WHOLE_GAME, noise_settings, render_positions, whole_game

FPS = 15.0


def render(game: Path, seed: int, seconds: float, found: float) -> None:
    """Play and film a game."""
    share = seconds / float(WHOLE_GAME["seconds"])
    settings = whole_game(
        seed=seed,
        seconds=seconds,
        period_s=share * WHOLE_GAME["period_s"],
        break_s=max(5.0, share * WHOLE_GAME["break_s"]),
        fps=FPS,
        court="nba",
        players_per_team=12,
        pull_ups=0.35,
        interceptions=0.08,
        switches=0.2,
    )
    render_positions(settings, noise_settings({"ball_found": found}), game)


def analyse(game: Path, run: Path) -> None:
    """Run all stages; what has not changed is kept."""
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze", str(game), "--out", str(run)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[211, 212, 213])
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--found", type=float, default=0.7)
    parser.add_argument("--out", type=Path, default=Path("reports/tactics"))
    given = parser.parse_args(arguments)
    for seed in given.seeds:
        folder = given.out / f"{seed}-{given.minutes:g}-{given.found:g}"
        game, run = folder / "game", folder / "run"
        if not (game / "game.json").is_file():
            render(game, seed, 60 * given.minutes, given.found)
        analyse(game, run)


if __name__ == "__main__":
    main()
