"""Perception, chunk by chunk: what was finished is not computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.runtime import choose_runtime
from pipeline.config import Settings
from pipeline.errors import InputError, OutputError
from pipeline.perceive.chunk import PerceptionModels, perceive
from pipeline.perceive.court_points import keyframe_interval_s
from pipeline.perceive.graphics import Graphics
from pipeline.perceive.networks import load_networks, scoreboard_reader
from pipeline.perceive.survey import Survey, survey
from pipeline.store import Part, RunDirectory, fingerprint
from pipeline.tables import TableName
from pipeline.video import Chunk, Frame, ReadReport, VideoInfo, chunks, combine, decoder_for, read_chunk

if TYPE_CHECKING:  # types alone, so that what they import is not code that perception rests on
    from pipeline.run.execution import Executor
    from pipeline.run.job import Job
    from pipeline.run.observer import Observer

STAGE = "perceive"


def pieces_of(job: Job, video: VideoInfo) -> tuple[Chunk, ...]:
    """Cut the asked part of the video into chunks.

    Raises:
        InputError: the interval is empty or outside the video.
    """
    return chunks(video, job.start_s, job.end_s, job.settings.video.chunk_s, job.settings.video.max_fps)


def runs_on(job: Job) -> list[str | None]:
    """Say what a video's perception runs on, since each gives other last digits: device, runtime, and who decodes."""
    return [job.device, choose_runtime(job.settings.networks.runtime, job.device), decoder_for(job.device)]


@dataclass(frozen=True)
class ChunkTask:
    """One chunk to perceive, and where what it gives is written."""

    chunk: Chunk
    folder: Path
    fingerprint: str


@dataclass(frozen=True)
class ChunkPerceiver:
    """Perceives chunks of a video with networks that are loaded when the first of them comes. Small to send."""

    video: VideoInfo
    settings: Settings
    device: str
    survey: Survey
    decoder: str | None = None
    """That of a card; None: software."""

    def __call__(self, task: ChunkTask, advance: Callable[[float], None]) -> None:
        """Perceive a chunk and store it; say how many frames are done.

        Raises:
            OutputError: the run's directory is not there, which a machine that does not share it would make for itself.
        """
        if not task.folder.parents[1].is_dir():
            raise OutputError(f"{task.folder.parents[1]} is not there: all machines must share the output directory")
        report = ReadReport()
        frames = read_chunk(self.video, task.chunk, report, context=True, hardware=self.decoder)
        found = perceive(_counted(frames, advance), self._networks)
        part = Part(task.folder, STAGE, task.fingerprint)
        with part.writing():
            part.write_table("frames", found.frames)
            part.write_table("detections", found.detections)
            part.write_table("number_reads", found.number_reads)
            part.write_table("court_points", found.court_points)
            part.write_table("scoreboard_texts", found.scoreboard_texts)
            part.write_array("embeddings", found.embeddings)
            part.write_json("report", asdict(report))

    @cached_property
    def _networks(self) -> PerceptionModels:
        networks = load_networks(self.settings, self.device, self.survey.input_size_px)
        networks = replace(
            networks, graphics=self.survey.graphics, scoreboard=scoreboard_reader(self.survey.scoreboard_px)
        )
        return replace(networks, keyframe_s=keyframe_interval_s(networks.keyframe_s, self.video.duration_s))


def perceive_video(
    job: Job,
    video: VideoInfo,
    stage_fingerprint: str,
    run: RunDirectory,
    observer: Observer,
    executor_for: Callable[[int], Executor],
) -> dict[str, Any]:
    """Perceive all chunks that are not yet there and join what they give.

    Args:
        job: what is asked for.
        video: its video.
        stage_fingerprint: fingerprint of the stage: inputs, settings and code.
        run: where the chunks and tables are kept.
        observer: follows the progress.
        executor_for: says who perceives a number of chunks.

    Returns:
        Facts: decoded, analysed and damaged frames, whether the file ended early, the detector's input size, the boxes
        (x, y, width, height, px) of graphics over the picture, and that of the scoreboard, if it was read.
    """
    pieces = pieces_of(job, video)
    found = _survey(job, video, stage_fingerprint, run)
    parts = [run.part(STAGE, chunk.number, fingerprint(stage_fingerprint, asdict(chunk))) for chunk in pieces]
    absolute = replace(video, path=video.path.absolute())
    perceiver = ChunkPerceiver(absolute, job.settings, job.device, found, decoder_for(job.device))
    reports = _reports(pieces, parts, perceiver, observer, executor_for)
    if sum(report.analysed for report in reports) == 0:
        raise InputError(f"{video.path}: no frame between {job.start_s:g} s and the end could be decoded")
    _join(parts[: len(reports)], reports, run)
    graphics_px = found.graphics.boxes((video.width_px, video.height_px))
    return {
        **asdict(combine(reports)),
        "input_size_px": found.input_size_px,
        "graphics_px": graphics_px,
        "scoreboard_px": found.scoreboard_px,
    }


