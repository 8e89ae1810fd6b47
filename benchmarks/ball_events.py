"""Who has the ball, who shot, did it go in? `python -m benchmarks.ball_events [--seeds 201 202 203] [--minutes 12] [--found 0.7] [--fouls] [--out reports/ball]`.

Rendered games without pixels (NBA court, 12 players a team, broadcast camera with cuts, pull-ups from behind the three-point line, 8 % of the passes
intercepted) go through all stages; what is said of the ball is compared with the truth. `--found` is the share of frames in which the detector
finds a ball in plain view; with `--fouls` the ball is dead every few seconds, mostly by a foul, so that there are free throws to count. Games are kept in the folder, and analysed again where the code has changed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.evaluation.events.ball import BallScores, score_ball_events
from pipeline.rendering import WHOLE_GAME, noise_settings, render_positions, whole_game

FPS = 10.0
"""Analysed of a video of 30."""
FOULS_S = 6.0
"""With so little time between dead balls half of them are fouls."""
HEAD = (
    "| seed | possession | holder | passes F1 | attempts F1 | shooter | two or three | made or missed, where said | said | rebounds F1 |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[201, 202, 203])
    parser.add_argument("--minutes", type=float, default=12.0)
    parser.add_argument("--found", type=float, default=0.7)
    parser.add_argument("--fouls", action="store_true", help="many of them, and so many free throws")
    parser.add_argument("--out", type=Path, default=Path("reports/ball"))
    given = parser.parse_args(arguments)
    scores: list[BallScores] = []
    rows = []
    for seed in given.seeds:
        folder = given.out / f"{seed}-{given.minutes:g}-{given.found:g}{'-fouls' * given.fouls}"
        game, run = folder / "game", folder / "run"
        if not (game / "game.json").is_file():
            render(game, seed, 60 * given.minutes, given.found, FOULS_S if given.fouls else None)
        command = [
            sys.executable,
            "-c",
            "from pipeline.cli import main; main()",
            "analyze",
            str(game),
            "--out",
            str(run),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        scores.append(score_ball_events(run, game))
        rows.append(line(f"{seed}", scores[-1]))
    total = scores[0]
    for more in scores[1:]:
        total += more
    print("\n".join([HEAD, *rows, line("all", total)]))
    print(sure_table(total))


def render(game: Path, seed: int, seconds: float, found: float, dead_ball_every_s: float | None = None) -> None:
    """Play and film a game."""
    often = {} if dead_ball_every_s is None else {"dead_ball_every_s": dead_ball_every_s}
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
        **often,
    )
    render_positions(settings, noise_settings({"ball_found": found}), game)


def line(name: str, scores: BallScores) -> str:
    """Write scores as a row."""
    kinds = scores.kinds
    shares = [
        scores.possession.value,
        scores.holder.value,
        kinds["pass"].f1,
        kinds["shot"].f1_of_moments,
        scores.shooter.value,
        scores.worth.value,
        scores.results.value,
        scores.results_said.value,
        kinds["rebound"].f1,
    ]
    return f"| {' | '.join([name, *(f'{100 * share:.1f} %' for share in shares)])} |"


def sure_table(scores: BallScores) -> str:
    """Write how many of the events called sure are right."""
    lines = ["", "| event | true | said | sure | right of the sure |", "|---|---:|---:|---:|---:|"]
    for kind, counts in scores.kinds.items():
        share = f"{100 * counts.sure_precision:.1f} %" if counts.sure else "–"
        lines.append(f"| {kind} | {counts.true} | {counts.said} | {counts.sure} | {share} |")
    of_shots = scores.sure_results
    share = f"{100 * of_shots.value:.1f} %" if of_shots.of else "–"
    lines.append(f"| made or missed | {scores.results_said.of} | {scores.results.of} | {of_shots.of} | {share} |")
    seen, right = scores.seen_passes, scores.right_of_seen
    lines.append(
        f"\nThe ball was seen in the hands of passer and receiver of {seen.right} of {seen.of} passes; {right.right} of these were found."
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
