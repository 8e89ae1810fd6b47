"""Writing what is true about a rendered game, chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.geometry.court import Court
from pipeline.rendering.camera.coverage import Take
from pipeline.rendering.people.appearance import CastMember
from pipeline.rendering.scene.renderer import Shot
from pipeline.rendering.truth.true_guards import TrueGuards
from pipeline.rendering.truth.true_lineups import TrueLineups
from pipeline.tables import HOMOGRAPHY_COLUMNS

OCCLUDED_BELOW = 0.6
_CHUNK = 600

_ARROW: dict[str, Any] = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "float32": pa.float32(),
    "string": pa.string(),
    "bool": pa.bool_(),
}
_TRUTH: dict[str, str] = {
    "frame": "int64",
    "time_s": "float64",
    "id": "int64",
    "role": "string",
    "team": "string",
    "jersey": "string",
    **dict.fromkeys(("x", "y", "w", "h", "visible"), "float32"),
    **dict.fromkeys(("part_x", "part_y", "part_w", "part_h"), "float32"),
    "occluded": "bool",
    "x_m": "float64",
    "y_m": "float64",
}
_OBJECTS: dict[str, str] = {"frame": "int64", "class": "string", **dict.fromkeys("xywh", "float32")}
_COURT: dict[str, str] = {
    "frame": "int64",
    **dict.fromkeys(HOMOGRAPHY_COLUMNS, "float64"),
    "error_px": "float32",
    "source": "string",
}
_FRAMES: dict[str, str] = {
    "frame": "int64",
    "time_s": "float64",
    "shot": "int64",
    "kind": "string",
    "live": "bool",
    "half": "int64",
    "period": "int64",
    "state": "string",
    "possession": "string",
    "attack": "string",
    "clock_period": "int64",
    **dict.fromkeys(("clock_s", "shot_clock_s"), "float64"),
    **dict.fromkeys(("score_a", "score_b"), "int64"),
}
_EVENTS: dict[str, str] = {
    "frame": "int64",
    "time_s": "float64",
    "kind": "string",
    "team": "string",
    **dict.fromkeys(("id", "partner", "points"), "int64"),
    **dict.fromkeys(("x_m", "y_m"), "float64"),
}
_BALL: dict[str, str] = {
    "frame": "int64",
    "time_s": "float64",
    **dict.fromkeys(("x_m", "y_m", "z_m"), "float64"),
    "state": "string",
    "holder": "int64",
}
_STINTS: dict[str, str] = {
    **dict.fromkeys(("id", "partner"), "int64"),
    "team": "string",
    **dict.fromkeys(("start_s", "end_s"), "float64"),
}
_GUARDS: dict[str, str] = {
    **dict.fromkeys(("id", "partner"), "int64"),
    **dict.fromkeys(("start_s", "end_s"), "float64"),
}


class _TruthRows:
    """A Parquet file that grows by row groups."""

    def __init__(self, path: Path, columns: dict[str, str]) -> None:
        self.schema = pa.schema([(name, _ARROW[dtype]) for name, dtype in columns.items()])
        self.writer = pq.ParquetWriter(path, self.schema)
        self.rows: list[tuple[Any, ...]] = []

    def write(self, columns: Mapping[str, Any]) -> None:
        """Write whole columns as a row group."""
        arrays = [pa.array(columns[field.name], type=field.type) for field in self.schema]
        self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))

    def flush(self) -> None:
        if self.rows:
            columns = list(zip(*self.rows, strict=True))
            arrays = [pa.array(c, type=f.type) for c, f in zip(columns, self.schema, strict=True)]
            self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
            self.rows = []


class TruthWriter:
    """Streams truth.parquet, truth_objects.parquet, court.parquet, frames.parquet, truth_events.parquet, truth_ball.parquet,
    truth_stints.parquet and truth_guards.parquet into a directory."""

    def __init__(self, folder: Path, court: Court, people: Sequence[CastMember]) -> None:
        """Open the tables.

        Args:
            folder: where.
            court: that is played on.
            people: the cast.
        """
        self.subject = court
        self.cast = people
        self.lineups = TrueLineups(court, people)
        self.marking = TrueGuards()
        self.people = _TruthRows(folder / "truth.parquet", _TRUTH)
        self.objects = _TruthRows(folder / "truth_objects.parquet", _OBJECTS)
        self.court = _TruthRows(folder / "court.parquet", _COURT)
        self.frames = _TruthRows(folder / "frames.parquet", _FRAMES)
        self.events = _TruthRows(folder / "truth_events.parquet", _EVENTS)
        self.ball = _TruthRows(folder / "truth_ball.parquet", _BALL)
        self.stints = _TruthRows(folder / "truth_stints.parquet", _STINTS)
        self.guards = _TruthRows(folder / "truth_guards.parquet", _GUARDS)
        self.written = 0

    def __enter__(self) -> TruthWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stint in self.lineups.finish():
            row = (self._id(stint.person), self._id(stint.replaced), self._team(stint.team), stint.start_s, stint.end_s)
            self.stints.rows.append(row)
        for duty in self.marking.finish():
            self.guards.rows.append((self._id(duty.defender), self._id(duty.man), duty.start_s, duty.end_s))
        every = (self.people, self.objects, self.court, self.frames, self.events, self.ball, self.stints, self.guards)
        for table in every:
            table.flush()
            table.writer.close()

    def add(self, take: Take, shot: Shot) -> None:
        """Add the next frame: who and what is seen in it, and where the court is unless it is a close-up or replay."""
        frame, time_s = take.index, take.time_s
        for seen in sorted(shot.people, key=lambda s: s.person.person_id):
            who = seen.person
            key = (frame, time_s, who.person_id, who.role, who.team, who.number)
            part = seen.part or (None,) * 4
            hidden = seen.visible < OCCLUDED_BELOW
            self.people.rows.append((*key, *seen.box, seen.visible, *part, hidden, seen.x_m, seen.y_m))
        self.objects.rows.extend((frame, name, *box) for name, box in shot.objects)
        self._note(take)
        self.written += 1
        if self.written % _CHUNK == 0:
            for table in (self.people, self.objects, self.court, self.frames, self.ball):
                table.flush()

    def add_many(self, takes: Sequence[Take], people: Mapping[str, Any]) -> None:
        """Add the next frames at once: `people` has the columns of truth.parquet but `occluded` and `part_*`.

        Nothing is known of objects and of the visible parts of people.
        """
        hidden = people["visible"].astype(np.float32) < OCCLUDED_BELOW
        nothing = {f"part_{side}": pa.nulls(len(hidden), pa.float32()) for side in "xywh"}
        self.people.write({**people, **nothing, "occluded": hidden})
        for take in takes:
            self._note(take)
        for table in (self.court, self.frames, self.ball):
            table.flush()

    def _note(self, take: Take) -> None:
        """Add where the court is, unless it is a close-up or replay, and what the frame is."""
        if take.kind == "play":
            homography = take.view.court_homography(self.subject)
            self.court.rows.append((take.index, *homography.ravel().tolist(), 0.0, "measured"))
        now = take.now
        facts = (now.live, now.half, now.period, now.state, "AB"[now.attacking], now.attack or None)
        board = now.board
        shown = (board.period, board.clock_s, board.shot_clock_s, *board.score)
        self.frames.rows.append((take.index, take.time_s, take.shot, take.kind, *facts, *shown))
        held = now.ball
        place_m = take.present.ball.tolist()
        self.ball.rows.append((take.index, take.time_s, *place_m, held.name, self._id(held.holder)))
        self.lineups.add(take)
        self.marking.add(take.time_s, now.guards)
        for event in take.present.events:
            who = (self._team(event.team), self._id(event.person), self._id(event.partner), event.points)
            self.events.rows.append((take.index, take.time_s, event.kind, *who, *(event.place_m or (None, None))))

    def _id(self, person: int) -> int | None:
        return None if person < 0 else self.cast[person].person_id

    @staticmethod
    def _team(team: int) -> str | None:
        return None if team < 0 else "AB"[team]
