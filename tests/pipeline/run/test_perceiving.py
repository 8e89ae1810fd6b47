"""Perception gives the same bytes whoever does its chunks, and keeps what was finished when a worker dies."""

import io
import multiprocessing
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pytest

from pipeline.config import parse_settings
from pipeline.errors import OutputError, WorkerError
from pipeline.run.execution import Executor, InThisProcess, Outcome, Procedure, WorkerProcesses
from pipeline.run.job import Job
from pipeline.run.observer import Silence
from pipeline.run.perceiving import ChunkPerceiver, ChunkTask, outputs, perceive_video, pieces_of, runs_on
from pipeline.store import RunDirectory
from pipeline.video import hardware, probe

T = TypeVar("T")
R = TypeVar("R")
SETTINGS = parse_settings({"detect": {"input_size_px": 640}, "video": {"chunk_s": 0.5}})


class Frames(Silence):
    """Keeps how many frames are done."""

    def __init__(self) -> None:
        self.done: list[float] = []

    def advance(self, done: float) -> None:
        self.done.append(done)


def job_of(game: Path) -> Job:
    return Job(game, settings=SETTINGS, end_s=1.5, device="cpu").completed()


def perceived(game: Path, folder: Path, executor: Executor) -> tuple[dict[str, bytes], list[float]]:
    """Perceive 1.5 s in three chunks; return the files by name, and the progress."""
    job, frames = job_of(game), Frames()
    with RunDirectory.opened(folder) as run:
        perceive_video(job, probe(job.video), "0" * 64, run, frames, lambda _pieces: executor)
        return {path.name: path.read_bytes() for path in outputs(run)}, frames.done


@pytest.fixture(scope="module")
def here(game: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    files, done = perceived(game, tmp_path_factory.mktemp("here"), InThisProcess())
    assert done == sorted(done)
    assert done[-1] == 15
    return files


def test_numbers_are_read_in_every_chunk(here: dict[str, bytes]) -> None:
    reads, boxes = (pd.read_parquet(io.BytesIO(here[f"{name}.parquet"])) for name in ("number_reads", "detections"))
    numbers = boxes[boxes["class"] == "number"]
    assert reads["detection_id"].tolist() == numbers["detection_id"].tolist()
    assert numbers["frame"].max() > boxes["frame"].max() / 2  # more than one chunk has some


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_workers_gives_the_same_bytes(
    workers: int, game: Path, here: dict[str, bytes], tmp_path: Path
) -> None:
    files, done = perceived(game, tmp_path, WorkerProcesses(workers, 1))
    assert files == here
    assert len(done) >= 15  # frames of all workers are counted as they come
    assert done[-1] == 15


class KilledAfterOneChunk:
    """A worker that is killed, as when memory runs out."""

    def run(
        self, work: Procedure[T, R], items: Iterable[T], advanced: Callable[[int, float], None]
    ) -> Generator[Outcome[R], None, None]:
        outcomes = WorkerProcesses(1, 1).run(work, items, advanced)
        yield next(outcomes)
        for process in multiprocessing.active_children():
            process.kill()
        yield from outcomes


def test_a_killed_worker_is_one_line_and_costs_no_finished_chunk(
    game: Path, here: dict[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(WorkerError, match=r"ended before its work was done \(signal 9\).*run again"):
        perceived(game, tmp_path, KilledAfterOneChunk())
    finished = list(tmp_path.rglob("done.json"))
    assert [path.parent.name for path in finished] == ["chunk_00000", "chunk_00000"]  # and the input size
    written = {path: path.stat().st_mtime_ns for path in finished}
    files, _ = perceived(game, tmp_path, InThisProcess())
    assert files == here
    assert {path: path.stat().st_mtime_ns for path in finished} == written


def test_a_machine_that_does_not_share_the_folder_makes_none(game: Path, tmp_path: Path) -> None:
    job = job_of(game)
    video = probe(job.video)
    chunk = pieces_of(job, video)[0]
    perceiver = ChunkPerceiver(video, SETTINGS, "cpu", 640)
    with pytest.raises(OutputError, match="all machines must share the output directory"):
        perceiver(ChunkTask(chunk, tmp_path / "gone" / "perceive" / "chunk_00000", "0" * 64), lambda _done: None)
    assert not (tmp_path / "gone").exists()


def test_a_card_decodes_where_the_networks_were_sent_to_one_and_counts_as_another_perception(
    game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "hwdevices_available", lambda: ["cuda", "videotoolbox"])
    assert [runs_on(Job(game, device=device)) for device in ("cuda:1", "mps", "cpu")] == [
        ["cuda:1", "torch", "cuda"],
        ["mps", "torch", "videotoolbox"],
        ["cpu", "openvino", None],
    ]


def test_a_card_that_does_not_decode_leaves_the_same_bytes(
    game: Path,
    here: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("pipeline.run.perceiving.decoder_for", lambda _device: "no such card")
    assert perceived(game, tmp_path, InThisProcess())[0] == here
    assert "software goes on" in caplog.text
