"""Court: a homography for each frame from a calibration and the camera's motion, or none where it cannot be trusted.

A fixed camera has one homography for all its frames. A moving camera's calibration is carried from the nearest
calibrated frames, on both sides where there are two, by the motions that `frames` holds; the two are blended, and where
they disagree the frame gets no row. Nothing is carried across a cut or an unknown motion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import CourtSettings
from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.geometry.court import COURTS, Court
from pipeline.geometry.lens import Lens
from pipeline.geometry.motion import (
    Matrices,
    chained,
    stands_still,
)
from pipeline.tables import COURT, HOMOGRAPHY_COLUMNS, PERSON_CLASSES, conform
from pipeline.understand.court.automatic import find_calibration
from pipeline.understand.court.motion_runs import known_motion, runs
from pipeline.understand.court.propagation import Anchor, Carrier, Homographies, known

Floats = NDArray[np.float64]
FOOT_DEPTH_M = 0.2
"""A box ends at the tip of the nearer foot: this far in front of the middle of the body, away from which the camera looks."""
FOOT_NOISE = 0.03, 0.08
"""Standard deviations of the middle of a box's lower edge, across and upwards, in heights of the box."""
COURT_NOISE_M = 0.1
"""Standard deviation of the court from frame to frame."""
CUT_PX = 2.0
"""A box that ends this close to the lower border shows no feet."""


@dataclass(frozen=True)
class CourtRegistration:
    """Where the court is in each frame."""

    table: pd.DataFrame
    """Table `court`; a frame without a trusted homography has no row."""
    lens: Lens
    court: Court
    image_size_px: tuple[int, int]
    fixed: bool
    """The camera stands still: one homography holds for all rows."""
    warnings: tuple[str, ...]
    """In plain words, for the report."""


def register(
    frames: pd.DataFrame, image_size_px: tuple[int, int], calibration: Calibration | None, settings: CourtSettings
) -> CourtRegistration:
    """Find the homography of every frame.

    Args:
        frames: table `frames`.
        image_size_px: width, height of the video as displayed.
        calibration: what the user gave; None gives an empty table.
        settings: limits.

    Raises:
        CalibrationError: the calibration is of another picture, or none of its frames can be used.
    """
    if calibration is None:
        court = COURTS[settings.court or "fiba"]
        return CourtRegistration(COURT.empty(), Lens(), court, image_size_px, False, (NO_CALIBRATION,))
    scaled = calibration.resized(image_size_px)
    views, warnings = _accepted(scaled, settings)
    fixed = _is_fixed(frames, scaled, views)
    if frames.empty:
        rows = Homographies.nothing(0)
    else:
        rows = _constant(frames, scaled, views) if fixed else _moving(frames, scaled, views, settings)
    table = _table(frames, rows)
    if table.empty and len(frames):
        warnings.append("no analysed frame is within reach of a calibrated one: there are no metres")
    return CourtRegistration(table, scaled.lens, COURTS[scaled.court], image_size_px, fixed, tuple(warnings))


def register_seen(
    frames: pd.DataFrame,
    court_points: pd.DataFrame,
    detections: pd.DataFrame,
    image_size_px: tuple[int, int],
    settings: CourtSettings,
) -> CourtRegistration:
    """Find the homography of every frame from what was seen of the court, without a calibration.

    Args:
        frames: table `frames`.
        court_points: table `court_points`.
        detections: table `detections`.
        image_size_px: width, height of the video as displayed.
        settings: limits.
    """
    found = find_calibration(frames, court_points, detections, image_size_px, settings)
    if found.calibration is None:
        court = COURTS[settings.court or "fiba"]
        return CourtRegistration(COURT.empty(), Lens(), court, image_size_px, False, (NOT_FOUND,))
    near = settings.model_copy(update={"max_propagation_s": settings.max_automatic_s})
    registered = register(frames, image_size_px, found.calibration, near)
    return replace(registered, warnings=(f"the court was found in the picture, as {registered.court.name}",))


NOT_FOUND = "no calibration was given and no court was found in the picture: positions, distances and speeds in metres need one (--calibration)"


