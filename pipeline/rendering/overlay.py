"""The score line that a broadcast lays over the picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.motion import Moment
from pipeline.rendering.people import Person

Image = NDArray[np.uint8]
Banner = tuple[int, int, int, int]
"""x1, y1, x2, y2 in px."""


def scoreboard_place(size: tuple[int, int]) -> Banner:
    """Return where the score line is in a picture of `size` (width, height)."""
    unit = size[0] / 1280
    return round(300 * unit), round(size[1] - 96 * unit), round(980 * unit), round(size[1] - 60 * unit)


def scoreboard(image: Image, people: list[Person], moment: Moment) -> None:
    """Lay a score line over the lower part of a picture, in place."""
    height, width = image.shape[:2]
    unit = width / 1280
    x1, y1, x2, y2 = scoreboard_place((width, height))
    third = (x2 - x1) // 3
    kits = [next(p.look.kit for p in people if p.team == team) for team in "AB"]
    seconds = 600 - int(moment.time_s) % 600
    texts = [f"HOME  {moment.facts.score[0]}", f"AWAY  {moment.facts.score[1]}", f"{seconds // 60}:{seconds % 60:02d}"]
    colors = [kits[0].shirt, kits[1].shirt, (30, 28, 28)]
    for k, (text, color) in enumerate(zip(texts, colors, strict=True)):
        left = x1 + k * third
        cv2.rectangle(image, (left, y1), (left + third - 1, y2), color, -1)
        ink = (20, 20, 20) if sum(color) > 380 else (245, 245, 245)
        at = (left + round(14 * unit), y2 - round(10 * unit))
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_DUPLEX, 0.75 * unit, ink, max(1, round(1.4 * unit)), cv2.LINE_AA)
