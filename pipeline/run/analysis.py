"""The whole analysis: perceive, understand, present; each stage timed, stored, and reused while nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.config import PresentSettings
from pipeline.corrections import read_corrections
from pipeline.errors import InputError, OutputError
from pipeline.geometry.calibration import read_calibration
from pipeline.roster import read_roster
from pipeline.run import given, manifest, perceiving
from pipeline.run.closure import code_fingerprint
from pipeline.run.context import RunContext
from pipeline.run.execution import Executor, executor_for
from pipeline.run.job import Job, remember
from pipeline.run.loading import CorrectedRun
from pipeline.run.observer import Observer, Silence
from pipeline.run.order import PERCEIVED, STAGE_NAMES, UNDERSTAND, check_chain
from pipeline.run.stages import video as video_stage
from pipeline.run.stages.runner import StageRunner
from pipeline.run.stages.stage import Stage, sections_of
from pipeline.store import RunDirectory, fingerprint, hash_file, json_bytes
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
    context = _context_of_job(job) if corrected is None else _context_of_correction(job, corrected)
    with RunDirectory.opened(job.directory, job.fresh, job.alongside) as run:
        _remove_leftovers(run)
        if corrected is None:
            remember(run, job, context.input_sha256)
        stages = StageRunner(run, observer)
        before = _perceive(context, stages, executor or partial(executor_for, job.workers))
        for stage in UNDERSTAND:
            before = _understand(stage, context, before, stages)
        warnings = _warnings(context)
        for warning in warnings:
            observer.warn(warning)
        files = _present(context, warnings, before, stages)
        _note_run(context, stages, warnings)
        if context.has_pixels:
            note_video(run, before, job.settings.present)
        if context.has_pictures and corrected is None and job.settings.present.video:
            files.append(draw_video(context, before, stages, job.settings.present.video_height_px))
            _note_run(context, stages, warnings)
            note_video(run, before, job.settings.present)
    return Analysis(job.directory, dict(context.tables), warnings, tuple(files))


def _context_of_job(job: Job) -> RunContext:
    """Read and check everything that is small before anything heavy starts."""
    video = probe(job.video) if job.has_pixels else given.describe(job.video)
    digest = hash_file(job.video) if job.has_pixels else given.digest(job.video)
    perceiving.pieces_of(job, video)
    weights = manifest.weights_of(job.settings) if job.has_pixels else {}
    return _with_files(RunContext(job, video, input_sha256=digest, weights_sha256=weights))


def _context_of_correction(job: Job, corrected: CorrectedRun) -> RunContext:
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
        context.corrections = read_corrections(job.corrections, context.input_sha256)
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


def _perceive(context: RunContext, stages: StageRunner, executor: Callable[[int], Executor]) -> str:
    """Perceive the video, or take what is stored; return the fingerprint."""
    job, settings, run = context.job, context.settings, stages.run
    used: dict[str, Any] = sections_of(
        settings, ("video", "networks", "shots", "detect", "embed", "numbers", "scoreboard")
    )
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
    return stage_fingerprint


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


def _understand(stage: Stage, context: RunContext, before: str, stages: StageRunner) -> str:
    """Run one stage of understanding, or take what is stored; return the fingerprint."""
    used = sections_of(context.settings, stage.settings)
    files = [manifest.hash_path(getattr(context.job, name)) for name in stage.files]
    code = code_fingerprint(stage.function.__module__)
    stage_fingerprint = fingerprint(before, stage.name, used, files, code)

    def work() -> tuple[Sequence[Path], dict[str, Any]]:
        with threadpool_limits(1):  # these stages work on many small arrays, which threads only slow down
            output = context.output_of(stage)
        return [stages.run.write_table(name, output.tables[name]) for name in stage.gives], dict(output.facts)

    context.facts[stage.name] = stages.stage(stage.name, stage_fingerprint, work, used)
    for name in stage.gives:
        context.tables[name] = stages.run.read_table(name)
    return stage_fingerprint


def _present(context: RunContext, warnings: tuple[str, ...], before: str, stages: StageRunner) -> list[Path]:
    """Write what people look at, or leave it as it is."""
    from pipeline.present.outputs import present

    used = sections_of(context.settings, ("present",))
    shown: list[Any] = [
        manifest.versions(),
        context.video.path.name,
        context.settings.model_dump(mode="json"),
        list(warnings),
    ]
    shown.append(context.has_pictures)
    stage_fingerprint = fingerprint(before, shown, code_fingerprint(present.__module__))
    out, run = context.job.directory, stages.run
    if run.published.begin(context.input_sha256):
        stages.observer.warn(f"{out} held the analysis of another video, which this one replaces")
    _check_published(run, stage_fingerprint, stages.observer)
    facts = {
        "versions": manifest.versions(),
        "weights": context.weights_sha256,
        "seconds": dict(stages.seconds),
        **context.facts["perceive"],
    }

    def work() -> tuple[Sequence[Path], dict[str, Any]]:
        with run.published.publishing("present", whole=True) as folder:
            written = present(context.results(warnings, facts), folder)
            names = [path.relative_to(folder).as_posix() for path in written]
        return [], {"files": names}

    noted = stages.stage("present", stage_fingerprint, work, used)
    return [out / name for name in noted["files"]]


def _check_published(run: RunDirectory, stage_fingerprint: str, observer: Observer) -> None:
    """Have files written again that are not as they were, and say which a person has changed."""
    changed = run.published.changed()
    if changed:
        observer.warn(
            f"changed since courtside wrote it: {', '.join(changed)}; what is written anew leaves the changed file as "
            "NAME.yours beside it"
        )
    if run.is_fresh("present", stage_fingerprint) and not run.published.are_whole(
        run.read_json("present.facts")["files"]
    ):
        run.forget("present")


def _note_run(context: RunContext, stages: StageRunner, warnings: tuple[str, ...]) -> None:
    """Write `run.json`."""
    stages.run.published.publish("run", "run.json", json_bytes(_manifest(context, stages, warnings)))


def note_video(run: RunDirectory, before: str, settings: PresentSettings) -> None:
    """Write into the report whether there is an annotated video, and whether it is of the same players.

    Args:
        run: its directory.
        before: fingerprint of the last stage of understanding.
        settings: of presenting.
    """
    from pipeline.present.report.video_note import note_video as insert_note

    note = video_stage.note_of(run, before, settings)
    run.published.amend("report.html", lambda report: insert_note(report, note))


def draw_video(context: RunContext, before: str, stages: StageRunner, height_px: int | None) -> Path:
    """Draw the annotated video, or leave it as it is.

    Args:
        context: the run, whose video is at hand.
        before: fingerprint of the last stage of understanding.
        stages: runs the stage.
        height_px: largest height; None for the source's.
    """
    from pipeline.present.annotated_video.annotate import output_fps, write_video

    run, settings = stages.run, context.settings.present
    stage_fingerprint = video_stage.video_fingerprint(before, settings, height_px)
    if not video_stage.is_drawn(run, stage_fingerprint):
        run.forget(video_stage.NAME)

    def work() -> tuple[Sequence[Path], dict[str, Any]]:
        with run.published.publishing(video_stage.NAME) as folder:
            facts = write_video(context.results(), folder / video_stage.FILE, height_px, stages.observer.advance)
        return [], {**facts, "wanted_height_px": height_px}

    times = context.tables["frames"]["time_s"]
    rate = output_fps(context.video.fps, settings.video_fps)
    total = 1 + (float(times.iloc[-1]) - float(times.iloc[0])) * rate
    used = settings.model_dump(mode="json")
    stages.stage(video_stage.NAME, stage_fingerprint, work, used, total, "frames")
    return video_stage.video_path(run)


def _warnings(context: RunContext) -> tuple[str, ...]:
    """Say in plain words what is not as a user would expect."""
    from pipeline.present.measured_share import metres_warnings, time_warnings
    from pipeline.understand import identity as identify
    from pipeline.understand.shots import kinds_of_frames

    read = context.facts["perceive"]
    found: list[str] = [] if context.has_pixels else [given.NO_PIXELS]
    if read["ended_early"]:
        found.append(
            f"the file ends early: {read['last_s'] or 0:.1f} s could be read of {context.video.duration_s:.1f} s; "
            "it was analysed up to there"
        )
    if context.video.strays:
        found.append(
            f"{context.video.strays} pictures of the file have times more than an hour off all others; they were left out"
        )
    if not context.video.is_timed:
        found.append(
            f"the file does not say when its pictures are shown: {context.video.fps:g} frames a second are assumed, and times, "
            "speeds and distances are as right as that; give it a clock first (ffmpeg -r RATE -i FILE -c copy FILE.mp4)"
        )
    if read.get("rewound", 0) > 0:
        found.append(
            f"the file's clock begins again after {read['last_s'] or 0:.1f} s, as where recordings are put together: "
            f"{read['rewound']} pictures behind that were not read; analyse each recording, or join them with ffmpeg's concat"
        )
    found += _scoreboard_warnings(context)
    if read["damaged"]:
        found.append(f"{read['damaged']} damaged pieces of the video were skipped")
    found += time_warnings(context.tables["frames"], context.settings.stats.max_gap_s)
    found += context.registration.warnings
    counted = kinds_of_frames(context.tables["frames"], context.tables["shots"]) == "game"
    found += context.registration.coverage_warnings(context.tables["frames"].loc[counted, "frame"].to_numpy("int64"))
    found += metres_warnings(context.tables["player_stats"])
    found += context.facts["identity"]["warnings"]
    found += identify.complaints(context.tables["players"], context.settings.identify)
    if context.tables["players"].empty:
        found.append("nobody was found on the court")
    return tuple(found)


def _scoreboard_warnings(context: RunContext) -> list[str]:
    """Say why a scoreboard was not read, where there may be one."""
    asked, read = context.settings.scoreboard, context.facts["perceive"]
    if asked.read and context.has_pixels and "scoreboard" not in context.weights_sha256:
        if asked.box_px is not None or read.get("graphics_px"):
            return [
                "the scoreboard is not read: the extra 'scoreboard' is not installed (pip install courtside[scoreboard])"
            ]
    elif asked.box_px is not None and asked.read and context.has_pixels and context.tables["clock"].empty:
        return ["no clock could be read where --scoreboard says that the scoreboard is"]
    return []


def _manifest(context: RunContext, stages: StageRunner, warnings: tuple[str, ...]) -> dict[str, Any]:
    """Make `run.json`."""
    job, video = context.job, context.video
    return {
        "video": {
            "file": video.path.name,
            "sha256": context.input_sha256,
            "size_bytes": video.size_bytes,
            "width_px": video.width_px,
            "height_px": video.height_px,
            "fps": video.fps,
            "duration_s": video.duration_s,
            "codec": video.codec,
        },
        "interval_s": [job.start_s, job.end_s],
        "calibration_sha256": manifest.hash_path(job.calibration) or None,
        "roster_sha256": manifest.hash_path(job.roster) or None,
        "corrections_sha256": manifest.hash_path(job.corrections) or None,
        "settings": context.settings.model_dump(mode="json"),
        "weights_sha256": context.weights_sha256,
        "versions": manifest.versions(),
        "device": job.device,
        "perceived": context.facts["perceive"],
        "seconds": stages.seconds,
        "reused": stages.reused,
        "warnings": list(warnings),
    }
