"""What a run, or any tracker, says: people with identities, and the tables behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import InputError
from pipeline.evaluation.boxes import Bools, Floats, IdentifiedBoxes, Ints
from pipeline.evaluation.labels import Labels
from pipeline.evaluation.mot_text import read_mot
from pipeline.evaluation.truth.court import MARGIN_M, CourtMap, beyond_margin
from pipeline.geometry.court import stored_court
from pipeline.geometry.filled_boxes import filled_boxes
from pipeline.geometry.lens import Lens
from pipeline.store import RunDirectory
from pipeline.tables import HOMOGRAPHY_COLUMNS, TableName

NEEDED: tuple[TableName, ...] = ("frames", "detections", "tracks", "identities", "players")
OPTIONAL: tuple[TableName, ...] = ("positions", "player_stats", "court")
FACTS = "court.facts"


@dataclass(frozen=True)
class FoundPeople:
    """Boxes (n,) of people, with what is said of each: role, team and number (None where unknown), confidence (NaN)."""

    boxes: IdentifiedBoxes
    role: Labels
    team: Labels
    number: Labels
    confidence: Floats

    def take(self, rows: Ints) -> FoundPeople:
        """Return the named rows in their order."""
        return FoundPeople(
            self.boxes.take(rows), self.role[rows], self.team[rows], self.number[rows], self.confidence[rows]
        )

    def players(self) -> FoundPeople:
        """Return the players without the referees."""
        return self.take(np.flatnonzero(self.role == "player"))


@dataclass(frozen=True)
class Found:
    """What is scored.

    `frames`: analysed frames (t,), counted from the start of the video; None when unknown (MOT text): then every frame
    of the truth counts. `tables`: those of a run, frames counted likewise; empty for MOT text.
    """

    name: str
    people: FoundPeople
    tracklets: IdentifiedBoxes | None = None
    frames: Ints | None = None
    tables: Mapping[TableName, pd.DataFrame] = field(default_factory=dict)
    court: CourtMap | None = None


def read_found(path: Path) -> Found:
    """Read an output directory of `courtside analyze`, or a MOT text file with players only.

    Raises:
        InputError: it is neither.
        TableError: a table is missing or damaged.
    """
    if path.is_file():
        return of_mot(path.stem, read_mot(path).boxes)
    folder = RunDirectory(path)
    if not folder.table_path("frames").is_file():
        raise InputError(f"{path} is neither an output directory of courtside analyze nor a MOT text file")
    names = [*NEEDED, *(name for name in OPTIONAL if folder.table_path(name).is_file())]
    if (path / "run.json").is_file():
        folder.check_whole([f"{name}.parquet" for name in names])
    tables: dict[TableName, pd.DataFrame] = {name: folder.read_table(name) for name in names}
    facts = folder.read_json(FACTS) if folder.json_path(FACTS).is_file() else None
    return of_tables(path.name, tables, facts)


def of_mot(name: str, boxes: IdentifiedBoxes) -> Found:
    """Take the boxes of a tracker for players of unknown team."""
    nobody = np.full(len(boxes), None, dtype=object)
    role = np.full(len(boxes), "player", dtype=object)
    return Found(name, FoundPeople(boxes, role, nobody, nobody, np.full(len(boxes), np.nan)))


def of_tables(
    name: str, tables: Mapping[TableName, pd.DataFrame], court_facts: Mapping[str, object] | None = None
) -> Found:
    """Take a run's tables.

    Tracks are scored as `mot.txt` has them, with the boxes that fill short gaps; detections are those that were found alone.

    Args:
        name: of the run.
        tables: NEEDED, and any of OPTIONAL.
        court_facts: what the court stage wrote beside its table: `court`, `lens`, `image_size_px`; None when there is
            no court.
    """
    offset = first_frame(tables["frames"])
    counted = {key: _shifted(table, offset) for key, table in tables.items()}
    tracked = counted["detections"].merge(counted["tracks"], on="detection_id", validate="one_to_one")
    tracked = filled_boxes(tracked, counted["frames"])
    court = None
    if court_facts is not None and "court" in counted:
        court = _court(counted["court"], court_facts)
    return Found(
        name,
        _people(tracked, counted["identities"], counted["players"]),
        _player_tracklets(tracked),
        counted["frames"]["frame"].to_numpy(np.int64),
        counted,
        court,
    )


def off_court(boxes: pd.DataFrame, court: CourtMap | None) -> Bools:
    """Say which rows (n,) of a table with boxes have their feet off the court; where no court is known, none has."""
    if court is None:
        return np.zeros(len(boxes), dtype=bool)
    box = boxes[["x1", "x2", "y2"]].to_numpy(np.float64)
    feet_px = np.column_stack([(box[:, 0] + box[:, 1]) / 2, box[:, 2]])
    return beyond_margin(court.locate_all(boxes["frame"].to_numpy(np.int64), feet_px), court.court, MARGIN_M)


def first_frame(frames: pd.DataFrame) -> int:
    """Number of the first analysed frame from the start of the video; tables count from the first analysed one.

    Example:
        >>> first_frame(pd.DataFrame({"frame": [0, 2, 4], "time_s": [10.0, 10.04, 10.08]}))
        500
    """
    frame, time_s = frames["frame"].to_numpy(np.int64), frames["time_s"].to_numpy(np.float64)
    if len(frame) < 2:
        return 0
    fps = (frame[-1] - frame[0]) / (time_s[-1] - time_s[0])
    return round(float(time_s[0] * fps - frame[0]))


def _shifted(table: pd.DataFrame, offset: int) -> pd.DataFrame:
    """Count frames from the start of the video."""
    return table.assign(frame=table["frame"] + offset) if offset and "frame" in table.columns else table


def _people(tracked: pd.DataFrame, identities: pd.DataFrame, players: pd.DataFrame) -> FoundPeople:
    """Join boxes, identities and labels."""
    rows = tracked.merge(identities, on="track_id").merge(players, on="player_id")
    rows = rows.sort_values("interpolated", kind="stable")  # where a person has a box, none is filled in
    rows = rows[~(rows["interpolated"] & rows.duplicated(["player_id", "frame"]))]
    return FoundPeople(
        _boxes(rows, "player_id"),
        labels(rows["role"]),
        labels(rows["team"]),
        labels(rows["number"]),
        rows["confidence"].to_numpy(np.float64),
    )


def _player_tracklets(tracked: pd.DataFrame) -> IdentifiedBoxes:
    """Boxes of the tracklets that are not of class referee in most of their boxes, as `tracklets_mot.txt` has them."""
    referee = (tracked["class"] == "referee").groupby(tracked["track_id"]).transform("mean") > 0.5
    return _boxes(tracked[~referee.to_numpy(dtype=bool)], "track_id")


def _boxes(rows: pd.DataFrame, identity: str) -> IdentifiedBoxes:
    """Take boxes and one identity column out of a table."""
    corners = rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    return IdentifiedBoxes(
        rows["frame"].to_numpy(np.int64),
        rows[identity].to_numpy(np.int64),
        np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]),
    )


def labels(column: pd.Series) -> Labels:
    """Return text as objects, None where missing."""
    values = column.astype(object).to_numpy()
    return np.array([value if isinstance(value, str) else None for value in values], dtype=object)


def _court(table: pd.DataFrame, facts: Mapping[str, object]) -> CourtMap:
    """Put the court table and what lies beside it together."""
    if not isinstance(facts, Mapping):
        raise InputError("what is stored of the court is damaged; run courtside analyze again")
    lens, size = facts.get("lens"), facts.get("image_size_px") or (0, 0)
    if not isinstance(lens, Mapping) or not isinstance(size, list | tuple):
        raise InputError("the court's lens is not stored beside its table; run courtside analyze again")
    try:
        return _court_map(table, facts, lens, size)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise InputError(
            f"what is stored of the court is damaged ({type(error).__name__} {error}); run courtside analyze again"
        ) from error


def _court_map(
    table: pd.DataFrame, facts: Mapping[str, object], lens: Mapping[str, Any], size: Sequence[Any]
) -> CourtMap:
    """Put the court table, its court, its lens and the size of the picture together."""
    center = lens["center_px"]
    return CourtMap(
        stored_court(facts),
        (int(size[0]), int(size[1])),
        Lens((float(center[0]), float(center[1])), float(lens["scale_px"]), float(lens["lam"])),
        table["frame"].to_numpy(np.int64),
        table[list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3),
    )
