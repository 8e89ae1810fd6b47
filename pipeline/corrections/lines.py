"""The lines of `corrections.csv`: a CSV file that is replayed on every run.

A line does not name player numbers but a place in the video: the person whose box holds the point (x_px, y_px) of the source
frame at time_s.

| action | what it says |
|---|---|
| same | the person here and the person at other_* are one person |
| apart | they are two people |
| split | the tracklet at other_* went over to somebody else: from time_s on it is the person here; what was said of the \
whole tracklet is of the part before, or by `value` `after` of the part from then on |
| player | the tracklet here is the player's whose id is `value`; '-': nobody says any more whose it is |
| keep | it stays the player's as long as nothing that was said speaks against it |
| meant | what was said before as `value` (name, number, team, role) of the person at other_* is of the person here |
| name, number, team, role | of the person here: `value` |

Each line says which video it is of, by the beginning of the hash of its file, and which step of the journal it belongs to; a
line by hand may leave both out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pipeline.errors import InputError
from pipeline.untrusted import parse_number, parse_whole
from pipeline.user_csv import parse_rows
from pipeline.written_csv import BYTE_ORDER_MARK, harmless, meant

Action = Literal["same", "apart", "split", "player", "keep", "meant", "name", "number", "team", "role"]
ACTIONS: tuple[Action, ...] = get_args(Action)
COLUMNS = (
    *("action", "time_s", "x_px", "y_px", "other_time_s", "other_x_px", "other_y_px", "value"),
    *("video", "step", "words", "undone"),
)
_OPTIONAL = ("video", "step", "words", "undone")
AFTER = "after"
"""The value of a split after which what was said of the whole tracklet is of the part that follows."""
NOTHING = "-"
"""The value of a name, number or team that somebody does not have."""
TEAMS = ("A", "B")
ROLES = ("player", "referee", "nobody")
_HASH_DIGITS = 16
_OF_TWO = ("same", "apart", "split", "meant")
_WITHOUT_VALUE = ("same", "apart")
LABELS = ("name", "number", "team", "role")


@dataclass(frozen=True)
class Spot:
    """A point of the video."""

    time_s: float
    x_px: float
    y_px: float


@dataclass(frozen=True)
class Correction:
    """What one line says."""

    action: Action
    spot: Spot
    second_spot: Spot | None = None
    """For `same`, `apart`, `split` and `meant`."""
    value: str = ""
    """For all but `same` and `apart`; '' or `AFTER` for `split`."""
    where: str = ""
    """File and line, for messages."""
    video: str = ""
    """Which video it is of, see `video_tag`; '' where the line does not say."""
    words: str = ""
    """What the person said, in the labels of that time."""
    step: int = 0
    """Number of the step of the journal that it belongs to: its lines hold together."""

    @property
    def described(self) -> str:
        """Where it stands, what it says, and of when: for messages.

        Example:
            >>> Correction("name", Spot(61.5, 0, 0), value="Ann", where="a.csv: line 2", words="A12 is Ann").described
            'a.csv: line 2 (A12 is Ann; at 1:01.5)'
        """
        spots = [self.spot] if self.second_spot is None else [self.spot, self.second_spot]
        times = " and ".join(clock(spot.time_s) for spot in spots)
        said = self.words or f"{self.action} {self.value}".strip()
        return f"{self.where} ({said}; at {times})" if self.where else f"{said} (at {times})"


@dataclass(frozen=True)
class Line:
    """A correction, and its place in the journal."""

    correction: Correction
    step: int | None
    """Number of the step that it belongs to; None: a line by hand, a step by itself."""
    undone: int | None
    """The how-manieth act of the journal it was that undid the step; None: the step counts."""


def clock(time_s: float) -> str:
    """Write a time of the video as people do, to a tenth of a second.

    Example:
        >>> clock(61.5), clock(3723.04), clock(59.96)
        ('1:01.5', '1:02:03.0', '1:00.0')
    """
    tenths = round(time_s * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    begin = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{begin}:{tenths // 10:02d}.{tenths % 10}"


def video_tag(sha256: str) -> str:
    """Return how a line names its video: the beginning of the hash of its file.

    Example:
        >>> video_tag("0123456789abcdef" * 4)
        'sha256:0123456789abcdef'
    """
    return f"sha256:{sha256[:_HASH_DIGITS]}"


def parse_lines(text: str, path: Path) -> list[Line]:
    """Read lines out of the text of a file.

    Raises:
        InputError: a line is not a correction; names the file `path` and the line.
    """
    return [_line(row.cells, row.where) for row in parse_rows(text, path, COLUMNS, optional=_OPTIONAL)]


def as_csv(lines: Sequence[Line]) -> str:
    """Write lines; `parse_lines` reads them back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        correction = line.correction
        spots = (*_cells(correction.spot), *_cells(correction.second_spot))
        said = (harmless(correction.value), harmless(correction.video))
        writer.writerow(
            [correction.action, *spots, *said, _number(line.step), harmless(correction.words), _number(line.undone)]
        )
    return BYTE_ORDER_MARK + text.getvalue()


