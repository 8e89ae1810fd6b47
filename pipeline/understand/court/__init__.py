"""Court: from points of the floor and the camera's motion to a homography for each frame, or none where it cannot be trusted."""

from pipeline.understand.court.automatic import AutomaticCalibration, find_calibration
from pipeline.understand.court.contradiction import judge_calibration
from pipeline.understand.court.keyframe import Keyframe, keyframes
from pipeline.understand.court.registration import CourtRegistration
from pipeline.understand.court.stage import NO_CALIBRATION, register_court

__all__ = [
    "NO_CALIBRATION",
    "AutomaticCalibration",
    "CourtRegistration",
    "Keyframe",
    "find_calibration",
    "judge_calibration",
    "keyframes",
    "register_court",
]
