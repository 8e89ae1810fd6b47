"""What each stage costs: the stages behind perception run again with one of them replaced by the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from pipeline.errors import InputError
from pipeline.evaluation import Evaluation
from pipeline.evaluation.found import of_tables, read_found
from pipeline.evaluation.oracle import true_court, true_detections, true_identities, true_tracks
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import Truth, read_truth
from pipeline.roster import RosterEntry, read_roster
from pipeline.run.context import RunContext
from pipeline.run.loading import context_of, read_run
from pipeline.store import hash_file
from pipeline.tables import PERSON_CLASSES

OracleName = Literal["detections", "court", "tracks", "identities"]
ORACLES: tuple[OracleName, ...] = get_args(OracleName)


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
    true_game = read_truth(truth)
    roster = _roster(truth / "roster.csv", read_run(run).roster_sha256)
    as_run = score(read_found(run), true_game, max_fps)
    replaced = {}
    for name in oracles:
        context = context_of(run, roster)
        replaced[name] = _scored(f"{run.name}, true {name}", _with_truth(name, context, true_game), true_game, max_fps)
    return OracleScores(as_run, replaced)


def _with_truth(name: OracleName, context: RunContext, truth: Truth) -> RunContext:
    """Replace a stage, and run what comes after it."""
    if name == "detections":
        found = context.tables["detections"]
        context.tables["detections"], context.embeddings = true_detections(truth, context.tables, context.embeddings)
        context.tables["number_reads"] = _renumbered(
            context.tables["number_reads"], found, context.tables["detections"]
        )
        return context.complete("tracking")
    if name == "court":
        context.tables["court"], context.facts["court"] = true_court(truth, context.tables)
        return context.complete("tracking")
    if name == "tracks":
        context.tables["split_tracks"] = true_tracks(truth, context.tables)
        return context.complete("identity")
    context.tables["identities"], context.tables["players"] = true_identities(truth, context.tables)
    return context.complete("shots")


def _renumbered(reads: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Give reads the ids that their boxes have after people's boxes were replaced; other boxes keep their order."""
    old, new = (table.loc[~table["class"].isin(PERSON_CLASSES), "detection_id"].to_numpy() for table in (before, after))
    return reads.assign(detection_id=pd.Series(new, index=old).loc[reads["detection_id"]].to_numpy())


def _scored(name: str, context: RunContext, truth: Truth, max_fps: float | None) -> Evaluation:
    return score(of_tables(name, context.tables, context.facts["court"]), truth, max_fps)


def _roster(path: Path, used: str | None) -> tuple[RosterEntry, ...] | None:
    """Read the roster that the run was given, if it is the game's own.

    Raises:
        InputError: the run had another one, which it does not keep.
    """
    if not used:
        return None
    if not path.is_file() or hash_file(path) != used:
        raise InputError(f"the run used a roster that is not {path}; run courtside analyze with that one first")
    return read_roster(path)
