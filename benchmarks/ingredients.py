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
from benchmarks.tracklets import head, line, marks, of_others, purify, tracklets_of
from pipeline.config import load_settings
from pipeline.evaluation.truth import read_truth
from pipeline.run import Job
from pipeline.run.oracles import desk_of
from pipeline.run.stages import Desk
from pipeline.understand import court, track
from pipeline.understand.association import MixedTracker
from pipeline.understand.court_motion import Feet

LOW_SCORE = 0.25
"""Boxes below are not stored."""
PATIENCE_S = 1.0
"""How long DeepSORT waits for a box (30 frames)."""
Ingredient = Callable[[Desk], track.MakeTracker]
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
        desk = desk_of(job.out)
        print(head())
        ours = ((name, tracklets_of(tracked(job, one), "parts")) for name, one in INGREDIENTS.items())
        for name, boxes in chain(of_others(material, job, desk), ours):
            values = marks(boxes, truth, desk.tables["frames"])
            measured.setdefault(name, []).append(values)
            print(line(material.name, name, values), flush=True)
        print()
    print(head())
    for name, each in measured.items():
        print(line("mean", name, np.mean(each, axis=0).tolist()))


def tracked(job: Job, ingredient: Ingredient) -> Desk:
    """Track and purify a run again with an ingredient changed."""
    desk = desk_of(job.out)
    desk.job = job
    make_tracker = ingredient(desk)
    detections, settings = desk.tables["detections"], desk.settings
    on_court = court.on_court(detections, desk.registration, settings.court.margin_m)
    links = track.track(
        desk.tables["frames"],
        detections,
        desk.embeddings,
        on_court,
        settings.track,
        desk.image_size_px,
        Feet(desk.feet_m, court.foot_spread(detections, desk.registration)),
        make_tracker,
    )
    desk.tables["links"] = links
    return purify(desk)


def tracker(make: track.MakeTracker) -> Ingredient:
    """Let another one track."""
    return lambda _: make


def settings(make: track.MakeTracker = MixedTracker, **sections: Mapping[str, Any]) -> Ingredient:
    """Change settings, by section."""

    def ingredient(desk: Desk) -> track.MakeTracker:
        old = desk.settings
        new = {name: getattr(old, name).model_copy(update=values) for name, values in sections.items()}
        desk.job = replace(desk.job, settings=old.model_copy(update=new))
        return make

    return ingredient


def equal_quality(desk: Desk) -> track.MakeTracker:
    """Let every crop count alike."""
    desk.tables["detections"] = desk.tables["detections"].assign(quality=np.float32(1.0))
    return MixedTracker


def second_round(desk: Desk) -> track.MakeTracker:
    """Let boxes of low score go on with tracklets."""
    first = desk.settings.track.min_score
    settings(track={"min_score": LOW_SCORE})(desk)
    return partial(associations.SecondRound, score=desk.tables["detections"]["score"].to_numpy(), first=first)


def looks_by_quality(desk: Desk) -> track.MakeTracker:
    """Let looks count as much as the crop is worth."""
    quality = np.nan_to_num(desk.tables["detections"]["quality"].to_numpy(np.float64))
    return partial(associations.LooksByQuality, quality=quality)


def speed_gate(desk: Desk) -> track.MakeTracker:
    """Link nobody over a distance that nobody runs."""
    feet = Feet(desk.feet_m, court.foot_spread(desk.tables["detections"], desk.registration))
    return partial(associations.SpeedGate, feet=feet)


INGREDIENTS: Mapping[str, Ingredient] = {
    "**courtside**": tracker(MixedTracker),
    "without the camera's motion": settings(track={"motion_compensation": False}),
    "without the court plane": tracker(associations.InPicture),
    "without looks": tracker(associations.WithoutLooks),
    "DeepSORT's cascade for likelihood": tracker(associations.Cascade),
    "every crop counts alike": equal_quality,
    "waiting for a second": settings(track={"max_age_s": PATIENCE_S}),
    "linking in doubt": tracker(associations.Undoubting),
    "not cut": settings(identify={"purify": False}),
    "not joined": settings(track={"max_gap_s": 0.0}),
    "neither cut nor joined": settings(track={"max_gap_s": 0.0}, identify={"purify": False}),
    "with expanded boxes": tracker(associations.ExpandedBoxes),
    "with a second round": second_round,
    "with looks by quality": looks_by_quality,
    "with a gate by speed on the court": speed_gate,
}


if __name__ == "__main__":
    main()
