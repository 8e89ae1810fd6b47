"""Tracking: from detections to tracklets, by DeepSORT with one likelihood of position and appearance."""

from pipeline.understand.tracking.association import CandidateBoxes, LikelihoodTracker, hungarian_pairs, unmatched
from pipeline.understand.tracking.stage import MakeTracker, track

__all__ = [
    "CandidateBoxes",
    "LikelihoodTracker",
    "MakeTracker",
    "hungarian_pairs",
    "track",
    "unmatched",
]
