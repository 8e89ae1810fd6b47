"""What a word on a scoreboard may mean: a time, a number, a period."""

from __future__ import annotations

import re

_AS_DIGITS = str.maketrans(
    {"O": "0", "o": "0", "D": "0", "Q": "0", "I": "1", "l": "1", "|": "1", "i": "1", "S": "5", "B": "8", "Z": "2"}
)
_MARKS = ":.;,|'\"-"
"""Taken for marks where a text ends in the edge of its field."""
_CLOCK = re.compile(r"^(\d{1,2})[:.;](\d{2})\d?$")
"""A digit behind it is the edge of the next field's."""
_TENTHS = re.compile(r"^:?(\d{1,2})[.,](\d)$")
_WHOLE = re.compile(r"^\D?(\d{1,3})\D?$")
_SECONDS = re.compile(r"^[:.H]?(\d{1,2})$")
_ORDINAL = re.compile(r"^([1-4])(?:ST|SST|5T|ND|RD|TH|T)\W?$")
_QUARTER = re.compile(r"^(?:[QP]([1-4])|([1-4])[QP])$")
_OVERTIME = re.compile(r"^(?:OT([1-9])?|([1-9])OT)$")
REGULATION = 4
"""Periods before overtime; of two halves the second is followed by an overtime that is written as any other."""
LONGEST_PERIOD_S = 1200.0
LONGEST_SHOT_CLOCK_S = 35.0
MOST_POINTS = 199


def as_clock_s(text: str) -> float | None:
    """Read a game clock: minutes and seconds, or seconds and tenths. Some boards show 5:60 for a moment.

    Example:
        >>> [as_clock_s(text) for text in ("4:08", "11:2B:", "7:292", "34.5", "4:75", "SPURS")]
        [248.0, 688.0, 449.0, 34.5, None, None]
    """
    text = text.strip(_MARKS).translate(_AS_DIGITS)
    if found := _CLOCK.match(text):
        minutes, seconds = int(found[1]), int(found[2])
        total = 60.0 * minutes + seconds
        return total if seconds <= 60 and total <= LONGEST_PERIOD_S else None
    if found := _TENTHS.match(text):
        seconds = int(found[1])
        return seconds + int(found[2]) / 10 if seconds < 60 else None
    return None


def as_shot_clock_s(text: str) -> float | None:
    """Read a shot clock: whole seconds, or with tenths.

    Example:
        >>> [as_shot_clock_s(text) for text in (":15", "H21", "09", "4.2", "99")]
        [15.0, 21.0, 9.0, 4.2, None]
    """
    bare = text.strip(_MARKS).removeprefix("H")
    if found := _SECONDS.match(bare.translate(_AS_DIGITS)):
        seconds = float(found[1])
        return seconds if seconds <= LONGEST_SHOT_CLOCK_S else None
    if found := _TENTHS.match(bare.translate(_AS_DIGITS)):
        seconds = int(found[1]) + int(found[2]) / 10
        return seconds if seconds <= LONGEST_SHOT_CLOCK_S else None
    return None


def as_points(text: str) -> int | None:
    """Read a score.

    Example:
        >>> [as_points(text) for text in ("84", "O", "2024", "4TH")]
        [84, 0, None, None]
    """
    if found := _WHOLE.match(text.translate(_AS_DIGITS)):
        points = int(found[1])
        return points if points <= MOST_POINTS else None
    return None


def as_period(text: str) -> int | None:
    """Read a period; overtimes are counted on from the fourth.

    Example:
        >>> [as_period(text) for text in ("2nd", "IST", "Q3", "4TH:", "OT", "2OT", "TNT")]
        [2, 1, 3, 4, 5, 6, None]
    """
    upper = text.upper()
    if upper[:1] in ("I", "L"):
        upper = "1" + upper[1:].lstrip("I1")
    if found := _ORDINAL.match(upper):
        return int(found[1])
    if found := _QUARTER.match(upper):
        return int(found[1] or found[2])
    if found := _OVERTIME.match(upper):
        return REGULATION + int(found[1] or found[2] or 1)
    return None