def about_share(registration: CourtRegistration, frames: NDArray[np.int64]) -> tuple[str, ...]:
    """Say in how many of some frames (n,) the court is known, and what to do if it is not in all."""
    table = registration.table
    share = float(np.isin(frames, table["frame"]).mean()) if len(frames) else 1.0
    if table.empty or share >= 0.995:
        return ()
    moving = "courtside calibrate asks for frames there"
    advice = 'if the camera never moves, put "camera": "fixed" in the calibration' if registration.fixed else moving
    return (f"the court is known in {share:.0%} of the frames of the game; elsewhere there are no metres ({advice})",)


NO_CALIBRATION = "no calibration was given: positions, distances and speeds in metres need one (--calibration)"


def feet(detections: pd.DataFrame, registration: CourtRegistration) -> Floats:
    """Locate each person on the court: the middle of the box's lower edge, and the depth of a foot behind it.

    Returns:
        (n, 2) metres per row of detections; NaN for other classes, frames without a homography, points beyond the
        horizon, and boxes cut by the lower border of the picture.
    """
    positions = _on_floor(detections, registration)
    height = registration.image_size_px[1]
    no_feet = detections["y2"].to_numpy(np.float64) >= height - CUT_PX
    positions[no_feet] = np.nan
    return positions


def foot_spread(detections: pd.DataFrame, registration: CourtRegistration) -> Floats:
    """Say how far off `feet` may be: covariances (n, 2, 2), m^2, where a box's lower edge is misplaced as boxes are."""
    box = detections[["x1", "x2", "y1", "y2"]].astype(np.float64)
    across, up = ((box["y2"] - box["y1"]) * share for share in FOOT_NOISE)
    place = _on_floor(detections, registration)
    aside = _on_floor(detections.assign(x1=box["x1"] + across, x2=box["x2"] + across), registration) - place
    behind = _on_floor(detections.assign(y2=box["y2"] - up), registration) - place
    spread = np.stack([aside, behind], axis=2)
    return np.asarray(spread @ spread.transpose(0, 2, 1) + COURT_NOISE_M**2 * np.eye(2))


def on_court(detections: pd.DataFrame, registration: CourtRegistration, margin_m: float) -> NDArray[np.bool_]:
    """Say for each row of detections (n,) whether it may be somebody on the court.

    Where the frame has a homography: the lower edge of the box is on the court or at most `margin_m` off it (beyond the
    horizon is off). Where it has none nobody can tell, and the answer is yes.
    """
    positions = _on_floor(detections, registration)
    court = registration.court
    x, y = positions[:, 0], positions[:, 1]
    with np.errstate(invalid="ignore"):
        inside = (
            (x >= -margin_m) & (x <= court.length_m + margin_m) & (y >= -margin_m) & (y <= court.width_m + margin_m)
        )
    known = detections["frame"].isin(registration.table["frame"]).to_numpy()
    return np.asarray(inside | ~known)


def _on_floor(detections: pd.DataFrame, registration: CourtRegistration) -> Floats:
    """Project the middle of each person's lower edge (n, 2); NaN where that is not possible."""
    table = registration.table
    positions = np.full((len(detections), 2), np.nan)
    if table.empty or detections.empty:
        return positions
    frame = detections["frame"].to_numpy(np.int64)
    known_frames = table["frame"].to_numpy(np.int64)
    row = np.clip(np.searchsorted(known_frames, frame), 0, len(known_frames) - 1)
    usable = (known_frames[row] == frame) & detections["class"].isin(PERSON_CLASSES).to_numpy()
    box = detections[["x1", "x2", "y2"]].to_numpy(np.float64)[usable]
    edge_px = np.column_stack([(box[:, 0] + box[:, 1]) / 2, box[:, 2]])
    matrices = table[list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)[row[usable]]
    toes = _mapped(matrices, registration.lens.undistort(edge_px))
    behind = _mapped(matrices, registration.lens.undistort(edge_px - [0.0, 1.0])) - toes
    with np.errstate(invalid="ignore"):
        positions[usable] = toes + FOOT_DEPTH_M * behind / np.linalg.norm(behind, axis=1, keepdims=True)
    return positions


