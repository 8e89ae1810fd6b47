"""Whether a calibration that was given contradicts what is seen: the court's lines, and the motion of the camera.

At moments spread over the video the points seen on lines are put on the floor by the calibration, and the whole of them is turned
and shifted there in search of a place where it lies on the lines of the court. A right calibration has them there already.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import Calibration
from pipeline.geometry.camera_fitting.evidence import CourtLines
from pipeline.geometry.court import Court
from pipeline.geometry.motion import chained, picture_grid, project_all, stands_still
from pipeline.tables import HOMOGRAPHY_COLUMNS
from pipeline.understand.court.keyframe import Keyframe, keyframes
from pipeline.understand.court.motion_runs import known_motion, motion_runs
from pipeline.understand.court.propagation import is_known
from pipeline.understand.court.registration import CourtRegistration

Floats = NDArray[np.float64]
_MOMENTS = 40
"""Moments that are judged, spread over those in which lines are seen."""
_LINE_POINTS = 40
"""Fewer points on lines say nothing."""
_ON_LINE_M = 0.3
"""A point so near a line of the court lies on it."""
_FURTHEST_M, _STEP_M = 6.0, 0.5
"""Shifts that are tried along and across the court."""
_TURNS_DEG = (-12, -8, -4, 0, 4, 8, 12)
_CLEAR_SHARE, _CLEARLY_MORE, _CLEAR_M = 0.3, 1.5, 0.75
"""A moment contradicts where at least this share of the points lies on lines elsewhere, so many times as many as here, so far away."""
_REFUSED_SHARE, _MOST_BY_CHANCE = 0.5, 0.1
"""Of the moments judged: a calibration is refused from the first on; up to the second nothing is said."""
_LEAST_MOMENTS = 2
_MOVES = 0.03
"""A camera whose picture moves by so many widths does not stand."""
_CELL_M = 0.1


@dataclass(frozen=True)
class Judged:
    """A moment in which the lines that are seen were compared with the calibration."""

    time_s: float
    contradicts: bool
    away_m: float
    """From where the calibration puts the lines to where they fit best."""


def check_calibration(
    registration: CourtRegistration, calibration: Calibration, frames: pd.DataFrame, court_points: pd.DataFrame
) -> tuple[str, ...]:
    """Compare a calibration with the lines of the court that are seen, and with the camera's motion.

    Args:
        registration: of the calibration.
        calibration: what was given, for this size of picture.
        frames: table `frames`.
        court_points: table `court_points`; without rows the lines are not compared.

    Returns:
        A warning where some moments contradict it.

    Raises:
        CalibrationError: most moments contradict it, or it says that the camera stands, and the camera moves.
    """
    judged = judge_calibration(registration, frames, court_points)
    against = [moment for moment in judged if moment.contradicts]
    share = len(against) / len(judged) if judged else 0.0
    enough = len(against) >= _LEAST_MOMENTS
    moved, moved_s = moved_most(calibration, frames) if calibration.fixed and len(frames) else (0.0, 0.0)
    if moved > _MOVES and (share > _MOST_BY_CHANCE or len(judged) < _LEAST_MOMENTS):
        raise CalibrationError(
            f"the calibration says that the camera stands, but its picture moves by {100 * moved:.0f} % of the width (at "
            f'{moved_s:.1f} s); say "camera": "moving" and calibrate frames at both ends of its pans'
        )
    if not enough or share <= _MOST_BY_CHANCE:
        return ()
    first, away_m = against[0], float(np.median([moment.away_m for moment in against]))
    seen = f"the calibration contradicts the lines that are seen in {len(against)} of {len(judged)} moments, by about {away_m:.1f} m"
    if share >= _REFUSED_SHARE:
        raise CalibrationError(
            f"{seen} (first at {first.time_s:.1f} s); calibrate that frame, or leave the calibration out. Without this check: "
            "court.automatic=false"
        )
    times = ", ".join(f"{moment.time_s:.1f}" for moment in against[:8])
    return (f"{seen}: metres are wrong there; calibrate a frame at {times} s",)


def judge_calibration(
    registration: CourtRegistration, frames: pd.DataFrame, court_points: pd.DataFrame
) -> list[Judged]:
    """Compare the court's lines with what is seen of them at moments spread over the video, in order of time."""
    homographies = registration.table.set_index("frame")[list(HOMOGRAPHY_COLUMNS)]
    numbers, time_s = frames["frame"].to_numpy(), frames["time_s"].to_numpy(np.float64)
    usable = [
        keyframe
        for keyframe in keyframes(frames, court_points)
        if numbers[keyframe.row] in homographies.index and len(keyframe.evidence.line_px) >= _LINE_POINTS
    ]
    if not usable:
        return []
    chosen = np.unique(np.linspace(0, len(usable) - 1, min(len(usable), _MOMENTS)).round().astype(int))
    lines = _LineMap(registration.court)
    found = []
    for keyframe in (usable[k] for k in chosen):
        matrix = homographies.loc[numbers[keyframe.row]].to_numpy(np.float64).reshape(3, 3)
        here, best, away_m = lines.fit(_on_floor(keyframe, matrix, registration))
        if best >= _CLEAR_SHARE:
            contradicts = best >= _CLEARLY_MORE * here and away_m >= _CLEAR_M
            found.append(Judged(float(time_s[keyframe.row]), contradicts, away_m))
    return found


