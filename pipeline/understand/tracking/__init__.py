"""Tracking: from detections to tracklets, by DeepSORT with one likelihood of place and appearance."""
