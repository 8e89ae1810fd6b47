"""From outputs to calibrated probabilities: temperatures, and the prior of the training set taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.numbers.texts import NO_TENS, TENS_COUNT, TEXTS

Array = NDArray[np.float64]
_FLAT_SINGLE = 10 / len(TEXTS)


@dataclass(frozen=True)
class NumberCalibration:
    """How outputs become probabilities."""

    digits: float = 1.0
    """Temperature of tens and ones."""
    legible: float = 1.0
    """Temperature of legibility."""
    singles: float = _FLAT_SINGLE
    """Share of single digits that was learned from; probabilities are given for a flat prior over all texts."""


@dataclass(frozen=True)
class Reads:
    """Probabilities of n reads."""

    legible: Array
    """(n,) that there is a number and its digits can be told."""
    tens: Array
    """(n, 11) nothing, 0, ..., 9, if it is legible."""
    ones: Array
    """(n, 10) 0, ..., 9, if it is legible."""

    def __len__(self) -> int:
        """Count them."""
        return len(self.legible)


def probabilities(logits: Array, calibration: NumberCalibration) -> Reads:
    """Turn outputs (n, 22) into probabilities under a flat prior over the 101 texts."""
    shift = np.full(TENS_COUNT, np.log((1 - _FLAT_SINGLE) / (1 - calibration.singles)))
    shift[NO_TENS] = np.log(_FLAT_SINGLE / calibration.singles)
    tens = softmax(logits[:, 1 : 1 + TENS_COUNT] / calibration.digits + shift)
    ones = softmax(logits[:, 1 + TENS_COUNT :] / calibration.digits)
    legible = 1 / (1 + np.exp(-np.clip(logits[:, 0] / calibration.legible, -30, 30)))
    return Reads(legible, tens, ones)


def softmax(logits: Array) -> Array:
    """Turn rows of logits into probabilities, none of them 0."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True)) + 1e-12
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
