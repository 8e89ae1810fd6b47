"""Finding lines of text in a picture, and reading them.

The finder is a differentiable binarisation network (DB: Liao et al., AAAI 2020), which says of each px how likely it lies in
the shrunken core of a line; cores are grown back by their area and girth. The recogniser is read by best path (CTC: Graves et al.,
ICML 2006), among the printable characters of ASCII alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.text.files import characters, model_files

Image = NDArray[np.uint8]
"""(h, w, 3) BGR."""

_CORE = 0.3
"""Probability from which on a px is of a core."""
_LEAST_CORE_PX, _LEAST_SCORE = 12, 0.4
_GROWN = 1.6
"""Cores are grown by this times their area over their girth; the detector's own default."""
_STRIDE_PX = 32
_TALL_PX = 48
_WIDTHS_PX = (64, 96, 128, 192, 288, 448, 704, 1088)
"""A line is shown to the recogniser in the narrowest of these that holds it: each size is compiled once."""
_BETWEEN_WORDS = 1.1
"""Characters further apart than this times the line's height are of two words."""


@dataclass(frozen=True)
class TextBox:
    """A line of text in a picture, px."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Word:
    """What is read without a space."""

    text: str
    score: float
    """Least probability of its characters."""
    left: float
    """Px in the picture that was read."""
    right: float


class TextReader:
    """Finds and reads lines of text.

    Args:
        calls: threads that use it at once.
        what: wants it, for messages.

    Raises:
        DependencyError: rapidocr or openvino is not installed.
        WeightsError: rapidocr has no networks of a kind that is known here.
    """

    def __init__(self, calls: int = 1, what: str = "text") -> None:
        from models.runtime.openvino_network import OpenVinoNetwork, read_model

        finder, recogniser = model_files(what)
        self._finder = OpenVinoNetwork(read_model(finder), 1, calls, "fp32")
        self._recogniser = OpenVinoNetwork(read_model(recogniser), 1, calls, "fp32")
        letters = ["", *characters(recogniser), " "]
        self._columns = [0, *(column for column, letter in enumerate(letters) if _is_plain(letter))]
        self._letters = [letters[column] for column in self._columns]

    def find(self, image: Image, scale: float = 1.0) -> list[TextBox]:
        """Find lines of text, from top to bottom and left to right.

        Args:
            image: (h, w, 3).
            scale: it is resized by; capitals should be some 20 px tall then.
        """
        height, width = (max(8, round(side * scale)) for side in image.shape[:2])
        shown = np.zeros((_padded(height), _padded(width), 3), np.float32)
        interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        shown[:height, :width] = cv2.resize(image, (width, height), interpolation=interpolation)
        core = self._finder(_normalised(shown))[0][0, 0]  # (h, w)
        boxes = [_grown(box, scale, image.shape[:2]) for box in _cores(core)]
        return sorted(boxes, key=lambda box: (box.top + box.bottom, box.left))

    def read(self, lines: Sequence[Image]) -> list[list[Word]]:
        """Read lines of text (h, w, 3), each of one line; the words of each from left to right."""
        return [self._words(line) for line in lines]

    def _words(self, line: Image) -> list[Word]:
        """Read a line."""
        height, width = line.shape[:2]
        if min(height, width) < 2:
            return []
        wide = min(max(8, round(_TALL_PX * width / height)), _WIDTHS_PX[-1])
        room = next(size for size in _WIDTHS_PX if size >= wide)
        shown = np.full((_TALL_PX, room, 3), 127.5, np.float32)
        shown[:, :wide] = cv2.resize(line, (wide, _TALL_PX), interpolation=cv2.INTER_CUBIC)
        output = self._recogniser(_normalised(shown))[0][0][:, self._columns]  # (steps, letters)
        return _split(output, self._letters, room / len(output) * width / wide, height)


def _is_plain(letter: str) -> bool:
    return len(letter) == 1 and " " <= letter <= "~"


def _padded(side: int) -> int:
    return -(-side // _STRIDE_PX) * _STRIDE_PX


def _normalised(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring a picture into the networks' form (1, 3, h, w), -1 to 1."""
    return np.ascontiguousarray((image / 127.5 - 1).transpose(2, 0, 1)[None])


def _cores(core: NDArray[np.float32]) -> list[tuple[int, int, int, int]]:
    """List x, y, width, height of the cores in a map (h, w)."""
    _, label, stats, _ = cv2.connectedComponentsWithStats((core > _CORE).astype(np.uint8))
    found = []
    for number, (x, y, width, height, area) in enumerate(stats[1:].tolist(), start=1):
        place = np.s_[y : y + height, x : x + width]
        if area >= _LEAST_CORE_PX and core[place][label[place] == number].mean() >= _LEAST_SCORE:
            found.append((x, y, width, height))
    return found


def _grown(core: tuple[int, int, int, int], scale: float, shape: tuple[int, ...]) -> TextBox:
    """Grow a core back to the line, in px of the picture of a shape (h, w)."""
    x, y, width, height = core
    margin = _GROWN * width * height / (2 * (width + height))
    left, top, right, bottom = (
        round(edge / scale) for edge in (x - margin, y - margin, x + width + margin, y + height + margin)
    )
    return TextBox(max(left, 0), max(top, 0), min(right, shape[1]), min(bottom, shape[0]))


def _split(output: NDArray[np.float32], letters: Sequence[str], step_px: float, height_px: float) -> list[Word]:
    """Read the best path through an output (steps, letters), and split it at spaces and gaps."""
    best, share = output.argmax(axis=1), output.max(axis=1)
    words: list[Word] = []
    last, at_px = 0, -np.inf
    for step, column in enumerate(best.tolist()):
        if column not in (0, last):
            place = (step + 0.5) * step_px
            letter = letters[column]
            if letter != " ":
                if not words or place - at_px > _BETWEEN_WORDS * height_px:
                    words.append(Word(letter, float(share[step]), place - step_px, place + step_px))
                else:
                    word = words[-1]
                    words[-1] = Word(
                        word.text + letter, min(word.score, float(share[step])), word.left, place + step_px
                    )
            at_px = -np.inf if letter == " " else place
        last = column
    return words
