"""Courts whose lines are by a rule book on a floor of another size: said in a calibration, or found from its points."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config import CourtSettings
from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import Calibration, read_calibration, write_calibration
from pipeline.geometry.court import court_of, landmarks
from pipeline.geometry.court_size import fitting_size
from pipeline.geometry.homography import project
from pipeline.tables import COURT_POINTS, DETECTIONS, MOTION_COLUMNS, conform
from pipeline.understand.court import CourtRegistration, register_court
from tests.pipeline.geometry.test_calibration import SIZE, TO_PX

NAMES = [
    "corner_far_left", "corner_far_right", "half_far", "half_near", "free_throw_near_left", "free_throw_far_left",
    "lane_base_far_left", "free_throw_near_right", "three_point_top_left", "three_point_top_right",
]  # fmt: skip
HALL_M = (26.0, 14.0)


def calibration_of(tmp_path: Path, names: list[str] = NAMES, **said: object) -> Calibration:
    """What clicks on the lines of a small hall give, each wrong by up to a pixel or two."""
    places = landmarks(court_of("fiba", HALL_M))
    px = project(TO_PX, np.array([places[name] for name in names])) + np.random.default_rng(5).normal(
        0, 0.7, (len(names), 2)
    )
    points = [{"px": at.tolist(), "landmark": name} for at, name in zip(px, names, strict=True)]
    path = tmp_path / "calibration.json"
    path.write_text(
        json.dumps({"court": "fiba", "image_size": SIZE, "lens": "none", "frames": [{"points": points}], **said})
    )
    return read_calibration(path)


def register(calibration: Calibration, **limits: float) -> CourtRegistration:
    frames = {"frame": [0, 1], "time_s": [0.0, 0.1], "shot": 0, **dict.fromkeys(MOTION_COLUMNS, np.nan)}
    table = conform("frames", pd.DataFrame(frames))
    return register_court(table, COURT_POINTS.empty(), DETECTIONS.empty(), calibration, SIZE, CourtSettings(**limits))


def test_a_size_that_is_said_is_the_floor_of_the_run(tmp_path: Path) -> None:
    calibration = calibration_of(tmp_path, court_size_m=[26.0, 14.0])
    court = register(calibration).court
    assert (court.name, court.length_m, court.width_m, court.three_point_radius_m) == ("fiba", 26.0, 14.0, 6.75)
    corner_px = project(TO_PX, np.array([HALL_M]))
    assert project(calibration.frames[0].homography, corner_px)[0] == pytest.approx(HALL_M, abs=0.1)
    write_calibration(tmp_path / "again.json", calibration)
    assert read_calibration(tmp_path / "again.json").court_size_m == HALL_M


def test_points_of_a_small_hall_name_its_size(tmp_path: Path) -> None:
    calibration = calibration_of(tmp_path)
    found = fitting_size(calibration)
    assert found is not None
    assert found[0] == pytest.approx(HALL_M, abs=0.2)
    assert found[1] < 2.0
    with pytest.raises(
        CalibrationError, match=r'size, write "court_size_m": \[2[56]\.\d, 1[34]\.\d\] into the calibration'
    ):
        register(calibration, max_error_px=4.0)


def test_few_points_or_points_in_metres_name_none(tmp_path: Path) -> None:
    assert fitting_size(calibration_of(tmp_path, NAMES[:6])) is None
    court_m = [[0.0, 0.0], [26.0, 0.0], [26.0, 14.0], [0.0, 14.0], [13.0, 7.0], [5.0, 5.0], [20.0, 5.0], [9.0, 9.0]]
    points = [{"px": project(TO_PX, np.array([at]))[0].tolist(), "court_m": at} for at in court_m]
    (tmp_path / "metres.json").write_text(json.dumps({"image_size": SIZE, "frames": [{"points": points}]}))
    assert fitting_size(read_calibration(tmp_path / "metres.json")) is None


@pytest.mark.parametrize("size_m", [[2.0, 1.0], [26.0], "26x14"])
def test_a_size_that_is_none_is_one_clear_line(tmp_path: Path, size_m: object) -> None:
    with pytest.raises(CalibrationError, match="court_size_m"):
        calibration_of(tmp_path, court_size_m=size_m)
