"""What each ingredient of tracking brings: left out if it is in use, put in if it is not, one at a time.

    python -m benchmarks.ingredients --data ../shared/data --game videos/demo --out reports/baselines

takes the runs that `benchmarks.baselines` left in `--out`, and prints a table in Markdown for each material, and their mean:
other trackers on the same detections, courtside's tracklets as they are handed to identity, and those with one thing changed.
Columns are those of `benchmarks.tracklets`. Needs `lap`, as `benchmarks.baselines` does.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from benchmarks import associations
from benchmarks.baselines import ask_for_material, job_of, materials
from benchmarks.trackers import import_offline
from benchmarks.tracklets import head, line, of_others, scores, tracklets_of
from pipeline.config import load_settings
from pipeline.evaluation.truth import read_truth
from pipeline.run.context import RunContext
from pipeline.run.job import Job
from pipeline.run.loading import context_of
from pipeline.understand.game import TrackedGame
from pipeline.understand.tracking import LikelihoodTracker, MakeTracker, track

LOW_SCORE = 0.25
"""Boxes below are not stored."""
PATIENCE_S = 1.0
"""How long DeepSORT waits for a box (30 frames)."""
Ingredient = Callable[[RunContext], MakeTracker]
"""Lays tables and settings of a run out otherwise, and says who tracks."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask_for_material(parser)
    given = parser.parse_args(arguments)
    import_offline()
    chosen = load_settings(None)
    measured: dict[str, list[list[float]]] = {}
    for material in materials(given.data, given.game):
        job, truth = job_of(material, given.out / material.name, chosen, "auto"), read_truth(material.truth)
        context = context_of(job.out)
        print(head())
        ours = (
            (name, tracklets_of(tracked(job, ingredient), "split_tracks")) for name, ingredient in INGREDIENTS.items()
        )
        for name, boxes in chain(of_others(material, job, context), ours):
            values = scores(boxes, truth, context.tables["frames"])
            measured.setdefault(name, []).append(values)
            print(line(material.name, name, values), flush=True)
        print()
    print(head())
    for name, of_materials in measured.items():
        print(line("mean", name, np.mean(of_materials, axis=0).tolist()))


def tracked(job: Job, ingredient: Ingredient) -> RunContext:
    """Track and split a run again with an ingredient changed."""
    context = context_of(job.out)
    context.job = job
    make_tracker = ingredient(context)
    detections, settings = context.tables["detections"], context.settings
    context.tables["raw_tracks"] = track(
        TrackedGame.of(context.tables["frames"], detections, context.embeddings, context.feet_m),
        context.registration.on_court(detections, settings.court.margin_m),
        settings.track,
        context.image_size_px,
        context.registration.foot_covariance_m2(detections),
        make_tracker,
    )
    return context.complete("splitting", "splitting")


def tracker(make: MakeTracker) -> Ingredient:
    """Let another one track."""
    return lambda _: make


def settings(make: MakeTracker = LikelihoodTracker, **sections: Mapping[str, Any]) -> Ingredient:
    """Change settings, by section."""

    def ingredient(context: RunContext) -> MakeTracker:
        old = context.settings
        new = {name: getattr(old, name).model_copy(update=values) for name, values in sections.items()}
        context.job = replace(context.job, settings=old.model_copy(update=new))
        return make

    return ingredient


def equal_quality(context: RunContext) -> MakeTracker:
    """Let every crop count alike."""
    context.tables["detections"] = context.tables["detections"].assign(quality=np.float32(1.0))
    return LikelihoodTracker


def second_round(context: RunContext) -> MakeTracker:
    """Let boxes of low score go on with tracklets."""
    first = context.settings.track.min_score
    settings(track={"min_score": LOW_SCORE})(context)
    return partial(associations.SecondRound, score=context.tables["detections"]["score"].to_numpy(), first=first)


def appearance_by_quality(context: RunContext) -> MakeTracker:
    """Let appearance count as much as the crop is worth."""
    quality = np.nan_to_num(context.tables["detections"]["quality"].to_numpy(np.float64))
    return partial(associations.AppearanceByQuality, quality=quality)


def speed_gate(context: RunContext) -> MakeTracker:
    """Link nobody over a distance that nobody runs."""
    covariance_m2 = context.registration.foot_covariance_m2(context.tables["detections"])
    noise_m = np.sqrt(np.trace(covariance_m2, axis1=1, axis2=2))
    return partial(associations.SpeedGate, feet_m=context.feet_m, noise_m=noise_m)


INGREDIENTS: Mapping[str, Ingredient] = {
    "**courtside**": tracker(LikelihoodTracker),
    "without the camera's motion": settings(track={"motion_compensation": False}),
    "without the court plane": tracker(associations.InPicture),
    "without appearance": tracker(associations.WithoutAppearance),
    "DeepSORT's cascade for likelihood": tracker(associations.Cascade),
    "every crop counts alike": equal_quality,
    "waiting for a second": settings(track={"max_age_s": PATIENCE_S}),
    "linking in doubt": tracker(associations.Undoubting),
    "not cut": settings(identify={"split_tracklets": False}),
    "not joined": settings(track={"max_gap_s": 0.0}),
    "neither cut nor joined": settings(track={"max_gap_s": 0.0}, identify={"split_tracklets": False}),
    "with expanded boxes": tracker(associations.ExpandedBoxes),
    "with a second round": second_round,
    "with appearance by quality": appearance_by_quality,
    "with a gate by speed on the court": speed_gate,
}


if __name__ == "__main__":
    main()
