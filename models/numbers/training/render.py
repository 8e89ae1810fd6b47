"""Rendered examples: numbers on shirts as a video shows them, and what is no number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.numbers.texts import TEXTS
from models.numbers.training.camera import bend, draw_film, film, number_box
from models.numbers.training.glyphs import Typeface, draw_typeface
from models.numbers.training.shirts import SIDE_PX, Shirt, hide, paint_clutter, paint_shirt
from models.numbers.window import INPUT_PX, WINDOW, Box, Image

STORED_PX = 48
"""Side of a stored example: a fifth more than the network takes, so that training can move the window."""
NO_TEXT = -1
_LEAST_SEEN = 0.2
"""A digit of which less is seen is hidden."""


@dataclass(frozen=True)
class Examples:
    """n examples."""

    images: NDArray[np.uint8]
    """(n, STORED_PX, STORED_PX, 3) BGR."""
    text: NDArray[np.int64]
    """(n,) index into `TEXTS`; NO_TEXT where no number is to be seen."""

    def __len__(self) -> int:
        """Count them."""
        return len(self.text)


def render_examples(
    count: int, rng: np.random.Generator, single: float = 0.3, negatives: float = 0.15, typefaces: int = 300
) -> Examples:
    """Render examples.

    Args:
        count: how many.
        rng: source of chance.
        single: share of the numbers that have one digit; within either kind every text is as likely.
        negatives: share of examples without a number.
        typefaces: how many are made up.
    """
    faces = [draw_typeface(rng) for _ in range(typefaces)]
    images = np.empty((count, STORED_PX, STORED_PX, 3), np.uint8)
    text = np.full(count, NO_TEXT, np.int64)
    for row in range(count):
        face = faces[int(rng.integers(typefaces))]
        if rng.random() < negatives:
            images[row] = _nothing(face, rng)
        else:
            wanted = int(rng.integers(10) if rng.random() < single else rng.integers(10, len(TEXTS)))
            images[row], seen = _number(wanted, face, rng)
            text[row] = wanted if seen else NO_TEXT
    return Examples(images, text)


def _number(text: int, face: Typeface, rng: np.random.Generator) -> tuple[Image, bool]:
    """Render one number, and say whether any digit of it is to be seen."""
    flat = paint_shirt(TEXTS[text], face, rng)
    bent = bend(flat, rng)
    box = number_box(bent.label)
    if box is None:
        return _filmed(bent, _anywhere(rng), rng), False
    image, label = bent.image.copy(), bent.label.copy()
    _surround(image, box, rng)
    if rng.random() < 0.2:
        hide(image, label, rng)
    whole = [max(1, int((bent.label == place).sum())) for place in range(1, len(TEXTS[text]) + 1)]
    seen = [(label == place).sum() / size >= _LEAST_SEEN for place, size in enumerate(whole, start=1)]
    boxed = box if rng.random() < 0.5 else (number_box(label) or box)
    return _filmed(Shirt(image, label), boxed, rng), any(seen)


def _surround(image: Image, box: Box, rng: np.random.Generator) -> None:
    """Let the shirt end beside the number: floor, arms or another shirt, which may have a number too; in place."""
    for side in (-1, 1):
        if rng.random() < 0.4:
            gap = rng.uniform(0.02, 0.5) * (box[3] - box[1])
            edge = round(box[0] - gap) if side < 0 else round(box[2] + gap)
            beside = paint_clutter(rng).image
            if rng.random() < 0.1:
                beside = np.roll(paint_shirt(str(rng.integers(100)), _FACE, rng).image, SIDE_PX // 2, axis=1)
            part = np.s_[:, : max(edge, 0)] if side < 0 else np.s_[:, min(edge, SIDE_PX) :]
            image[part] = beside[part]


_FACE = draw_typeface(np.random.default_rng(0))


def _nothing(face: Typeface, rng: np.random.Generator) -> Image:
    """Render what is no number: a shirt without one, clutter, or a number that lies outside what is read."""
    kind = rng.random()
    shirt = paint_clutter(rng) if kind < 0.5 else paint_shirt("", face, rng)
    return _filmed(bend(shirt, rng), _anywhere(rng), rng)


def _anywhere(rng: np.random.Generator) -> Box:
    """Draw a box as a detector might give it on nothing."""
    tall = rng.uniform(30, 80)
    wide = tall * rng.uniform(0.4, 1.1)
    x, y = rng.uniform(40, SIDE_PX - 40, 2)
    return (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)


def _filmed(shirt: Shirt, box: Box, rng: np.random.Generator) -> Image:
    """Film a box, not quite where it is."""
    wide, tall = box[2] - box[0], box[3] - box[1]
    shift = rng.normal(0, 0.04, 2) * (wide, tall)
    moved = (box[0] + shift[0], box[1] + shift[1], box[2] + shift[0], box[3] + shift[1])
    side = WINDOW * STORED_PX / INPUT_PX * rng.uniform(0.88, 1.15)
    return film(shirt.image, moved, side, STORED_PX, draw_film(rng), rng)
