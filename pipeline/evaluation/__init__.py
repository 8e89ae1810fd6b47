"""Scores against the truth: tracking, identity, detection, court, movement, labels, confidence."""

from pipeline.evaluation.results import (
    ORACLE_COLUMNS,
    PLAYER_COLUMNS,
    SHOT_COLUMNS,
    Evaluation,
    compare_rows,
    oracle_row,
    player_rows,
    rows,
    sections,
    shot_rows,
    shot_title,
)
from pipeline.evaluation.score import evaluate, score

__all__ = [
    "ORACLE_COLUMNS",
    "PLAYER_COLUMNS",
    "SHOT_COLUMNS",
    "Evaluation",
    "compare_rows",
    "evaluate",
    "oracle_row",
    "player_rows",
    "rows",
    "score",
    "sections",
    "shot_rows",
    "shot_title",
]
