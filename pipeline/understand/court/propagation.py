"""Propagate homographies from calibrated frames to their neighbours by the camera's motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config import CourtSettings
from pipeline.geometry.calibration import Calibration
from pipeline.geometry.motion import Matrices, picture_grid, project_all

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GRID = (12, 8)
"""Points over the picture at which registrations are compared."""
STILL_PX_PER_S = 10.0
"""A picture that shifts by less, at 1280 px width, is of a camera that stands."""
STANDING_COUNTS = 0.2
"""A second in which the camera stands counts so much: what is propagated drifts with the motion."""


@dataclass(frozen=True)
class Anchor:
    """A calibrated moment among the analysed frames."""

    first: int
    """Row of `frames`."""
    last: int
    """Row up to which the camera stands still."""
    matrix: Floats
    error_px: float
    exact: bool
    """The calibrated frame is an analysed one."""


@dataclass
class Homographies:
    """Homographies per analysed frame while they are being found."""

    matrix: Matrices  # (n, 3, 3) NaN where unknown
    error_px: Floats  # (n,)
    measured: NDArray[np.bool_]  # (n,) calibrated itself, not propagated

    @staticmethod
    def unknown(count: int) -> Homographies:
        """Begin with `count` frames without a homography."""
        return Homographies(np.full((count, 3, 3), np.nan), np.full(count, np.nan), np.zeros(count, bool))

    def put(self, rows: Integers, matrix: Matrices, error_px: float | Floats | None, source: str) -> None:
        """Set the homographies of some frames.

        Args:
            rows: (k,) of the frames.
            matrix: (k, 3, 3), or (1, 3, 3) for all.
            error_px: reprojection error, of each or of all; None where unknown.
            source: measured or propagated.
        """
        self.matrix[rows] = matrix
        self.error_px[rows] = np.nan if error_px is None else error_px
        self.measured[rows] = source == "measured"


class Propagator:
    """Propagates homographies along one run of known motions."""

    def __init__(self, time_s: Floats, motion: Matrices, calibration: Calibration, settings: CourtSettings) -> None:
        self.clock_s = drift_clock(time_s, motion, calibration.image_size_px)
        self.court = calibration.floor
        self.settings = settings
        width, height = calibration.image_size_px
        self.grid = calibration.lens.undistort(picture_grid((width, height), *GRID))
        self.low = calibration.lens.undistort(np.array([[width / 2, height]]))[0]

    def fill(self, rows: Homographies, run: slice, chain: Matrices, anchors: list[Anchor]) -> None:
        """Fill the rows of a run that its anchors reach.

        Args:
            rows: of all frames; written to.
            run: frames over which the motion is known.
            chain: (k, 3, 3) px of the run's first frame -> px of each of its k frames.
            anchors: calibrated frames of the run, in order.
        """
        for before, after in zip([None, *anchors], [*anchors, None], strict=True):
            start = run.start if before is None else before.last + 1
            stop = run.stop if after is None else after.first
            between = np.arange(start, stop)
            if len(between):
                self._between(rows, between, chain, run.start, before, after)
        for anchor in anchors:
            held = np.arange(anchor.first, min(anchor.last, run.stop - 1) + 1)
            source = "measured" if anchor.exact else "propagated"
            rows.put(held, self._oriented(anchor.matrix[None]), anchor.error_px, source)

    def _between(
        self,
        rows: Homographies,
        between: Integers,
        chain: Matrices,
        offset: int,
        before: Anchor | None,
        after: Anchor | None,
    ) -> None:
        """Fill the rows between two anchors, or beyond one."""
        inverse = np.linalg.inv(chain[between - offset])
        sides: list[tuple[Matrices, Floats, float]] = []
        for anchor, row in ((before, before.last if before else 0), (after, after.first if after else 0)):
            if anchor is None:
                continue
            propagated = self._oriented(anchor.matrix @ chain[row - offset] @ inverse)
            away_s = np.abs(self.clock_s[between] - self.clock_s[row])
            propagated[away_s > self.settings.max_propagation_s] = np.nan
            sides.append((propagated, away_s, anchor.error_px))
        if len(sides) == 1:
            matrix, error = sides[0][0], np.full(len(between), sides[0][2])
        else:
            matrix, error = self._blend(*sides)
        usable = self._plausible(matrix)
        rows.put(between[usable], matrix[usable], error[usable], "propagated")

    def _blend(
        self, before: tuple[Matrices, Floats, float], after: tuple[Matrices, Floats, float]
    ) -> tuple[Matrices, Floats]:
        """Mix both sides by nearness; where they disagree too much there is nothing.

        The error that remains after mixing is, for a break at an unknown moment in between, 2 w (1 - w) times the
        disagreement on average.
        """
        (forward, since_s, error_before_px), (backward, until_s, error_after_px) = before, after
        share = since_s / np.maximum(since_s + until_s, 1e-9)
        share = np.where(np.isnan(backward[:, 0, 0]), 0.0, np.where(np.isnan(forward[:, 0, 0]), 1.0, share))
        left = np.where(share[:, None, None] == 1, backward, forward)
        right = np.where(share[:, None, None] == 0, forward, backward)
        usable = is_known(left)
        left, right = (
            np.where(usable[:, None, None], left, np.eye(3)),
            np.where(usable[:, None, None], right, np.eye(3)),
        )
        step = np.linalg.inv(left) @ right
        step /= (step @ np.append(self.low, 1.0))[:, 2, None, None]
        mixed = self._oriented(left @ (np.eye(3) + share[:, None, None] * (step - np.eye(3))))
        rest_m = 2 * share * (1 - share) * self._disagreement_m(left, right)
        mixed[~usable | ~(rest_m <= self.settings.max_disagreement_m)] = np.nan
        return mixed, np.fmax(error_before_px, error_after_px) * np.ones(len(share))

    def _disagreement_m(self, left: Matrices, right: Matrices) -> Floats:
        """Measure the 90th percentile over the visible court of the distance (n,) between two registrations."""
        first, second = project_all(left, self.grid), project_all(right, self.grid)
        away = np.where(self._inside(first), np.linalg.norm(first - second, axis=2), np.nan)
        away[self._inside(first) & np.isnan(second[..., 0])] = np.inf
        empty = np.isnan(away).all(axis=1)
        away[empty] = np.inf
        return np.asarray(np.nanpercentile(away, 90, axis=1, method="lower"))

    def _inside(self, positions: Floats) -> NDArray[np.bool_]:
        """Say which positions (..., 2) are on the court."""
        x, y = positions[..., 0], positions[..., 1]
        with np.errstate(invalid="ignore"):
            return np.asarray((x >= 0) & (x <= self.court.length_m) & (y >= 0) & (y <= self.court.width_m))

    def _plausible(self, matrix: Matrices) -> NDArray[np.bool_]:
        """Accept homographies (n, 3, 3) that are not mirrored and show some of the court."""
        finite = is_known(matrix)
        matrix = np.where(finite[:, None, None], matrix, np.eye(3))
        visible = self._inside(project_all(matrix, self.grid)).sum(axis=1) >= 3
        return np.asarray(finite & visible & (np.linalg.det(matrix) > 0))

    def _oriented(self, matrix: Matrices) -> Matrices:
        """Scale to weight 1 at the middle of the lower edge of the picture, which is before the camera."""
        weight = (matrix @ np.append(self.low, 1.0))[:, 2]
        scaled: Matrices = matrix / np.where(np.abs(weight) > 1e-12, weight, np.nan)[:, None, None]
        return scaled


def drift_clock(time_s: Floats, motion: Matrices, image_size_px: tuple[int, int]) -> Floats:
    """Count seconds (n,) in which what is propagated drifts: those in which the camera stands count little.

    Args:
        time_s: (n,) of the frames.
        motion: (n, 3, 3) from the frame before, undistorted px; NaN where unknown.
        image_size_px: width, height.

    Example:
        >>> step = np.array([[1.0, 0, 4], [0, 1, 0], [0, 0, 1]])
        >>> drift_clock(np.arange(4.0) / 10, np.stack([step, step, np.eye(3), np.eye(3)]), (1280, 720)).round(2).tolist()
        [0.0, 0.1, 0.12, 0.14]
    """
    elapsed_s = np.diff(time_s, prepend=time_s[:1])
    grid = picture_grid(image_size_px, 3, 3)
    shift_px = np.linalg.norm(project_all(motion, grid) - grid, axis=2).max(axis=1)
    with np.errstate(invalid="ignore"):
        stands = shift_px <= STILL_PX_PER_S * elapsed_s * image_size_px[0] / 1280
    return np.asarray(np.cumsum(np.where(stands, STANDING_COUNTS, 1.0) * elapsed_s))


def is_known(matrices: Matrices) -> NDArray[np.bool_]:
    """Say which matrices (n, 3, 3) are known."""
    return np.asarray(np.isfinite(matrices).all(axis=(1, 2)))
