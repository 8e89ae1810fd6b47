"""Shots drawn on the court: all of them turned so that the basket is on the right."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.geometry.zones import turned
from pipeline.present.drawing.court import PAPER, CourtPicture, draw_picture
from pipeline.present.drawing.text import text_coverage
from pipeline.present.palette import Color

WIDTH_PX, MARGIN_M, HEAD_PX = 1500, 1.0, 84
_MARK_PX, _LINE_PX = 11, 4
_MADE, _MISSED, _OPEN = "#1a7f4b", "#c0392b", "#6b7280"
INK, QUIET = "#1f2328", "#5b6470"


def shot_chart(shots: pd.DataFrame, court: Court, title: str) -> NDArray[np.uint8] | None:
    """Draw the half of the court that is attacked with a ring for each shot made, a cross for each missed, a point where that is not known.

    Args:
        shots: sure rows of `ball_events` of the kind shot.
        court: the court.
        title: stands above.

    Returns:
        (h, w, 3) BGR; None without a shot of a known place.
    """
    placed = shots.dropna(subset=["x_m", "y_m"])
    if placed.empty:
        return None
    floor = _floor(court)
    picture = floor.image.copy()
    places_m = placed[["x_m", "y_m"]].to_numpy(np.float64)
    if court.baskets == 2:
        places_m = np.where(places_m[:, :1] < court.length_m / 2, turned(court, places_m), places_m)
    result = placed["result"].where(placed["result_status"] == "sure")
    for (x, y), end in zip(floor.to_px(places_m), result, strict=True):
        _mark(picture, (round(float(x)), round(float(y))), None if pd.isna(end) else str(end))
    if court.baskets == 2:
        picture = picture[:, WIDTH_PX // 2 :]
    sheet = np.full((HEAD_PX + len(picture), picture.shape[1], 3), 255, np.uint8)
    sheet[HEAD_PX:] = picture
    write_line(sheet, title, 12, 25.0, INK, bold=True)
    write_line(sheet, shot_line(shots, court), 48, 17.0, QUIET, bold=False)
    return sheet


@lru_cache(maxsize=1)
def _floor(court: Court) -> CourtPicture:
    """Draw the empty court, once for all charts."""
    return draw_picture(court, WIDTH_PX, MARGIN_M, PAPER, 2.2)


def shot_line(shots: pd.DataFrame, court: Court) -> str:
    """Sum shots up in words.

    Args:
        shots: sure rows of `ball_events` of the kind shot.
        court: says what a shot from inside the arc is worth.
    """
    sure = shots["result"].where(shots["result_status"] == "sure")
    beyond = shots["points"] > court.points_inside
    parts = [f"{int((sure == 'made').sum())} of {len(shots)} made"]
    if beyond.any():
        worth = "three" if court.points_inside == 2 else "two"
        parts.append(f"from {worth} {int((sure[beyond] == 'made').sum())} of {int(beyond.sum())}")
    if sure.isna().any():
        parts.append(f"{int(sure.isna().sum())} of unknown end")
    return " · ".join(parts)


def png_bytes(picture: NDArray[np.uint8]) -> bytes:
    """Compress a picture as PNG."""
    return cv2.imencode(".png", picture)[1].tobytes()


def _mark(picture: NDArray[np.uint8], at: tuple[int, int], end: str | None) -> None:
    """Draw one shot, in place."""
    if end == "made":
        cv2.circle(picture, at, _MARK_PX, Color.parse(_MADE).bgr, _LINE_PX, cv2.LINE_AA)
    elif end == "missed":
        color = Color.parse(_MISSED).bgr
        arm = _MARK_PX - 2
        for way in (-1, 1):
            start, stop = (at[0] - arm, at[1] - way * arm), (at[0] + arm, at[1] + way * arm)
            cv2.line(picture, start, stop, color, _LINE_PX, cv2.LINE_AA)
    else:
        cv2.circle(picture, at, _MARK_PX // 2, Color.parse(_OPEN).bgr, -1, cv2.LINE_AA)


def write_line(sheet: NDArray[np.uint8], text: str, top: int, size_px: float, color: str, *, bold: bool) -> None:
    """Write a line at the left, in place.

    Args:
        sheet: (h, w, 3) BGR.
        text: one line.
        top: px from above.
        size_px: height of the letters.
        color: '#rrggbb'.
        bold: in bold letters.
    """
    coverage = text_coverage(text, size_px, bold)[:, : sheet.shape[1] - 24, None]
    place = sheet[top : top + len(coverage), 24 : 24 + coverage.shape[1]]
    place[:] = np.rint(place + coverage * (np.array(Color.parse(color).bgr) - place.astype(np.float64))).astype(
        np.uint8
    )
