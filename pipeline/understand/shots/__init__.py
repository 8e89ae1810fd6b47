"""Shots: what each camera shot shows, live play, a close-up or a replay."""

from pipeline.understand.shots.kinds import kinds_of_frames, live_tracks, seconds_by_kind
from pipeline.understand.shots.stage import classify_shots

__all__ = ["classify_shots", "kinds_of_frames", "live_tracks", "seconds_by_kind"]
