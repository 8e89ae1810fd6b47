"""The colours of heat maps, and where a picture of one has its title and its scale."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.present.drawing.court import PAPER
from pipeline.present.palette import Color

WIDTH_PX = 1200
HEAD_PX = 90
FOOT_PX = 58
UNSEEN_RGBA = (0.80, 0.81, 0.83, 1.0)
INK, QUIET = "#1d2025", "#6b7079"
"""Of the title, and of everything else that is written."""

_DARKEST, _LIGHTEST = 0.80, 0.06
"""Part of magma that is used, from its light end."""


def heat_rgba() -> NDArray[np.float64]:
    """Make the colours (256, 4) from 0 to 1: magma from light to dark, even to the eye, clear where nothing was."""
    table = cv2.applyColorMap(np.arange(255, -1, -1).astype(np.uint8)[:, None], cv2.COLORMAP_MAGMA)[:, 0, ::-1] / 255
    base = table[np.rint(255 * np.linspace(_LIGHTEST, _DARKEST, 256)).astype(int)]
    share = np.linspace(0, 1, 256)
    return np.column_stack([base, np.clip(share / 0.18, 0, 1) ** 0.8 * 0.94])


def color_stops(count: int = 9) -> list[str]:
    """Sample the colours as they appear on the floor, '#rrggbb' from nothing to the most."""
    floor = np.array([Color.parse(PAPER.floor).bgr[::-1]]) / 255
    rgba = heat_rgba()[np.rint(np.linspace(0, 255, count)).astype(int)]
    seen = rgba[:, 3:] * rgba[:, :3] + (1 - rgba[:, 3:]) * floor
    return [Color(*(int(v) for v in np.rint(255 * color))).hex for color in seen]