def moved_most(calibration: Calibration, frames: pd.DataFrame) -> tuple[float, float]:
    """Say how far the picture of a camera moves within a shot.

    Returns:
        The longest way of a point of the picture, in picture widths, 0 for a camera that stands; and when, s.
    """
    motion = known_motion(frames, calibration.lens, calibration.image_size_px)
    time_s, size_px = frames["time_s"].to_numpy(np.float64), calibration.image_size_px
    grid = picture_grid(size_px, 3, 3)
    most = 0.0, 0.0
    for run in motion_runs(~is_known(motion)):
        chain = chained(motion[run])
        if len(chain) < 2 or stands_still(chain, time_s[run], size_px):
            continue
        way = np.median(np.linalg.norm(project_all(chain, grid) - grid, axis=2), axis=1) / size_px[0]
        furthest = int(np.nanargmax(way))
        most = max(most, (float(way[furthest]), float(time_s[run][furthest])))
    return most


def _on_floor(keyframe: Keyframe, matrix: Floats, registration: CourtRegistration) -> Floats:
    """Put the points on lines (n, 2) px on the floor, in metres; NaN for those further than a court's size off the court."""
    floor: Floats = project_all(matrix[None], registration.lens.undistort(keyframe.evidence.line_px))[0]
    size_m = np.array([registration.court.length_m, registration.court.width_m])
    with np.errstate(invalid="ignore"):
        floor[~(np.abs(floor - size_m / 2) < 1.5 * size_m).all(axis=1)] = np.nan
    return floor


class _LineMap:
    """The floor around a court in cells, and which of them lie on its lines."""

    def __init__(self, court: Court) -> None:
        size_m = np.array([court.length_m, court.width_m])
        self._from_m, self._to_m = -size_m - _FURTHEST_M, 2 * size_m + _FURTHEST_M
        shape = np.ceil((self._to_m - self._from_m + 2 * _FURTHEST_M) / _CELL_M).astype(int)
        bare = np.ones(shape, bool)
        row, column = self._cells(CourtLines(court).points_m).T
        bare[row, column] = False
        self._columns = int(shape[1])
        self._near = (distance_transform_edt(bare) * _CELL_M < _ON_LINE_M).ravel()
        side = np.arange(-_FURTHEST_M, _FURTHEST_M + _STEP_M / 2, _STEP_M)
        self._shifts_m = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        self._shifts = self._flat((self._shifts_m / _CELL_M).round().astype(np.int64))

    def fit(self, floor: Floats) -> tuple[float, float, float]:
        """Search for the shift and turn that puts most points on lines of the court.

        Args:
            floor: (n, 2) m, NaN for points that lie on no line.

        Returns:
            Share of the points on lines as they are, and at the best place; how far that is, m.
        """
        points = floor[np.isfinite(floor).all(axis=1)]
        if not len(points):
            return 0.0, 0.0, 0.0
        here = float(self._near[self._flat(self._cells(points))].sum() / len(floor))
        middle = np.median(points, axis=0)
        best, away_m = here, 0.0
        for turn in np.radians(_TURNS_DEG):
            matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            turned = (points - middle) @ matrix.T + middle
            flat = self._flat(self._cells(turned[self._holds(turned)]))
            shares = self._near[flat + self._shifts[:, None]].sum(axis=1) / len(floor)
            k = int(shares.argmax())
            if shares[k] > best:
                best = float(shares[k])
                away_m = float(np.linalg.norm(turned + self._shifts_m[k] - points, axis=1).mean())
        return here, best, away_m

    def _holds(self, points_m: Floats) -> NDArray[np.bool_]:
        """Say which points (n,) may be shifted without leaving the map."""
        return np.asarray(((points_m > self._from_m) & (points_m < self._to_m)).all(axis=1))

    def _cells(self, points_m: Floats) -> NDArray[np.int64]:
        """Return row and column (n, 2) of the cells of points on the floor."""
        return np.floor((points_m - self._from_m + _FURTHEST_M) / _CELL_M).astype(np.int64)

    def _flat(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(cells[:, 0] * self._columns + cells[:, 1])
