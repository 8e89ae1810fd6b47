"""Is the right five on the floor? `python -m benchmarks.lineups [--seeds 201 202 203] [--minutes 48] [--scoreboard 0.9] [--out reports/lineups]`.

Whole rendered games without pixels (12 players a team, broadcast camera with cuts, noise of detector and encoder as by default, nothing of
numbers) go through all stages; line-ups, substitutions and live time are compared with the truth. With `--scoreboard` so large a share of
the words on it is read, one in fifty with a wrong digit, and points are compared as well. Games are kept in the folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.full_game import analyse, render
from pipeline.evaluation.events.lineups import LineupScores, score_lineups
from pipeline.evaluation.events.points import score_points
from pipeline.rendering import noise_settings

HEAD = (
    "| seed | right five, live | right five, all but breaks | right places | substitutions found | sure ones right | live time right |",
    "|---|---:|---:|---:|---:|---:|---:|",
)
POINTS_HEAD = (" points told | sure points right |", "---:|---:|")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[201, 202, 203])
    parser.add_argument("--minutes", type=float, default=48.0)
    parser.add_argument("--out", type=Path, default=Path("reports/lineups"))
    parser.add_argument("--scoreboard", type=float, default=0.0, metavar="SHARE")
    given = parser.parse_args(arguments)
    reads_board = given.scoreboard > 0
    print(HEAD[0] + (POINTS_HEAD[0] if reads_board else "") + "\n" + HEAD[1] + (POINTS_HEAD[1] if reads_board else ""))
    calibration = []
    for seed in given.seeds:
        game, run = given.out / f"{seed}" / "game", given.out / f"{seed}" / "run"
        if not (game / "truth_stints.parquet").is_file():
            render(game, seed, given.minutes * 60, noise_settings({"board_share": given.scoreboard}))
        if not (run / "run.json").is_file():
            analyse(game, run)
        scores = score_lineups(run, game)
        calibration += list(scores.calibration)
        row = line(f"{seed}", scores)
        if reads_board:
            points = score_points(run, game)
            row += f" {points.found} of {points.made} | {points.sure_right} of {points.sure} |"
        print(row, flush=True)
    print("\n| confidence of the line-up from | seconds | right |\n|---|---:|---:|")
    for edge in sorted({edge for edge, _, _ in calibration}):
        rows = [(seconds, share) for low, seconds, share in calibration if low == edge and seconds]
        total = sum(seconds for seconds, _ in rows)
        if total:
            print(f"| {edge} | {total:.0f} | {100 * sum(s * share for s, share in rows) / total:.1f} % |")


def line(name: str, scores: LineupScores) -> str:
    """Write one game's scores as a row."""
    shares = (scores.right_live, scores.right, scores.places)
    cells = [name, *(f"{100 * share:.1f} %" for share in shares)]
    cells += [f"{scores.found} of {scores.substitutions}", f"{scores.sure_right} of {scores.sure}"]
    return f"| {' | '.join([*cells, f'{100 * scores.live_right:.1f} %'])} |"


if __name__ == "__main__":
    main()
