"""What teams do: phases of offence and defence, spacing, and who guards whom."""

from pipeline.understand.tactics.stage import TacticsInput, find_tactics

__all__ = ["TacticsInput", "find_tactics"]
