"""The colour of each team's jersey, from its players' pictures: what the one team wears and the other does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.present.crops import Crop
from pipeline.present.palette import Color, Lab, from_lab

_TORSO = ((0.2, 0.5), (0.3, 0.7))
"""Rows and columns of a person's picture, as shares of it."""
_SAMPLES = (12, 8)
"""Rows and columns that each torso is reduced to."""
_NEAR = 11.0
"""Colours so near each other are one, in CIE76 with lightness counted by `_LIGHTNESS`."""
_LIGHTNESS = 0.6
"""Weight of lightness against hue: light and shade are on one jersey."""
_CANDIDATES = 400
_LEAST_SHARE = 0.1
"""A colour that less of the team's torsos have, above what the other team's have, is not its jersey's."""
_LEAST_PICTURES = 4
"""Of each team."""


def jersey_colors(crops: Mapping[int, Sequence[Crop]], players: pd.DataFrame) -> dict[str, str]:
    """Find the colour of the jerseys of two teams.

    A mean of all that is seen of a striped jersey, of skin and of shade is a colour that nobody wears. Here the pixels
    vote: skin, floor and shade, which both teams have, cancel out, and the most frequent of what is left is the team's.

    Args:
        crops: pictures of each person.
        players: table `players`.

    Returns:
        Team -> '#rrggbb'; a team of which nothing stands out is left out, both where there are not two.
    """
    of_player = players.set_index("player_id")["team"].dropna()
    torsos: dict[str, list[NDArray[np.float64]]] = {}
    for who, pictures in crops.items():
        if who in of_player.index:
            torsos.setdefault(str(of_player[who]), []).extend(_torso(crop) for crop in pictures)
    if len(torsos) != 2 or min(map(len, torsos.values())) < _LEAST_PICTURES:
        return {}
    first, second = sorted(torsos)
    pixels = {team: np.concatenate(found) for team, found in torsos.items()}
    found = {first: _own_color(pixels[first], pixels[second]), second: _own_color(pixels[second], pixels[first])}
    return {team: from_lab(color).hex for team, color in found.items() if color is not None}


def with_jersey_colors(players: pd.DataFrame, colors: Any) -> pd.DataFrame:
    """Put the colours of the teams' jerseys in the place of those measured of each player.

    Args:
        players: table `players`.
        colors: team -> '#rrggbb', as stored; what is no colour is passed over.
    """
    if not isinstance(colors, dict):
        return players
    of_team = {team: str(color) for team, color in colors.items() if _is_color(color)}
    shown = [of_team.get(team, color) for team, color in zip(players["team"], players["color"], strict=True)]
    return players.assign(color=pd.Series(shown, players.index, players["color"].dtype))


def _torso(crop: Crop) -> NDArray[np.float64]:
    """Sample the torso in a picture of a person: (samples, 3) CIE L*a*b*."""
    image = cv2.imdecode(np.frombuffer(crop.jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return np.empty((0, 3))
    rows, columns = (
        slice(int(begin * size), max(int(end * size), int(begin * size) + 1))
        for (begin, end), size in zip(_TORSO, image.shape[:2], strict=True)
    )
    small = cv2.resize(image[rows, columns], _SAMPLES[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_BGR2LAB), np.float64).reshape(-1, 3)


def _own_color(pixels: NDArray[np.float64], others: NDArray[np.float64]) -> Lab | None:
    """Find the colour that most of a team's pixels (n, 3) have beyond those of the other team (m, 3); None where none stands out."""
    candidates = pixels[:: max(1, len(pixels) // _CANDIDATES)]
    near = _near(candidates, pixels)  # (c, n)
    share = near.mean(axis=1) - _near(candidates, others).mean(axis=1)
    best = int(share.argmax())
    return None if share[best] < _LEAST_SHARE else np.asarray(np.median(pixels[near[best]], axis=0))


def _near(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which colours (n, 3) and (m, 3) are near each other: (n, m)."""
    weights = np.array([_LIGHTNESS, 1.0, 1.0])
    a, b = (first * weights).astype(np.float32), (second * weights).astype(np.float32)
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T
    return np.asarray(squared < _NEAR**2)


def _is_color(text: Any) -> bool:
    try:
        Color.parse(str(text))
    except ValueError:
        return False
    return True
