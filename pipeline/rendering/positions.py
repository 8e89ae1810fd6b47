"""A game without pixels: its truth, and what `perceive` would have stored of it, at full length in minutes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import tables
from pipeline.rendering.camera.coverage import Coverage, Take
from pipeline.rendering.game import Progress, whole_or_nothing
from pipeline.rendering.scene.overlay import draw_graphic
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.truth.board_reads import BoardReporter
from pipeline.rendering.truth.noise import NoiseSettings, Reported, SimulatedDetector
from pipeline.rendering.truth.sidecar import Sidecar
from pipeline.rendering.truth.silhouettes import silhouettes
from pipeline.rendering.truth.writer import TruthWriter
from pipeline.store.files import make_directory

PERCEIVED = "perceived"
"""Folder with the tables of `perceive`: frames, detections, number_reads, scoreboard_texts (.parquet), embeddings.npy."""
_BATCH = 600
_BOARD_SEED = 0xB0A
_KEYS = {"frame": "index", "time_s": "time_s", "shot": "shot"}
"""Columns of `frames` and what they are called of a take."""


def render_positions(
    settings: RenderSettings, noise: NoiseSettings, out_dir: Path, progress: Progress | None = None
) -> Path:
    """Play and film a game without painting it.

    Args:
        settings: as for `render_game`.
        noise: how good detector and encoder are.
        out_dir: receives what `render_game` writes but the video, and a folder `perceived` with the tables of
            `perceive`: boxes with misses, jitter and false ones, embeddings drawn around each person's own, reads of numbers
            and of the scoreboard if the noise has any.
        progress: told after every batch of frames.

    Returns:
        The directory.

    Raises:
        OutputError: the directory cannot be written.
    """
    coverage = Coverage(settings)
    sidecar = Sidecar(coverage)
    observer = SimulatedDetector(coverage.people, coverage.court, noise, settings.fps, coverage.picture)
    rng = np.random.default_rng([settings.seed, _BOARD_SEED])
    has_board = settings.camera == "broadcast" and settings.scoreboard
    graphic = draw_graphic(settings.size, rng, settings.scoreboard_design) if has_board else None
    board = BoardReporter(graphic, noise, settings.fps, rng)
    with whole_or_nothing(out_dir) as folder:
        make_directory(folder / PERCEIVED)
        with (
            TruthWriter(folder, coverage.court, coverage.people) as truth,
            _PerceivedWriter(folder / PERCEIVED, noise.dim) as perceived,
        ):
            for takes in _batches(coverage.takes()):
                crowd = silhouettes(takes, coverage.people, coverage.court)
                report = observer.report(takes, crowd)
                truth.add_many(takes, crowd.seen(takes, coverage.people))
                for take in takes:
                    sidecar.note(take)
                perceived.add(takes, report, board.report(takes))
                if progress is not None:
                    progress(takes[-1].index + 1, coverage.total)
        sidecar.write(folder)
    return out_dir


def _batches(takes: Iterator[Take]) -> Iterator[list[Take]]:
    while batch := list(islice(takes, _BATCH)):
        yield batch


class _PerceivedWriter:
    """Streams the tables of `perceive` into a folder."""

    def __init__(self, folder: Path, dim: int) -> None:
        self.folder, self.dim = folder, dim
        self.writers: dict[tables.TableName, pq.ParquetWriter] = {}
        self.rows = 0
        self.file: BinaryIO = (folder / "embeddings.npy").open("wb")
        self._header()

    def __enter__(self) -> _PerceivedWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self.writers.values():
            writer.close()
        self.file.seek(0)
        self._header()
        self.file.close()

    def _header(self) -> None:
        """Write the .npy header; numpy leaves room in it for the number of rows to grow."""
        header = {"descr": "<f2", "fortran_order": False, "shape": (self.rows, self.dim)}
        np.lib.format.write_array_header_1_0(self.file, header)

    def add(self, takes: list[Take], report: Reported, words: pd.DataFrame) -> None:
        """Add the rows of some frames."""
        detections = pd.DataFrame(report.columns)
        detections = detections.assign(detection_id=np.arange(self.rows, self.rows + len(detections)))
        reads = pd.DataFrame(report.reads, columns=pd.Index(tables.READ_COLUMNS)).assign(
            detection_id=detections["detection_id"]
        )
        self.rows += len(detections)
        self.file.write(np.ascontiguousarray(report.embeddings, dtype="<f2").tobytes())
        self._append("detections", detections)
        self._append("number_reads", reads.dropna())
        self._append("frames", _frame_rows(takes))
        self._append("scoreboard_texts", words)

    def _append(self, name: tables.TableName, rows: pd.DataFrame) -> None:
        table = pa.Table.from_pandas(tables.conform(name, rows), preserve_index=False)
        if name not in self.writers:
            self.writers[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", table.schema)
        self.writers[name].write_table(table)


def _frame_rows(takes: list[Take]) -> pd.DataFrame:
    """Rows of `frames`: when, which shot, and how the picture moved."""
    motion = np.full((len(takes), 3, 3), np.nan)
    for k, take in enumerate(takes):
        if take.before is not None and np.array_equal(take.view.position, take.before.position):
            motion[k] = take.view.from_view(take.before)
    motion /= motion[:, 2:, 2:]
    columns = dict(zip(tables.MOTION_COLUMNS, motion.reshape(-1, 9).T, strict=True))
    keys = {name: [getattr(take, key) for take in takes] for name, key in _KEYS.items()}
    return pd.DataFrame(keys | columns)
