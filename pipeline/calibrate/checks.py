"""Whether a calibration can be: not that of a standing camera where the camera moves, nor one that contradicts the found court."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from pipeline.calibrate.moments import STILL_PX, Moments, largest_shift_px
from pipeline.config import CourtSettings
from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.geometry.homography import project
from pipeline.geometry.motion import picture_grid
from pipeline.tables import DETECTIONS
from pipeline.understand.court import LIMITS, register_court
from pipeline.video import Frame, VideoInfo, glances, picture_at

_GLANCED = (0.08, 0.3, 0.5, 0.7, 0.92)
"""Where the camera's motion is looked at, in lengths of the video; key frames."""
_LOOKED_AT = (0.1, 0.5, 0.9)
"""The same, where there are too few key frames: these are decoded whatever it takes."""
_SAME_S = 0.02
"""Frames so close in time are one, in seconds."""
_BEYOND_M = 1.0
"""So far around the court two calibrations are compared, in metres."""


@dataclass(frozen=True)
class CameraMotion:
    """Whether the camera of a video stands, by a few frames far apart."""

    stands: bool
    shift_px: float | None = None
    """Largest shift of the picture between two of them; None where they do not show the same scene."""
    between_s: tuple[float, float] = (0.0, 0.0)
    """Which two."""

    @property
    def words(self) -> str:
        """Say how the camera moves."""
        begin, end = (f"{int(time_s // 60)}:{time_s % 60:04.1f}" for time_s in self.between_s)
        what = "shows something else" if self.shift_px is None else f"shifts by {self.shift_px:.0f} px"
        return f"the camera moves: between {begin} and {end} the picture {what}"


def measure_motion(info: VideoInfo) -> CameraMotion:
    """Look at a few spread frames of a video."""
    pictures = list(glances(info, [share * info.duration_s for share in _GLANCED]))
    if len(pictures) < len(_LOOKED_AT):
        taken = (picture_at(info, share * info.duration_s) for share in _LOOKED_AT)
        pictures = [picture for picture in taken if picture is not None]
    return _motion(pictures)


def _motion(pictures: list[Frame]) -> CameraMotion:
    """Compare neighbouring pictures, and the first with the last: a slow pan is small from one to the next."""
    worst = CameraMotion(True, 0.0)
    pairs = [*itertools.pairwise(pictures), *([(pictures[0], pictures[-1])] if len(pictures) > 2 else [])]
    for earlier, later in pairs:
        shift_px, times_s = largest_shift_px(earlier, later), (earlier.time_s, later.time_s)
        if shift_px is None:
            return CameraMotion(False, None, times_s)
        if worst.shift_px is not None and shift_px > worst.shift_px:
            worst = CameraMotion(shift_px <= STILL_PX * later.image.shape[1] / 1280, shift_px, times_s)
    return worst


def check_motion(calibration: Calibration, motion: CameraMotion) -> None:
    """Refuse one calibration for all frames where the camera moves.

    Raises:
        CalibrationError: says how it moves, and what to do.
    """
    if calibration.fixed and not motion.stands:
        raise CalibrationError(
            f"{motion.words}; clicks in one frame would be wrong in the others. Choose 'Camera moves', and mark several frames"
        )


def check_lines(calibration: Calibration, moments: Moments) -> None:
    """Refuse a calibration that contradicts the lines that are seen in other frames, as the analysis would.

    Raises:
        CalibrationError: says when, and by how much.
    """
    if len(moments.frames):
        size_px, settings = calibration.image_size_px, CourtSettings(court=calibration.court)
        register_court(moments.frames, moments.court_points, DETECTIONS.empty(), calibration, size_px, settings)


def check_found(calibration: Calibration, found: Calibration | None) -> None:
    """Refuse a calibration that contradicts where the court was found by itself, by more than the gate of fits allows.

    Raises:
        CalibrationError: says where, and by how much.
    """
    if found is None or found.court != calibration.court:
        return
    for view in calibration.frames:
        for seen in found.frames:
            apart_m = _apart_m(calibration, view, found, seen) if _same_frame(calibration, view, found, seen) else 0.0
            if apart_m > LIMITS.contradiction_m:
                raise CalibrationError(
                    f"{view.name}: the court lies {apart_m:.1f} m from where its lines were found by themselves (allowed: "
                    f"{LIMITS.contradiction_m:g} m); check the points, or untick the frames found by itself if those are wrong"
                )


def _same_frame(calibration: Calibration, view: CalibratedFrame, found: Calibration, seen: CalibratedFrame) -> bool:
    """Say whether two calibrated frames must agree."""
    if calibration.fixed or found.fixed:
        return bool(calibration.fixed and found.fixed)
    return view.time_s is not None and seen.time_s is not None and abs(view.time_s - seen.time_s) < _SAME_S


def _apart_m(calibration: Calibration, view: CalibratedFrame, found: Calibration, seen: CalibratedFrame) -> float:
    """Return the median distance on the floor between what two calibrations make of the pixels that show the court."""
    court, grid = calibration.floor, picture_grid(calibration.image_size_px, 24, 14)
    ours = project(view.homography, calibration.lens.undistort(grid))
    scale = found.image_size_px[0] / calibration.image_size_px[0]
    theirs = project(seen.homography, found.lens.undistort(grid * scale))
    size_m = np.array([court.length_m, court.width_m])
    with np.errstate(invalid="ignore"):
        shown = np.all((theirs > -_BEYOND_M) & (theirs < size_m + _BEYOND_M), axis=1) & np.isfinite(ours).all(axis=1)
    return float(np.median(np.linalg.norm(ours[shown] - theirs[shown], axis=1))) if shown.any() else 0.0
