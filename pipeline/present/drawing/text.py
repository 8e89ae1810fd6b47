"""Text as coverage, set by Pillow in any script that DejaVu Sans has."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Coverage = NDArray[np.float32]
"""(h, w) from 0 (clear) to 1 (covered)."""


@cache
def _font(size_px: float, bold: bool) -> ImageFont.FreeTypeFont:
    """Open a font of matplotlib's, whose import would take longer than a page of text."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise RuntimeError("matplotlib is not installed: its fonts are needed")
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name), size_px)


def text_coverage(text: str, size_px: float, bold: bool = True) -> Coverage:
    """Set a line of text: as high as the font's line, as wide as the text.

    Args:
        text: one line.
        size_px: height of the letters.
        bold: in bold letters.
    """
    font = _font(size_px, bold)
    ascent, descent = font.getmetrics()
    canvas = Image.new("L", (max(1, round(font.getlength(text))), ascent + descent), 0)
    ImageDraw.Draw(canvas).text((0, 0), text, font=font, fill=255)
    return np.asarray(np.asarray(canvas) / 255, dtype=np.float32)
