"""From outputs to calibrated probabilities: temperatures, and the prior of the training set taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.numbers.texts import KINDS, NO_TENS, TENS_COUNT, TEXTS

Array = NDArray[np.float64]
_FLAT_SINGLE = 10 / len(TEXTS)


@dataclass(frozen=True)
class NumberCalibration:
    """How outputs become probabilities."""

    digits: float = 1.0
    """Temperature of tens and ones."""
    legible: float = 1.0
    """Temperature of the kinds."""
    singles: float = _FLAT_SINGLE
    """Share of single digits that was learned from; probabilities are given for a flat prior over all texts."""


@dataclass(frozen=True)
class Reads:
    """Probabilities of n reads."""

    legible: Array
    """(n,) that there is a number and its digits can be told."""
    mirrored: Array
    """(n,) that there is a number, seen in a mirror."""
    tens: Array
    """(n, 11) nothing, 0, ..., 9, if it is legible."""
    ones: Array
    """(n, 10) 0, ..., 9, if it is legible."""

    def __len__(self) -> int:
        """Count them."""
        return len(self.legible)


def probabilities(logits: Array, calibration: NumberCalibration) -> Reads:
    """Turn outputs (n, 23) into probabilities under a flat prior over the 101 texts."""
    shift = np.full(TENS_COUNT, np.log((1 - _FLAT_SINGLE) / (1 - calibration.singles)))
    shift[NO_TENS] = np.log(_FLAT_SINGLE / calibration.singles)
    tens = softmax(logits[:, KINDS : KINDS + TENS_COUNT] / calibration.digits + shift)
    ones = softmax(logits[:, KINDS + TENS_COUNT :] / calibration.digits)
    kinds = softmax(with_neither(logits[:, :KINDS]) / calibration.legible)
    return Reads(kinds[:, 0], kinds[:, 1], tens, ones)


def with_neither(kinds: Array) -> Array:
    """Append the logit 0 of what is neither legible nor mirrored to the logits (n, 2) of the kinds."""
    return np.column_stack([kinds, np.zeros(len(kinds))])


def softmax(logits: Array) -> Array:
    """Turn rows of logits into probabilities, none of them 0."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True)) + 1e-12
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
