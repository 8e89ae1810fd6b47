"""Scoreboard: what its words say of the game."""

from pipeline.understand.scoreboard.stage import period_starts_s, read_clock
from pipeline.understand.scoreboard.texts import as_clock_s

__all__ = ["as_clock_s", "period_starts_s", "read_clock"]
