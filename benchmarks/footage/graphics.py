"""Graphics as broadcasts lay them over a game, drawn into a picture at a moment of the clip."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Paint = Callable[[Image, float, float], None]
"""Draws into a picture (h, w, 3) BGR in place: (picture, time in s, length of the clip in s)."""

EVENTS = (0.2, 0.5, 0.8)
"""When something happens, as shares of the clip."""
WIPE_S, SLIDE_S, STAY_S = 0.7, 0.4, 2.0
_WORDS = ("STARTING FIVE", "REBOUNDS 31-28", "NEXT: SUNDAY 18:00", "FOULS 3", "3P 7/19", "TIMEOUTS 2", "BENCH 14")


@lru_cache(maxsize=16)
def panel(width_px: int, height_px: int) -> Image:
    """Return a graphic (h, w, 3): a shaded plate with a bright frame, lines of text and a crest."""
    shade = np.linspace(0.5, 1.0, width_px)[None, :, None]
    plate = np.ascontiguousarray(np.broadcast_to(shade * (110, 60, 35), (height_px, width_px, 3)).astype(np.uint8))
    line_px = max(16, height_px // 8)
    for number, top in enumerate(range(line_px, height_px, line_px)):
        text = "   ".join(_WORDS[(number + k) % len(_WORDS)] for k in range(1 + width_px // 250))
        cv2.putText(plate, text, (line_px, top), cv2.FONT_HERSHEY_DUPLEX, line_px / 36, (235, 235, 235), 1, cv2.LINE_AA)
    radius = min(width_px, height_px) // 5
    cv2.circle(plate, (width_px - 2 * radius, height_px // 2), radius, (60, 190, 230), -1)
    cv2.rectangle(plate, (0, 0), (width_px - 1, height_px - 1), (200, 220, 240), 3)
    return plate


def lay(image: Image, graphic: Image, left_px: int, top_px: int) -> None:
    """Lay a graphic over a picture in place; what hangs over the border is cut off."""
    (height, width), (tall, wide) = image.shape[:2], graphic.shape[:2]
    x0, x1 = max(0, left_px), min(width, left_px + wide)
    y0, y1 = max(0, top_px), min(height, top_px + tall)
    if x0 < x1 and y0 < y1:
        image[y0:y1, x0:x1] = graphic[y0 - top_px : y1 - top_px, x0 - left_px : x1 - left_px]


def ticker(image: Image, _time_s: float, _length_s: float) -> None:
    """Draw a plate over the lower fifth and a score at the top, all the time."""
    height, width = image.shape[:2]
    lay(image, panel(width, height // 5), 0, height - height // 5)
    lay(image, panel(width // 3, height // 10), width // 2, height // 40)


def wipe(image: Image, time_s: float, length_s: float) -> None:
    """Draw a slanted plate that crosses the picture and hides it whole in the middle of its way."""
    height, width = image.shape[:2]
    for share in EVENTS:
        done = (time_s - share * length_s) / WIPE_S
        if 0 <= done < 1:
            slant, breadth = width // 6, width * 5 // 4
            left = round(-breadth - slant + done * (width + breadth + 2 * slant))
            corners = [[left + slant, 0], [left + breadth + slant, 0], [left + breadth, height], [left, height]]
            cv2.fillPoly(image, [np.array(corners, np.int32)], (90, 30, 150))
            cv2.putText(
                image, "GAME", (left + width // 3, height // 2), cv2.FONT_HERSHEY_TRIPLEX, height / 150, (250, 250, 250), 8
            )  # fmt: skip


def lower_third(image: Image, time_s: float, length_s: float) -> None:
    """Draw a plate that slides in from the left over the lower part, stays, and slides out again."""
    height, width = image.shape[:2]
    shown = _slid_in(time_s, length_s)
    if shown > 0:
        wide = width * 3 // 4
        lay(image, panel(wide, height // 5), round(width // 10 - (1 - shown) * (wide + width // 10)), height * 7 // 10)


def side_panel(image: Image, time_s: float, length_s: float) -> None:
    """Draw a plate that slides in from the right over a third of the picture, stays, and slides out again."""
    height, width = image.shape[:2]
    shown = _slid_in(time_s, length_s)
    if shown > 0:
        lay(image, panel(width // 3, height * 4 // 5), round(width - shown * (width // 3)), height // 10)


def full_card(image: Image, time_s: float, length_s: float) -> None:
    """Draw a card that slides down over the whole picture, stays, and slides up again."""
    height, width = image.shape[:2]
    shown = _slid_in(time_s, length_s)
    if shown > 0:
        lay(image, panel(width, height), 0, round(-(1 - shown) * height))


def flash(image: Image, time_s: float, length_s: float) -> None:
    """White out the picture for a thirtieth of a second."""
    if _flashes(time_s, length_s):
        image[:] = 255


def soft_flash(image: Image, time_s: float, length_s: float) -> None:
    """Overexpose the picture for a thirtieth of a second; it can still be seen."""
    if _flashes(time_s, length_s):
        image[:] = np.clip(image * 0.4 + 160, 0, 255).astype(np.uint8)


def darkened(image: Image, time_s: float, length_s: float) -> None:
    """Darken the second half of the clip, as a camera that adapts or a broken light."""
    if time_s >= length_s / 2:
        image[:] = cv2.LUT(image, np.round(255 * np.linspace(0, 1, 256) ** 2).astype(np.uint8))


def _slid_in(time_s: float, length_s: float) -> float:
    """Say how far a plate that appears in the middle of the clip has slid in, 0 to 1."""
    since_s = time_s - 0.4 * length_s
    return float(np.clip(min(since_s, 2 * SLIDE_S + STAY_S - since_s) / SLIDE_S, 0, 1))


def _flashes(time_s: float, length_s: float) -> bool:
    return any(0 <= time_s - share * length_s < 1 / 30 - 1e-6 for share in EVENTS)
