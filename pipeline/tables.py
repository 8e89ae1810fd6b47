"""The long tables between stages: one fact each, with a schema and a key.

Columns say their unit in the name (`_s`, `_px`, `_m`, `_mps`); boxes `x1 y1 x2 y2` are px of the source frame as
displayed (rotation flag applied), origin at the top-left corner of the top-left pixel. Missing is an absent row or
NaN, never 0 or -1. Vectors are float16 arrays `(n, dim)` in row order beside their table, never a list in a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors

from pipeline.errors import TableError

CLASSES = ("player", "referee", "ball", "rim", "number")
PERSON_CLASSES = ("player", "referee")
ROLES = (*PERSON_CLASSES, "bench", "crowd")

TableName = Literal[
    "frames",
    "detections",
    "number_reads",
    "court_points",
    "court",
    "links",
    "tracks",
    "identities",
    "players",
    "tracklets",
    "player_evidence",
    "number_votes",
    "shots",
    "positions",
    "player_stats",
]


@dataclass(frozen=True)
class Column:
    """One column: its dtype, unit, meaning, and whether NaN or None is allowed."""

    name: str
    dtype: str
    unit: str
    meaning: str
    nullable: bool = False
    check: pa.Check | None = None


@dataclass(frozen=True)
class Table:
    """A table's name, its key columns (unique together) and its columns."""

    name: TableName
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(c.name for c in self.columns)

    def schema(self) -> pa.DataFrameSchema:
        """Build the pandera schema: exact columns in order, dtypes, nullability, key unique."""
        columns: dict[str, Any] = {
            c.name: pa.Column(_dtype(c.dtype), nullable=c.nullable, checks=c.check) for c in self.columns
        }
        return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=list(self.key), coerce=False)

    def empty(self) -> pd.DataFrame:
        """Return the table with no rows and the right dtypes."""
        return pd.DataFrame({c.name: pd.Series([], dtype=_dtype(c.dtype)) for c in self.columns})


def _dtype(name: str) -> Any:
    return pd.StringDtype(na_value=np.nan) if name == "str" else name


def _at_least(low: float) -> pa.Check:
    return pa.Check.ge(low)


def _share() -> pa.Check:
    return pa.Check.in_range(0.0, 1.0)


def _one_of(*values: str) -> pa.Check:
    return pa.Check.isin(list(values))


