"""What each stage costs: the stages behind perception run again with one of them replaced by the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from pipeline.config import parse_settings
from pipeline.errors import InputError
from pipeline.evaluation import Evaluation
from pipeline.evaluation.found import FACTS, of_tables, read_found
from pipeline.evaluation.oracle import true_court, true_detections, true_identities, true_tracks
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import Truth, read_truth
from pipeline.roster import RosterEntry, read_roster
from pipeline.run.job import Job
from pipeline.run.stages import UNDERSTAND, RunContext
from pipeline.store import RunDirectory, hash_file, read_json
from pipeline.tables import PERSON_CLASSES, TableName
from pipeline.video import VideoInfo

OracleName = Literal["detections", "court", "tracks", "identities"]
ORACLES: tuple[OracleName, ...] = get_args(OracleName)
_STORED: tuple[TableName, ...] = (
    "frames",
    "detections",
    "number_reads",
    "court",
    "raw_tracks",
    "split_tracks",
    "tracks",
    "identities",
    "players",
    "tracklets",
)


@dataclass(frozen=True)
class OracleScores:
    """The scores of the run as it is, and with one stage after another replaced by the truth."""

    as_run: Evaluation
    replaced: dict[OracleName, Evaluation]


def evaluate_oracles(
    run: Path, truth: Path, oracles: Sequence[OracleName] = ORACLES, max_fps: float | None = None
) -> OracleScores:
    """Score a run with each of the named stages replaced by the truth, all others as they are.

    The video is not needed. What comes after the replaced stage is computed again from the run's stored tables and with
    its settings; nothing is written.

    Args:
        run: output directory of `courtside analyze`.
        truth: a rendered game; truth of single frames cannot replace a stage.
        oracles: which stages.
        max_fps: boxes are compared on at most so many frames per second; None for all.

    Raises:
        InputError: the run or the truth is not of that kind.
        TableError: a table of the run is missing or damaged.
    """
    known = read_truth(truth)
    context_of(run)
    roster = _roster(truth / "roster.csv", read_json(run / "run.json"))
    as_run = score(read_found(run), known, max_fps)
    replaced = {}
    for name in oracles:
        context = context_of(run, roster)
        replaced[name] = _scored(f"{run.name}, true {name}", _with_truth(name, context, known), known, max_fps)
    return OracleScores(as_run, replaced)


def _with_truth(name: OracleName, context: RunContext, truth: Truth) -> RunContext:
    """Replace a stage, and run what comes after it."""
    if name == "detections":
        found = context.tables["detections"]
        context.tables["detections"], context.embeddings = true_detections(truth, context.tables, context.embeddings)
        context.tables["number_reads"] = _renumbered(
            context.tables["number_reads"], found, context.tables["detections"]
        )
        return _complete(context, start="track")
    if name == "court":
        context.tables["court"], context.facts["court"] = true_court(truth, context.tables)
        return _complete(context, start="track")
    if name == "tracks":
        context.tables["split_tracks"] = true_tracks(truth, context.tables)
        return _complete(context, start="identify")
    context.tables["identities"], context.tables["players"] = true_identities(truth, context.tables)
    return _complete(context, start="shots")


def _renumbered(reads: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Give reads the ids that their boxes have after people's boxes were replaced; other boxes keep their order."""
    old, new = (table.loc[~table["class"].isin(PERSON_CLASSES), "detection_id"].to_numpy() for table in (before, after))
    return reads.assign(detection_id=pd.Series(new, index=old).loc[reads["detection_id"]].to_numpy())


def _complete(context: RunContext, start: str) -> RunContext:
    """Run the stages of understanding from `start` on."""
    names = [stage.name for stage in UNDERSTAND]
    for stage in UNDERSTAND[names.index(start) :]:
        context.tables |= stage.function(context).tables
    return context


def _scored(name: str, context: RunContext, truth: Truth, max_fps: float | None) -> Evaluation:
    return score(of_tables(name, context.tables, context.facts["court"]), truth, max_fps)


def context_of(
    run: Path, roster: tuple[RosterEntry, ...] | None = None, names: Sequence[TableName] = _STORED
) -> RunContext:
    """Lay a finished run's stored tables ready, so that stages can be run on them again.

    Raises:
        InputError: the run is not finished.
        TableError: a table of the run is missing or damaged.
    """
    if not (run / "run.json").is_file():
        raise InputError(f"{run} is not a finished output directory of courtside analyze: it has no run.json")
    manifest = read_json(run / "run.json")
    settings = parse_settings(manifest["settings"], where=str(run / "run.json"))
    stored = RunDirectory(run)
    context = RunContext(Job(run, run, settings), _video(manifest["video"]), None, roster)
    context.tables = {name: stored.read_table(name) for name in names}
    context.embeddings = stored.read_array("embeddings", mmap=True)
    context.facts = {"court": stored.read_json(FACTS)}
    return context


def _video(known: dict[str, Any]) -> VideoInfo:
    """Make what the stages ask of the video out of run.json: its size."""
    return VideoInfo(
        path=Path(known["file"]),
        width_px=known["width_px"],
        height_px=known["height_px"],
        fps=known["fps"],
        start_s=0.0,
        duration_s=known["duration_s"],
        codec=known["codec"],
        pixel_format="",
        has_audio=False,
        rotation_deg=0,
        time_base=Fraction(1, 90_000),
        start_pts=0,
        size_bytes=known["size_bytes"],
    )


def _roster(path: Path, manifest: dict[str, Any]) -> tuple[RosterEntry, ...] | None:
    """Read the roster that the run was given, if it is the game's own.

    Raises:
        InputError: the run had another one, which it does not keep.
    """
    used = manifest.get("roster_sha256")
    if not used:
        return None
    if not path.is_file() or hash_file(path) != used:
        raise InputError(f"the run used a roster that is not {path}; run courtside analyze with that one first")
    return read_roster(path)
