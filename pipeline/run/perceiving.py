"""Perception, chunk by chunk: what was finished is not computed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.errors import InputError
from pipeline.perceive.chunk import PerceptionModels, perceive
from pipeline.perceive.networks import choose_input_size, load_networks
from pipeline.store import Part, RunDirectory, fingerprint
from pipeline.tables import TableName
from pipeline.video import Chunk, Frame, ReadReport, VideoInfo, chunks, combine, glances, read_chunk

if TYPE_CHECKING:  # types alone, so that what they import is not code that perception rests on
    from pipeline.run.job import Job
    from pipeline.run.observer import Observer

STAGE = "perceive"
_SAMPLES = 6


def pieces_of(job: Job, video: VideoInfo) -> tuple[Chunk, ...]:
    """Cut the asked part of the video into chunks.

    Raises:
        InputError: the interval is empty or outside the video.
    """
    return chunks(video, job.start_s, job.end_s, job.settings.video.chunk_s, job.settings.video.max_fps)


def perceive_video(
    job: Job, video: VideoInfo, stage_fingerprint: str, run: RunDirectory, observer: Observer
) -> dict[str, Any]:
    """Perceive all chunks that are not yet there and join what they give.

    Args:
        job: what is asked for.
        video: its video.
        stage_fingerprint: fingerprint of the stage: inputs, settings and code.
        run: where the chunks and tables are kept.
        observer: follows the progress.

    Returns:
        Facts: decoded, analysed and damaged frames, whether the file ended early, the detector's input size.
    """
    pieces = pieces_of(job, video)
    input_size_px = _input_size(job, video, stage_fingerprint, run)
    progress = _ChunkProgress(observer, 0)
    parts: list[Part] = []
    reports: list[ReadReport] = []
    networks: PerceptionModels | None = None
    for chunk in pieces:
        part = run.part(STAGE, chunk.number, fingerprint(stage_fingerprint, asdict(chunk)))
        if not part.is_done():
            networks = networks or load_networks(job.settings, job.device, input_size_px)
            _perceive_part(chunk, part, video, networks, progress)
        progress.jump(chunk.expected_frames(video.duration_s))
        parts.append(part)
        reports.append(ReadReport(**part.read_json("report")))
        if reports[-1].end_of_file:
            break
    if sum(report.analysed for report in reports) == 0:
        raise InputError(f"{video.path}: no frame between {job.start_s:g} s and the end could be decoded")
    _join(parts, reports, run)
    return {**asdict(combine(reports)), "input_size_px": input_size_px}


def outputs(run: RunDirectory) -> list[Any]:
    """Name the files that the joined stage leaves."""
    tables: tuple[TableName, ...] = ("frames", "detections", "number_reads", "court_points")
    return [*(run.table_path(name) for name in tables), run.array_path("embeddings")]


class _ChunkProgress:
    """Counts frames over chunks, those that were there already at once."""

    def __init__(self, observer: Observer, base: int) -> None:
        self._observer = observer
        self._base = base

    def within(self, frames: int) -> None:
        """So many frames of this chunk are done."""
        self._observer.advance(self._base + frames)

    def jump(self, frames: int) -> None:
        """The chunk is done."""
        self._base += frames
        self._observer.advance(self._base)


def _perceive_part(
    chunk: Chunk, part: Part, video: VideoInfo, networks: PerceptionModels, progress: _ChunkProgress
) -> None:
    """Perceive one chunk and store it."""
    report = ReadReport()
    found = perceive(_counted(read_chunk(video, chunk, report, context=True), progress), networks)
    with part.writing():
        part.write_table("frames", found.frames)
        part.write_table("detections", found.detections)
        part.write_table("number_reads", found.number_reads)
        part.write_table("court_points", found.court_points)
        part.write_array("embeddings", found.embeddings)
        part.write_json("report", asdict(report))


def _counted(frames: Iterator[Frame], progress: _ChunkProgress) -> Iterator[Frame]:
    """Pass frames on and count them."""
    for count, frame in enumerate(frames):
        yield frame
        progress.within(count)


def _join(parts: Sequence[Part], reports: Sequence[ReadReport], run: RunDirectory) -> None:
    """Join the tables of the chunks: frames, detections and shots are counted on from chunk to chunk."""
    shifts: list[dict[str, int]] = []
    frame = detection = shot = 0
    for part, report in zip(parts, reports, strict=True):
        shifts.append({"frame": frame, "detection_id": detection, "shot": shot})
        frames: pd.DataFrame = part.read_table("frames")
        frame += report.decoded
        detection += len(part.read_array("embeddings", mmap=True))
        shot += 0 if frames.empty else int(frames["shot"].iloc[-1])
    run.assemble_table("frames", parts, [{key: shift[key] for key in ("frame", "shot")} for shift in shifts])
    run.assemble_table(
        "detections", parts, [{key: shift[key] for key in ("frame", "detection_id")} for shift in shifts]
    )
    run.assemble_table("number_reads", parts, [{"detection_id": shift["detection_id"]} for shift in shifts])
    run.assemble_table("court_points", parts, [{"frame": shift["frame"]} for shift in shifts])
    run.assemble_array("embeddings", parts)


def _input_size(job: Job, video: VideoInfo, stage_fingerprint: str, run: RunDirectory) -> int:
    """Choose the detector's input size once for the whole video, and remember it for the next start."""
    part = run.part("scale", 0, stage_fingerprint)
    if not part.is_done():
        samples = [frame.image for frame in glances(video, _spread(job, video))]
        size = choose_input_size(job.settings, job.device, samples)
        with part.writing():
            part.write_json("scale", {"input_size_px": size})
    return int(part.read_json("scale")["input_size_px"])


def _spread(job: Job, video: VideoInfo) -> list[float]:
    """Spread a few times, in seconds, evenly over the asked part of the video; none if the size is set."""
    if job.settings.detect.input_size_px != "auto":
        return []
    until_s = min(video.duration_s, job.end_s or video.duration_s)
    return [job.start_s + (until_s - job.start_s) * (step + 0.5) / _SAMPLES for step in range(_SAMPLES)]
