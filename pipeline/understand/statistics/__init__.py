"""Statistics: per player, team and period; seconds by timestamps, metres by smoothed speed."""

from pipeline.understand.statistics.least import LEAST_RATE_S
from pipeline.understand.statistics.periods import attack_side
from pipeline.understand.statistics.stage import Statistics, compute_statistics

__all__ = ["LEAST_RATE_S", "Statistics", "attack_side", "compute_statistics"]
