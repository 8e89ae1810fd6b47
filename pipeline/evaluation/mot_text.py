"""MOT challenge text: `frame,id,x,y,w,h,score,...`, frames from 1, one box per line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.evaluation.boxes import Floats, IdentifiedBoxes

MAX_FRAMES = 1_000_000
"""Frames of a sequence: four and a half hours at 60 per second."""
MAX_PX = 1e6
"""A coordinate or a side of a box, in px."""
LEAST_FIELDS = 6
"""Of a line: frame, id, left, top, width, height."""

MAX_ID = 10**15
"""Identities are below it, in both directions."""


@dataclass(frozen=True)
class MotText:
    """Boxes with frames counted from 0, and the seventh field `score` (n,): confidence, or 0 for truth to be ignored."""

    boxes: IdentifiedBoxes
    score: Floats


def read_mot(path: Path) -> MotText:
    """Read the boxes of a MOT text file of any tool, or of MOT ground truth.

    Args:
        path: the file. Fields are separated by commas, with or without blanks: frame (from 1), identity, left, top,
            width, height in px, then optional ones, of which the first is kept as the score (1 where absent).

    Raises:
        InputError: the file cannot be read, or a line is wrong; names the line.
    """
    numbers: list[tuple[float, ...]] = []
    seen: dict[tuple[float, float], int] = {}
    for line, text in enumerate(_lines(path), start=1):
        if not text.strip():
            continue
        values = _values(path, line, text)
        first = seen.setdefault((values[0], values[1]), line)
        if first != line:
            raise InputError(
                f"{path}, line {line}: identity {values[1]:.0f} is twice in frame {values[0]:.0f} (first on line {first})"
            )
        numbers.append(values)
    table = np.array(numbers, dtype=np.float64).reshape(len(numbers), LEAST_FIELDS + 1)
    boxes = IdentifiedBoxes(table[:, 0].astype(np.int64) - 1, table[:, 1].astype(np.int64), table[:, 2:6])
    return MotText(boxes, table[:, 6])


def _lines(path: Path) -> list[str]:
    """Read the lines of a text file."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path} as MOT text: {error}") from error


def _values(path: Path, line: int, text: str) -> tuple[float, ...]:
    """Parse one line to frame, identity, left, top, width, height, score."""
    fields = text.split(",")
    if len(fields) < LEAST_FIELDS:
        raise InputError(
            f"{path}, line {line}: {len(fields)} fields, expected frame,id,x,y,w,h and optional ones: {text.strip()[:60]!r}"
        )
    values = []
    for name, field in zip(("frame", "id", "x", "y", "w", "h", "score"), [*fields[:7], "1"], strict=False):
        try:
            value = float(field)
        except ValueError:
            raise InputError(f"{path}, line {line}: {name} is {field.strip()[:30]!r}, expected a number") from None
        if not math.isfinite(value):
            raise InputError(f"{path}, line {line}: {name} is {field.strip()}, expected a finite number")
        values.append(value)
    _check(path, line, values)
    return tuple(values)


def _check(path: Path, line: int, values: list[float]) -> None:
    """Refuse numbers that no box has."""
    frame, identity, *box, _ = values
    width, height = box[2:]
    if not 1 <= frame <= MAX_FRAMES or frame != int(frame):
        raise InputError(f"{path}, line {line}: frame is {frame:g}, expected a whole number from 1 to {MAX_FRAMES}")
    if identity != int(identity) or abs(identity) >= MAX_ID:
        raise InputError(f"{path}, line {line}: id is {identity:g}, expected a whole number of at most 15 digits")
    if max(map(abs, box)) > MAX_PX:
        raise InputError(f"{path}, line {line}: the box reaches beyond {MAX_PX:g} px")
    if width <= 0 or height <= 0:
        raise InputError(f"{path}, line {line}: the box is {width:g} x {height:g} px; width and height must be above 0")
