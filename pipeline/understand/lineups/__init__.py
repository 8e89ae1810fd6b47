"""Line-ups: who is on the floor, from when to when, and who came in for whom."""

from pipeline.understand.lineups.stage import LineupTables, find_lineups

__all__ = ["LineupTables", "find_lineups"]
