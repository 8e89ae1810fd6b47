"""The detector: players, referees, ball, rims and jersey numbers in a frame."""

from models.detector.detection import Boxes, Detector, DetectorSettings, ScoreThresholds, suggest_input_size
from models.detector.yolo import load_detector

__all__ = ["Boxes", "Detector", "DetectorSettings", "ScoreThresholds", "load_detector", "suggest_input_size"]
