"""A general text recogniser for the digits: PP-OCR, as the package rapidocr brings it (both Apache-2.0).

It has seen far more typefaces than the shipped reader, and takes some thirty times as long. What it says of a crop is turned
into the probabilities of the 101 texts by the sum over all its alignments (CTC: Graves et al., ICML 2006).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.numbers.calibration import Reads
from models.numbers.reader import Image, NumberReader
from models.numbers.texts import NO_TENS, ONES, ONES_COUNT, TENS, TENS_COUNT, TEXTS
from models.text.files import RAPIDOCR, characters, model_files
from pipeline.errors import DependencyError

Array = NDArray[np.float64]

_TALL_PX, _WIDE_PX = 48, 64
"""Size of what the recogniser is shown; the crop is a square at its left."""
_EDGE_PX = 2
"""Of a crop, left out on each side."""
_LIKE = ("0OoDQ", "1Il|", "2Zz", "3", "4A", "5Ss", "6b", "7", "8B", "9g")
"""What each digit may be taken for where all letters are possible."""
_WORTH_READING = 0.1
"""Legibility by the shipped reader from which on a crop is shown to the recogniser."""
_FLOOR = 1e-6
"""Probability that every text is given before they are normalised."""
_BATCH = 4


class OcrNumberReader(NumberReader):
    """Reads digits with PP-OCR where the shipped reader finds some; that reader says how likely they are in a mirror.

    Args:
        calls: threads that use it at once.

    Raises:
        DependencyError: rapidocr or openvino is not installed.
        WeightsError: rapidocr has no model of a kind that is known here.
    """

    def __init__(self, calls: int = 1) -> None:
        super().__init__()
        _, model = model_files(f"numbers.weights {RAPIDOCR}")
        try:
            from models.runtime.openvino_network import OpenVinoNetwork, read_model

            self._recogniser = OpenVinoNetwork(read_model(model), _BATCH, calls, "fp32")
        except ImportError as error:
            raise DependencyError(f"numbers.weights {RAPIDOCR}: {error}; pip install openvino") from error
        self._columns = digit_columns(characters(model))

    def read(self, crops: Sequence[Image]) -> Reads:
        """Read n crops (40, 40, 3) BGR uint8, as `window` cuts them."""
        found = super().read(crops)
        chosen = np.flatnonzero(found.legible >= _WORTH_READING)
        if not len(chosen):
            return found
        outputs = self._recogniser(np.stack([_shown(crops[row]) for row in chosen.tolist()]))[
            0
        ]  # (k, steps, characters)
        likelihood = np.stack([text_likelihoods(output, self._columns) for output in outputs])  # (k, 101)
        share = likelihood + _FLOOR
        share /= share.sum(axis=1, keepdims=True)
        legible, mirrored, tens, ones = (
            part.copy() for part in (found.legible, found.mirrored, found.tens, found.ones)
        )
        some = np.clip(likelihood.sum(axis=1), 0, 1) / (legible[chosen] + mirrored[chosen])  # digits, of either kind
        legible[chosen] *= some
        mirrored[chosen] *= some
        tens[chosen], ones[chosen] = (
            share @ np.eye(count)[place] for place, count in ((TENS, TENS_COUNT), (ONES, ONES_COUNT))
        )
        return Reads(legible, mirrored, tens, ones)


def text_likelihoods(output: NDArray[np.floating], columns: Sequence[Sequence[int]]) -> Array:
    """Give the probability (101,) of each text of `TEXTS` under a recogniser's output.

    Args:
        output: (steps, characters) probabilities, the first column 'nothing here'.
        columns: which columns stand for each of the ten digits.

    Example:
        >>> output = np.zeros((3, 11))
        >>> output[[0, 1, 2], [1 + 2, 0, 1 + 3]] = 1.0  # 2, nothing, 3
        >>> [TEXTS[i] for i in np.flatnonzero(text_likelihoods(output, [[1 + digit] for digit in range(10)]))]
        ['23']
    """
    blank = output[:, :1].astype(np.float64)
    digit = np.stack([output[:, list(places)].sum(axis=1) for places in columns], axis=1).astype(np.float64)
    result = np.empty(len(TEXTS))
    for rows in (np.flatnonzero(TENS == NO_TENS), np.flatnonzero(TENS != NO_TENS)):
        texts = np.array([[int(character) for character in TEXTS[row]] for row in rows])  # (k, digits)
        result[rows] = _likelihoods(blank, digit, texts)
    return result


def _likelihoods(blank: Array, digit: Array, texts: NDArray[np.int64]) -> Array:
    """Sum over the alignments of k texts of one length (k, digits); blank (steps, 1), digit (steps, 10)."""
    count, places = texts.shape
    emitted = np.repeat(blank[:, :, None], 2 * places + 1, axis=2) * np.ones((1, count, 1))  # (steps, k, states)
    emitted[:, :, 1::2] = digit[:, texts]
    skips = np.zeros((count, 2 * places + 1))
    skips[:, 3::2] = texts[:, 1:] != texts[:, :-1]
    reached = np.zeros((count, 2 * places + 1))
    reached[:, :2] = emitted[0, :, :2]
    for step in emitted[1:]:
        before, over = (np.pad(reached, ((0, 0), (back, 0)))[:, :-back] for back in (1, 2))
        reached = (reached + before + skips * over) * step
    return np.asarray(reached[:, -2:].sum(axis=1))


def digit_columns(characters: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Find the columns that stand for each of the ten digits, the first column being 'nothing here'."""
    place = {character: 1 + column for column, character in enumerate(characters)}
    return tuple(tuple(place[character] for character in like if character in place) for like in _LIKE)


def _shown(crop: Image) -> NDArray[np.float32]:
    """Bring a crop into the recogniser's form (3, 48, 64), -1 to 1 and 0 beside it."""
    inside = crop[_EDGE_PX:-_EDGE_PX, _EDGE_PX:-_EDGE_PX]
    large = cv2.resize(inside, (_TALL_PX, _TALL_PX), interpolation=cv2.INTER_CUBIC)
    shown = np.zeros((3, _TALL_PX, _WIDE_PX), np.float32)
    shown[:, :, :_TALL_PX] = large.transpose(2, 0, 1) / 127.5 - 1
    return shown
