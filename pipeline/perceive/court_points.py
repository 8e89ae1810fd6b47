"""Court points: where the court's floor and lines are found, in keyframes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.court.finder import Sighting
from pipeline.perceive.graphics import Graphics
from pipeline.tables import COURT_POINTS, conform
from pipeline.video import Frame

Image = NDArray[np.uint8]

_MOST_KEYFRAMES = 7200
"""Of one video: one a second in a game of two hours."""


class CourtLocator(Protocol):
    """Finds the court in a picture; safe to use from several threads."""

    def sight(self, image: Image) -> Sighting:
        """Find floor and lines in a picture (h, w, 3) BGR."""
        ...


@dataclass(frozen=True)
class KeyedFrame:
    """A frame, and whether the court is looked for in it."""

    frame: Frame
    key: bool


def keyframe_interval_s(wanted_s: float, duration_s: float) -> float:
    """Return how far apart keyframes are: as wanted, and further apart in a long video, where each must be fitted, too.

    Args:
        wanted_s: as the settings say.
        duration_s: of the video.

    Example:
        >>> keyframe_interval_s(0.5, 600.0), keyframe_interval_s(0.5, 7200.0)
        (0.5, 1.0)
    """
    return max(wanted_s, duration_s / _MOST_KEYFRAMES)


def with_keyframes(frames: Iterable[Frame], every_s: float) -> Iterator[KeyedFrame]:
    """Make the first frame of every interval a keyframe; it does not matter how a video is cut into chunks.

    Args:
        frames: in order; those with negative numbers are never keyframes.
        every_s: length of the intervals.
    """
    before: int | None = None
    for frame in frames:
        now = math.floor(frame.time_s / every_s + 1e-6)
        yield KeyedFrame(frame, frame.index >= 0 and now != before)
        before = now


def of_world(sighting: Sighting, graphics: Graphics, size_px: tuple[int, int]) -> Sighting:
    """Leave out what was found where graphics lie over a picture of a size (width, height)."""
    place, line = ~graphics.hold(sighting.place_px, size_px), ~graphics.hold(sighting.line_px, size_px)
    return replace(
        sighting,
        place_px=sighting.place_px[place],
        place=sighting.place[place],
        place_score=sighting.place_score[place],
        line_px=sighting.line_px[line],
        line_angle=sighting.line_angle[line],
        line_score=sighting.line_score[line],
    )


def table_of(sightings: Sequence[tuple[int, Sighting]]) -> pd.DataFrame:
    """Make the table `court_points` of keyframes (number, and what was found there), in order."""
    if not sightings:
        return COURT_POINTS.empty()
    return conform("court_points", pd.concat([_rows(frame, sighting) for frame, sighting in sightings]))


def _rows(frame: int, sighting: Sighting) -> pd.DataFrame:
    """Make the rows of one frame: places, then line points."""
    places, lines = len(sighting.place), len(sighting.line_px)
    px = np.concatenate([sighting.place_px, sighting.line_px])
    nothing = np.full(lines, np.nan)
    return pd.DataFrame(
        {
            "frame": np.full(places + lines, frame, np.int64),
            "point": np.arange(places + lines, dtype=np.int64),
            "kind": np.repeat(np.array(["place", "line"], dtype=object), [places, lines]),
            "x_px": px[:, 0],
            "y_px": px[:, 1],
            "along": np.concatenate([sighting.place[:, 0], nothing]),
            "across": np.concatenate([sighting.place[:, 1], nothing]),
            "angle_rad": np.concatenate([np.full(places, np.nan), sighting.line_angle]),
            "score": np.clip(np.concatenate([sighting.place_score, sighting.line_score]), 0, 1),
        }
    )
