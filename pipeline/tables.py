"""The long tables between stages: one fact each, with a schema and a key.

Columns say their unit in the name (`_s`, `_px`, `_m`, `_mps`); boxes `x1 y1 x2 y2` are px of the source frame as
displayed (rotation flag applied), origin at the top-left corner of the top-left pixel. Missing is an absent row or
NaN, never 0 or -1. Vectors are float16 arrays `(n, dim)` in row order beside their table, never a list in a cell.
"""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from pipeline.errors import TableError
from pipeline.game_tables import (
    BALL,
    BALL_EVENTS,
    BOX_COLUMNS,
    BOX_SCORE,
    CLOCK,
    EVENTS,
    FIVE_COLUMNS,
    FIVES,
    FLIGHTS,
    LINEUPS,
    PAIRS,
    PLAY,
    POSSESSIONS,
    SCOREBOARD_TEXTS,
    SHOT_ZONES,
    STINTS,
    TOUCHES,
)
from pipeline.identity_tables import (
    FORMER_PLAYER_IDS,
    IDENTITIES,
    NUMBER_VOTES,
    PLAYER_EVIDENCE,
    PLAYER_IDS,
    PLAYERS,
    TRACKLETS,
)
from pipeline.schema import (
    CLASSES,
    PERSON_CLASSES,
    ROLES,
    SURE_SCORE,
    Column,
    Table,
    TableName,
    at_least,
    one_of,
    share,
)
from pipeline.statistics_tables import (
    EFFORTS,
    GUARDS,
    MATCHUPS,
    PERIODS,
    PHASES,
    PLAYER_PERIODS,
    PLAYER_STATS,
    TEAM_PERIODS,
    TEAM_STATS,
    TEAM_TACTICS,
)

__all__ = [
    "ALL",
    "BALL",
    "BALL_EVENTS",
    "BOX_COLUMNS",
    "BOX_SCORE",
    "CLASSES",
    "CLOCK",
    "COURT",
    "COURT_POINTS",
    "DETECTIONS",
    "EFFORTS",
    "EVENTS",
    "FIVES",
    "FIVE_COLUMNS",
    "FLIGHTS",
    "FORMER_PLAYER_IDS",
    "FRAMES",
    "GUARDS",
    "HOMOGRAPHY_COLUMNS",
    "IDENTITIES",
    "LINEUPS",
    "MATCHUPS",
    "MOTION_COLUMNS",
    "NUMBER_READS",
    "NUMBER_VOTES",
    "ONES_COLUMNS",
    "PAIRS",
    "PERIODS",
    "PERSON_CLASSES",
    "PHASES",
    "PLAY",
    "PLAYERS",
    "PLAYER_EVIDENCE",
    "PLAYER_IDS",
    "PLAYER_PERIODS",
    "PLAYER_STATS",
    "POSITIONS",
    "POSSESSIONS",
    "RAW_TRACKS",
    "READ_COLUMNS",
    "ROLES",
    "SCOREBOARD_TEXTS",
    "SHOTS",
    "SHOT_ZONES",
    "SPLIT_TRACKS",
    "STINTS",
    "SURE_SCORE",
    "TEAM_PERIODS",
    "TEAM_STATS",
    "TEAM_TACTICS",
    "TENS_COLUMNS",
    "TOUCHES",
    "TRACKLETS",
    "TRACKS",
    "Column",
    "Table",
    "TableName",
    "check",
    "conform",
]  # fmt: skip

