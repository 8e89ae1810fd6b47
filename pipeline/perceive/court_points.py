"""Where the court's floor and lines are seen, in a frame now and then."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.court.finder import Sighting
from pipeline.tables import COURT_POINTS, conform
from pipeline.video import Frame

Image = NDArray[np.uint8]


class CourtLocator(Protocol):
    """Something that sees courts, from several threads."""

    def sight(self, image: Image) -> Sighting:
        """Look at a picture (h, w, 3) BGR."""
        ...


@dataclass(frozen=True)
class Marked:
    """A frame, and whether the court is looked for in it."""

    frame: Frame
    key: bool


def marked(frames: Iterable[Frame], every_s: float) -> Iterator[Marked]:
    """Mark the first frame of every interval; which these are does not depend on how a video is cut into chunks.

    Args:
        frames: in order; those with negative numbers are never marked.
        every_s: length of the intervals.
    """
    before: int | None = None
    for frame in frames:
        now = math.floor(frame.time_s / every_s + 1e-6)
        yield Marked(frame, frame.index >= 0 and now != before)
        before = now


def table_of(seen: Sequence[tuple[int, Sighting]]) -> pd.DataFrame:
    """Make the table `court_points` of frames (number and what was seen), in order."""
    if not seen:
        return COURT_POINTS.empty()
    return conform("court_points", pd.concat([_rows(frame, sighting) for frame, sighting in seen]))


def _rows(frame: int, seen: Sighting) -> pd.DataFrame:
    """Make the rows of one frame: places, then line points."""
    places, lines = len(seen.place), len(seen.line_px)
    px = np.concatenate([seen.place_px, seen.line_px])
    nothing = np.full(lines, np.nan)
    return pd.DataFrame(
        {
            "frame": np.full(places + lines, frame, np.int64),
            "point": np.arange(places + lines, dtype=np.int64),
            "kind": np.repeat(np.array(["place", "line"], dtype=object), [places, lines]),
            "x_px": px[:, 0],
            "y_px": px[:, 1],
            "along": np.concatenate([seen.place[:, 0], nothing]),
            "across": np.concatenate([seen.place[:, 1], nothing]),
            "angle_rad": np.concatenate([np.full(places, np.nan), seen.line_angle]),
            "score": np.clip(np.concatenate([seen.place_score, seen.line_score]), 0, 1),
        }
    )
