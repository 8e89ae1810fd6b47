"""The heat maps that every run leaves, painted with OpenCV: what is the same on all of them is drawn once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.present.drawing.court import PAPER, draw_floor, line_layers
from pipeline.present.drawing.layers import Bytes, cover
from pipeline.present.drawing.text import text_coverage
from pipeline.present.heat_maps.colors import FOOT_PX, HEAD_PX, INK, QUIET, UNSEEN_RGBA, WIDTH_PX, heat_rgba
from pipeline.present.heat_maps.heatmaps import CELL_M, MARGIN_M, HeatMap
from pipeline.present.palette import Color

REPORT_WIDTH_PX = 760
_LEFT_PX = 24
_TITLE_PX, _TEXT_PX, _SCALE_PX = 27.8, 17.4, 16.7
"""Heights of letters: title, subtitle, scale."""
_TITLE_MIDDLE_PX, _TEXT_MIDDLE_PX = 32, 66
"""From the upper edge."""
_BAR_PX = (290, 12)
_GAP_PX = 12
"""Between the scale's bar and what is written beside it."""
_BAR_FRAME = "#d5d0c6"
_LEAST_LINE_PX = 2.6
_LINE_OPACITY = 0.85
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 3, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
"""A quarter of the time of filters chosen line by line, and smaller: most of a map is of one colour."""
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 88, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]


@dataclass(frozen=True)
class HeatPictures:
    """A heat map as pictures."""

    file_png: bytes
    """With title and scale, for the file."""
    report_jpeg: bytes
    """The floor alone, smaller."""
    peak_share_per_m2: float
    """What the darkest colour means: share of the located time per square metre."""


@lru_cache(maxsize=1)
def painter_of(court: Court) -> HeatPainter:
    """Return the painter of heat maps on a court; whoever presents games again and again draws its floor once."""
    return HeatPainter(court)


