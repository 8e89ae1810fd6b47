"""Corrections by a person who knows better: a CSV file that is replayed on every run.

A correction does not name player numbers, which change from run to run, but a place in the video: the person whose box holds
the point (x_px, y_px) of the source frame at time_s.

| action | what it says |
|---|---|
| same | the person here and the person at other_* are one person |
| apart | they are two people |
| split | the tracklet at other_* went over to somebody else: from time_s on it is the person here |
| name, number, team | of the person here: `value` |
| nobody | the person here is no player and no referee |

Each line says which video it is of, by the beginning of the hash of its file; a line by hand may leave that out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pipeline.errors import InputError
from pipeline.untrusted import parse_number
from pipeline.user_csv import parse_rows, read_text
from pipeline.written_csv import BYTE_ORDER_MARK, harmless, meant

Action = Literal["same", "apart", "split", "name", "number", "team", "nobody"]
ACTIONS: tuple[Action, ...] = get_args(Action)
COLUMNS = ("action", "time_s", "x_px", "y_px", "other_time_s", "other_x_px", "other_y_px", "value", "video")
_HASH_DIGITS = 16
TEAMS = ("A", "B")
_OF_TWO = ("same", "apart", "split")
_WITH_VALUE = ("name", "number", "team")


@dataclass(frozen=True)
class Spot:
    """A point of the video."""

    time_s: float
    x_px: float
    y_px: float


@dataclass(frozen=True)
class Correction:
    """One line of the file."""

    action: Action
    spot: Spot
    other_spot: Spot | None = None
    """For `same`, `apart` and `split`."""
    value: str = ""
    """For `name`, `number` and `team`."""
    where: str = ""
    """File and line, for messages."""
    video: str = ""
    """Which video it is of, see `video_tag`; '' where the line does not say."""


def video_tag(sha256: str) -> str:
    """Return how a line names its video: the beginning of the hash of its file.

    Example:
        >>> video_tag("0123456789abcdef" * 4)
        'sha256:0123456789abcdef'
    """
    return f"sha256:{sha256[:_HASH_DIGITS]}"


def read_corrections(path: Path, video_sha256: str | None = None) -> tuple[Correction, ...]:
    """Read a file of corrections.

    Args:
        path: CSV in UTF-8 with a header.
        video_sha256: hash of the video that they are for; None: of any.

    Raises:
        InputError: the file cannot be read, a line is not a correction, or it is of another video; names the line.
    """
    corrections = parse_corrections(read_text(path, "the corrections"), path)
    for correction in corrections:
        if video_sha256 is not None and correction.video not in ("", video_tag(video_sha256)):
            raise InputError(
                f"{correction.where}: a correction of another video ({correction.video}, not {video_tag(video_sha256)}); "
                "move the file away, or empty its column 'video' if both show the same pictures at the same times"
            )
    return corrections


def parse_corrections(text: str, path: Path) -> tuple[Correction, ...]:
    """Read corrections out of the text of a file.

    Raises:
        InputError: a line is not a correction; names the file `path` and the line.
    """
    return tuple(_correction(row.cells, row.where) for row in parse_rows(text, path, COLUMNS, optional=("video",)))


def as_csv(corrections: Sequence[Correction]) -> str:
    """Write corrections; `read_corrections` reads them back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for correction in corrections:
        spots = (*_cells(correction.spot), *_cells(correction.other_spot))
        writer.writerow([correction.action, *spots, harmless(correction.value), harmless(correction.video)])
    return BYTE_ORDER_MARK + text.getvalue()


def _cells(spot: Spot | None) -> list[str]:
    return ["", "", ""] if spot is None else [f"{spot.time_s:.3f}", f"{spot.x_px:.1f}", f"{spot.y_px:.1f}"]


def _correction(cells: dict[str, str], where: str) -> Correction:
    action = next((action for action in ACTIONS if action == cells["action"]), None)
    if action is None:
        raise InputError(f"{where}: action '{cells['action']}' is not one of {', '.join(ACTIONS)}")
    other_spot = _spot(cells, "other_", where) if action in _OF_TWO else None
    value = meant(cells["value"])
    if action in _WITH_VALUE and not value:
        raise InputError(f"{where}: {action} needs a value")
    if action == "number" and not re.fullmatch("[0-9]{1,2}", value):
        raise InputError(f"{where}: number '{value}' is not a jersey number (one or two digits)")
    if action == "team" and value not in TEAMS:
        raise InputError(f"{where}: team '{value}' is not A or B")
    value = value if action in _WITH_VALUE else ""
    return Correction(action, _spot(cells, "", where), other_spot, value, where, cells["video"])


def _spot(cells: dict[str, str], prefix: str, where: str) -> Spot:
    values = []
    for name in ("time_s", "x_px", "y_px"):
        value = parse_number(cells[prefix + name])
        if value is None:
            raise InputError(f"{where}: {prefix}{name} is '{cells[prefix + name]}', expected a number")
        values.append(value)
    return Spot(*values)
