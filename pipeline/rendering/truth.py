"""Writing what is true about a rendered game, chunk by chunk."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.rendering.people import Person
from pipeline.rendering.stage import Shot
from pipeline.tables import HOMOGRAPHY_COLUMNS

OCCLUDED_BELOW = 0.6
_CHUNK = 600

_TRUTH = pa.schema(
    [
        ("frame", pa.int64()),
        ("time_s", pa.float64()),
        ("id", pa.int64()),
        ("role", pa.string()),
        ("team", pa.string()),
        ("jersey", pa.string()),
        *((name, pa.float32()) for name in ("x", "y", "w", "h", "visible")),
        ("occluded", pa.bool_()),
        ("x_m", pa.float64()),
        ("y_m", pa.float64()),
    ]
)
_OBJECTS = pa.schema([("frame", pa.int64()), ("class", pa.string()), *((n, pa.float32()) for n in "xywh")])
_COURT = pa.schema(
    [
        ("frame", pa.int64()),
        *((name, pa.float64()) for name in HOMOGRAPHY_COLUMNS),
        ("error_px", pa.float32()),
        ("source", pa.string()),
    ]
)
_FRAMES = pa.schema(
    [("frame", pa.int64()), ("time_s", pa.float64()), ("shot", pa.int64()), ("kind", pa.string()), ("live", pa.bool_())]
)


class _Rows:
    """A Parquet file that grows by row groups."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema = schema
        self.writer = pq.ParquetWriter(path, schema)
        self.rows: list[tuple[Any, ...]] = []

    def flush(self) -> None:
        if self.rows:
            columns = list(zip(*self.rows, strict=True))
            arrays = [pa.array(c, type=f.type) for c, f in zip(columns, self.schema, strict=True)]
            self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
            self.rows = []


class TruthWriter:
    """Streams truth.parquet, truth_objects.parquet, court.parquet and frames.parquet into a directory."""

    def __init__(self, folder: Path) -> None:
        """Open the four tables in `folder`."""
        self.people = _Rows(folder / "truth.parquet", _TRUTH)
        self.objects = _Rows(folder / "truth_objects.parquet", _OBJECTS)
        self.court = _Rows(folder / "court.parquet", _COURT)
        self.frames = _Rows(folder / "frames.parquet", _FRAMES)
        self.written = 0

    def __enter__(self) -> TruthWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for table in (self.people, self.objects, self.court, self.frames):
            table.flush()
            table.writer.close()

    def add(
        self,
        time_s: float,
        shot_number: int,
        kind: str,
        live: bool,
        shot: Shot,
        homography: NDArray[np.float64] | None,
    ) -> None:
        """Add the next frame.

        Args:
            time_s: presentation time.
            shot_number: counts the cuts.
            kind: play, closeup or replay.
            live: the ball is in play.
            shot: what was painted.
            homography: undistorted px -> m (3, 3); None where the court is no subject.
        """
        frame = self.written
        for seen in sorted(shot.people, key=lambda s: s.person.person_id):
            who = seen.person
            key = (frame, time_s, who.person_id, who.role, who.team, who.number)
            self.people.rows.append((*key, *seen.box, seen.visible, seen.visible < OCCLUDED_BELOW, seen.x_m, seen.y_m))
        self.objects.rows.extend((frame, name, *box) for name, box in shot.objects)
        if homography is not None:
            self.court.rows.append((frame, *homography.ravel().tolist(), 0.0, "measured"))
        self.frames.rows.append((frame, time_s, shot_number, kind, live))
        self.written += 1
        if self.written % _CHUNK == 0:
            for table in (self.people, self.objects, self.court, self.frames):
                table.flush()


def write_roster(path: Path, people: list[Person]) -> None:
    """Write roster.csv: number, name, team."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "name", "team"])
        writer.writerows([p.number, p.name, p.team] for p in people if p.role == "player")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file with sorted keys."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
