"""Scores against the truth: tracking, identity, detection, court, movement, labels, confidence."""

from pipeline.evaluation.results import Evaluation, compare_rows, player_rows, rows
from pipeline.evaluation.score import evaluate, score

__all__ = ["Evaluation", "compare_rows", "evaluate", "player_rows", "rows", "score"]
