"""Gate of homographies: which fits of a camera to a keyframe are believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.geometry.camera_fitting.evidence import Aligned
from pipeline.geometry.motion import project_all
from pipeline.tables import PERSON_CLASSES

PERSON_M = 1.9
"""Height of a player, m."""


@dataclass(frozen=True)
class Limits:
    """What a fit must reach to be believed."""

    inliers: int = 22
    """Line points that lie on lines of the court."""
    inlier_share: float = 0.3
    expected_error_m: float = 0.45
    place_error_m: float = 1.3
    contradiction_m: float = 0.9
    height_m: tuple[float, float] = (1.2, 45.0)
    """Of the camera above the floor."""
    height_ratio: tuple[float, float] = (0.6, 1.5)
    """Median height of people on the court, in heights of a player there."""
    standing_share: float = 0.15
    """In place of `inlier_share` and `place_error_m`, for a standing camera whose lines are covered well."""
    coverage: float = 0.65
    """Share of the court's lines in view that line points cover, for a standing camera."""


LIMITS = Limits()


class Gate:
    """Plausibility test of a fit: its support by the lines, the place of the camera, and the size of people."""

    def __init__(self, frames: pd.DataFrame, detections: pd.DataFrame) -> None:
        people = detections[detections["class"].isin(PERSON_CLASSES) & (detections["score"] >= 0.4)]
        self._frame = people["frame"].to_numpy(np.int64)
        self._box = people[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
        self._numbers = frames["frame"].to_numpy(np.int64)

    def believes(self, fit: Aligned, row: int) -> bool:
        """Say whether a fit is supported by the picture and shows people of human size on the court.

        Args:
            fit: of a keyframe.
            row: the keyframe's, in `frames`.
        """
        supported = fit.inlier_share >= LIMITS.inlier_share and fit.place_error_m <= LIMITS.place_error_m
        return supported and self._is_plausible(fit, row)

    def believes_standing(self, fit: Aligned, row: int) -> bool:
        """Say whether a fit to all pictures of a standing camera is supported: much of the court's lines is seen.

        Args:
            fit: of all keyframes.
            row: of one of them.
        """
        supported = fit.coverage >= LIMITS.coverage and fit.inlier_share >= LIMITS.standing_share
        return supported and self._is_plausible(fit, row)

    def standing_refusal(self, fit: Aligned) -> str:
        """Say in plain words why a fit to all pictures of a standing camera is not believed.

        Args:
            fit: one that `believes_standing` refuses.
        """
        if fit.coverage < LIMITS.coverage:
            return (
                f"the camera that fits best explains {fit.coverage:.0%} of the court's lines in view, and {LIMITS.coverage:.0%} are needed: "
                "they are hidden, faint, or seen too flat"
            )
        return "the camera that fits its lines best is too uncertain, or people would be too large, too small or off the court"

    def _is_plausible(self, fit: Aligned, row: int) -> bool:
        """Say whether a fit is certain enough, and camera and people are where they can be."""
        low, high = LIMITS.height_m
        return (
            fit.inliers >= LIMITS.inliers
            and fit.expected_error_m <= LIMITS.expected_error_m
            and low <= fit.camera.position_m[2] <= high
            and self._people_fit_in(fit, row)
        )

    def _people_fit_in(self, fit: Aligned, row: int) -> bool:
        """Say whether people stand on the court and have a human size; true where too few are seen to tell."""
        start, stop = np.searchsorted(self._frame, [self._numbers[row], self._numbers[row] + 1])
        box = self._box[start:stop]
        if len(box) < 4:
            return True
        feet = fit.lens.undistort(np.column_stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3]]))
        floor = project_all(fit.to_floor[None], feet)[0]
        court = fit.court
        with np.errstate(invalid="ignore"):
            inside = ((floor >= -2) & (floor <= np.array([court.length_m, court.width_m]) + 2)).all(axis=1)
        if inside.sum() < max(3, 0.5 * len(box)):
            return False
        ratio = (box[inside, 3] - box[inside, 1]) / fit.camera.heights_px(floor[inside], PERSON_M)
        low, high = LIMITS.height_ratio
        return bool(low <= np.median(ratio) <= high)