_FRAME = Column("frame", "int64", "", "analysed frame, from 0, in order of presentation", check=_at_least(0))
_BOX = tuple(
    Column(name, "float32", "px", f"{side} edge of the box in the source frame")
    for name, side in (("x1", "left"), ("y1", "top"), ("x2", "right"), ("y2", "bottom"))
)
_MATRIX = tuple(f"{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3))
MOTION_COLUMNS = tuple(f"m{ij}" for ij in _MATRIX)
HOMOGRAPHY_COLUMNS = tuple(f"h{ij}" for ij in _MATRIX)
TENS_COLUMNS = ("tens_none", *(f"tens_{digit}" for digit in range(10)))
ONES_COLUMNS = tuple(f"ones_{digit}" for digit in range(10))

FRAMES = Table(
    "frames",
    ("frame",),
    (
        _FRAME,
        Column("time_s", "float64", "s", "presentation timestamp in the source video", check=_at_least(0)),
        Column("shot", "int64", "", "number of the camera shot, from 0; a cut starts a new one", check=_at_least(0)),
        *(
            Column(
                name,
                "float64",
                "px -> px",
                "homography from the previous frame to this one (row, column); NaN where unknown: first frame of a shot",
                nullable=True,
            )
            for name in MOTION_COLUMNS
        ),
    ),
)

DETECTIONS = Table(
    "detections",
    ("detection_id",),
    (
        Column("detection_id", "int64", "", "from 0 in order of frame", check=_at_least(0)),
        _FRAME,
        *_BOX,
        Column("score", "float32", "", "the detector's confidence", check=_share()),
        Column("class", "str", "", "player, referee, ball, rim or number", check=_one_of(*CLASSES)),
        Column(
            "quality",
            "float32",
            "",
            "how much the crop shows of a person: size, sharpness, not covered by others, not cut by the border; "
            "NaN for ball, rim and number",
            nullable=True,
            check=_share(),
        ),
        Column("kit_l", "float32", "CIE L*", "median lightness of the torso, 0 to 100; NaN unless a person", True),
        Column("kit_a", "float32", "CIE a*", "median green-red of the torso; NaN unless a person", True),
        Column("kit_b", "float32", "CIE b*", "median blue-yellow of the torso; NaN unless a person", True),
    ),
)
"""Beside it: `embeddings.npy` (n, dim) float16, unit length, row i of row i; NaN rows unless a person."""

NUMBER_READS = Table(
    "number_reads",
    ("detection_id",),
    (
        Column("detection_id", "int64", "", "a row of detections, of class number", check=_at_least(0)),
        Column("legible", "float32", "", "how likely it is that there is a number that can be read", check=_share()),
        *(
            Column(name, "float32", "", f"probability of this {name[:4]} digit, if it is legible", check=_share())
            for name in (*TENS_COLUMNS, *ONES_COLUMNS)
        ),
    ),
)
"""A number box that was not read has no row. Probabilities stand for a flat prior over '0' to '99' and '00'; '7' is
(none, 7), '0' (none, 0), '00' (0, 0)."""

COURT_POINTS = Table(
    "court_points",
    ("frame", "point"),
    (
        _FRAME,
        Column("point", "int64", "", "from 0 in each frame", check=_at_least(0)),
        Column(
            "kind",
            "str",
            "",
            "place: somewhere on the floor, known roughly; line: the middle of a painted line, known well across it",
            check=_one_of("place", "line"),
        ),
        Column("x_px", "float32", "px", "in the source frame"),
        Column("y_px", "float32", "px", "in the source frame"),
        Column("along", "float32", "", "court lengths from the left end line; places only", True),
        Column("across", "float32", "", "court widths from the far side line; places only", True),
        Column("angle_rad", "float32", "rad", "direction of the line in the picture, 0 to pi; lines only", True),
        Column("score", "float32", "", "how sure the court network is", check=_share()),
    ),
)

COURT = Table(
    "court",
    ("frame",),
    (
        _FRAME,
        *(
            Column(name, "float64", "px -> m", "homography from (undistorted) px to court metres (row, column)")
            for name in HOMOGRAPHY_COLUMNS
        ),
        Column("error_px", "float32", "px", "reprojection error of the calibration it rests on", True, _at_least(0)),
        Column(
            "source",
            "str",
            "",
            "measured here, or propagated by camera motion",
            check=_one_of("measured", "propagated"),
        ),
    ),
)
"""A frame without a trusted homography has no row. Beside it: the lens (`geometry.lens.Lens`) and the court's name."""

LINKS = Table(
    "links",
    ("detection_id",),
    (
        Column("detection_id", "int64", "", "a row of detections", check=_at_least(0)),
        Column("track_id", "int64", "", "tracklet as the tracker linked it, from 1", check=_at_least(1)),
    ),
)

TRACKS = Table(
    "tracks",
    ("detection_id",),
    (
        Column("detection_id", "int64", "", "a row of detections", check=_at_least(0)),
        Column(
            "track_id", "int64", "", "tracklet, cut where it went over to another person, from 1", check=_at_least(1)
        ),
    ),
)

IDENTITIES = Table(
    "identities",
    ("track_id",),
    (
        Column("track_id", "int64", "", "tracklet; one of nobody has no row", check=_at_least(1)),
        Column("player_id", "int64", "", "stable person, from 1", check=_at_least(1)),
        Column("confidence", "float32", "", "how sure it is that the tracklet is this person", check=_share()),
    ),
)

PLAYERS = Table(
    "players",
    ("player_id",),
    (
        Column("player_id", "int64", "", "stable person, from 1", check=_at_least(1)),
        Column("role", "str", "", "player or referee", check=_one_of(*PERSON_CLASSES)),
        Column("team", "str", "", "A, B; none for a referee or where unknown", True),
        Column("number", "str", "", "jersey number as printed ('0' and '00' differ)", True),
        Column("name", "str", "", "from the roster", True),
        Column("color", "str", "", "kit colour as #rrggbb", True),
    ),
)

SHOTS = Table(
    "shots",
    ("shot",),
    (
        Column("shot", "int64", "", "number of the camera shot, as in frames", check=_at_least(0)),
        Column("first_frame", "int64", "", "its first analysed frame", check=_at_least(0)),
        Column("last_frame", "int64", "", "its last analysed frame", check=_at_least(0)),
        Column(
            "kind",
            "str",
            "",
            "what it shows; only the game counts in seconds and metres",
            check=_one_of("game", "close-up", "replay"),
        ),
        Column("reason", "str", "", "why it is no game", True),
        Column("repeats_from_s", "float64", "s", "when what a replay shows began", True, _at_least(0)),
        Column("speed", "float64", "", "of a replay; 1 is that of the game", True, _at_least(0)),
    ),
)

TRACKLETS = Table(
    "tracklets",
    ("track_id",),
    (
        Column("track_id", "int64", "", "tracklet", check=_at_least(1)),
        Column("seen_s", "float64", "s", "time with a box", check=_at_least(0)),
        Column("role", "str", "", "player, referee, bench (staff too) or crowd", check=_one_of(*ROLES)),
        Column("team", "str", "", "A or B, whichever is likelier; none unless a player", True),
        Column("team_confidence", "float32", "", "probability of that team", True, _share()),
        Column("number", "str", "", "likeliest number by its own reads; none where nothing was read", True),
        Column("number_confidence", "float32", "", "probability of that number", True, _share()),
        Column("likeliest", "Int64", "", "likeliest player_id; none unless player or referee", True, _at_least(1)),
        Column("likeliest_confidence", "float32", "", "probability that it is this person", True, _share()),
        Column("runner_up", "Int64", "", "player_id of the next likeliest person", True, _at_least(1)),
        Column("runner_up_confidence", "float32", "", "probability of the next likeliest person", True, _share()),
    ),
)
"""One row per tracklet. A player's tracklet without a row in `identities` shows somebody unknown."""

PLAYER_EVIDENCE = Table(
    "player_evidence",
    ("player_id",),
    (
        Column("player_id", "int64", "", "stable person", check=_at_least(1)),
        Column("tracklets", "int64", "", "tracklets of this person", check=_at_least(1)),
        Column("team_confidence", "float32", "", "probability of the team", True, _share()),
        Column("number_confidence", "float32", "", "probability of the likeliest number", True, _share()),
        Column("nearest", "Int64", "", "player_id of whom this person is most easily taken for", True, _at_least(1)),
        Column("nearest_log_odds", "float64", "", "log-odds that the two are one, if nothing forbade it", True),
        Column("together_s", "float64", "s", "time that both are in the picture", True, _at_least(0)),
        Column(
            "kept_apart_by",
            "str",
            "",
            "why the two are kept apart: together (in the picture at once), reach, number, kit, correction (a person "
            "said so), or evidence (it is likelier that they are two)",
            True,
            _one_of("together", "reach", "number", "kit", "correction", "evidence"),
        ),
    ),
)

NUMBER_VOTES = Table(
    "number_votes",
    ("player_id", "number"),
    (
        Column("player_id", "int64", "", "stable person", check=_at_least(1)),
        Column("number", "str", "", "a number that was read"),
        Column("reads", "int64", "", "reads whose likeliest number it is", check=_at_least(0)),
        Column("probability", "float32", "", "that it is this person's, by all reads", check=_share()),
    ),
)

POSITIONS = Table(
    "positions",
    ("player_id", "frame"),
    (
        Column("player_id", "int64", "", "stable person", check=_at_least(1)),
        _FRAME,
        Column("time_s", "float64", "s", "presentation timestamp", check=_at_least(0)),
        Column("x_m", "float64", "m", "along the court, from the far-left corner to the right; smoothed"),
        Column("y_m", "float64", "m", "across the court, from the far side line towards the camera; smoothed"),
        Column("speed_mps", "float64", "m/s", "smoothed speed, dead band applied", True, _at_least(0)),
        Column("position_sd_m", "float32", "m", "standard deviation of x_m and of y_m", True, _at_least(0)),
        Column("speed_sd_mps", "float32", "m/s", "standard deviation of the velocity's components", True, _at_least(0)),
        Column("source", "str", "", "seen, or bridged over a short gap", check=_one_of("seen", "bridged")),
    ),
)

PLAYER_STATS = Table(
    "player_stats",
    ("player_id",),
    (
        Column("player_id", "int64", "", "stable person", check=_at_least(1)),
        Column("role", "str", "", "player or referee", check=_one_of(*PERSON_CLASSES)),
        Column("team", "str", "", "A, B; none where unknown", True),
        Column("number", "str", "", "jersey number", True),
        Column("name", "str", "", "from the roster", True),
        Column("confidence", "float64", "", "time-weighted confidence of the identity", True, _share()),
        Column("first_s", "float64", "s", "first time in view", check=_at_least(0)),
        Column("last_s", "float64", "s", "last time in view", check=_at_least(0)),
        Column("seen_s", "float64", "s", "time in view with a box", check=_at_least(0)),
        Column("bridged_s", "float64", "s", "time in short gaps that were bridged", check=_at_least(0)),
        Column("located_s", "float64", "s", "time with a position in metres (seen and bridged)", True, _at_least(0)),
        Column("distance_m", "float64", "m", "distance covered in located time; NaN without a calibration", True),
        Column("distance_low_m", "float64", "m", "lower end of the 95 % interval of the distance", True),
        Column("distance_high_m", "float64", "m", "upper end of the 95 % interval of the distance", True),
        Column("distance_per_min_m", "float64", "m/min", "distance over located minutes", True),
        Column("mean_speed_mps", "float64", "m/s", "distance over located time", True),
        Column("top_speed_mps", "float64", "m/s", "highest smoothed speed held for the settings' time", True),
        Column("walk_s", "float64", "s", "time below the jogging speed", True),
        Column("jog_s", "float64", "s", "time at jogging speed", True),
        Column("run_s", "float64", "s", "time at running speed", True),
        Column("sprint_s", "float64", "s", "time at sprinting speed", True),
        Column("sprints", "Int64", "", "number of sprints", True),
        Column("left_half_share", "float64", "", "share of located time in the left half", True, _share()),
        Column("paint_share", "float64", "", "share of located time in either paint", True, _share()),
        Column(
            "three_point_share", "float64", "", "share of located time outside both three-point lines", True, _share()
        ),
        Column("mean_x_m", "float64", "m", "mean position along the court", True),
        Column("mean_y_m", "float64", "m", "mean position across the court", True),
    ),
)

_EVERY = (
    *(FRAMES, DETECTIONS, NUMBER_READS, COURT_POINTS, COURT),
    *(LINKS, TRACKS, IDENTITIES, PLAYERS, TRACKLETS, PLAYER_EVIDENCE, NUMBER_VOTES),
    *(SHOTS, POSITIONS, PLAYER_STATS),
)
ALL: MappingProxyType[TableName, Table] = MappingProxyType({table.name: table for table in _EVERY})


def check(name: TableName, table: pd.DataFrame, where: str = "in memory") -> pd.DataFrame:
    """Return `table` unchanged if it satisfies its schema.

    Args:
        name: which table it should be.
        table: the rows.
        where: file or stage, for the message.

    Raises:
        TableError: a column, dtype, range or the key is wrong; says which and where.

    Example:
        >>> check("tracks", TRACKS.empty()).empty
        True
    """
    try:
        return ALL[name].schema().validate(table)
    except (SchemaError, SchemaErrors) as error:
        reason = " ".join(str(error).split())[:400]
        raise TableError(f"table '{name}' ({where}) does not satisfy its schema: {reason}") from error


def conform(name: TableName, table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with the schema's column order and dtypes, checked.

    Raises:
        TableError: a column is missing or cannot have its dtype.
    """
    spec = ALL[name]
    missing = [c.name for c in spec.columns if c.name not in table.columns]
    if missing:
        raise TableError(f"table '{name}' lacks the columns {missing}")
    typed = table[[c.name for c in spec.columns]].astype({c.name: _dtype(c.dtype) for c in spec.columns})
    return check(name, typed.reset_index(drop=True))
