"""What calibrations are refused: of a standing camera where the camera moves, and those that contradict the found court."""

import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline.calibrate import checks
from pipeline.calibrate.checks import CameraMotion, check_found, check_motion, measure_motion
from pipeline.errors import CalibrationError
from pipeline.evaluation.truth.court import read_court_table
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.video import picture_at, probe

SIZE = (640, 360)


@pytest.fixture(scope="module")
def truth(fixed_game):
    court = read_court_table(fixed_game)
    return Calibration("fiba", SIZE, court.lens, (CalibratedFrame(court.matrices[0], time_s=1.0),), True)


def moved(calibration, east_m):
    """The same calibration with the court shifted along its length."""
    shift = np.eye(3)
    shift[0, 2] = east_m
    views = tuple(replace(view, homography=shift @ view.homography) for view in calibration.frames)
    return replace(calibration, frames=views)


def test_a_standing_camera_stands(fixed_game):
    motion = measure_motion(probe(fixed_game / "video.mp4"))
    assert motion.stands
    assert motion.shift_px < 2


def test_a_camera_that_follows_the_game_moves(broadcast_game):
    assert not measure_motion(probe(broadcast_game / "video.mp4")).stands


def test_a_slow_pan_moves_though_neighbouring_frames_hardly_differ(fixed_game):
    frame = picture_at(probe(fixed_game / "video.mp4"), 1.0)
    pan = [replace(frame, time_s=float(k), image=np.roll(frame.image, k, axis=1)) for k in range(5)]
    assert not checks._motion(pan).stands
    assert checks._motion(pan).between_s == (0.0, 4.0)


def test_one_calibration_for_all_frames_of_a_moving_camera_is_refused(truth):
    motion = CameraMotion(False, 210.4, (3.0, 65.5))
    words = "the camera moves: between 0:03.0 and 1:05.5 the picture shifts by 210 px"
    with pytest.raises(CalibrationError, match=re.escape(words)):
        check_motion(truth, motion)
    check_motion(replace(truth, fixed=None), motion)
    check_motion(truth, CameraMotion(True, 0.3))


def test_a_calibration_that_contradicts_the_found_court_is_refused(truth):
    check_found(truth, truth)
    check_found(truth, None)
    check_found(moved(truth, 0.5), truth)
    with pytest.raises(CalibrationError, match=r"the court lies 1\.5 m from where its lines were found"):
        check_found(moved(truth, 1.5), truth)


def test_frames_of_a_moving_camera_are_compared_with_themselves_alone(truth):
    found = replace(truth, fixed=None)
    wrong = replace(moved(truth, 3.0), fixed=None)
    check_found(replace(wrong, frames=(replace(wrong.frames[0], time_s=2.0),)), found)
    with pytest.raises(CalibrationError, match=r"3\.0 m"):
        check_found(wrong, found)
