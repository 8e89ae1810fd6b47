"""Corrections as the page sends them: plain JSON, read strictly."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.corrections import (
    Asked,
    DifferentPeople,
    Lock,
    Merge,
    Move,
    MoveStretch,
    Name,
    Number,
    Role,
    SamePerson,
    SplitAt,
    SplitTracklet,
    Team,
)
from pipeline.serve import RequestError

MOST_AT_ONCE = 200
"""Corrections that make one step."""
LONGEST_TEXT = 80
"""Of a name, in characters."""


def edits_of(data: Any) -> tuple[Asked, ...]:
    """Read a list of corrections.

    Raises:
        RequestError: one is not what it should be.
    """
    if not isinstance(data, list) or not 1 <= len(data) <= MOST_AT_ONCE:
        raise RequestError(f"expected a list of 1 to {MOST_AT_ONCE} corrections")
    return tuple(_edit(entry) for entry in data)


def _edit(entry: Any) -> Asked:
    """Read one correction."""
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or kind not in _MAKERS:
        raise RequestError(f"expected a correction of a kind among {', '.join(sorted(_MAKERS))}")
    return _MAKERS[kind](entry)


def whole(fields: Mapping[str, Any], name: str) -> int:
    """Read an id or a number of a step.

    Raises:
        RequestError: it is none.
    """
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 53:
        raise RequestError(f"{name}: expected a whole number from 1 on")
    return value


def _or_nobody(fields: Mapping[str, Any], name: str) -> int | None:
    return None if fields.get(name) is None else whole(fields, name)


def _seconds(fields: Mapping[str, Any], name: str) -> float:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise RequestError(f"{name}: expected seconds")
    return float(value)


def _pictures(fields: Mapping[str, Any]) -> tuple[int, int, float, float]:
    """Read of which tracklets two pictures are, and of when."""
    tracklets = whole(fields, "track_id"), whole(fields, "other")
    return *tracklets, _seconds(fields, "at_s"), _seconds(fields, "other_at_s")


def _text(fields: Mapping[str, Any]) -> str:
    value = fields.get("value")
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise RequestError(f"value: expected a text of 1 to {LONGEST_TEXT} characters")
    return value.strip()


def _among(fields: Mapping[str, Any], *values: str) -> Any:
    value = fields.get("value")
    if value not in values:
        raise RequestError(f"value: expected {' or '.join(values)}")
    return value


_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Asked]] = {
    "merge": lambda fields: Merge(whole(fields, "player"), whole(fields, "other")),
    "move": lambda fields: Move(whole(fields, "track_id"), _or_nobody(fields, "to")),
    "move_stretch": lambda fields: MoveStretch(
        whole(fields, "player"), _seconds(fields, "from_s"), _seconds(fields, "to_s"), _or_nobody(fields, "to")
    ),
    "split": lambda fields: SplitAt(whole(fields, "player"), _seconds(fields, "at_s")),
    "split_tracklet": lambda fields: SplitTracklet(whole(fields, "track_id"), _seconds(fields, "at_s")),
    "name": lambda fields: Name(whole(fields, "player"), _text(fields)),
    "number": lambda fields: Number(whole(fields, "player"), _text(fields)),
    "team": lambda fields: Team(whole(fields, "player"), _among(fields, "A", "B", "-")),
    "role": lambda fields: Role(whole(fields, "player"), _among(fields, "player", "referee", "nobody")),
    "same": lambda fields: SamePerson(*_pictures(fields)),
    "different": lambda fields: DifferentPeople(*_pictures(fields)),
    "lock": lambda fields: Lock(whole(fields, "player")),
}