_FRAME = Column("frame", "int64", "", "analysed frame, from 0, in order of presentation", check=at_least(0))
_BOX = tuple(
    Column(name, "float32", "px", f"{edge} edge of the box in the source frame")
    for name, edge in (("x1", "left"), ("y1", "top"), ("x2", "right"), ("y2", "bottom"))
)
_MATRIX = tuple(f"{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3))
MOTION_COLUMNS = tuple(f"m{ij}" for ij in _MATRIX)
HOMOGRAPHY_COLUMNS = tuple(f"h{ij}" for ij in _MATRIX)
TENS_COLUMNS = ("tens_none", *(f"tens_{digit}" for digit in range(10)))
ONES_COLUMNS = tuple(f"ones_{digit}" for digit in range(10))
READ_COLUMNS = ("legible", "mirrored", *TENS_COLUMNS, *ONES_COLUMNS)

FRAMES = Table(
    "frames",
    ("frame",),
    (
        _FRAME,
        Column("time_s", "float64", "s", "presentation timestamp in the source video", check=at_least(0)),
        Column("shot", "int64", "", "number of the camera shot, from 0; a cut starts a new one", check=at_least(0)),
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
        Column("detection_id", "int64", "", "from 0 in order of frame", check=at_least(0)),
        _FRAME,
        *_BOX,
        Column("score", "float32", "", "the detector's confidence", check=share()),
        Column("class", "str", "", "player, referee, ball, rim or number", check=one_of(*CLASSES)),
        Column(
            "quality",
            "float32",
            "",
            "how much the crop shows of a person: size, sharpness, not covered by others, not cut by the border; "
            "NaN for ball, rim and number",
            nullable=True,
            check=share(),
        ),
        Column("jersey_l", "float32", "CIE L*", "median lightness of the torso, 0 to 100; NaN unless a person", True),
        Column("jersey_a", "float32", "CIE a*", "median green-red of the torso; NaN unless a person", True),
        Column("jersey_b", "float32", "CIE b*", "median blue-yellow of the torso; NaN unless a person", True),
    ),
)
"""Beside it: `embeddings.npy` (n, dim) float16, unit length, row i of row i; NaN rows unless a person."""

NUMBER_READS = Table(
    "number_reads",
    ("detection_id",),
    (
        Column("detection_id", "int64", "", "a row of detections, of class number", check=at_least(0)),
        Column("legible", "float32", "", "how likely it is that there is a number that can be read", check=share()),
        Column("mirrored", "float32", "", "how likely it is that there is one, seen in a mirror", check=share()),
        *(
            Column(name, "float32", "", f"probability of this {name[:4]} digit, if it is legible", check=share())
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
        Column("point", "int64", "", "from 0 in each frame", check=at_least(0)),
        Column(
            "kind",
            "str",
            "",
            "place: somewhere on the floor, known roughly; line: the middle of a painted line, known well across it",
            check=one_of("place", "line"),
        ),
        Column("x_px", "float32", "px", "in the source frame"),
        Column("y_px", "float32", "px", "in the source frame"),
        Column("along", "float32", "", "court lengths from the left end line; places only", True),
        Column("across", "float32", "", "court widths from the far side line; places only", True),
        Column("angle_rad", "float32", "rad", "direction of the line in the picture, 0 to pi; lines only", True),
        Column("score", "float32", "", "how sure the court network is", check=share()),
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
        Column("error_px", "float32", "px", "reprojection error of the calibration it rests on", True, at_least(0)),
        Column(
            "source",
            "str",
            "",
            "measured here, or propagated by camera motion",
            check=one_of("measured", "propagated"),
        ),
    ),
)
"""A frame without a trusted homography has no row. Beside it: the lens (`geometry.lens.Lens`) and the court's name."""

RAW_TRACKS = Table(
    "raw_tracks",
    ("detection_id",),
    (
        Column("detection_id", "int64", "", "a row of detections", check=at_least(0)),
        Column("track_id", "int64", "", "tracklet as the tracker linked it, from 1", check=at_least(1)),
    ),
)

SPLIT_TRACKS = Table(
    "split_tracks",
    ("detection_id",),
    (
        Column("detection_id", "int64", "", "a row of detections", check=at_least(0)),
        Column(
            "track_id", "int64", "", "tracklet, cut where it went over to another person, from 1", check=at_least(1)
        ),
    ),
)

TRACKS = Table(
    "tracks",
    ("detection_id",),
    (
        Column("detection_id", "int64", "", "a row of detections", check=at_least(0)),
        Column(
            "track_id",
            "int64",
            "",
            "tracklet, as in split_tracks, without duplicate boxes of one player",
            check=at_least(1),
        ),
    ),
)

SHOTS = Table(
    "shots",
    ("shot",),
    (
        Column("shot", "int64", "", "from 0; more than in frames where perception missed a cut", check=at_least(0)),
        Column("first_frame", "int64", "", "its first analysed frame", check=at_least(0)),
        Column("last_frame", "int64", "", "its last analysed frame", check=at_least(0)),
        Column(
            "kind",
            "str",
            "",
            "what it shows; only the game counts in seconds and metres",
            check=one_of("game", "close-up", "replay"),
        ),
        Column("reason", "str", "", "why it is no game", True),
        Column("repeats_from_s", "float64", "s", "when what a replay shows began", True, at_least(0)),
        Column("speed", "float64", "", "of a replay; 1 is that of the game", True, at_least(0)),
    ),
)

POSITIONS = Table(
    "positions",
    ("player_id", "frame"),
    (
        Column("player_id", "int64", "", "stable person", check=at_least(1)),
        _FRAME,
        Column("time_s", "float64", "s", "presentation timestamp", check=at_least(0)),
        Column("x_m", "float64", "m", "along the court, from the far-left corner to the right; smoothed"),
        Column("y_m", "float64", "m", "across the court, from the far side line towards the camera; smoothed"),
        Column("speed_mps", "float64", "m/s", "smoothed speed, dead band applied", True, at_least(0)),
        Column("position_sd_m", "float32", "m", "standard deviation of x_m and of y_m", True, at_least(0)),
        Column("speed_sd_mps", "float32", "m/s", "standard deviation of the velocity's components", True, at_least(0)),
        Column("source", "str", "", "seen, or bridged over a short gap", check=one_of("seen", "bridged")),
    ),
)

_EVERY = (
    *(FRAMES, DETECTIONS, NUMBER_READS, COURT_POINTS, COURT),
    *(RAW_TRACKS, SPLIT_TRACKS, TRACKS, IDENTITIES, PLAYERS, TRACKLETS, PLAYER_EVIDENCE, NUMBER_VOTES),
    *(PLAYER_IDS, FORMER_PLAYER_IDS),
    *(SHOTS, POSITIONS, PERIODS, PLAYER_STATS, PLAYER_PERIODS, EFFORTS, TEAM_STATS, TEAM_PERIODS),
    *(SCOREBOARD_TEXTS, CLOCK, PLAY, LINEUPS, STINTS, PAIRS, FIVES, EVENTS),
    *(BALL, FLIGHTS, TOUCHES, POSSESSIONS, BALL_EVENTS, BOX_SCORE),
    *(SHOT_ZONES, PHASES, GUARDS, MATCHUPS, TEAM_TACTICS),
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
    spec, problem = ALL[name], f"table '{name}' ({where}) does not satisfy its schema"
    missing = [column for column in spec.names if column not in table.columns]
    unknown = [str(column) for column in table.columns if column not in spec.names]
    if missing or unknown:
        found = [
            f"{what} {', '.join(of)}" for what, of in (("it lacks", missing), ("it should not have", unknown)) if of
        ]
        raise TableError(f"{problem}: {', and '.join(found)}")
    if spec.holds(table):
        return table
    from pandera.errors import SchemaError, SchemaErrors

    try:
        return spec.schema().validate(table)
    except (SchemaError, SchemaErrors) as error:
        raise TableError(f"{problem}: {' '.join(str(error).split())[:400]}") from error


def conform(name: TableName, table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with the schema's column order and dtypes, checked.

    Raises:
        TableError: a column is missing or cannot have its dtype.
    """
    spec = ALL[name]
    table = spec.completed(table)
    missing = [c.name for c in spec.columns if c.name not in table.columns]
    if missing:
        raise TableError(f"table '{name}' lacks the columns {missing}")
    return check(name, spec.typed(table[list(spec.names)]).reset_index(drop=True))
