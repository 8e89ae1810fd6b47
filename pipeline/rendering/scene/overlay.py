"""What a broadcaster lays over the picture: a score line, and at times a sign in a corner."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.people.appearance import CastMember
from pipeline.rendering.simulation.motion import Moment

Image = NDArray[np.uint8]
Banner = tuple[int, int, int, int]
"""x1, y1, x2, y2 in px."""

_PLACES = ((300, 624, 980, 660), (36, 24, 470, 54), (60, 640, 560, 676), (420, 20, 860, 50))
"""Score lines in a picture of 1280 x 720: low in the middle, top left, low left, on top."""
_TOWNS = ("HOME", "AWAY", "CITY", "EAST", "NORTH", "RIVER", "LAKE", "PORT", "OAKS", "HILL")
_ORDINAL = ("1st", "2nd", "3rd", "4th")


@dataclass(frozen=True)
class Graphic:
    """A broadcaster's design."""

    place: Banner
    teams: tuple[str, str]
    sign: str
    """A word in a corner; empty for none."""


def draw_graphic(size: tuple[int, int], rng: np.random.Generator) -> Graphic:
    """Draw a design for a picture of `size` (width, height)."""
    unit = size[0] / 1280
    x1, y1, x2, y2 = _PLACES[int(rng.integers(len(_PLACES)))]
    low = size[1] - round(720 * unit) if y1 > 360 else 0
    place = (round(x1 * unit), round(y1 * unit) + low, round(x2 * unit), round(y2 * unit) + low)
    teams = rng.choice(_TOWNS, 2, replace=False)
    sign = "".join(rng.choice(list("aceilmnorst"), 7)) + ".tv" if rng.random() < 0.4 else ""
    return Graphic(place, (str(teams[0]), str(teams[1])), sign)


def lay_over(image: Image, graphic: Graphic, people: list[CastMember], moment: Moment) -> None:
    """Lay score line and sign over a picture, in place.

    Args:
        image: (h, w, 3).
        graphic: score line and sign.
        people: all, for the teams' colours.
        moment: for the score.
    """
    unit = image.shape[1] / 1280
    x1, y1, x2, y2 = graphic.place
    third = (x2 - x1) // 3
    uniforms = [next(p.style.uniform for p in people if p.team == team) for team in "AB"]
    seconds = 600 - int(moment.time_s) % 600
    facts = moment.facts
    clock = f"{_ORDINAL[min(facts.period, 4) - 1]} {seconds // 60}:{seconds % 60:02d}"
    texts = [*(f"{name}  {points}" for name, points in zip(graphic.teams, facts.score, strict=True)), clock]
    colors = [uniforms[0].shirt, uniforms[1].shirt, (30, 28, 28)]
    size = 0.021 * (y2 - y1) / unit
    for k, (text, color) in enumerate(zip(texts, colors, strict=True)):
        left = x1 + k * third
        cv2.rectangle(image, (left, y1), (left + third - 1, y2), color, -1)
        ink = (20, 20, 20) if sum(color) > 380 else (245, 245, 245)
        at = (left + round(10 * unit), y2 - round(0.28 * (y2 - y1)))
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_DUPLEX, size * unit, ink, max(1, round(1.4 * unit)), cv2.LINE_AA)
    if graphic.sign:
        at = (round(image.shape[1] - 230 * unit), round(image.shape[0] - 24 * unit))
        ink, thick = (225, 225, 225), max(1, round(2 * unit))
        cv2.putText(image, graphic.sign, at, cv2.FONT_HERSHEY_SIMPLEX, 1.1 * unit, ink, thick, cv2.LINE_AA)
