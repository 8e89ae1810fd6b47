"""What is done with the ball: touches, possessions, passes, turnovers, shots, rebounds, and the box score."""

from pipeline.understand.ball_events.stage import BallTables, find_ball_events

__all__ = ["BallTables", "find_ball_events"]
