"""The size of a court whose lines are by a rule book and whose floor is not, from points of a calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import Calibration
from pipeline.geometry.court import court_of, landmarks
from pipeline.geometry.fit import PointPairs, fit_homography, reprojection_px

_LEAST_POINTS = 7
"""Landmarks of a frame: a homography takes eight numbers of it, the size two more, and the rest has to agree."""
_LIMITS_M = ((20.0, 30.0), (11.0, 16.5))
"""Length and width of courts that are played on."""
_FRAMES = 4
"""Frames that decide, those with most points."""


def fitting_size(calibration: Calibration) -> tuple[tuple[float, float], float] | None:
    """Search for the length and width on which the landmarks of a calibration fit best.

    Distances from the end lines and from the middle of the width stay those of the rule book, as halls paint them.

    Returns:
        The size in metres, and the root mean square error of the points there, source px; None where too few points are
        landmarks, or the best size is one that nobody plays on.
    """
    from scipy.optimize import minimize  # slow to import, and few calibrations are asked

    places = {place: name for name, place in landmarks(calibration.floor).items()}
    frames = []
    for view in calibration.frames:
        if view.pairs is None:
            continue
        names = [places.get((round(x, 6), round(y, 6))) for x, y in view.pairs.court_m.tolist()]
        if None not in names and len(names) >= _LEAST_POINTS:
            frames.append((view.pairs.px, [name for name in names if name is not None]))
    frames = sorted(frames, key=lambda frame: -len(frame[1]))[:_FRAMES]
    if not frames:
        return None

    def error_px(size_m: NDArray[np.float64]) -> float:
        try:
            away = [_errors_px(calibration, (size_m[0], size_m[1]), px, names) for px, names in frames]
        except (CalibrationError, np.linalg.LinAlgError, ValueError):
            return 1e6
        return float(np.sqrt(np.mean(np.concatenate(away) ** 2)))

    floor = calibration.floor
    best = minimize(
        error_px, (floor.length_m, floor.width_m), method="Nelder-Mead", options={"xatol": 0.02, "maxfev": 150}
    )
    if not all(low < value < high for value, (low, high) in zip(best.x, _LIMITS_M, strict=True)):
        return None
    size_m = round(float(best.x[0]), 1), round(float(best.x[1]), 1)
    return size_m, error_px(np.array(size_m))


def _errors_px(
    calibration: Calibration, size_m: tuple[float, float], px: NDArray[np.float64], names: list[str]
) -> NDArray[np.float64]:
    """Fit a frame on a court of a size; return the error (n,) of its points, source px."""
    places = landmarks(court_of(calibration.court, size_m))
    pairs = PointPairs(px, np.array([places[name] for name in names]))
    return reprojection_px(pairs, fit_homography(pairs, calibration.lens), calibration.lens)
