"""Is the confidence of an identity worth something? The risk-coverage curve.

Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.boxes import Bools, Floats

COVERAGES = (0.5, 0.7, 0.8, 0.9, 1.0)
"""Shares of the boxes, the most confident first, at which the risk is given."""


@dataclass(frozen=True)
class RiskCoverage:
    """Share of wrong identities among the matched boxes with the highest confidence.

    `coverage` and `risk` (5,): risk[i] is the share of wrong identities among the surest `coverage[i]` of boxes. Boxes of
    equal confidence share their mean correctness, so that their order does not matter.
    """

    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    area: float
    """Area under the curve over all coverages (AURC): 0 is best; the overall error rate if confidence says nothing."""
    boxes: int


def risk_coverage(confidence: Floats, correct: Bools) -> RiskCoverage | None:
    """Build the curve.

    Args:
        confidence: (n,) of each matched box.
        correct: (n,) whether its identity is right.

    Returns:
        The curve; None without boxes.

    Example:
        >>> curve = risk_coverage(np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, True, True, False]))
        >>> curve.risk[0], curve.risk[-1]
        (0.0, 0.25)
    """
    count = len(confidence)
    if not count:
        return None
    _, group = np.unique(-confidence, return_inverse=True)
    wrong_in_group = np.bincount(group, weights=~correct)
    size = np.bincount(group)
    wrong = np.cumsum(np.repeat(wrong_in_group / size, size))
    risk = wrong / np.arange(1, count + 1)
    at = [max(int(np.ceil(share * count)), 1) - 1 for share in COVERAGES]
    return RiskCoverage(COVERAGES, tuple(float(risk[k]) for k in at), float(risk.mean()), count)
