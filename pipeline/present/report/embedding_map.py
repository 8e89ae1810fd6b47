"""The embedding map as a figure: a symbol per tracklet, close to those with similar embeddings."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.present.embedding_map import EmbeddingMap
from pipeline.present.formats import clock
from pipeline.present.labels import Person, people
from pipeline.present.palette import Color

WIDTH, HEIGHT = 1000, 620
SYMBOLS = {"circle": "● Team A", "square": "■ Team B", "diamond": "◆ no team", "triangle": "▲ referee"}
_MARGIN = 40
"""Around the symbols, in units of the picture."""
_NAME_ABOVE = 28.0
"""Of a name above its symbol, in units of the picture."""
_SMALL, _LARGE = 6.0, 17.0
_LONG_S = 20.0
"""A tracklet of this length or longer has the largest symbol."""
_GOLDEN_TURN = 0.618034
"""Share of the colour circle between two neighbours: the golden ratio, so that hues never meet."""
_LIGHTNESS = (0.48, 0.38, 0.58)
"""HLS lightness, 0 to 1, in turn."""


def embedding_map_figure(
    embedding_map: EmbeddingMap | None, players: pd.DataFrame, frames: pd.DataFrame
) -> dict[str, Any] | None:
    """Lay the map out.

    Args:
        embedding_map: the map; None where there are too few tracklets.
        players: table `players`.
        frames: table `frames`.

    Returns:
        Size, symbols (`path color about`), what the shapes mean, and a star per person, from the symbol in the middle to
        the others (`path x y text color`), in units of the picture.
    """
    if embedding_map is None:
        return None
    persons = {person.player_id: person for person in people(players)}
    spot = _spots(embedding_map.place)
    colors = {who: color_in_map(place) for place, who in enumerate(persons)}
    shapes = {who: _shape(person) for who, person in persons.items()}
    times = dict(zip(frames["frame"], frames["time_s"], strict=True))
    symbols = []
    for k in np.argsort(-embedding_map.seconds, kind="stable"):
        who = int(embedding_map.player_id[k])
        path = _symbol(shapes[who], spot[k], float(embedding_map.seconds[k]))
        symbols.append({"path": path, "color": colors[who], "about": _about(persons[who], embedding_map, k, times)})
    shown = {shapes[int(who)] for who in embedding_map.player_id}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "symbols": symbols,
        "shapes": [text for shape, text in SYMBOLS.items() if shape in shown],
        "stars": [
            {"text": persons[int(who)].code, "color": colors[int(who)]} | _star(spot, embedding_map, int(who))
            for who in np.unique(embedding_map.player_id)
        ],
        "left_out": embedding_map.left_out,
    }


def color_in_map(place: int) -> str:
    """Give the person in this place a colour far from the neighbours', '#rrggbb'.

    Example:
        >>> color_in_map(0), color_in_map(1)
        ('#c93f2c', '#23389f')
    """
    hue = (0.02 + place * _GOLDEN_TURN) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, _LIGHTNESS[place % 3], 0.64)
    return Color(round(255 * red), round(255 * green), round(255 * blue)).hex


def _shape(person: Person) -> str:
    """Choose the symbol of a role and team."""
    return "triangle" if person.role == "referee" else {"A": "circle", "B": "square"}.get(person.team or "", "diamond")


def _about(person: Person, embedding_map: EmbeddingMap, k: int, times: Mapping[int, float]) -> str:
    """Say what a symbol stands for."""
    begin = clock(times.get(int(embedding_map.first_frame[k])))
    return (
        f"{person.full}, from {begin}, {embedding_map.seconds[k]:.1f} s, sure {100 * embedding_map.confidence[k]:.0f} %"
    )


def _spots(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale the map (n, 2) to the picture."""
    low, high = place.min(axis=0), place.max(axis=0)
    room = np.array([WIDTH, HEIGHT]) - 2 * _MARGIN
    return np.asarray(_MARGIN + (place - low) / np.maximum(high - low, 1e-9) * room)


def _symbol(shape: str, spot: NDArray[np.float64], seconds: float) -> str:
    """Draw a symbol as an SVG path."""
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


def _star(spot: NDArray[np.float64], embedding_map: EmbeddingMap, who: int) -> dict[str, Any]:
    """Draw lines from the middle of a person's symbols to all of them, and place the name above it."""
    rows = np.flatnonzero(embedding_map.player_id == who)
    weighted = np.repeat(spot[rows], np.maximum(embedding_map.seconds[rows].astype(int), 1), axis=0)
    middle = rows[np.argmin(np.linalg.norm(spot[rows] - np.median(weighted, axis=0), axis=1))]
    x, y = (float(value) for value in spot[middle])
    path = "".join(f"M{x:.1f} {y:.1f}L{spot[k, 0]:.1f} {spot[k, 1]:.1f}" for k in rows if k != middle)
    return {"path": path, "x": round(x, 1), "y": round(max(y - _NAME_ABOVE, _NAME_ABOVE / 2), 1)}
