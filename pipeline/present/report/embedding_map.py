"""The map of looks as a figure: a mark per tracklet, near to those that look alike."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.present.embedding_map import Looks
from pipeline.present.formats import clock
from pipeline.present.labels import Person, people
from pipeline.present.palette import Color

WIDTH, HEIGHT = 1000, 620
MARKS = {"circle": "● Team A", "square": "■ Team B", "diamond": "◆ no team", "triangle": "▲ referee"}
_MARGIN = 40
_NAME_ABOVE = 28.0
_SMALL, _LARGE = 6.0, 17.0
_LONG_S = 20.0
"""A tracklet of this length or longer has the largest mark."""
_GOLDEN_TURN = 0.618034
_LIGHTNESS = (0.48, 0.38, 0.58)


def looks_figure(looks: Looks | None, players: pd.DataFrame, frames: pd.DataFrame) -> dict[str, Any] | None:
    """Lay the map out.

    Args:
        looks: the map; None where there are too few tracklets.
        players: table `players`.
        frames: table `frames`.

    Returns:
        Size, marks (`path color about`), what the shapes mean, and a star per person, from the mark in the middle to
        the others (`path x y text color`), in units of the picture.
    """
    if looks is None:
        return None
    persons = {person.player_id: person for person in people(players)}
    spot = _spots(looks.place)
    colors = {who: own_color(place) for place, who in enumerate(persons)}
    shapes = {who: _shape(person) for who, person in persons.items()}
    times = dict(zip(frames["frame"], frames["time_s"], strict=True))
    marks = []
    for k in np.argsort(-looks.seconds, kind="stable"):
        who = int(looks.player_id[k])
        path = _mark(shapes[who], spot[k], float(looks.seconds[k]))
        marks.append({"path": path, "color": colors[who], "about": _about(persons[who], looks, k, times)})
    shown = {shapes[int(who)] for who in looks.player_id}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "marks": marks,
        "shapes": [text for shape, text in MARKS.items() if shape in shown],
        "stars": [
            {"text": persons[int(who)].badge, "color": colors[int(who)]} | _star(spot, looks, int(who))
            for who in np.unique(looks.player_id)
        ],
        "left_out": looks.left_out,
    }


def own_color(place: int) -> str:
    """Give the person in this place a colour far from the neighbours', '#rrggbb'.

    Example:
        >>> own_color(0), own_color(1)
        ('#c93f2c', '#23389f')
    """
    hue = (0.02 + place * _GOLDEN_TURN) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, _LIGHTNESS[place % 3], 0.64)
    return Color(round(255 * red), round(255 * green), round(255 * blue)).hex


def _shape(person: Person) -> str:
    """Choose the mark of a role and team."""
    return "triangle" if person.role == "referee" else {"A": "circle", "B": "square"}.get(person.team or "", "diamond")


def _about(person: Person, looks: Looks, k: int, times: Mapping[int, float]) -> str:
    """Say what a mark is."""
    begin = clock(times.get(int(looks.first_frame[k])))
    return f"{person.full}, from {begin}, {looks.seconds[k]:.1f} s, sure {100 * looks.confidence[k]:.0f} %"


def _spots(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale the map (n, 2) to the picture."""
    low, high = place.min(axis=0), place.max(axis=0)
    room = np.array([WIDTH, HEIGHT]) - 2 * _MARGIN
    return np.asarray(_MARGIN + (place - low) / np.maximum(high - low, 1e-9) * room)


def _mark(shape: str, spot: NDArray[np.float64], seconds: float) -> str:
    """Draw a mark as an SVG path."""
    x, y = (float(value) for value in spot)
    r = _SMALL + (_LARGE - _SMALL) * min(seconds / _LONG_S, 1.0) ** 0.5
    if shape == "circle":
        return f"M{x - r:.1f} {y:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 -{2 * r:.1f} 0z"
    corners = {
        "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        "triangle": [(0, -1.1), (1.05, 0.8), (-1.05, 0.8)],
        "diamond": [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    }[shape]
    return "M" + "L".join(f"{x + r * a:.1f} {y + r * b:.1f}" for a, b in corners) + "z"


def _star(spot: NDArray[np.float64], looks: Looks, who: int) -> dict[str, Any]:
    """Draw lines from the middle of a person's marks to all of them, and place the name above it."""
    own = np.flatnonzero(looks.player_id == who)
    weighted = np.repeat(spot[own], np.maximum(looks.seconds[own].astype(int), 1), axis=0)
    middle = own[np.argmin(np.linalg.norm(spot[own] - np.median(weighted, axis=0), axis=1))]
    x, y = (float(value) for value in spot[middle])
    path = "".join(f"M{x:.1f} {y:.1f}L{spot[k, 0]:.1f} {spot[k, 1]:.1f}" for k in own if k != middle)
    return {"path": path, "x": round(x, 1), "y": round(max(y - _NAME_ABOVE, _NAME_ABOVE / 2), 1)}
