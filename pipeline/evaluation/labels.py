"""Role, team and number of the people found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.boxes import assign

Labels = NDArray[np.object_]
"""(n,) str, or None where unknown."""


@dataclass(frozen=True)
class LabelScores:
    """Shares of matched boxes (IoU >= 0.5, players and referees together); NaN where nothing can be compared."""

    role_accuracy: float
    """Right role among matched people."""
    team_accuracy: float
    """Right team among matched players with a true team; no team counts as wrong. Team names are free: the best
    one-to-one map of found to true names is taken."""
    number_accuracy: float
    """Right number among matched players whose true number is known and who were given one."""
    number_known: float
    """Share of matched players with a true number who were given one."""


def score_labels(truth: dict[str, Labels], found: dict[str, Labels]) -> LabelScores:
    """Compare the labels of matched people.

    Args:
        truth: `role`, `team`, `number`, each (k,), of the true person of each match.
        found: the same of the found person.
    """
    players = (truth["role"] == "player") & (found["role"] == "player")
    teams = players & _known(truth["team"])
    numbers = players & _known(truth["number"])
    given = numbers & _known(found["number"])
    right = found["number"][given] == truth["number"][given]
    return LabelScores(
        role_accuracy=_mean(truth["role"] == found["role"]),
        team_accuracy=team_accuracy(truth["team"][teams], found["team"][teams]),
        number_accuracy=_mean(right),
        number_known=_mean(given[numbers]),
    )


def team_accuracy(truth: Labels, found: Labels) -> float:
    """Share of rows with the right team under the best one-to-one map of team names; an unknown one is wrong.

    Example:
        >>> team_accuracy(np.array(["A", "A", "B", "B"], object), np.array(["B", "B", "A", None], object))
        0.75
    """
    if not len(truth):
        return float("nan")
    true_names, found_names = sorted(set(truth)), sorted({name for name in found if name is not None})
    counts = np.array(
        [[((truth == t) & (found == f)).sum() for f in found_names] for t in true_names], dtype=np.float64
    )
    rows, columns = assign(counts.reshape(len(true_names), len(found_names)), 1.0)
    return float(counts.reshape(len(true_names), len(found_names))[rows, columns].sum() / len(truth))


def _known(labels: Labels) -> NDArray[np.bool_]:
    """Say which labels are given."""
    return np.array([label is not None for label in labels], dtype=bool)


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")
