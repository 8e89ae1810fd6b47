"""Calibration: temperatures on examples that were not learned from, and the prior that training had taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.numbers.network import TENS_COUNT
from models.numbers.texts import NO_TENS, ONES, TENS, TEXTS

Array = NDArray[np.float64]
_TRIED = np.geomspace(0.5, 4.0, 25)
_FLAT_SINGLE = 10 / len(TEXTS)


@dataclass(frozen=True)
class Calibration:
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


def probabilities(logits: Array, calibration: Calibration) -> Reads:
    """Turn outputs (n, 22) into probabilities under a flat prior over the 101 texts."""
    shift = np.full(TENS_COUNT, np.log((1 - _FLAT_SINGLE) / (1 - calibration.singles)))
    shift[NO_TENS] = np.log(_FLAT_SINGLE / calibration.singles)
    tens = _softmax(logits[:, 1 : 1 + TENS_COUNT] / calibration.digits + shift)
    ones = _softmax(logits[:, 1 + TENS_COUNT :] / calibration.digits)
    legible = 1 / (1 + np.exp(-np.clip(logits[:, 0] / calibration.legible, -30, 30)))
    return Reads(legible, tens, ones)


def calibrate(sets: Sequence[tuple[Array, NDArray[np.int64]]], singles: float) -> Calibration:
    """Find the temperatures under which examples that were not learned from are most likely.

    A number's text has the likelihood `legible x p(text) + (1 - legible) / 101`, what is no number `1 - legible`.

    Args:
        sets: outputs (n, 22) and texts (n,), -1 for no number; each set counts as much as any other.
        singles: share of single digits that was learned from.
    """
    best, least = Calibration(singles=singles), np.inf
    for digits in _TRIED:
        of_text = [_text_log(logits, text, float(digits)) for logits, text in sets]
        for legible in _TRIED:
            cost = sum(
                _cost(logits[:, 0] / legible, text, known) for (logits, text), known in zip(sets, of_text, strict=True)
            )
            if cost < least:
                best, least = Calibration(float(digits), float(legible), singles), cost
    return best


def _text_log(logits: Array, text: NDArray[np.int64], temperature: float) -> Array:
    """Give log of the probability (n,) of the true text, under the prior of training."""
    place = np.clip(text, 0, None)
    each = np.arange(len(text))
    tens = np.log(_softmax(logits[:, 1 : 1 + TENS_COUNT] / temperature))[each, TENS[place]]
    return np.asarray(tens + np.log(_softmax(logits[:, 1 + TENS_COUNT :] / temperature))[each, ONES[place]])


def _cost(legible: Array, text: NDArray[np.int64], known: Array) -> float:
    """Give the mean negative log-likelihood."""
    yes, no = -np.logaddexp(0, -legible), -np.logaddexp(0, legible)
    number = np.logaddexp(yes + known, no - np.log(len(TEXTS)))
    return float(-np.where(text >= 0, number, no).mean())


def _softmax(logits: Array) -> Array:
    """Turn rows of logits into probabilities, none of them 0."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True)) + 1e-12
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
