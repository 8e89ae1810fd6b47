"""Running the stages behind perception: each is reused while nothing that it depends on has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.errors import InputError, TableError
from pipeline.run import manifest
from pipeline.run.context import RunContext
from pipeline.run.source_code.closure import code_fingerprint
from pipeline.run.stages.runner import StageRunner
from pipeline.run.stages.stage import Stage, sections_of
from pipeline.store import RunDirectory, fingerprint, hash_file
from pipeline.tables import TableName

_GAME = "game"
"""Fact of a stage that goes on from its own result: hash of the video that the result is of."""


def understand(stage: Stage, context: RunContext, stages: StageRunner) -> None:
    """Run one stage of understanding, or take what is stored: if it was made of the same content, by the same code.

    Args:
        stage: which.
        context: receives its tables and facts.
        stages: runs it.
    """
    used, run = sections_of(context.settings, stage.settings), stages.run
    former = None if stage.goes_on_from is None else _FormerResult(*stage.goes_on_from, run, context.input_sha256)
    stage_fingerprint = _mark(stage, context, former)
    if former is not None and not run.is_fresh(stage.name, stage_fingerprint):
        former.keep(stage.name)
        stage_fingerprint = _mark(stage, context, former)
    made: dict[TableName, pd.DataFrame] = {}

    def work() -> tuple[Sequence[Path], dict[str, Any]]:
        if former is not None:
            context.former[stage.name] = former.read()
        with threadpool_limits(1):  # these stages work on many small arrays, which threads only slow down
            output = context.output_of(stage)
        made.update({name: output.tables[name] for name in stage.gives})
        facts = dict(output.facts) if former is None else {**output.facts, _GAME: context.input_sha256}
        return [run.write_table(name, made[name]) for name in stage.gives], facts

    context.facts[stage.name] = stages.stage(stage.name, stage_fingerprint, work, used)
    for name in stage.gives:
        context.tables[name] = made[name] if made else run.read_table(name)
    note_stage(stage.name, stage_fingerprint, context, run)


def forget_stale(stages: Sequence[Stage], context: RunContext, run: RunDirectory) -> None:
    """Take back the manifests of stages whose stored results are not of what is before them: a run without one is not read.

    Args:
        stages: none of which goes on from its own result.
        context: with the tables of the stages before.
        run: where the results are stored.
    """
    for stage in stages:
        if not run.is_fresh(stage.name, _mark(stage, context, None)):
            run.forget(stage.name)


def _mark(stage: Stage, context: RunContext, former: _FormerResult | None) -> str:
    """Return the fingerprint of all that a stage's result depends on."""
    used, code = sections_of(context.settings, stage.settings), code_fingerprint(stage.function.__module__)
    files = [manifest.hash_path(getattr(context.job, name)) for name in stage.files]
    gone_on_from = [] if former is None else [former.mark()]
    return fingerprint(stage.name, _inputs(stage, context), used, [*files, *gone_on_from], code)


def note_stage(stage: str, stage_fingerprint: str, context: RunContext, run: RunDirectory) -> None:
    """Note the fingerprint of a finished stage, and the hashes of what it left, by which later ones see whether it is new.

    Args:
        stage: its name.
        stage_fingerprint: of all that its result depends on.
        context: receives them.
        run: where it left it.
    """
    context.marks[stage] = stage_fingerprint
    noted = run.manifest(stage)
    context.content.update({} if noted is None else {name: list(what) for name, what in noted.outputs.items()})


def _inputs(stage: Stage, context: RunContext) -> dict[str, Any]:
    """Return the hashes of all that a stage reads of those before it."""
    names = [f"{name}.npy" if name == "embeddings" else f"{name}.parquet" for name in stage.needs]
    names += ["court.facts.json", "perceive.facts.json"] if "court" in stage.needs else []
    whole = {name: context.content.get(name) for name in names}
    parts = {
        f"{name}.parquet": context.tables[name][list(columns)].to_csv(index=False)
        for name, columns in stage.columns.items()
    }
    return whole | parts


@dataclass(frozen=True)
class _FormerResult:
    """A table that a stage gave before, kept for when the stage runs again: so that ids go on from those in use."""

    given: TableName
    kept: TableName
    run: RunDirectory
    game: str
    """Hash of the video: of another game nothing is taken."""

    def keep(self, stage: str) -> None:
        """Keep what the finished stage gave; where it was begun and stopped, it goes on from what it did then."""
        if self.run.manifest(stage) is None:
            return
        try:
            if self.run.read_json(f"{stage}.facts").get(_GAME) != self.game:
                return
            self.run.check_whole([f"{self.given}.parquet"])
            path = self.run.write_table(self.kept, self.run.read_table(self.given))
        except (TableError, AttributeError):
            return
        self.run.write_json(self.kept, {_GAME: self.game, "sha256": hash_file(path)})

    def mark(self) -> str:
        """Return the hash of what is kept; '' where nothing of this game is, or it is not as it was written."""
        try:
            noted = self.run.read_json(self.kept)
            of_game = noted[_GAME] == self.game and noted["sha256"] == hash_file(self.run.table_path(self.kept))
        except (TableError, InputError, KeyError, TypeError):
            return ""
        return str(noted["sha256"]) if of_game else ""

    def read(self) -> pd.DataFrame | None:
        """Read what is kept."""
        return self.run.read_table(self.kept) if self.mark() else None
