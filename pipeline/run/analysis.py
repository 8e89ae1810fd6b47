"""The whole analysis: perceive, understand, present; each stage timed, stored, and reused while nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.corrections import Journal
from pipeline.errors import InputError, OutputError
from pipeline.geometry.calibration import read_calibration
from pipeline.roster import read_roster
from pipeline.run import given, manifest, perceiving
from pipeline.run.context import RunContext
from pipeline.run.execution import Executor, executor_for
from pipeline.run.job import Job, remember
from pipeline.run.loading import CorrectedRun
from pipeline.run.observer import Observer, Silence
from pipeline.run.order import PERCEIVED, STAGE_NAMES, UNDERSTAND, check_chain
from pipeline.run.publishing import publish
from pipeline.run.source_code.closure import code_fingerprint
from pipeline.run.stages import video as video_stage
from pipeline.run.stages.runner import StageRunner
from pipeline.run.stages.stage import sections_of
from pipeline.run.stages.understanding import note_stage, understand
from pipeline.store import RunDirectory, fingerprint, hash_file
from pipeline.tables import ALL, TableName
from pipeline.video import probe


@dataclass(frozen=True)
class Analysis:
    """What an analysis leaves."""

    out: Path
    """The directory with everything in it."""
    tables: Mapping[TableName, pd.DataFrame]
    warnings: tuple[str, ...]
    files: tuple[Path, ...]
    """Written for people to look at."""

    @property
    def player_stats(self) -> pd.DataFrame:
        """One row per player."""
        return self.tables["player_stats"]


def analyze_job(
    job: Job,
    observer: Observer | None = None,
    executor: Callable[[int], Executor] | None = None,
    corrected: CorrectedRun | None = None,
) -> Analysis:
    """Analyse a game.

    Args:
        job: what is asked for.
        observer: follows the progress.
        executor: says who perceives a number of chunks; None: as many worker processes as the job asks for.
        corrected: the finished run, where only corrections of it are new: what was perceived is taken as it is stored, and
            the annotated video stays as it is.

    Raises:
        CourtsideError: bad input, settings, weights or output; what was computed is kept.
    """
    job, observer = (job.completed() if corrected is None else job), observer or Silence()
    check_chain()
    if corrected is not None:
        context, draw = context_of_correction(job, corrected), False
        opened = RunDirectory.opened(job.directory)
    else:
        context, draw = _context_of_job(job), job.settings.present.video
        opened = RunDirectory.opened(job.directory, job.fresh, job.alongside)
    with opened as run:
        stages = StageRunner(run, observer)
        if corrected is None:
            remember(run, job, context.input_sha256)
        compute(context, stages, executor or partial(executor_for, job.workers))
        warnings, files = publish(context, stages, draw)
    return Analysis(job.directory, dict(context.tables), warnings, tuple(files))


def compute(context: RunContext, stages: StageRunner, executor: Callable[[int], Executor] | None = None) -> None:
    """Compute all tables of a game, or take what is stored.

    Args:
        context: the job and what was read for it; receives tables, facts and fingerprints.
        stages: runs the stages.
        executor: says who perceives a number of chunks; None: this process.
    """
    _remove_leftovers(stages.run)
    _perceive(context, stages, executor or partial(executor_for, 1))
    for stage in UNDERSTAND:
        understand(stage, context, stages)


def _context_of_job(job: Job) -> RunContext:
    """Read and check everything that is small before anything heavy starts."""
    video = probe(job.video) if job.has_pixels else given.describe(job.video)
    digest = hash_file(job.video) if job.has_pixels else given.digest(job.video)
    perceiving.pieces_of(job, video)
    weights = manifest.weights_of(job.settings) if job.has_pixels else {}
    return _with_files(RunContext(job, video, input_sha256=digest, weights_sha256=weights))


def context_of_correction(job: Job, corrected: CorrectedRun) -> RunContext:
    """Take what a finished run says of its video and weights, which are not read again."""
    noted, is_there = corrected.noted, corrected.video is not None
    digest, weights = noted.video_sha256, noted.weights_sha256
    context = RunContext(job, corrected.video or noted.video, input_sha256=digest, weights_sha256=weights)
    return _with_files(replace(context, video_is_there=is_there, perceives=False))


def _with_files(context: RunContext) -> RunContext:
    """Read and check the files beside the video.

    Raises:
        CourtsideError: one is not what it should be, or corrections are of another video.
    """
    job, video = context.job, context.video
    if job.calibration is not None:
        context.calibration = read_calibration(job.calibration, job.settings.court.court)
        context.calibration.resized((video.width_px, video.height_px), where=str(job.calibration))
    if job.roster is not None:
        context.roster = read_roster(job.roster)
    if job.corrections is not None:
        context.corrections = Journal.read(job.corrections, context.input_sha256).lines
    return context


def _remove_leftovers(run: RunDirectory) -> None:
    """Remove what an older version left under names of stages and tables that there are no more."""
    kept = {f"{name}.parquet" for name in ALL}
    kept |= {f"{name}.{kind}.json" for name in (*STAGE_NAMES, video_stage.NAME) for kind in ("manifest", "facts")}
    try:
        for pattern in ("*.manifest.json", "*.facts.json", "*.parquet"):
            for path in run.path.glob(pattern):
                if path.name not in kept:
                    path.unlink()
    except OSError as error:
        raise OutputError(f"cannot tidy {run.path}: {error.strerror or error}") from error


def _perceive(context: RunContext, stages: StageRunner, executor: Callable[[int], Executor]) -> None:
    """Perceive the video, or take what is stored."""
    job, settings, run = context.job, context.settings, stages.run
    used: dict[str, Any] = sections_of(
        settings, ("video", "networks", "shots", "detect", "embed", "numbers", "scoreboard")
    )
    if settings.ball.head_weights is not None:
        used["ball"] = settings.ball.model_dump(mode="json", include={"weights", "min_score"})
    used["court"] = settings.court.model_dump(mode="json", include={"automatic", "weights", "keyframe_s"})
    interval = [job.start_s, job.end_s]
    code = code_fingerprint(perceiving.__name__ if context.has_pixels else given.__name__)
    inputs = [context.input_sha256, context.weights_sha256, code]
    stage_fingerprint = fingerprint(inputs, interval, [perceiving.runs_on(job), used] if context.has_pixels else {})
    if not context.perceives:
        stage_fingerprint = _stored_perception(stages, stage_fingerprint)
    expected = sum(
        chunk.expected_frames(context.video.duration_s) for chunk in perceiving.pieces_of(job, context.video)
    )

    def work() -> tuple[Sequence[Path], dict[str, Any]]:
        if context.has_pixels:
            facts = perceiving.perceive_video(job, context.video, stage_fingerprint, run, stages.observer, executor)
        else:
            facts = given.take(job.video, job.start_s, job.end_s, run)
        return perceiving.outputs(run), facts

    context.facts["perceive"] = stages.stage("perceive", stage_fingerprint, work, used, expected, "frames")
    run.discard_parts(perceiving.STAGE)
    for table in PERCEIVED:
        context.tables[table] = run.read_table(table)
    context.embeddings = run.read_array("embeddings", mmap=True)
    note_stage(perceiving.STAGE, stage_fingerprint, context, run)


def _stored_perception(stages: StageRunner, expected: str) -> str:
    """Return the fingerprint of what was perceived, whatever version of courtside did it.

    Args:
        stages: with the run's directory.
        expected: what the fingerprint is if this version did it.

    Raises:
        InputError: it is damaged.
    """
    stored = stages.run.manifest(perceiving.STAGE)
    if stored is None or not stages.run.is_fresh(perceiving.STAGE, stored.fingerprint):
        raise InputError(f"what was perceived for {stages.run.root} is damaged; analyse the video again")
    if stored.fingerprint != expected:
        stages.observer.warn(
            "the video was perceived by another version of courtside or of a library; that is kept, and courtside analyze "
            "would perceive it again"
        )
    return stored.fingerprint
