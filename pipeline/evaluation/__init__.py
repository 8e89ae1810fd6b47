"""Scores against the truth: tracking, identity, detection, court, movement, labels, confidence."""

from pipeline.evaluation.results import PLAYER_COLUMNS, Evaluation, compare_rows, player_rows, rows
from pipeline.evaluation.score import evaluate, score

__all__ = ["PLAYER_COLUMNS", "Evaluation", "compare_rows", "evaluate", "player_rows", "rows", "score"]
