"""What a picture shows of a court, the lines that it is compared with, and a camera that agrees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court, markings
from pipeline.geometry.homography import Matrix
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole

Floats = NDArray[np.float64]

SAMPLE_M = 0.1
"""Between two samples of a line."""


@dataclass(frozen=True, eq=False)
class CourtEvidence:
    """What one picture, or several of one fixed camera, show of the court."""

    place_px: Floats
    """(n, 2) source px."""
    place: Floats
    """(n, 2) along and across the court, in court lengths and widths."""
    place_score: Floats
    """(n,) 0 to 1."""
    line_px: Floats
    """(m, 2) source px on painted lines."""
    line_angle: Floats
    """(m,) direction in the picture, radians."""
    line_score: Floats
    """(m,) 0 to 1."""

    @staticmethod
    def joined(pictures: list[CourtEvidence]) -> CourtEvidence:
        """Put the evidence of several pictures of one fixed camera together."""
        names = ("place_px", "place", "place_score", "line_px", "line_angle", "line_score")
        return CourtEvidence(*(np.concatenate([getattr(picture, name) for picture in pictures]) for name in names))

    def without_places(self) -> CourtEvidence:
        """Keep the line points alone."""
        return replace(self, place_px=self.place_px[:0], place=self.place[:0], place_score=self.place_score[:0])

    def thinned(self, most_places: int, most_lines: int) -> CourtEvidence:
        """Keep so many of each, evenly."""
        first, second = (
            np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)) if count else np.zeros(0, int)
            for count, most in ((len(self.place), most_places), (len(self.line_px), most_lines))
        )
        return CourtEvidence(
            self.place_px[first], self.place[first], self.place_score[first],
            self.line_px[second], self.line_angle[second], self.line_score[second],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Aligned:
    """A camera and how well the picture agrees."""

    camera: Pinhole
    lens: Lens
    court: Court
    inliers: int
    """Line points within the last reach of a line of the court."""
    inlier_share: float
    """Of the line points that are believed to be the court's."""
    error_px: float
    """Root mean square distance of the inliers from their lines, source px."""
    coverage: float
    """Share of the court's lines in the picture that are seen, see `alignment.line_coverage`."""
    place_error_m: float
    """Median distance between the places and where the camera puts them."""
    expected_error_m: float
    """90th percentile over the visible court of the standard error of a floor position."""
    covariance: Floats
    """(8, 8) of the camera's numbers and the lens."""

    @property
    def to_floor(self) -> Matrix:
        """(3, 3) undistorted px to metres."""
        return self.camera.to_floor()


class CourtLines:
    """The lines of a court as samples with directions."""

    def __init__(self, court: Court) -> None:
        """Sample the lines."""
        self.court = court
        points, directions, numbers = [], [], []
        for number, line in enumerate(markings(court, SAMPLE_M)):
            steps = np.diff(line, axis=0)
            lengths = np.linalg.norm(steps, axis=1)
            for start, step, length in zip(line[:-1], steps, lengths, strict=True):
                count = max(1, round(length / SAMPLE_M))
                points.append(start + (np.arange(count)[:, None] + 0.5) / count * step)
                directions.append(np.repeat(step[None] / length, count, axis=0))
                numbers.append(np.full(count, number))
        self.points_m = np.concatenate(points)
        self.directions = np.concatenate(directions)
        self.line = np.concatenate(numbers)
