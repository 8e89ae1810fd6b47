"""Analysing many games: several at once where there are cores for it, and none keeps the others from being analysed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.runtime.hardware import usable_cores
from pipeline.config import Settings
from pipeline.errors import CourtsideError, OutputError
from pipeline.presets import overlaid, with_periods, with_scoreboard
from pipeline.run import given, perceiving
from pipeline.run.analysis import Analysis, analyze_job
from pipeline.run.batch.games import BatchGame
from pipeline.run.batch.summary import GameSummary, write_summary
from pipeline.run.execution import Executor, InThisProcess, RayCluster, WorkerProcesses, Workers, processes_for
from pipeline.run.execution.choice import memory_bytes
from pipeline.run.job import Job
from pipeline.run.observer import Observer, Silence
from pipeline.store import make_directory
from pipeline.video import probe


@dataclass(frozen=True)
class BatchOptions:
    """What holds for all games of a batch."""

    out: Path
    """Each game has a folder in it."""
    settings: Settings = field(default_factory=Settings)
    device: str = "auto"
    workers: Workers = "auto"
    """Processes in all, whether they share a game or have one each."""
    fresh: bool = False
    ray: str | None = None
    """Address of a Ray cluster; None: this machine."""
    alongside: bool = False
    """Write into folders that hold other files; they are left as they are."""
    allow_pickle: bool = False
    """See `Job`."""


@dataclass(frozen=True)
class _GameWork:
    """Analyses a game wherever it is sent."""

    on_cluster: bool

    def __call__(self, job: Job, advance: Callable[[float], None]) -> GameSummary:
        """Analyse a game; that it cannot be done is a line of the summary."""
        began = time.monotonic()
        watched = _GameObserver(advance)
        try:
            if not job.directory.parent.is_dir():
                raise OutputError(f"{job.directory.parent} is not there: all machines must share the output directory")
            executor = (lambda _pieces: RayCluster()) if self.on_cluster else None
            analysis = analyze_job(job, watched, executor)
        except CourtsideError as error:
            return _failed(job, error, time.monotonic() - began)
        return _done(job, analysis, time.monotonic() - began)


class _GameObserver(Silence):
    """Counts the frames that are perceived."""

    def __init__(self, advance: Callable[[float], None]) -> None:
        self._advance = advance
        self._perceives = False

    def begin(self, stage: str, total: float | None, unit: str) -> None:  # noqa: ARG002
        """Listen while a video is perceived."""
        self._perceives = stage == perceiving.STAGE

    def advance(self, done: float) -> None:
        """Pass on how far it is."""
        if self._perceives:
            self._advance(done)


def analyze_games(
    games: Sequence[BatchGame],
    options: BatchOptions,
    observer: Observer | None = None,
    ended: Callable[[GameSummary], None] | None = None,
) -> tuple[GameSummary, ...]:
    """Analyse games and write `summary.csv`, brought up to date whenever a game ends.

    Args:
        games: from `games_in`.
        options: what holds for all.
        observer: follows the progress over all games.
        ended: told of each game that ends.

    Returns:
        What became of each, in the order of the games.

    Raises:
        CourtsideError: the options are wrong, the output directory cannot be written, or the cluster is not there.
    """
    observer = observer or Silence()
    executor, workers_each = _executor(options, len(games))
    jobs = [_job(game, options, workers_each) for game in games]
    make_directory(options.out)
    summaries = [GameSummary(game.name, "waiting", video=str(game.video)) for game in games]
    expected = [_expected_frames(job) for job in jobs]
    done = [0.0] * len(jobs)
    observer.begin("batch", sum(expected), "frames")

    def advanced(number: int, frames: float) -> None:
        done[number] = min(frames, expected[number])
        observer.advance(sum(done))

    dialect = options.settings.present.csv_dialect
    write_summary(options.out, summaries, dialect)
    with closing(executor.run(_GameWork(options.ray is not None), jobs, advanced)) as outcomes:
        for outcome in outcomes:
            job = jobs[outcome.number]
            summary = outcome.checked() if outcome.error is None else _failed(job, outcome.error, None)
            summaries[outcome.number] = replace(summary, game=games[outcome.number].name)
            advanced(outcome.number, expected[outcome.number])
            write_summary(options.out, summaries, dialect)
            if ended is not None:
                ended(summaries[outcome.number])
    failed = sum(summary.status == "failed" for summary in summaries)
    observer.end(f"{len(summaries) - failed} of {len(summaries)} games")
    return tuple(summaries)


def _executor(options: BatchOptions, games: int) -> tuple[Executor, Workers]:
    """Choose who analyses games, and how many workers each game has to itself."""
    if options.ray is not None:
        return RayCluster(options.ray, games=True), 1
    cores = usable_cores()
    processes = processes_for(options.workers, sys.maxsize, cores, memory_bytes())
    at_once = min(games, processes)
    if at_once == 1:
        return InThisProcess(), options.workers
    return WorkerProcesses(at_once, max(1, cores // at_once)), max(1, processes // at_once)


def _job(game: BatchGame, options: BatchOptions, workers: Workers) -> Job:
    """Say what is asked for of one game."""
    return Job(
        game.video.absolute(),
        (options.out / game.name).absolute(),
        with_scoreboard(
            with_periods(overlaid(None, options.settings, game.court), game.periods_s, f"{game.name}: periods"),
            game.scoreboard,
            f"{game.name}: scoreboard",
        ),
        game.calibration,
        game.roster,
        game.corrections,
        start_s=game.start_s or 0.0,
        end_s=game.end_s,
        device=options.device,
        fresh=options.fresh,
        workers=workers,
        alongside=options.alongside,
        allow_pickle=options.allow_pickle,
    )


def _expected_frames(job: Job) -> float:
    """Estimate the frames of a game, for the bar; 0 for one that will fail."""
    try:
        job = job.completed()
        video = probe(job.video) if job.has_pixels else given.describe(job.video)
        return sum(chunk.expected_frames(video.duration_s) for chunk in perceiving.pieces_of(job, video))
    except CourtsideError:
        return 0.0


def _done(job: Job, analysis: Analysis, seconds: float) -> GameSummary:
    """Sum up a game that was analysed."""
    times = analysis.tables["frames"]["time_s"]
    players = analysis.tables["players"]
    return GameSummary(
        job.directory.name,
        "done",
        int((players["role"] == "player").sum()),
        round(float(times.iloc[-1] - times.iloc[0]) / 60, 2) if len(times) else 0.0,
        round(seconds, 1),
        "; ".join(analysis.warnings),
        str(job.video),
    )


def _failed(job: Job, error: CourtsideError, seconds: float | None) -> GameSummary:
    """Sum up a game that could not be analysed."""
    taken = None if seconds is None else round(seconds, 1)
    return GameSummary(job.directory.name, "failed", None, None, taken, " ".join(str(error).split()), str(job.video))
