"""The scoreboard that a broadcaster lays over the picture: where it is, and what stands on it, twice a second.

A scoreboard is where a game clock is: text such as 4:08 that stands in the same place in pictures far apart. What stands
beside it in the same place belongs to it. Text that has not changed since the last look is not read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.text import TextBox, TextReader, Word
from pipeline.perceive.graphics import Graphics
from pipeline.tables import SCOREBOARD_TEXTS, conform

Image = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""x, y, width, height, px of the source frame."""

CLOCK_TEXT = re.compile(r"^[0-9OI]{1,2}[:.](?:[0-5O][0-9OI]|60)$")
READ_EVERY_S = 0.5
"""The scoreboard is read so often."""
_CLOCKS = 2
"""A clock has to be in the same place in so many pictures."""
_SHOWN = 0.5
"""Text that stands in the same place in so many of the pictures with a clock is of the scoreboard."""
_GAP = 8.0
"""Text further from the rest in its row than so many times the clock's height is not."""
_ROW_GAP, _ROWS = 0.6, 3.0
"""Nor is a row further away than the first, or with its middle further from the clock's than the second, in heights."""
_SEARCHED_PX, _READ_PX = 1280, 800
"""Width to which a whole picture, and a scoreboard, is brought to find text."""
_LARGEST_SCALE = 4.0
_FIND_EVERY = 8
"""Lines are looked for again at least after so many looks."""
_NEW_GREY, _NEW_SHARE = 40, 0.012
"""A line is read again where more than a share of its px differ by so much."""
_NEW_BOARD_SHARE = 0.2
"""The same of the whole board: then its lines are looked for again."""
_CHANGING = re.compile(r"^(?:\D?[0-9OIl]{1,3}\D{0,3}|\D?[0-9OIl]{1,2}[:.][0-9OIl]{1,2}\D?|[A-Za-z]{1,2})$")
"""A number, a time or a period; names and dates are not read again."""
_LEGIBLE = 0.3
"""Confidence of a word, below which it is none."""
_WIDER = 0.15
"""A line is read with so much of its height beside it: a text of more digits may stand there later."""


@dataclass(frozen=True)
class _PlacedText:
    """A word in a picture, px of that picture."""

    text: str
    box: Box


def find_scoreboard(pictures: Sequence[Image], graphics: Graphics, reader: TextReader) -> Box | None:
    """Find the scoreboard in a few pictures of a video.

    Args:
        pictures: (h, w, 3) source frames, spread over the video.
        graphics: what stays over the picture; looked at first.
        reader: of text.

    Returns:
        Its place; None where no clock stands in the same place in two of them.
    """
    if not pictures:
        return None
    height, width = pictures[0].shape[:2]
    areas = [_widened(box, (width, height)) for box in graphics.boxes((width, height))]
    found = _board([_texts(picture, areas, reader) for picture in pictures], (width, height)) if areas else None
    if found is not None:
        return found
    return _board([_texts(picture, [(0, 0, width, height)], reader) for picture in pictures], (width, height))


