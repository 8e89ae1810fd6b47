"""The stage `court`: a homography for each frame, from a calibration or from what is seen of the court."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from pipeline.config import CourtSettings
from pipeline.geometry.calibration import Calibration
from pipeline.geometry.court import COURTS, off_the_book_m
from pipeline.geometry.lens import Lens
from pipeline.tables import COURT
from pipeline.understand.court.automatic import CLEARLY_BETTER, AutomaticCalibration, find_calibration
from pipeline.understand.court.contradiction import check_calibration
from pipeline.understand.court.from_calibration import register_calibrated
from pipeline.understand.court.registration import CourtRegistration

NO_CALIBRATION = "no calibration was given: positions, distances and speeds in metres need one (--calibration)"
NOT_FOUND = (
    "no calibration was given and no court was found in the picture ({why}): positions, distances and speeds in metres need one "
    "(--calibration)"
)


def register_court(
    frames: pd.DataFrame,
    court_points: pd.DataFrame,
    detections: pd.DataFrame,
    calibration: Calibration | None,
    image_size_px: tuple[int, int],
    settings: CourtSettings,
) -> CourtRegistration:
    """Find the homography of every frame.

    A calibration that was given is trusted, as long as what is seen does not contradict it. Without one the court is looked for in keyframes, if the settings say so; what
    is found there serves as a calibration that is propagated over shorter times.

    Args:
        frames: table `frames`.
        court_points: table `court_points`.
        detections: table `detections`.
        calibration: what the user gave; None if nothing.
        image_size_px: width, height of the video as displayed.
        settings: limits, and whether to look for the court.

    Returns:
        An empty table, and a warning that says why, where there is neither a calibration nor a court.

    Raises:
        CalibrationError: the calibration is of another picture, none of its frames can be used, or what is seen contradicts it.
    """
    if calibration is not None:
        given = register_calibrated(frames, calibration, image_size_px, settings)
        doubts = check_calibration(given, calibration.resized(image_size_px), frames, court_points)
        return replace(given, warnings=given.warnings + doubts)
    if not settings.automatic:
        return _unregistered(settings, image_size_px, NO_CALIBRATION)
    automatic = find_calibration(frames, court_points, detections, image_size_px, settings)
    found = automatic.calibration
    if found is None:
        return _unregistered(settings, image_size_px, NOT_FOUND.format(why=automatic.refused))
    limits = settings.model_copy(update={"max_propagation_s": settings.max_automatic_s})
    registration = register_calibrated(frames, found, image_size_px, limits)
    return replace(registration, warnings=(_said(automatic, registration),))


def _said(found: AutomaticCalibration, registration: CourtRegistration) -> str:
    """Say as which court it was found, and how clearly."""
    said = f"the court was found in the picture, as {registration.court.name.upper()}"
    if (size_m := off_the_book_m(registration.court)) is not None:
        said += f" on a floor of {size_m[0]:.1f} x {size_m[1]:.1f} m, which is not the size of the book"
    if found.runner_up is None:
        return said
    second, times = found.runner_up
    if times < CLEARLY_BETTER:
        return f"{said}; the lines of {second.upper()} fit as well: --court {second} if it is one"
    return f"{said}, whose lines fit {times:.1f} times as well as those of {second.upper()}"


def _unregistered(settings: CourtSettings, image_size_px: tuple[int, int], warning: str) -> CourtRegistration:
    """Return a registration of no frame."""
    return CourtRegistration(COURT.empty(), Lens(), COURTS[settings.court or "fiba"], image_size_px, False, (warning,))