def _cells(spot: Spot | None) -> list[str]:
    return ["", "", ""] if spot is None else [f"{spot.time_s:.3f}", f"{spot.x_px:.1f}", f"{spot.y_px:.1f}"]


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _line(cells: dict[str, str], where: str) -> Line:
    if cells["action"] == "nobody":  # of earlier versions
        cells = cells | {"action": "role", "value": "nobody"}
    action = next((action for action in ACTIONS if action == cells["action"]), None)
    if action is None:
        raise InputError(f"{where}: action '{cells['action']}' is not one of {', '.join(ACTIONS)}")
    second = _spot(cells, "other_", where) if action in _OF_TWO else None
    value = "" if action in _WITHOUT_VALUE else checked_value(action, meant(cells["value"]), where)
    spot = _spot(cells, "", where)
    correction = Correction(action, spot, second, value, where, cells["video"], meant(cells["words"]))
    return Line(correction, _whole(cells, "step", where), _whole(cells, "undone", where))


def checked_value(action: Action, value: str, where: str) -> str:
    """Return the value of a line, refused if it can be none.

    Args:
        action: of the line, one that has a value.
        value: what was said.
        where: file and line, or option, for the message.

    Raises:
        InputError: it is missing, or none of those that can be.
    """
    value = " ".join(value.split()) if action == "name" else value.strip()
    if not value and action != "split":
        raise InputError(f"{where}: {action} needs a value")
    fits, expected = _VALUES.get(action, (bool, ""))
    if not (fits(value) or (value == NOTHING and action not in _ALWAYS_SOMETHING)):
        raise InputError(f"{where}: {action} '{value}' {expected}")
    return value


_ALWAYS_SOMETHING = ("role", "keep", "meant", "split")
_VALUES: dict[str, tuple[Callable[[str], object], str]] = {
    "number": (re.compile("[0-9]{1,2}").fullmatch, "is not a jersey number (one or two digits)"),
    "team": (TEAMS.__contains__, "is not A or B"),
    **{
        action: (re.compile("[1-9][0-9]{0,8}").fullmatch, "is not the id of a player (a whole number from 1)")
        for action in ("player", "keep")
    },
    "meant": (LABELS.__contains__, f"is not one of {', '.join(LABELS)}"),
    "split": (("", AFTER).__contains__, f"is neither empty nor {AFTER}"),
    "role": (ROLES.__contains__, f"is not one of {', '.join(ROLES)}"),
}


def _spot(cells: dict[str, str], prefix: str, where: str) -> Spot:
    values = []
    for name in ("time_s", "x_px", "y_px"):
        value = parse_number(cells[prefix + name])
        if value is None:
            raise InputError(f"{where}: {prefix}{name} is '{cells[prefix + name]}', expected a number")
        values.append(value)
    return Spot(*values)


def _whole(cells: dict[str, str], name: str, where: str) -> int | None:
    value = parse_whole(cells[name])
    if cells[name] and (value is None or value < 1):
        raise InputError(f"{where}: {name} is '{cells[name]}', expected a whole number from 1, or nothing")
    return value if cells[name] else None