def _widened(box: Box, size_px: tuple[int, int]) -> Box:
    """Add half of a box's height on all sides."""
    x, y, width, height = box
    margin = max(8, height // 2)
    left, top = max(0, x - margin), max(0, y - margin)
    return left, top, min(size_px[0], x + width + margin) - left, min(size_px[1], y + height + margin) - top


def _texts(picture: Image, areas: Sequence[Box], reader: TextReader) -> list[_PlacedText]:
    """Find and read the text in some areas of a picture."""
    texts: list[_PlacedText] = []
    for x, y, width, height in areas:
        part = picture[y : y + height, x : x + width]
        wanted = _SEARCHED_PX if width == picture.shape[1] else _READ_PX
        boxes = reader.find(part, min(wanted / width, _LARGEST_SCALE))
        for box, words in zip(boxes, reader.read([_cut(part, box) for box in boxes]), strict=True):
            texts += [_PlacedText(word.text, _place(word, box, (x, y))) for word in words]
    return texts


def _cut(image: Image, box: TextBox) -> Image:
    return image[box.top : box.bottom, box.left : box.right]


def _place(word: Word, box: TextBox, corner: tuple[int, int]) -> Box:
    """Return where a word of a line is in the source frame."""
    left, right = (round(corner[0] + box.left + edge) for edge in (max(word.left, 0), word.right))
    return left, corner[1] + box.top, max(right - left, 1), box.bottom - box.top


def _board(texts: Sequence[Sequence[_PlacedText]], size_px: tuple[int, int]) -> Box | None:
    """Find a clock that stays, and what stays beside it."""
    clocks = [[text.box for text in of_picture if CLOCK_TEXT.match(text.text)] for of_picture in texts]
    with_clock = [
        (sum(any(_same_place(box, candidate) for candidate in others) for others in clocks), box)
        for boxes in clocks
        for box in boxes
    ]
    least = min(_CLOCKS, len(texts))
    shown, clock = max(with_clock, default=(0, (0, 0, 0, 0)))
    if shown < least:
        return None
    staying = [clock]
    for of_picture in texts:
        for text in of_picture:
            times = sum(any(_same_place(text.box, each.box) for each in others) for others in texts)
            if times >= max(least, _SHOWN * shown):
                staying.append(text.box)
    return _widened(_joined(clock, staying), size_px)


def _same_place(first: Box, second: Box) -> bool:
    """Say whether two texts stand in the same place: one holds the middle of the other, and both are as tall."""
    (x1, y1, w1, h1), (x2, y2, w2, h2) = first, second
    tall = 0.6 < h1 / max(h2, 1) < 1.7
    across = abs(x1 + w1 / 2 - x2 - w2 / 2) < max(w1, w2) / 2
    return tall and across and abs(y1 + h1 / 2 - y2 - h2 / 2) < min(h1, h2) / 2


def _joined(clock: Box, boxes: Sequence[Box]) -> Box:
    """Grow the clock's box over all that are near it, or near what was added."""
    x, y, width, tall = clock
    left, top, right, bottom = x, y, x + width, y + tall
    waiting = [box for box in boxes if abs(box[1] + box[3] / 2 - y - tall / 2) <= _ROWS * tall]
    while True:
        near = [box for box in waiting if _is_near(box, (left, top, right, bottom), tall)]
        if not near:
            return left, top, right - left, bottom - top
        waiting = [box for box in waiting if box not in near]
        left, top = min(left, *(box[0] for box in near)), min(top, *(box[1] for box in near))
        right = max(right, *(box[0] + box[2] for box in near))
        bottom = max(bottom, *(box[1] + box[3] for box in near))


def _is_near(box: Box, edges: Box, tall: int) -> bool:
    """Say whether a box goes on with a row of an area (left, top, right, bottom), or is the next row."""
    x, y, width, height = box
    left, top, right, bottom = edges
    level = min(y + height, bottom) - max(y, top) > height / 2
    if level:
        return x < right + _GAP * tall and x + width > left - _GAP * tall
    apart = max(y - bottom, top - y - height)
    return apart <= _ROW_GAP * tall and x < right and x + width > left


@dataclass(frozen=True)
class ScoreboardReader:
    """Reads the scoreboard of one video."""

    place: Box
    reader: TextReader

    def cut(self, image: Image) -> Image:
        """Cut the scoreboard out of a frame (h, w, 3)."""
        x, y, width, height = self.place
        return image[y : y + height, x : x + width].copy()

    def table(self, crops: Sequence[tuple[int, Image]]) -> pd.DataFrame:
        """Read the scoreboard in some frames.

        Args:
            crops: number of a frame, and the scoreboard cut out of it, in order.

        Returns:
            Table `scoreboard_texts`.
        """
        rows = [
            {"frame": frame, "word": number, **_row(word, box, self.place)}
            for frame, lines in self._lines_of(crops)
            for number, (box, word) in enumerate(
                (box, word) for box, words in lines for word in words if word.score >= _LEGIBLE
            )
        ]
        return conform("scoreboard_texts", pd.DataFrame(rows)) if rows else SCOREBOARD_TEXTS.empty()

    def _lines_of(self, crops: Sequence[tuple[int, Image]]) -> Iterator[tuple[int, list[tuple[TextBox, list[Word]]]]]:
        """Yield the lines of each crop with their words."""
        lines: list[tuple[TextBox, list[Word], Image]] = []
        board: Image | None = None
        age = 0
        for frame, crop in crops:
            age += 1
            if board is None or age >= _FIND_EVERY or _changed(board, crop) > _NEW_BOARD_SHARE:
                lines, age = self._found(crop, lines), 0
            board = crop
            fresh = []
            for box, words, shown in lines:
                now = _cut(crop, box)
                if not words or (_may_change(words) and _changed(shown, now) > _NEW_SHARE):
                    fresh.append((box, self.reader.read([now])[0], now))
                else:
                    fresh.append((box, words, shown))
            lines = fresh
            yield frame, [(box, words) for box, words, _ in lines]

    def _found(
        self, crop: Image, before: Sequence[tuple[TextBox, list[Word], Image]]
    ) -> list[tuple[TextBox, list[Word], Image]]:
        """Look for lines; one that is where it was keeps what was read of it."""
        boxes = self.reader.find(crop, min(_READ_PX / crop.shape[1], _LARGEST_SCALE))
        boxes = [_wider(box, boxes, crop.shape[1]) for box in boxes]
        kept = {box: (words, shown) for box, words, shown in before}
        nothing: tuple[list[Word], Image] = ([], crop[:0])
        return [(box, *kept.get(box, nothing)) for box in boxes]


def _wider(box: TextBox, boxes: Sequence[TextBox], width_px: int) -> TextBox:
    """Widen a line to both sides, up to half of the way to the next."""
    margin = round(_WIDER * (box.bottom - box.top))
    level = [each for each in boxes if each.top < box.bottom and each.bottom > box.top and each != box]
    before = [(each.right + box.left) // 2 for each in level if each.right <= box.left]
    behind = [(each.left + box.right) // 2 for each in level if each.left >= box.right]
    left, right = max([0, box.left - margin, *before]), min([width_px, box.right + margin, *behind])
    return TextBox(left, box.top, right, box.bottom)


def _may_change(words: Sequence[Word]) -> bool:
    """Say whether a line may say something else later: a number or a time that can be read; names stay."""
    return any(word.score >= _LEGIBLE and _CHANGING.match(word.text) for word in words)


def _changed(before: Image, now: Image) -> float:
    """Measure the share of px that differ clearly."""
    if before.shape != now.shape:
        return 1.0
    difference = np.abs(before.astype(np.int16) - now).max(axis=2)
    return float((difference > _NEW_GREY).mean())


def _row(word: Word, box: TextBox, place: Box) -> dict[str, object]:
    """Make what a row says of a word, in px of the source frame."""
    x, y, width, height = _place(word, box, place[:2])
    return {
        "x_px": x,
        "y_px": y,
        "width_px": width,
        "height_px": height,
        "text": word.text,
        "score": min(max(word.score, 0.0), 1.0),
    }
