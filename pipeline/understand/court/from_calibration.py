"""Court from a calibration: its homographies propagated to all frames by the camera's motion.

A fixed camera has one homography for all its frames. A moving camera's calibration is propagated from the nearest
calibrated frames, on both sides where there are two, by the motions that `frames` holds; the two are blended, and where
they disagree the frame gets no row. Nothing is propagated across a cut or an unknown motion.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import CourtSettings
from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.geometry.court_size import fitting_size
from pipeline.geometry.motion import Matrices, chained, stands_still
from pipeline.tables import HOMOGRAPHY_COLUMNS, conform
from pipeline.understand.court.motion_runs import known_motion, motion_runs
from pipeline.understand.court.propagation import Anchor, Homographies, Propagator, is_known
from pipeline.understand.court.registration import CourtRegistration

Floats = NDArray[np.float64]
EXACT_STEPS = 0.02
"""A calibrated frame within this share of a step of an analysed one is taken for that frame itself."""


def register_calibrated(
    frames: pd.DataFrame, calibration: Calibration, image_size_px: tuple[int, int], settings: CourtSettings
) -> CourtRegistration:
    """Find the homography of every frame from calibrated ones.

    Args:
        frames: table `frames`.
        calibration: of some frames, or of a fixed camera.
        image_size_px: width, height of the video as displayed.
        settings: limits.

    Raises:
        CalibrationError: the calibration is of another picture, or none of its frames can be used.
    """
    scaled = calibration.resized(image_size_px)
    views, warnings = _accepted(scaled, settings)
    fixed = _is_fixed(frames, scaled, views)
    if frames.empty:
        rows = Homographies.unknown(0)
    else:
        rows = _constant(frames, scaled, views) if fixed else _propagated(frames, scaled, views, settings)
    table = _table(frames, rows)
    if table.empty and len(frames):
        warnings.append("no analysed frame is within reach of a calibrated one: there are no metres")
    return CourtRegistration(table, scaled.lens, scaled.floor, image_size_px, fixed, tuple(warnings))


def _accepted(calibration: Calibration, settings: CourtSettings) -> tuple[list[CalibratedFrame], list[str]]:
    """Leave out frames whose points do not fit."""
    limit = settings.max_error_px * calibration.image_size_px[0] / 1280
    accepted, texts = [], []
    for view in calibration.frames:
        if view.error_px is None or view.error_px <= limit:
            accepted.append(view)
        else:
            miss = f"its points miss the court by {view.error_px:.1f} px (limit {limit:.1f})"
            texts.append(f"calibration of {view.name} refused: {miss}{_other_size(calibration, limit)}")
    if not accepted:
        raise CalibrationError(f"{texts[0]}; check its points, or raise court.max_error_px")
    return accepted, texts


def _other_size(calibration: Calibration, limit_px: float) -> str:
    """Say which size of a court its points fit, if there is one."""
    found = fitting_size(calibration)
    if found is None or found[1] > limit_px:
        return ""
    (length_m, width_m), error_px = found
    return (
        f"; on a court of {length_m:.1f} x {width_m:.1f} m they miss by {error_px:.1f} px: if it has that size, write "
        f'"court_size_m": [{length_m:.1f}, {width_m:.1f}] into the calibration'
    )


def _is_fixed(frames: pd.DataFrame, calibration: Calibration, views: list[CalibratedFrame]) -> bool:
    """Say whether one homography holds for the whole shot of the only calibrated frame."""
    if calibration.fixed is not None or len(views) > 1 or frames.empty:
        return bool(calibration.fixed)
    if views[0].frame is None and views[0].time_s is None:
        return True
    shot = frames[_shot_of(frames, views[0])]
    motion = known_motion(shot, calibration.lens, calibration.image_size_px)
    unknown = ~is_known(motion)
    if unknown.all():
        return views[0].last_frame is None
    time_s = shot["time_s"].to_numpy(np.float64)
    return all(
        stands_still(chained(motion[run]), time_s[run], calibration.image_size_px) for run in motion_runs(unknown)
    )


def _shot_of(frames: pd.DataFrame, view: CalibratedFrame) -> NDArray[np.bool_]:
    """Mark the frames of the shot that a calibrated frame is in."""
    row = int(np.clip(np.rint(_row_of(frames, view)), 0, len(frames) - 1))
    shot = frames["shot"].to_numpy()
    return np.asarray(shot == shot[row])


def _constant(frames: pd.DataFrame, calibration: Calibration, views: list[CalibratedFrame]) -> Homographies:
    """Give the frames of a fixed camera its homography: all frames if it is said to be fixed, else those of its shot."""
    view = views[0]
    everywhere = calibration.fixed or (view.frame is None and view.time_s is None)
    mask = np.ones(len(frames), bool) if everywhere else _shot_of(frames, view)
    rows = Homographies.unknown(len(frames))
    rows.put(np.flatnonzero(mask), view.homography[None], view.error_px, "measured")
    return rows


def _propagated(
    frames: pd.DataFrame, calibration: Calibration, views: list[CalibratedFrame], settings: CourtSettings
) -> Homographies:
    """Propagate the calibrated frames to the others."""
    rows = Homographies.unknown(len(frames))
    motion = known_motion(frames, calibration.lens, calibration.image_size_px)
    unknown = ~is_known(motion)
    anchors = sorted(
        (anchor for view in views if (anchor := _anchor(frames, motion, view)) is not None),
        key=lambda anchor: anchor.first,
    )
    propagator = Propagator(frames["time_s"].to_numpy(np.float64), motion, calibration, settings)
    for run in motion_runs(unknown):
        in_run = [anchor for anchor in anchors if run.start <= anchor.first < run.stop]
        if in_run:
            propagator.fill(rows, run, chained(motion[run]), in_run)
    return rows


def _row_of(frames: pd.DataFrame, view: CalibratedFrame, last: bool = False) -> float:
    """Find where a calibrated frame lies among the rows of `frames`, between two where it was not analysed.

    Numbers count from the start of the video, `frames` from the first analysed time: the difference follows from the
    first timestamp and the frame rate.
    """
    rows = np.arange(len(frames), dtype=np.float64)
    time_s = frames["time_s"].to_numpy(np.float64)
    wanted = view.last_frame if last else view.frame
    if wanted is None or (view.time_s is not None and not last):
        return _interpolated_row(0.0 if view.time_s is None else view.time_s, time_s, rows)
    number = frames["frame"].to_numpy(np.float64)
    rate = (number[-1] - number[0]) / (time_s[-1] - time_s[0]) if len(frames) > 1 else 0.0
    return _interpolated_row(wanted - round(time_s[0] * rate), number, rows)


def _interpolated_row(value: float, values: Floats, rows: Floats) -> float:
    """Interpolate a row number; beyond the ends it goes on with the step there."""
    step = float(np.median(np.diff(values))) if len(values) > 1 else 1.0
    if value < values[0]:
        return float((value - values[0]) / step)
    if value > values[-1]:
        return float(rows[-1] + (value - values[-1]) / step)
    return float(np.interp(value, values, rows))


def _anchor(frames: pd.DataFrame, motion: Matrices, view: CalibratedFrame) -> Anchor | None:
    """Place a calibrated frame at the nearest analysed one; None if that is more than half a step away."""
    place = _row_of(frames, view)
    row = int(np.floor(place + 0.5 - 1e-6))
    if not 0 <= row < len(frames) or abs(place - row) > 0.5 + 1e-6:
        return None
    offset, matrix = place - row, view.homography
    if offset > EXACT_STEPS and row + 1 < len(frames) and np.isfinite(motion[row + 1]).all():
        matrix = matrix @ _share_of_motion(motion[row + 1], offset)
    elif offset < -EXACT_STEPS and np.isfinite(motion[row]).all():
        matrix = matrix @ np.linalg.inv(_share_of_motion(motion[row], -offset))
    last = row
    if view.last_frame is not None:
        last = int(np.clip(np.floor(_row_of(frames, view, last=True)), row, len(frames) - 1))
    error_px = np.nan if view.error_px is None else view.error_px
    return Anchor(row, last, matrix, error_px, abs(offset) <= EXACT_STEPS)


def _share_of_motion(motion: Floats, share: float) -> Floats:
    """Take a share of a small motion (3, 3)."""
    partial: Floats = (1 - share) * np.eye(3) + share * motion / motion[2, 2]
    return partial


def _table(frames: pd.DataFrame, rows: Homographies) -> pd.DataFrame:
    """Make the table of the frames that have a homography."""
    registered = is_known(rows.matrix)
    columns = dict(zip(HOMOGRAPHY_COLUMNS, rows.matrix[registered].reshape(-1, 9).T, strict=True))
    source = np.where(rows.measured[registered], "measured", "propagated")
    table = {
        "frame": frames["frame"].to_numpy()[registered],
        **columns,
        "error_px": rows.error_px[registered],
        "source": source,
    }
    return conform("court", pd.DataFrame(table))
