"""The whole analysis: perceive, understand, present; each stage timed, stored, and reused while nothing changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel
from threadpoolctl import threadpool_limits

from pipeline.corrections import read_corrections
from pipeline.geometry.calibration import read_calibration
from pipeline.present import Results, present
from pipeline.roster import read_roster
from pipeline.run import given, manifest, perceiving
from pipeline.run.job import Job, remember
from pipeline.run.observer import Observer, Silence
from pipeline.run.stages import GIVEN_BY_PERCEIVE, UNDERSTAND, RunContext, Stage, check_chain
from pipeline.store import RunDirectory, fingerprint, hash_file, write_json
from pipeline.tables import TableName
from pipeline.understand import identity as identify
from pipeline.understand.shots import kinds_of_frames
from pipeline.video import probe

_LONG_GAP_S = 1.0
_NAMES = {
    "court": "court",
    "track": "track",
    "purify": "purify",
    "identify": "identify",
    "shots": "shots",
    "locate": "locate",
    "stats": "statistics",
}


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


def analyze_job(job: Job, watching: Observer | None = None) -> Analysis:
    """Analyse a game.

    Args:
        job: what is asked for.
        watching: is told of the progress.

    Raises:
        CourtsideError: bad input, settings, weights or output; what was computed is kept.
    """
    watching = watching or Silence()
    context = _context(job)
    with RunDirectory.opened(job.out, job.fresh) as run:
        remember(run, job)
        clock = _Clock(run, watching)
        mark = _perceive(context, clock)
        for stage in UNDERSTAND:
            mark = _understand(stage, context, mark, clock)
        warnings = _warnings(context)
        for warning in warnings:
            watching.warn(warning)
        files = _present(context, warnings, mark, clock)
        write_json(job.out / "run.json", _manifest(context, clock, warnings))
    return Analysis(job.out, dict(context.tables), warnings, tuple(files))


def _context(job: Job) -> RunContext:
    """Read and check everything that is small before anything heavy starts."""
    check_chain()
    video = probe(job.video) if job.has_pixels else given.describe(job.video)
    perceiving.pieces_of(job, video)
    calibration = None
    if job.calibration is not None:
        calibration = read_calibration(job.calibration, job.settings.court.court)
        calibration.resized((video.width_px, video.height_px), where=str(job.calibration))
    roster = read_roster(job.roster) if job.roster is not None else None
    corrections = read_corrections(job.corrections) if job.corrections is not None else ()
    return RunContext(job, video, calibration, roster, corrections)


class _Clock:
    """Runs a stage or takes its stored result, and keeps the time it took."""

    def __init__(self, run: RunDirectory, watching: Observer) -> None:
        self.run = run
        self.watching = watching
        self.seconds: dict[str, float] = {}
        self.reused: list[str] = []

    def stage(
        self,
        name: str,
        mark: str,
        work: Callable[[], tuple[Sequence[Path], dict[str, Any]]],
        settings: Any,
        total: float | None = None,
        unit: str = "",
    ) -> dict[str, Any]:
        """Do a stage's work unless it was done with the same fingerprint; return its facts."""
        self.watching.begin(_NAMES.get(name, name), total, unit)
        stored = self.run.manifest(name)
        if stored is not None and self.run.is_fresh(name, mark):
            self.seconds[name] = stored.seconds
            self.reused.append(name)
            self.watching.end("unchanged, reused")
            return dict(self.run.read_json(f"{name}.facts"))
        self.run.forget(name)
        began = time.perf_counter()
        outputs, facts = work()
        taken = time.perf_counter() - began
        noted = self.run.write_json(f"{name}.facts", facts)
        self.run.finish(name, mark, [*outputs, noted], settings=settings, seconds=taken)
        self.seconds[name] = round(taken, 3)
        self.watching.end(f"{taken:.1f} s")
        return facts


def _perceive(context: RunContext, clock: _Clock) -> str:
    """Perceive the video, or take what is stored; return the fingerprint."""
    job, settings = context.job, context.settings
    used = {name: _plain(getattr(settings, name)) for name in ("video", "shots", "detect", "embed", "numbers")}
    used["court"] = settings.court.model_dump(mode="json", include={"automatic", "weights", "keyframe_s"})
    interval = [job.start_s, job.end_s]
    code = manifest.perceive_code() if job.has_pixels else manifest.code_mark(("run/given.py",))
    inputs = [_hash_input(job), _weights(job), code]
    mark = fingerprint(inputs, interval, used if job.has_pixels else {})
    expected = sum(
        chunk.expected_frames(context.video.duration_s) for chunk in perceiving.pieces_of(job, context.video)
    )

    def work() -> tuple[Sequence[Path], dict[str, Any]]:
        if job.has_pixels:
            facts = perceiving.perceive_video(job, context.video, mark, clock.run, clock.watching)
        else:
            facts = given.take(job.video, job.start_s, job.end_s, clock.run)
        return perceiving.outputs(clock.run), facts

    context.facts["perceive"] = clock.stage("perceive", mark, work, used, expected, "frames")
    clock.run.discard_parts(perceiving.STAGE)
    for table in GIVEN_BY_PERCEIVE:
        context.tables[table] = clock.run.read_table(table)
    context.embeddings = clock.run.read_array("embeddings", mmap=True)
    return mark


