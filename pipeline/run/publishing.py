"""What a run leaves for people: written anew where anything that it shows has changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.config import PresentSettings
from pipeline.run import given, manifest
from pipeline.run.context import RunContext
from pipeline.run.loading import jersey_colors_of, laid_out_of
from pipeline.run.observer import Observer
from pipeline.run.source_code.closure import code_fingerprint
from pipeline.run.stages import video as video_stage
from pipeline.run.stages.runner import StageRunner
from pipeline.run.stages.stage import sections_of
from pipeline.store import RunDirectory, fingerprint, json_bytes


def publish(context: RunContext, stages: StageRunner, draw: bool) -> tuple[tuple[str, ...], list[Path]]:
    """Write what people look at.

    Args:
        context: of a run whose tables are computed.
        stages: runs the stages.
        draw: draw the annotated video too, if there are pictures.

    Returns:
        What to warn of, and the files.
    """
    run, settings = stages.run, context.settings.present
    warnings = _warnings(context)
    for warning in warnings:
        stages.observer.warn(warning)
    files = _present(context, warnings, stages)
    _note_run(context, stages, warnings)
    if context.has_pixels:
        note_video(run, settings, context.job.start_s)
    if context.has_pictures and draw:
        files.append(draw_video(context, stages, settings.video_height_px))
        _note_run(context, stages, warnings)
        note_video(run, settings, context.job.start_s)
    return warnings, files


def _present(context: RunContext, warnings: tuple[str, ...], stages: StageRunner) -> list[Path]:
    """Write what people look at, or leave it as it is."""
    from pipeline.present.outputs import present

    used = sections_of(context.settings, ("present",))
    shown: list[Any] = [
        manifest.versions(),
        context.video.path.name,
        context.job.directory.absolute().name,
        context.settings.model_dump(mode="json"),
        list(warnings),
    ]
    shown.append(context.has_pictures)
    stage_fingerprint = fingerprint(context.marks, shown, code_fingerprint(present.__module__))
    out, run = context.job.directory, stages.run
    another = run.published.begin(context.input_sha256)
    if another:
        stages.observer.warn(f"{out} held the analysis of another video, which this one replaces")
    _check_published(run, stage_fingerprint, stages.observer)
    before = {} if another else jersey_colors_of(run)
    context.facts["present"] = {"jersey_colors": before, "laid_out": {} if another else laid_out_of(run)}
    facts = {
        "versions": manifest.versions(),
        "weights": context.weights_sha256,
        "seconds": dict(stages.seconds),
        **context.facts["perceive"],
    }

    def work() -> tuple[Sequence[Path], dict[str, Any]]:
        with run.published.publishing("present", whole=True) as folder:
            written = present(context.results(warnings, facts), folder)
            names = [path.relative_to(folder).as_posix() for path in written.files]
        return [], {"files": names, "jersey_colors": written.jersey_colors or before, "laid_out": written.laid_out}

    noted = stages.stage("present", stage_fingerprint, work, used)
    context.facts["present"] = noted
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


def note_video(run: RunDirectory, settings: PresentSettings, begin_s: float) -> None:
    """Write into the report whether there is an annotated video, and whether it is of the same players.

    Args:
        run: its directory.
        settings: of presenting.
        begin_s: second of the source that was analysed first.
    """
    from pipeline.present.report.video_note import note_video as insert_note

    note = video_stage.note_of(run, settings, begin_s)
    run.published.amend("report.html", lambda report: insert_note(report, note))


def draw_video(context: RunContext, stages: StageRunner, height_px: int | None) -> Path:
    """Draw the annotated video, or leave it as it is.

    Args:
        context: the run, whose video is at hand.
        stages: runs the stage.
        height_px: largest height; None for the source's.
    """
    from pipeline.present.annotated_video.annotate import output_fps, write_video

    run, settings = stages.run, context.settings.present
    stage_fingerprint = video_stage.video_fingerprint(run, settings, height_px)
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
    if len(context.tables["touches"]) and context.tables["box_score"].empty:
        found.append("for most of the time in play it is not known where the ball is: there is no box score")
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
