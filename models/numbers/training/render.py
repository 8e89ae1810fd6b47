"""Rendered examples: numbers on shirts as a video shows them, and what is no number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.numbers.texts import SYMMETRIC, TEXTS
from models.numbers.training.camera import bend, draw_film, film, number_box
from models.numbers.training.glyphs import Typeface, draw_typeface
from models.numbers.training.shirts import SIDE_PX, hide, paint_clutter, paint_shirt
from models.numbers.window import INPUT_PX, WINDOW, Box, Image

STORED_PX = 48
"""Side of a stored example: a fifth more than the network takes, so that training can move the window."""
NO_TEXT = -1
MIRRORED = -2
TAKES = 3
"""Pictures of one shirt: another window, quality and distance each."""
_LEAST_SEEN = 0.2
"""A digit of which less is seen is hidden."""


@dataclass(frozen=True)
class Examples:
    """n examples."""

    images: NDArray[np.uint8]
    """(n, STORED_PX, STORED_PX, 3) BGR."""
    text: NDArray[np.int64]
    """(n,) index into `TEXTS`; NO_TEXT where no number is to be seen, MIRRORED where it is seen in a mirror."""

    def __len__(self) -> int:
        """Count them."""
        return len(self.text)


@dataclass(frozen=True)
class Rendering:
    """What is rendered."""

    single: float = 0.3
    """Share of the numbers that have one digit; within either kind every text is as likely."""
    negatives: float = 0.15
    """Share of examples without a number."""
    mirrored: float = 0.08
    """Share of examples with a number in a mirror."""
    typefaces: int = 300
    """How many are made up."""
    fonts: tuple[Path, ...] = ()
    """Font files beside those that come with matplotlib."""


def render_examples(count: int, rng: np.random.Generator, rendering: Rendering) -> Examples:
    """Render examples; those of one shirt, `TAKES` of them, lie one after the other.

    Args:
        count: how many.
        rng: source of chance.
        rendering: what.
    """
    faces = [draw_typeface(rng, rendering.fonts) for _ in range(rendering.typefaces)]
    images = np.empty((count, STORED_PX, STORED_PX, 3), np.uint8)
    text = np.full(count, NO_TEXT, np.int64)
    for row in range(0, count, TAKES):
        face = faces[int(rng.integers(len(faces)))]
        shirt, text[row : row + TAKES] = _shirt(face, rendering, rng)
        for take in range(row, min(row + TAKES, count)):
            images[take] = shirt.filmed(rng)
    return Examples(images, text)


def _shirt(face: Typeface, rendering: Rendering, rng: np.random.Generator) -> tuple[_WornShirt, int]:
    """Render a shirt, with or without a number, and say what is to be read."""
    kind = rng.random()
    if kind < rendering.negatives:
        return _nothing(face, rng), NO_TEXT
    wanted = int(rng.integers(10) if rng.random() < rendering.single else rng.integers(10, len(TEXTS)))
    shirt, seen = _number(wanted, face, rng)
    if not seen:
        return shirt, NO_TEXT
    if kind < rendering.negatives + rendering.mirrored and not SYMMETRIC[wanted]:
        return shirt.mirrored(), MIRRORED
    return shirt, wanted


@dataclass(frozen=True)
class _WornShirt:
    """A shirt on somebody, and the box that a detector would give."""

    image: Image
    box: Box

    def mirrored(self) -> _WornShirt:
        """Swap left and right."""
        wide = self.image.shape[1]
        box = (wide - self.box[2], self.box[1], wide - self.box[0], self.box[3])
        return _WornShirt(np.ascontiguousarray(self.image[:, ::-1]), box)

    def filmed(self, rng: np.random.Generator) -> Image:
        """Film the box, not quite where it is."""
        wide, tall = self.box[2] - self.box[0], self.box[3] - self.box[1]
        x, y = rng.normal(0, 0.04, 2) * (wide, tall)
        moved = (self.box[0] + x, self.box[1] + y, self.box[2] + x, self.box[3] + y)
        side = WINDOW * STORED_PX / INPUT_PX * rng.uniform(0.88, 1.15)
        return film(self.image, moved, side, STORED_PX, draw_film(rng), rng)


def _number(text: int, face: Typeface, rng: np.random.Generator) -> tuple[_WornShirt, bool]:
    """Render one number, and say whether any digit of it is to be seen."""
    flat = paint_shirt(TEXTS[text], face, rng)
    bent = bend(flat, rng)
    box = number_box(bent.label)
    if box is None:
        return _WornShirt(bent.image, _anywhere(rng)), False
    image, label = bent.image.copy(), bent.label.copy()
    _surround(image, box, rng)
    if rng.random() < 0.2:
        hide(image, label, rng)
    whole = [max(1, int((bent.label == place).sum())) for place in range(1, len(TEXTS[text]) + 1)]
    seen = [(label == place).sum() / size >= _LEAST_SEEN for place, size in enumerate(whole, start=1)]
    boxed = box if rng.random() < 0.5 else (number_box(label) or box)
    return _WornShirt(image, boxed), any(seen)


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


def _nothing(face: Typeface, rng: np.random.Generator) -> _WornShirt:
    """Render what is no number: a shirt without one, clutter, or a number that lies outside what is read."""
    kind = rng.random()
    shirt = paint_clutter(rng) if kind < 0.5 else paint_shirt("", face, rng)
    return _WornShirt(bend(shirt, rng).image, _anywhere(rng))


def _anywhere(rng: np.random.Generator) -> Box:
    """Draw a box as a detector might give it on nothing."""
    tall = rng.uniform(30, 80)
    wide = tall * rng.uniform(0.4, 1.1)
    x, y = rng.uniform(40, SIDE_PX - 40, 2)
    return (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