def _mapped(matrices: Matrices, points: Floats) -> Floats:
    """Map each point (n, 2) by its own matrix (n, 3, 3); NaN beyond the horizon."""
    mapped = np.einsum("nij,nj->ni", matrices, np.column_stack([points, np.ones(len(points))]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(mapped[:, 2:] > 1e-12, mapped[:, :2] / mapped[:, 2:], np.nan)


def _accepted(calibration: Calibration, settings: CourtSettings) -> tuple[list[CalibratedFrame], list[str]]:
    """Leave out frames whose points do not fit."""
    limit = settings.max_error_px * calibration.image_size_px[0] / 1280
    good, texts = [], []
    for view in calibration.frames:
        if view.error_px is None or view.error_px <= limit:
            good.append(view)
        else:
            miss = f"its points miss the court by {view.error_px:.1f} px (limit {limit:.1f})"
            texts.append(f"calibration of {view.name} refused: {miss}")
    if not good:
        raise CalibrationError(f"{texts[0]}; check its points, or raise court.max_error_px")
    return good, texts


def _is_fixed(frames: pd.DataFrame, calibration: Calibration, views: list[CalibratedFrame]) -> bool:
    """Say whether one homography holds for the whole shot of the only calibrated frame."""
    if calibration.fixed is not None or len(views) > 1 or frames.empty:
        return bool(calibration.fixed)
    if views[0].frame is None and views[0].time_s is None:
        return True
    shot = frames[_shot_of(frames, views[0])]
    motion = known_motion(shot, calibration.lens, calibration.image_size_px)
    unknown = ~known(motion)
    if unknown.all():
        return views[0].last_frame is None
    time_s = shot["time_s"].to_numpy(np.float64)
    return all(stands_still(chained(motion[run]), time_s[run], calibration.image_size_px) for run in runs(unknown))


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
    rows = Homographies.nothing(len(frames))
    rows.put(np.flatnonzero(mask), view.homography[None], view.error_px, "measured")
    return rows


def _moving(
    frames: pd.DataFrame, calibration: Calibration, views: list[CalibratedFrame], settings: CourtSettings
) -> Homographies:
    """Carry the calibrated frames to the others."""
    rows = Homographies.nothing(len(frames))
    motion = known_motion(frames, calibration.lens, calibration.image_size_px)
    unknown = ~known(motion)
    anchors = sorted(
        (a for a in (_anchor(frames, motion, view) for view in views) if a is not None), key=lambda a: a.first
    )
    carrier = Carrier(frames["time_s"].to_numpy(np.float64), motion, calibration, settings)
    for run in runs(unknown):
        own = [a for a in anchors if run.start <= a.first < run.stop]
        if own:
            carrier.fill(rows, run, chained(motion[run]), own)
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
        return _locate(0.0 if view.time_s is None else view.time_s, time_s, rows)
    number = frames["frame"].to_numpy(np.float64)
    rate = (number[-1] - number[0]) / (time_s[-1] - time_s[0]) if len(frames) > 1 else 0.0
    return _locate(wanted - round(time_s[0] * rate), number, rows)


def _locate(value: float, values: Floats, rows: Floats) -> float:
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
    if offset > 0.02 and row + 1 < len(frames) and np.isfinite(motion[row + 1]).all():
        matrix = matrix @ _part(motion[row + 1], offset)
    elif offset < -0.02 and np.isfinite(motion[row]).all():
        matrix = matrix @ np.linalg.inv(_part(motion[row], -offset))
    last = row
    if view.last_frame is not None:
        last = int(np.clip(np.floor(_row_of(frames, view, last=True)), row, len(frames) - 1))
    error_px = np.nan if view.error_px is None else view.error_px
    return Anchor(row, last, matrix, error_px, abs(offset) <= 0.02)


def _part(motion: Floats, share: float) -> Floats:
    """Take a share of a small motion (3, 3)."""
    partial: Floats = (1 - share) * np.eye(3) + share * motion / motion[2, 2]
    return partial


def _table(frames: pd.DataFrame, rows: Homographies) -> pd.DataFrame:
    """Make the table of the frames that have a homography."""
    there = known(rows.matrix)
    columns = dict(zip(HOMOGRAPHY_COLUMNS, rows.matrix[there].reshape(-1, 9).T, strict=True))
    source = np.where(rows.measured[there], "measured", "propagated")
    table = {"frame": frames["frame"].to_numpy()[there], **columns, "error_px": rows.error_px[there], "source": source}
    return conform("court", pd.DataFrame(table))
