"""The table `court_points` as evidence, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.geometry.camera_fitting.evidence import CourtEvidence

LEAST_PLACES, LEAST_LINE_POINTS = 10, 12
"""Fewer places of the court, or points on lines, do not fix a camera."""


@dataclass(frozen=True, eq=False)
class Keyframe:
    """A frame in which the court was looked for, and enough of it found."""

    row: int
    """Of `frames`."""
    evidence: CourtEvidence


def keyframes(frames: pd.DataFrame, court_points: pd.DataFrame) -> list[Keyframe]:
    """Collect the frames that show enough of the court, in order."""
    if court_points.empty:
        return []
    number = court_points["frame"].to_numpy(np.int64)
    rows = np.searchsorted(frames["frame"].to_numpy(np.int64), number)
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    found = []
    for start, stop in zip(starts, [*starts[1:], len(number)], strict=True):
        evidence = _evidence(court_points.iloc[start:stop])
        if len(evidence.place) >= LEAST_PLACES and len(evidence.line_px) >= LEAST_LINE_POINTS:
            found.append(Keyframe(int(rows[start]), evidence))
    return found


def _evidence(points: pd.DataFrame) -> CourtEvidence:
    """Turn the rows of one frame into arrays."""
    place = points["kind"].to_numpy() == "place"
    px = points[["x_px", "y_px"]].to_numpy(np.float64)
    score = points["score"].to_numpy(np.float64)
    return CourtEvidence(
        px[place],
        points[["along", "across"]].to_numpy(np.float64)[place],
        score[place],
        px[~place],
        points["angle_rad"].to_numpy(np.float64)[~place],
        score[~place],
    )
