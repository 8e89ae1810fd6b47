"""Tracklets by themselves: what the tracker links, what splitting and gap linking make of it, and what others link.

    python -m benchmarks.tracklets --data ../shared/data --game videos/demo --out reports/baselines

takes the runs that `benchmarks.baselines` left in `--out`, computes what is behind perception anew, and prints two tables
in Markdown. "Best" is the IDF1 that would be reached if each tracklet were given to the person most of its boxes show. A
cut is right if the tracker's tracklet goes over to another person within half a second of it; such a change counts where
either person is seen in three scored boxes in a row. Needs `lap`, as `benchmarks.baselines` does.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.baselines import Material, ask_for_material, job_of, link, materials, rows_on_court
from benchmarks.trackers import NEEDS_PICTURES, TRACKERS, import_offline
from pipeline.config import load_settings
from pipeline.evaluation.boxes import IdentifiedBoxes, match, on_ignored, pair
from pipeline.evaluation.found import of_tables
from pipeline.evaluation.identity import score_identity
from pipeline.evaluation.tracking import score_tracking
from pipeline.evaluation.truth import Truth, read_truth
from pipeline.run.context import RunContext
from pipeline.run.job import Job
from pipeline.run.loading import context_of
from pipeline.tables import PERSON_CLASSES, TableName

COLUMNS = ("material", "tracklets", "HOTA", "AssA", "IDF1", "best", "purity", "switches", "number")
TOLERANCE_S, RUN_BOXES = 0.5, 3
Ints = NDArray[np.int64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask_for_material(parser)
    given = parser.parse_args(arguments)
    import_offline()
    settings = load_settings(None)
    cuts = []
    print(head())
    for material in materials(given.data, given.game):
        job = job_of(material, given.out / material.name, settings, "auto")
        context, truth = tracked(job), read_truth(material.truth)
        for name, boxes in chain(of_others(material, job, context), _ours(context)):
            print(row(material.name, name, boxes, truth, context.tables["frames"]), flush=True)
        cuts.append(cut_row(material.name, context, truth))
    print("\n| material | cuts | right | changes | cut |\n|---|---:|---:|---:|---:|")
    print("\n".join(cuts))


def tracked(job: Job) -> RunContext:
    """Track and split again, with the settings of the job."""
    context = context_of(job.out)
    context.job = job
    return context.complete("tracking", "splitting")


def of_others(material: Material, job: Job, context: RunContext) -> Iterator[tuple[str, IdentifiedBoxes]]:
    """Give the boxes of player tracklets by every other tracker."""
    found = of_tables(material.name, context.tables, context.facts["court"])
    for name, tracker in TRACKERS.items():
        if name not in NEEDS_PICTURES or job.has_pixels:
            video = job.video if name in NEEDS_PICTURES else None
            rows = rows_on_court(found, job.settings)
            yield name, link(found, rows, context.embeddings, tracker, video).people.boxes


def _ours(context: RunContext) -> Iterator[tuple[str, IdentifiedBoxes]]:
    """Give those of courtside, before and after they are cut and joined."""
    yield "courtside, tracker", tracklets_of(context, "raw_tracks")
    yield "**courtside, split and linked**", tracklets_of(context, "split_tracks")


def tracklets_of(context: RunContext, table: TableName) -> IdentifiedBoxes:
    """Give the boxes of player tracklets in a table."""
    boxes = of_tables("", {**context.tables, "tracks": context.tables[table]}).tracklets
    assert boxes is not None
    return boxes


def head() -> str:
    """Begin the table."""
    return "| " + " | ".join(COLUMNS) + " |\n|---|---" + "|---:" * (len(COLUMNS) - 2) + "|"


def row(material: str, name: str, found: IdentifiedBoxes, truth: Truth, frames: pd.DataFrame) -> str:
    """Score player tracklets, a line of the table."""
    return line(material, name, scores(found, truth, frames))


def line(material: str, name: str, values: Sequence[float]) -> str:
    """Format a line of the table: five shares in percent, two counts."""
    return (
        "| "
        + " | ".join(
            [material, name, *(f"{value:.1f}" for value in values[:5]), *(f"{value:.0f}" for value in values[5:])]
        )
        + " |"
    )


def scores(found: IdentifiedBoxes, truth: Truth, frames: pd.DataFrame) -> list[float]:
    """Score player tracklets: HOTA to purity in percent, switches, and how many tracklets there are."""
    scored = truth.frames[truth.frames["frame"].isin(frames["frame"])]
    numbers = scored["frame"].to_numpy(np.int64)
    boxes, ignored, _ = truth.boxes("player")
    counted = found.take(~on_ignored(boxes, ignored, found, numbers))
    pairing = pair(boxes.take(~ignored), counted, numbers)
    tracking, identity = score_tracking(pairing), score_identity(pairing, scored["time_s"].to_numpy(np.float64))
    best = score_tracking(pair(boxes.take(~ignored), given_to_most(boxes.take(~ignored), counted, numbers), numbers))
    shares = [tracking.hota, tracking.assa, tracking.idf1, best.idf1, identity.purity]
    return [*(100 * share for share in shares), tracking.switches, identity.players_found]


def given_to_most(truth: IdentifiedBoxes, found: IdentifiedBoxes, frames: Ints) -> IdentifiedBoxes:
    """Give each tracklet to the person whom most of its matched boxes show; of two boxes of one in a frame one is left."""
    matches = match(pair(truth, found, frames))
    shown = pd.DataFrame({"track": found.identity[matches.found_row], "who": truth.identity[matches.truth_row]})
    most = shown.groupby("track")["who"].agg(lambda who: who.value_counts().index[0])
    nobody = int(truth.identity.max(initial=0)) + 1 + found.identity
    who = most.reindex(found.identity).to_numpy(np.float64)
    identity = np.where(np.isnan(who), nobody, who).astype(np.int64)
    twice = pd.DataFrame({"frame": found.frame, "identity": identity}).duplicated().to_numpy()
    return IdentifiedBoxes(found.frame, identity, found.xywh_px).take(~twice)


def cut_row(material: str, context: RunContext, truth: Truth) -> str:
    """Count the cuts along the tracker's tracklets, and the changes of person there, a line of the table."""
    cuts, changes = cuts_and_changes(context, truth)
    near = np.abs(cuts[:, 1, None] - changes[None, :, 1]) <= TOLERANCE_S
    near &= cuts[:, 0, None] == changes[None, :, 0]
    right, seen = int(near.any(axis=1).sum()), int(near.any(axis=0).sum())
    return f"| {material} | {len(cuts)} | {_share(right, len(cuts))} | {len(changes)} | {_share(seen, len(changes))} |"


