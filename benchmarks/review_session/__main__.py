"""`python -m benchmarks.review_session`: see the package."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

import benchmarks.review_session as package
from benchmarks.review_effort import ReviewedRun
from benchmarks.review_session.game import corrected_session, prepared
from benchmarks.review_session.session import KNOWN
from pipeline.evaluation.truth import read_truth
from pipeline.run.job import CORRECTIONS
from pipeline.run.loading import context_of


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=package.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="is kept; without: a temporary folder")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--answers", type=int, default=10)
    parser.add_argument("--mixtures", type=int, default=5)
    parser.add_argument("--seed", type=int, default=21)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        out = given.out or Path(folder)
        game, run, film = prepared(out, 60 * given.minutes, given.seed)
        (run / CORRECTIONS).unlink(missing_ok=True)
        before = ReviewedRun(context_of(run, names=KNOWN), read_truth(game))
        share = before.share_right()
        session = corrected_session(run, game, film, given.answers, given.mixtures, out)
        print("| step | times | s, median | s, most |\n|---|---:|---:|---:|")
        took = pd.DataFrame(session.took_s, columns=["step", "seconds"]).groupby("step", sort=False)["seconds"]
        for step, row in took.agg(["count", "median", "max"]).iterrows():
            print(f"| {step} | {row['count']:.0f} | {row['median']:.1f} | {row['max']:.1f} |")
        after = session.reviewed().share_right()
        print(
            f"\nright before {100 * share:.1f} %, after {100 * after:.1f} % of player-time; {session.steps} steps, {len(session.refused)} refused"
        )
        print(*session.refused, sep="\n")


if __name__ == "__main__":
    main()
