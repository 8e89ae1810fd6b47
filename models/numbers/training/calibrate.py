"""Fitting of the calibration: temperatures on examples that were not learned from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.numbers.calibration import NumberCalibration, softmax, with_neither
from models.numbers.texts import KINDS, ONES, TENS, TENS_COUNT, TEXTS
from models.numbers.training.render import MIRRORED

Array = NDArray[np.float64]
_TRIED = np.geomspace(0.5, 4.0, 25)
"""Temperatures, without a unit."""


def calibrate(sets: Sequence[tuple[Array, NDArray[np.int64]]], singles: float) -> NumberCalibration:
    """Find the temperatures under which examples that were not learned from are most likely.

    A number's text has the likelihood `legible x p(text) + neither / 101`, what is none `neither`, a mirrored one `mirrored`.

    Args:
        sets: outputs (n, 23) and texts (n,), -1 for no number, -2 for a mirrored one; each set counts as much as any other.
        singles: share of single digits that was learned from.
    """
    best, least = NumberCalibration(singles=singles), np.inf
    for digits in _TRIED:
        of_text = [_text_log(logits, text, float(digits)) for logits, text in sets]
        for legible in _TRIED:
            cost = sum(
                _cost(logits[:, :KINDS] / legible, text, log_text)
                for (logits, text), log_text in zip(sets, of_text, strict=True)
            )
            if cost < least:
                best, least = NumberCalibration(float(digits), float(legible), singles), cost
    return best


def _text_log(logits: Array, text: NDArray[np.int64], temperature: float) -> Array:
    """Give log of the probability (n,) of the true text, under the prior of training."""
    place = np.clip(text, 0, None)
    each = np.arange(len(text))
    tens = np.log(softmax(logits[:, KINDS : KINDS + TENS_COUNT] / temperature))[each, TENS[place]]
    return np.asarray(tens + np.log(softmax(logits[:, KINDS + TENS_COUNT :] / temperature))[each, ONES[place]])


def _cost(kinds: Array, text: NDArray[np.int64], log_text: Array) -> float:
    """Give the mean negative log-likelihood."""
    legible, mirrored, neither = np.log(softmax(with_neither(kinds))).T
    number = np.logaddexp(legible + log_text, neither - np.log(len(TEXTS)))
    return float(-np.select([text >= 0, text == MIRRORED], [number, mirrored], neither).mean())
