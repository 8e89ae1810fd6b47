"""Where the court is in each frame, and what follows from it for the boxes of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.geometry.lens import Lens
from pipeline.geometry.motion import Matrices
from pipeline.tables import HOMOGRAPHY_COLUMNS, PERSON_CLASSES

Floats = NDArray[np.float64]
FOOT_DEPTH_M = 0.2
"""A box ends at the tip of the nearer foot: this far in front of the middle of the body, away from which the camera looks."""
FOOT_NOISE = 0.03, 0.08
"""Standard deviations of the middle of a box's lower edge, across and upwards, in heights of the box."""
COURT_NOISE_M = 0.1
"""Standard deviation of the court from frame to frame."""
CUT_PX = 2.0
"""A box that ends this close to the lower border shows no feet."""
CUT_BY_GRAPHICS = 0.01
"""So does one that ends so close to graphics, picture heights."""
WELL_COVERED = 0.995
"""Share of the frames from which on the court counts as known throughout."""


@dataclass(frozen=True)
class CourtRegistration:
    """A homography for each frame, with what lies beside the table."""

    table: pd.DataFrame
    """Table `court`; a frame without a trusted homography has no row."""
    lens: Lens
    court: Court
    image_size_px: tuple[int, int]
    fixed: bool
    """The camera stands still: one homography holds for all rows."""
    warnings: tuple[str, ...]
    """In plain words, for the report."""
    graphics_px: tuple[tuple[float, float, float, float], ...] = ()
    """x, y, width, height of graphics over the picture, which hide feet."""

    def feet_m(self, detections: pd.DataFrame) -> Floats:
        """Locate each person on the court: the middle of the box's lower edge, and the depth of a foot behind it.

        Returns:
            (m, 2) metres per row of detections; NaN for other classes, frames without a homography, points beyond the
            horizon, and boxes cut by the lower border of the picture or by graphics.
        """
        positions_m = self._on_floor(detections)
        positions_m[self._without_feet(detections)] = np.nan
        return positions_m

    def _without_feet(self, detections: pd.DataFrame) -> NDArray[np.bool_]:
        """Say of which rows of detections (m,) the lower edge is not where the feet are."""
        middle_px = detections[["x1", "x2"]].to_numpy(np.float64).mean(axis=1)
        low_px = detections["y2"].to_numpy(np.float64)
        cut = low_px >= self.image_size_px[1] - CUT_PX
        for left, top, width, height in self.graphics_px:
            beside = (middle_px < left) | (middle_px > left + width)
            margin_px = CUT_BY_GRAPHICS * self.image_size_px[1]
            cut |= ~beside & (low_px >= top - margin_px) & (low_px <= top + height + margin_px)
        return np.asarray(cut)

    def foot_covariance_m2(self, detections: pd.DataFrame) -> Floats:
        """Propagate the noise of a box's lower edge to the court, to first order.

        Returns:
            Covariances (m, 2, 2) of `feet_m`, m^2; NaN where there is no position.
        """
        box = detections[["x1", "x2", "y1", "y2"]].astype(np.float64)
        across_px, up_px = ((box["y2"] - box["y1"]) * share for share in FOOT_NOISE)
        positions_m = self._on_floor(detections)
        moved_across = detections.assign(x1=box["x1"] + across_px, x2=box["x2"] + across_px)
        moved_up = detections.assign(y2=box["y2"] - up_px)
        shifts_m = [self._on_floor(moved) - positions_m for moved in (moved_across, moved_up)]
        spread = np.stack(shifts_m, axis=2)  # (m, 2, 2) one column per cause
        return np.asarray(spread @ spread.transpose(0, 2, 1) + COURT_NOISE_M**2 * np.eye(2))

    def on_court(self, detections: pd.DataFrame, margin_m: float) -> NDArray[np.bool_]:
        """Say for each row of detections (m,) whether it may be somebody on the court.

        Where the frame has a homography: the lower edge of the box is on the court or at most `margin_m` off it (beyond
        the horizon is off). Where it has none nobody can tell, and the answer is yes.
        """
        positions_m = self._on_floor(detections)
        x, y = positions_m[:, 0], positions_m[:, 1]
        length_m, width_m = self.court.length_m, self.court.width_m
        with np.errstate(invalid="ignore"):
            inside = (x >= -margin_m) & (x <= length_m + margin_m) & (y >= -margin_m) & (y <= width_m + margin_m)
        registered = detections["frame"].isin(self.table["frame"]).to_numpy()
        return np.asarray(inside | ~registered)

    def coverage_warnings(self, frames: NDArray[np.int64]) -> tuple[str, ...]:
        """Say in how many of some frames (n,) the court is known, and what to do if it is not in all."""
        share = float(np.isin(frames, self.table["frame"]).mean()) if len(frames) else 1.0
        if self.table.empty or share >= WELL_COVERED:
            return ()
        moving = "courtside calibrate asks for frames there"
        advice = 'if the camera never moves, put "camera": "fixed" in the calibration' if self.fixed else moving
        return (
            f"the court is known in {share:.0%} of the frames of the game; elsewhere there are no metres ({advice})",
        )

    def _on_floor(self, detections: pd.DataFrame) -> Floats:
        """Project the middle of each person's lower edge (m, 2); NaN where that is not possible."""
        positions_m = np.full((len(detections), 2), np.nan)
        if self.table.empty or detections.empty:
            return positions_m
        frame = detections["frame"].to_numpy(np.int64)
        registered = self.table["frame"].to_numpy(np.int64)
        row = np.clip(np.searchsorted(registered, frame), 0, len(registered) - 1)
        usable = (registered[row] == frame) & detections["class"].isin(PERSON_CLASSES).to_numpy()
        box = detections[["x1", "x2", "y2"]].to_numpy(np.float64)[usable]
        edge_px = np.column_stack([(box[:, 0] + box[:, 1]) / 2, box[:, 2]])  # (k, 2)
        matrices = self.table[list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)[row[usable]]
        toes_m = _project_each(matrices, self.lens.undistort(edge_px))
        behind_m = _project_each(matrices, self.lens.undistort(edge_px - [0.0, 1.0])) - toes_m
        with np.errstate(invalid="ignore"):
            depth_m = FOOT_DEPTH_M * behind_m / np.linalg.norm(behind_m, axis=1, keepdims=True)
            positions_m[usable] = toes_m + depth_m
        return positions_m


def _project_each(matrices: Matrices, points: Floats) -> Floats:
    """Map each point (n, 2) by its own matrix (n, 3, 3); NaN beyond the horizon."""
    mapped = np.einsum("nij,nj->ni", matrices, np.column_stack([points, np.ones(len(points))]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(mapped[:, 2:] > 1e-12, mapped[:, :2] / mapped[:, 2:], np.nan)
