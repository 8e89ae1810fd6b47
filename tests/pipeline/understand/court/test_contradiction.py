"""A calibration that was given against what is seen: lines elsewhere, a camera that moves though it is said to stand."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config import CourtSettings
from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole
from pipeline.tables import COURT_POINTS, DETECTIONS, HOMOGRAPHY_COLUMNS
from pipeline.understand.court import CourtRegistration, register_court
from tests.pipeline.understand.court.test_automatic import SIZE, frames_of, panning
from tests.sightings import as_table, sighting

PAN = panning(41)
SEEN = as_table({row: sighting(PAN[row], np.random.default_rng(1), "fiba") for row in range(0, 41, 5)})
STANDING = [PAN[0]] * 41
SEEN_STANDING = as_table({row: sighting(PAN[0], np.random.default_rng(2), "fiba") for row in range(0, 41, 5)})


def moved(camera: Pinhole, *way_m: float) -> np.ndarray:
    """The floor of a camera, shifted by metres along and across the court."""
    return np.array([[1, 0, way_m[0]], [0, 1, way_m[1]], [0, 0, 1.0]]) @ camera.to_floor()


def register(
    views: list[CalibratedFrame], cameras: list[Pinhole], points: pd.DataFrame, fixed: bool | None = None
) -> CourtRegistration:
    calibration = Calibration("fiba", SIZE, Lens(), tuple(views), fixed)
    return register_court(frames_of(cameras), points, DETECTIONS.empty(), calibration, SIZE, CourtSettings())


def test_a_right_calibration_passes() -> None:
    moving = register([CalibratedFrame(PAN[20].to_floor(), frame=20)], PAN, SEEN)
    standing = register([CalibratedFrame(PAN[0].to_floor(), frame=20)], STANDING, SEEN_STANDING, fixed=True)
    assert len(moving.table) == len(standing.table) == 41
    assert not moving.warnings
    assert not standing.warnings


@pytest.mark.parametrize("way_m", [(2.0, 2.0), (0.0, 1.0), (5.0, 0.0)])
def test_lines_elsewhere_refuse_it_with_the_moment_and_the_distance(way_m: tuple[float, float]) -> None:
    views = [CalibratedFrame(moved(PAN[20], *way_m), frame=20)]
    about = f"9 of 9 moments, by about {np.hypot(*way_m):.1f} m (first at 0.0 s)"
    with pytest.raises(CalibrationError) as caught:
        register(views, PAN, SEEN)
    assert about in str(caught.value)


def test_a_frame_that_is_wrong_among_right_ones_is_said() -> None:
    still = [CalibratedFrame(PAN[0].to_floor(), frame=row) for row in (0, 15, 25)]
    wrong = [CalibratedFrame(moved(PAN[0], 2.0, 1.0), frame=row) for row in (35, 40)]
    (said,) = register([*still, *wrong], STANDING, SEEN_STANDING, fixed=False).warnings
    assert "in 2 of 8 moments, by about 2.2 m: metres are wrong there; calibrate a frame at 3.5, 4.0 s" in said


def test_a_camera_that_is_said_to_stand_and_moves_is_refused() -> None:
    views = [CalibratedFrame(PAN[0].to_floor(), frame=0)]
    for points in (COURT_POINTS.empty(), SEEN):
        with pytest.raises(CalibrationError, match=r"says that the camera stands, but its picture moves by \d+ %"):
            register(views, PAN, points, fixed=True)


def test_lines_that_agree_outweigh_a_motion_that_was_measured_wrongly() -> None:
    frames = frames_of(PAN)
    calibration = Calibration("fiba", SIZE, Lens(), (CalibratedFrame(PAN[0].to_floor(), frame=0),), True)
    found = register_court(frames, SEEN_STANDING, DETECTIONS.empty(), calibration, SIZE, CourtSettings())
    assert len(found.table) == 41
    assert found.table[list(HOMOGRAPHY_COLUMNS)].drop_duplicates().shape[0] == 1


def test_lines_of_another_sport_alone_refuse_nothing() -> None:
    rng = np.random.default_rng(3)
    strange = SEEN_STANDING.copy()
    line = strange["kind"] == "line"
    strange.loc[line, ["x_px", "y_px"]] = rng.uniform((0, 300), SIZE, (int(line.sum()), 2)).astype("float32")
    found = register([CalibratedFrame(PAN[0].to_floor(), frame=20)], STANDING, strange, fixed=True)
    assert len(found.table) == 41
    assert not found.warnings
