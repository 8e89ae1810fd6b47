"""How much of a tracklet shows somebody else, against what is expected of it: `python -m benchmarks.mixtures [--out reports/mixtures]`.

Games without pixels are rendered in which people look alike to different degrees, and analysed (or taken from `--out`). For
tracklets of each expected share (`impure_share`), the share of their boxes is printed that shows another person than most of
the tracklet does. The constant of `impure_share` was chosen on these games.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.review_effort import ReviewedRun
from pipeline.config import Settings
from pipeline.evaluation.truth import read_truth
from pipeline.rendering import NoiseSettings, RenderSettings
from pipeline.rendering.positions import render_positions
from pipeline.run.analysis import analyze_job
from pipeline.run.job import Job
from pipeline.run.loading import EVALUATED, context_of
from pipeline.understand.features.collect import collect_features
from pipeline.understand.game import TrackedGame
from pipeline.understand.grouping.changes import impure_share
from pipeline.understand.grouping.sequences import segment_sequences

GAMES = (
    *((301, "fixed", 0.6, 0.5, 150), (302, "fixed", 0.85, 0.8, 150), (303, "broadcast", 0.85, 0.8, 150)),
    *((304, "fixed", 0.8, 0.6, 150), (305, "broadcast", 0.6, 0.5, 150), (306, "fixed", 0.9, 0.8, 150)),
    *((311, "fixed", 0.93, 1.0, 120), (312, "fixed", 0.95, 0.8, 120), (313, "broadcast", 0.93, 1.0, 120)),
    *((314, "fixed", 0.96, 1.2, 120), (315, "broadcast", 0.95, 0.8, 120), (316, "fixed", 0.9, 1.2, 120)),
    *((317, "fixed", 0.92, 0.9, 120), (318, "broadcast", 0.96, 1.0, 120)),
)
"""Seed, camera, likeness and spread of the appearance, seconds."""
EDGES = (0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 1.0)


def tracklets(game: Path, run: Path) -> pd.DataFrame:
    """List tracklets of players: boxes with a truth, those of another person than most of it, and the expected share."""
    context = context_of(run, names=EVALUATED)
    tables = context.tables
    tracked = TrackedGame.of(
        tables["frames"], tables["detections"], context.embeddings, context.feet_m, tables["split_tracks"]
    )
    features = collect_features(tracked, Settings().identify, tables["number_reads"])
    if features.model is None:
        return pd.DataFrame(columns=["boxes", "impure", "expected"])
    expected = impure_share(features.model, segment_sequences(tracked, features, features.model))
    counts = (
        ReviewedRun(context, read_truth(game)).matched.groupby(["track_id", "identity"]).size().unstack(fill_value=0)
    )
    found = pd.DataFrame({"boxes": counts.sum(axis=1), "impure": counts.sum(axis=1) - counts.max(axis=1)})
    return found.assign(expected=pd.Series(expected, index=features.evidence.track_id)).dropna()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("reports/mixtures"))
    given = parser.parse_args(arguments)
    found = []
    for seed, camera, likeness, spread, seconds in GAMES:
        game, run = given.out / f"game-{seed}", given.out / f"run-{seed}"
        if not (run / "run.json").is_file():
            settings = RenderSettings.model_validate({"seed": seed, "seconds": seconds, "fps": 15, "camera": camera})
            render_positions(settings, NoiseSettings(likeness=likeness, spread=spread), game)
            analyze_job(Job(game, run))
        found.append(tracklets(game, run))
    table = pd.concat(found)
    table["bin"] = pd.cut(table["expected"], EDGES, include_lowest=True)
    print("| expected | tracklets | boxes | expected, mean | shows somebody else |\n|---|---:|---:|---:|---:|")
    for edges, rows in table.groupby("bin", observed=True):
        mean = np.average(rows["expected"], weights=rows["boxes"])
        share = rows["impure"].sum() / rows["boxes"].sum()
        print(f"| {edges} | {len(rows)} | {rows['boxes'].sum()} | {100 * mean:.1f} % | {100 * share:.1f} % |")


if __name__ == "__main__":
    main()