def outputs(run: RunDirectory) -> list[Any]:
    """Name the files that the joined stage leaves."""
    tables: tuple[TableName, ...] = ("frames", "detections", "number_reads", "court_points", "scoreboard_texts")
    return [*(run.table_path(name) for name in tables), run.array_path("embeddings")]


def _reports(
    pieces: Sequence[Chunk],
    parts: Sequence[Part],
    perceiver: ChunkPerceiver,
    observer: Observer,
    executor_for: Callable[[int], Executor],
) -> list[ReadReport]:
    """Perceive what is missing; return the reports of all chunks up to the one in which the file ends."""
    finished = _FinishedChunks(perceiver.video, observer)
    missing: list[Chunk] = []
    for chunk in pieces:
        if parts[chunk.number].is_done():
            finished.add(chunk, parts[chunk.number])
        else:
            missing.append(chunk)
    begun: list[Chunk] = []

    def tasks() -> Iterator[ChunkTask]:
        for chunk in missing:
            if not finished.ended_before(chunk):
                begun.append(chunk)
                yield ChunkTask(chunk, parts[chunk.number].path.absolute(), parts[chunk.number].fingerprint)

    def advanced(number: int, frames: float) -> None:
        finished.advance(begun[number], frames)

    with closing(executor_for(len(missing)).run(perceiver, tasks(), advanced)) as outcomes:
        for outcome in outcomes:
            outcome.checked()
            chunk = begun[outcome.number]
            finished.add(chunk, parts[chunk.number])
    return finished.reports()


class _FinishedChunks:
    """Keeps what was read in each chunk, and counts frames over all of them."""

    def __init__(self, video: VideoInfo, observer: Observer) -> None:
        self._duration_s = video.duration_s
        self._observer = observer
        self._reports: dict[int, ReadReport] = {}
        self._frames: dict[int, float] = {}

    def advance(self, chunk: Chunk, frames: float) -> None:
        """So many frames of a chunk are done."""
        self._frames[chunk.number] = frames
        self._observer.advance(sum(self._frames.values()))

    def add(self, chunk: Chunk, part: Part) -> None:
        """Take a chunk that is done."""
        self._reports[chunk.number] = ReadReport(**part.read_json("report"))
        self.advance(chunk, chunk.expected_frames(self._duration_s))

    def ended_before(self, chunk: Chunk) -> bool:
        """Say whether the file ends in an earlier chunk."""
        return any(report.end_of_file for number, report in self._reports.items() if number < chunk.number)

    def reports(self) -> list[ReadReport]:
        """Return the reports in order, up to the chunk in which the file ends."""
        rising = [self._reports[number] for number in sorted(self._reports)]
        last = next((number for number, report in enumerate(rising) if report.end_of_file), len(rising))
        return rising[: last + 1]


def _counted(frames: Iterator[Frame], advance: Callable[[float], None]) -> Iterator[Frame]:
    """Pass frames on and count them."""
    for count, frame in enumerate(frames):
        yield frame
        advance(count)


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
    for name in ("court_points", "scoreboard_texts"):
        run.assemble_table(name, parts, [{"frame": shift["frame"]} for shift in shifts])
    run.assemble_array("embeddings", parts)


def _survey(job: Job, video: VideoInfo, stage_fingerprint: str, run: RunDirectory) -> Survey:
    """Settle once what holds for the whole video, and remember it for the next start."""
    part = run.part("survey", 0, stage_fingerprint)
    if not part.is_done():
        end_s = video.duration_s if job.end_s is None else min(video.duration_s, job.end_s)
        found = survey(video, (job.start_s, end_s), job.settings, job.device)
        with part.writing():
            part.write_json("survey", {"input_size_px": found.input_size_px, "scoreboard_px": found.scoreboard_px})
            part.write_array("graphics", found.graphics.mask)
    mask = part.read_array("graphics").astype(bool)
    noted = part.read_json("survey")
    board: tuple[int, int, int, int] | None = noted["scoreboard_px"] and tuple(noted["scoreboard_px"])
    return Survey(int(noted["input_size_px"]), Graphics(mask), board)