def _understand(stage: Stage, context: RunContext, before: str, clock: _Clock) -> str:
    """Run one stage of understanding, or take what is stored; return the fingerprint."""
    used = {name: _plain(getattr(context.settings, name)) for name in stage.settings}
    files = [manifest.hash_path(path) for path in stage.files(context.job)]
    mark = fingerprint(before, stage.name, used, files, manifest.code_mark(stage.code))

    def work() -> tuple[Sequence[Path], dict[str, Any]]:
        with threadpool_limits(1):  # these stages work on many small arrays, which threads only slow down
            output = stage.function(context)
        return [clock.run.write_table(name, output.tables[name]) for name in stage.gives], dict(output.facts)

    context.facts[stage.name] = clock.stage(stage.name, mark, work, used)
    for name in stage.gives:
        context.tables[name] = clock.run.read_table(name)
    return mark


def _present(context: RunContext, warnings: tuple[str, ...], before: str, clock: _Clock) -> list[Path]:
    """Write what people look at, or leave it as it is."""
    used = _plain(context.settings.present)
    mark = fingerprint(before, used, list(warnings), manifest.code_mark(("present",)))
    out = context.job.out
    stored = clock.run.manifest("present")
    if stored is not None and not all((out / name).is_file() for name in clock.run.read_json("present.facts")["files"]):
        clock.run.forget("present")

    def work() -> tuple[Sequence[Path], dict[str, Any]]:
        written = present(_results(context, warnings, clock), out, lambda done, _total: clock.watching.advance(done))
        return [], {"files": [str(path.relative_to(out)) for path in written]}

    facts = clock.stage("present", mark, work, used, len(context.tables["frames"]), "frames")
    return [out / name for name in facts["files"]]


def _results(context: RunContext, warnings: tuple[str, ...], clock: _Clock) -> Results:
    """Bundle the tables for `present`."""
    facts = {
        "versions": manifest.versions(),
        "weights": _weights(context.job),
        "seconds": dict(clock.seconds),
        **context.facts["perceive"],
    }
    return Results(
        video=context.video,
        settings=context.settings,
        start_s=context.job.start_s,
        end_s=context.job.end_s,
        **{
            name: context.tables[name]
            for name in context.tables
            if name not in ("court", "court_points", "number_reads", "raw_tracks", "split_tracks")
        },
        embeddings=context.embeddings,
        registration=context.registration if context.calibration is not None or len(context.tables["court"]) else None,
        has_pixels=context.job.has_pixels,
        warnings=warnings,
        facts=facts,
    )


def _warnings(context: RunContext) -> tuple[str, ...]:
    """Say in plain words what is not as a user would expect."""
    read = context.facts["perceive"]
    found: list[str] = [] if context.job.has_pixels else [given.NO_PIXELS]
    if read["ended_early"]:
        found.append(
            f"the file ends early: {read['last_s'] or 0:.1f} s could be read of {context.video.duration_s:.1f} s; "
            "it was analysed up to there"
        )
    if read["damaged"]:
        found.append(f"{read['damaged']} damaged pieces of the video were skipped")
    if read["longest_gap_s"] > _LONG_GAP_S:
        found.append(f"the video has gaps, the longest {read['longest_gap_s']:.1f} s: nobody was seen there")
    found += context.registration.warnings
    counted = kinds_of_frames(context.tables["frames"], context.tables["shots"]) == "game"
    found += context.registration.coverage_warnings(context.tables["frames"].loc[counted, "frame"].to_numpy("int64"))
    found += context.facts["identify"]["warnings"]
    found += identify.complaints(context.tables["players"], context.settings.identify)
    if context.tables["players"].empty:
        found.append("nobody was found on the court")
    return tuple(found)


def _manifest(context: RunContext, clock: _Clock, warnings: tuple[str, ...]) -> dict[str, Any]:
    """Make `run.json`."""
    job, video = context.job, context.video
    return {
        "video": {
            "file": video.path.name,
            "sha256": _hash_input(job),
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
        "weights_sha256": _weights(job),
        "versions": manifest.versions(),
        "device": job.device,
        "perceived": context.facts["perceive"],
        "seconds": clock.seconds,
        "reused": clock.reused,
        "warnings": list(warnings),
    }


def _hash_input(job: Job) -> str:
    """Hash the video, or the tables given in place of one."""
    return hash_file(job.video) if job.has_pixels else given.digest(job.video)


def _weights(job: Job) -> dict[str, str]:
    """Hash the weights that a run uses."""
    return manifest.weights_of(job.settings) if job.has_pixels else {}


def _plain(settings: BaseModel) -> dict[str, Any]:
    """Turn settings into plain data."""
    return settings.model_dump(mode="json")
