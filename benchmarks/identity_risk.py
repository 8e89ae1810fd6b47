"""Is the confidence of identities honest?

    python -m benchmarks.identity_risk --game videos/game10 --data ../shared/data --out reports/baselines --picture docs/images/risk.png

analyses rendered games and, with `--data`, the real clips with truth (or takes what is stored in `--out`), puts players together without leaving anything unknown, and
prints for each game how often boxes of a confidence are under the right player, and how many are wrong among the surest.
Above `identify.unknown_below` is what counts for players; the picture shows a curve of each game and clip, and how right the confidence is of all together.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.baselines import Material, job_of, materials
from pipeline.config import Settings, load_settings
from pipeline.evaluation.boxes import match, pair
from pipeline.evaluation.confidence import risk_coverage
from pipeline.evaluation.found import of_tables
from pipeline.evaluation.identity import assign_identities
from pipeline.evaluation.truth import read_truth
from pipeline.run.analysis import analyze_job
from pipeline.run.loading import context_of
from pipeline.understand.game import TrackedGame
from pipeline.understand.identity import identify

_EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class Claims:
    """Boxes of players that were found, n of them."""

    confidence: NDArray[np.float64]
    """(n,)"""
    right: NDArray[np.bool_]
    """(n,) under the right player."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--game", type=Path, action="append", default=[], help="a rendered game; may be repeated")
    parser.add_argument("--data", type=Path, help="folder with the real clips and their truth")
    parser.add_argument("--out", type=Path, default=Path("reports/baselines"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--picture", type=Path, help="where the curves are drawn, as PNG")
    given = parser.parse_args(arguments)
    settings = load_settings(given.config)
    settings = settings.model_copy(update={"present": settings.present.model_copy(update={"video": False})})
    found = {}
    for material in materials(given.data, given.game):
        found[material.name] = claims = claimed(material, given.out, settings, given.device)
        show(material.name, claims, settings.identify.unknown_below)
    if given.picture is not None:
        draw(found, settings.identify.unknown_below, given.picture)


@dataclass(frozen=True, eq=False)
class Assessed:
    """What was claimed of one game, and where from."""

    claims: Claims
    track_id: NDArray[np.int64]
    """(n,) tracklet of each box; -1 for one that was filled in."""
    game: TrackedGame


def claimed(material: Material, out: Path, settings: Settings, device: str) -> Claims:
    """Put players together with nothing left unknown, and compare with the truth."""
    return assessed(material, out, settings, device).claims


def assessed(material: Material, out: Path, settings: Settings, device: str) -> Assessed:
    """As `claimed`, with the tracklets."""
    job = job_of(material, out / material.name, settings, device)
    analyze_job(job)
    context, truth = context_of(job.out), read_truth(material.truth)
    tables = context.tables
    game = TrackedGame.of(
        tables["frames"], tables["detections"], context.embeddings, context.feet_m, tables["split_tracks"]
    )
    found = identify(
        game,
        context.registration.court,
        settings.identify.model_copy(update={"unknown_below": 0.0}),
        number_reads=tables["number_reads"],
    )
    new = {"tracks": found.tracks, "identities": found.identities, "players": found.players}
    people = of_tables("", {**tables, **new}).people.players()
    boxes, ignored, _ = truth.boxes("player")
    pairing = pair(boxes.take(np.flatnonzero(~ignored)), people.boxes, truth.frames["frame"].to_numpy(np.int64))
    matches = match(pairing)
    right = assign_identities(pairing, matches).correct(pairing, matches)
    claims = Claims(people.confidence[matches.found_row], right)
    boxes_of = found.tracks.merge(tables["detections"][["detection_id", "frame"]], on="detection_id")
    boxes_of = boxes_of.merge(found.identities, on="track_id").drop_duplicates(["frame", "player_id"])
    track_of = boxes_of.set_index(["frame", "player_id"])["track_id"]
    at = pd.MultiIndex.from_arrays([people.boxes.frame[matches.found_row], people.boxes.identity[matches.found_row]])
    return Assessed(claims, track_of.reindex(at).fillna(-1).to_numpy(np.int64), game)


def show(name: str, claims: Claims, unknown_below: float) -> None:
    """Print the tables of one game."""
    print(f"\n{name}: {len(claims.right)} boxes, {100 * claims.right.mean():.1f} % under the right player\n")
    print("| confidence | share of boxes | mean confidence | right |\n|---|---:|---:|---:|")
    for low, high, share, mean, right in binned(claims):
        print(f"| {low:g} to {high:g} | {100 * share:.1f} % | {100 * mean:.1f} % | {100 * right:.1f} % |")
    curve = risk_coverage(claims.confidence, claims.right)
    assert curve is not None
    print("\n| surest share of boxes | wrong |\n|---:|---:|")
    for coverage, risk in zip(curve.coverage, curve.risk, strict=True):
        print(f"| {100 * coverage:.0f} % | {100 * risk:.1f} % |")
    counts = claims.confidence >= unknown_below
    print(f"| {100 * counts.mean():.1f} %, not unknown | {100 * (~claims.right[counts]).mean():.1f} % |")


def binned(claims: Claims) -> list[tuple[float, float, float, float, float]]:
    """Give for each bin of confidence: its edges, its share of boxes, their mean confidence, and how many are right."""
    rows = []
    for low, high in pairwise(_EDGES):
        inside = (claims.confidence > low) & (claims.confidence <= high)
        if inside.any():
            rows.append(
                (low, high, inside.mean(), claims.confidence[inside].mean(), float(claims.right[inside].mean()))
            )
    return rows


def draw(found: Mapping[str, Claims], unknown_below: float, path: Path) -> None:
    """Draw what is wrong among the surest boxes of each game, and how often boxes of a confidence are right in all."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, claims in found.items():
        order = np.argsort(-claims.confidence, kind="stable")
        count = np.arange(1, len(order) + 1)
        wrong = np.cumsum(~claims.right[order]) / count
        (line,) = left.plot(100 * count / len(order), 100 * wrong, label=name.replace("_", " "))
        counted = int((claims.confidence >= unknown_below).sum())
        left.plot(100 * counted / len(order), 100 * wrong[counted - 1], "o", color=line.get_color(), markersize=4)
    left.legend(frameon=False, fontsize=8)
    left.set(xlabel="surest share of found player-time, %", ylabel="under a wrong player, %", xlim=(0, 100))
    left.set_ylim(bottom=0)
    rows = binned(
        Claims(*(np.concatenate([getattr(of, name) for of in found.values()]) for name in ("confidence", "right")))
    )
    right.plot([0, 100], [0, 100], color="#888888", linewidth=1)
    right.scatter(
        [100 * mean for *_, mean, _ in rows],
        [100 * share for *_, share in rows],
        s=[20 + 400 * row[2] for row in rows],
        color="#1d428a",
        alpha=0.7,
    )
    right.set(xlabel="confidence, %", ylabel="under the right player, %", xlim=(0, 102), ylim=(0, 102))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