def cuts_and_changes(context: RunContext, truth: Truth) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """List cuts (k, 2) and true changes of person (l, 2) along the tracker's tracklets, each its number and time in s."""
    tables = context.tables
    boxes = tables["raw_tracks"].merge(
        tables["split_tracks"].rename(columns={"track_id": "split_track"}), on="detection_id"
    )
    boxes = boxes.merge(tables["detections"], on="detection_id").merge(
        tables["frames"][["frame", "time_s"]], on="frame"
    )
    boxes = boxes[boxes["class"].isin(PERSON_CLASSES)].sort_values(["track_id", "frame"]).reset_index(drop=True)
    corners = boxes[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    found = IdentifiedBoxes(
        boxes["frame"].to_numpy(np.int64),
        boxes["track_id"].to_numpy(np.int64),
        np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]),
    )
    true, _, _ = truth.boxes(None)
    matches = match(pair(true, found, truth.frames["frame"].to_numpy(np.int64)))
    seen = boxes.iloc[matches.found_row].assign(who=true.identity[matches.truth_row]).sort_index()
    lasting = seen.groupby((seen[["track_id", "who"]].diff() != 0).any(axis=1).cumsum())["who"].transform("size")
    return _changes(boxes, "split_track"), _changes(seen[lasting >= RUN_BOXES], "who")


def _changes(boxes: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """List where a column changes along tracklets: (k, 2) number of the tracklet and the time between the two boxes."""
    same = boxes["track_id"].eq(boxes["track_id"].shift()) & boxes[column].ne(boxes[column].shift())
    middle = (boxes["time_s"] + boxes["time_s"].shift()) / 2
    return np.column_stack([boxes["track_id"][same], middle[same]]).astype(np.float64).reshape(-1, 2)


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.0f} %" if total else "-"


if __name__ == "__main__":
    main()