class HeatPainter:
    """Paints heat maps on one court."""

    def __init__(self, court: Court) -> None:
        """Draw floor, lines and the scale's colours."""
        floor = draw_floor(court, WIDTH_PX, MARGIN_M, PAPER)
        self._court = court
        self._floor = floor.image
        self._metre_px = floor.metre_px
        self._unseen = np.full_like(floor.image, np.rint(255 * np.array(UNSEEN_RGBA[2::-1])))
        rgba = heat_rgba()
        self._colors = np.rint(255 * rgba[None, :, 2::-1] * rgba[:, 3:]).astype(np.uint8)  # (1, 256, 3) times opacity
        self._kept = np.rint(255 * (1 - np.repeat(rgba[None, :, 3:], 3, axis=2))).astype(np.uint8)
        sheet = (HEAD_PX + len(self._floor) + FOOT_PX, WIDTH_PX, 3)
        self._sheet: Bytes = np.full(sheet, Color.parse(PAPER.surround).bgr, np.uint8)
        lines, rings = line_layers(court, floor, PAPER, _LEAST_LINE_PX)
        self._lines = [_layer(lines[0] * np.float32(_LINE_OPACITY), lines[1]), _layer(*rings)]

    def paint(self, heat: HeatMap, title: str, subtitle: str) -> HeatPictures:
        """Paint a heat map for both uses.

        Args:
            heat: the map.
            title: stands above.
            subtitle: stands below the title.
        """
        peak = float(np.nanmax(heat.density))
        hidden = np.isnan(heat.density)
        floor = self._floor.copy()
        steps = self._on_floor(np.where(hidden, 0.0, heat.density / peak), heat, cv2.INTER_LINEAR)
        self._color(floor, np.asarray(cv2.convertScaleAbs(steps, alpha=255), np.uint8))
        if hidden.any():
            unseen = self._on_floor(hidden.astype(np.float64), heat, cv2.INTER_NEAREST).astype(np.uint8)
            cv2.copyTo(self._unseen, unseen, floor)
        for kept, added in self._lines:
            cover(floor, kept, added)
        picture = self._sheet.copy()
        picture[HEAD_PX : HEAD_PX + len(floor)] = floor
        _write(picture, title, _LEFT_PX, _TITLE_MIDDLE_PX, _TITLE_PX, INK, bold=True)
        _write(picture, subtitle, _LEFT_PX, _TEXT_MIDDLE_PX, _TEXT_PX, QUIET)
        behind = f"{100 * peak:.2g} % of the time seen"
        self._scale(picture, f"{behind}   ·   grey: never in view" if self._on_court(hidden, heat).any() else behind)
        size = (REPORT_WIDTH_PX, round(len(floor) * REPORT_WIDTH_PX / WIDTH_PX))
        small = np.asarray(cv2.resize(floor, size, interpolation=cv2.INTER_AREA), np.uint8)
        return HeatPictures(_encoded(".png", picture, _PNG), _encoded(".jpg", small, _JPEG), peak)

    def _color(self, ground: Bytes, steps: Bytes) -> None:
        """Lay the heat map's colours on a ground (h, w, 3) in place, by steps (h, w) from nothing to the most."""
        of_channels = cv2.merge([steps, steps, steps])
        kept, added = (np.asarray(cv2.LUT(of_channels, table), np.uint8) for table in (self._kept, self._colors))
        cover(ground, kept, added)

    def _on_floor(self, values: NDArray[np.float64], heat: HeatMap, method: int) -> NDArray[np.float32]:
        """Resample values (rows, columns) on the map's grid to the floor's pixels (h, w)."""
        cells = 1 / (self._metre_px * CELL_M)  # per px
        shifts = [(-MARGIN_M - corner) / CELL_M + cells / 2 - 0.5 for corner in (heat.x0_m, heat.y0_m)]
        matrix = np.array([[cells, 0, shifts[0]], [0, cells, shifts[1]]])
        height, width = self._floor.shape[:2]
        flags = method | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(values.astype(np.float32), matrix, (width, height), flags=flags), np.float32)

    def _on_court(self, hidden: NDArray[np.bool_], heat: HeatMap) -> NDArray[np.bool_]:
        """Take the cells of the court itself."""
        low = round(-heat.x0_m / CELL_M)
        return hidden[low : low + int(self._court.width_m / CELL_M), low : low + int(self._court.length_m / CELL_M)]

    def _scale(self, picture: Bytes, behind: str) -> None:
        """Draw the bar of colours at the foot, with what its ends mean."""
        middle = picture.shape[0] - FOOT_PX // 2
        left = _write(picture, "Time per square metre:  0", _LEFT_PX, middle, _SCALE_PX, QUIET) + _GAP_PX
        width, height = _BAR_PX
        bar = np.full((height, width, 3), Color.parse(PAPER.floor).bgr, np.uint8)
        self._color(bar, np.tile(np.rint(np.linspace(0, 255, width)).astype(np.uint8), (height, 1)))
        cv2.rectangle(bar, (0, 0), (width - 1, height - 1), Color.parse(_BAR_FRAME).bgr)
        picture[middle - height // 2 : middle + height // 2, left : left + width] = bar
        _write(picture, behind, left + width + _GAP_PX, middle, _SCALE_PX, QUIET)


def _layer(coverage: NDArray[np.float32], color: Color) -> tuple[Bytes, Bytes]:
    """Turn coverage (h, w) and a colour into what `cover` takes."""
    alpha = np.repeat(coverage[..., None], 3, axis=2)
    return np.rint(255 * (1 - alpha)).astype(np.uint8), np.rint(alpha * np.array(color.bgr)).astype(np.uint8)


def _write(picture: Bytes, text: str, left: int, middle: int, size_px: float, color: str, bold: bool = False) -> int:
    """Write a line, cut at the right edge; return where it ends.

    Args:
        picture: (h, w, 3) BGR, written on in place.
        text: one line.
        left: px of its left edge.
        middle: px of the middle of its height.
        size_px: height of the letters.
        color: '#rrggbb'.
        bold: in bold letters.
    """
    coverage = text_coverage(text, size_px, bold)[:, : max(0, picture.shape[1] - left)]
    height, width = coverage.shape
    top = middle - height // 2
    if width:
        cover(picture[top : top + height, left : left + width], *_layer(coverage, Color.parse(color)))
    return left + int(width)


def _encoded(ending: str, picture: Bytes, options: list[int]) -> bytes:
    """Compress a picture."""
    return cv2.imencode(ending, picture, options)[1].tobytes()
