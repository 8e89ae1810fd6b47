"""What an attempt from each zone is worth, drawn on the court."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.geometry.zones import ABOVE_BREAK, BACKCOURT, CORNER_THREE, MID_RANGE, PAINT, ZONES, zones
from pipeline.present.ball_play.shot_chart import HEAD_PX, INK, MARGIN_M, QUIET, WIDTH_PX, write_line
from pipeline.present.drawing.court import PAPER, draw_floor, line_layers
from pipeline.present.drawing.text import text_coverage
from pipeline.present.palette import Color

_LOW, _MIDDLE, _HIGH = "#4a7fc1", "#f2ead3", "#d9541e"
RANGE_POINTS = (0.6, 1.4)
"""Points per attempt at which the colours end; the middle is 1."""
_LINE_PX = 19.0


def zone_chart(zones_table: pd.DataFrame, court: Court, title: str) -> NDArray[np.uint8] | None:
    """Draw the half of the court that is attacked, each zone in the colour of the points that an attempt from it brings.

    Args:
        zones_table: rows of the table `shot_zones` of one team.
        court: with two baskets.
        title: stands above.

    Returns:
        (h, w, 3) BGR; None without a zone with enough attempts, and on a court with one basket.
    """
    expected = zones_table.dropna(subset="expected_points")
    if expected.empty or court.baskets != 2:
        return None
    floor = draw_floor(court, WIDTH_PX, MARGIN_M, PAPER)
    image = floor.image.astype(np.float32)
    height_px, width_px = image.shape[:2]
    centres = np.stack(np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5), axis=-1)
    place_m = centres.reshape(-1, 2) / floor.metre_px - MARGIN_M
    inside = ((place_m >= 0) & (place_m <= [court.length_m, court.width_m])).all(axis=1).reshape(height_px, width_px)
    zone = zones(court, place_m).reshape(height_px, width_px)
    for row in expected.to_dict("records"):
        image[inside & (zone == ZONES.index(row["zone"]))] = _color(float(row["expected_points"]))
    for coverage, color in line_layers(court, floor, PAPER, 2.2):
        image += coverage[..., None] * (np.array(color.bgr, np.float32) - image)
    for row in expected.to_dict("records"):
        _label(image, floor.to_px(np.array([_anchor_m(ZONES.index(row["zone"]), court)]))[0], row)
    picture = np.rint(image[:, WIDTH_PX // 2 :]).astype(np.uint8)
    sheet = np.full((HEAD_PX + len(picture), picture.shape[1], 3), 255, np.uint8)
    sheet[HEAD_PX:] = picture
    write_line(sheet, title, 12, 25.0, INK, bold=True)
    write_line(sheet, "expected points per attempt, and 90 % interval", 48, 17.0, QUIET, bold=False)
    return sheet


def _color(points: float) -> NDArray[np.float32]:
    """Mix the colour (3,) BGR of a zone."""
    low, high = RANGE_POINTS
    share = float(np.clip((points - low) / (high - low), 0, 1))
    stops = np.array([Color.parse(text).bgr for text in (_LOW, _MIDDLE, _HIGH)], np.float32)
    return np.array([np.interp(share, [0, 0.5, 1], stops[:, channel]) for channel in range(3)], np.float32)


def _anchor_m(zone: int, court: Court) -> tuple[float, float]:
    """Return where (2,) in the right half the text of a zone stands."""
    middle, basket = court.width_m / 2, court.length_m - court.basket_m
    lane = court.length_m - court.free_throw_m
    return {
        PAINT: ((lane + court.length_m) / 2 - 0.6, middle),
        MID_RANGE: ((basket + lane) / 2 - 0.4, middle + court.lane_width_m / 2 + 1.9),
        CORNER_THREE: (court.length_m - court.three_point_straight_m / 2, court.width_m - 0.4),
        ABOVE_BREAK: (basket - court.three_point_radius_m - 2.4, middle),
        BACKCOURT: (court.length_m / 4, middle),
    }[zone]


def _label(image: NDArray[np.float32], at: NDArray[np.float64], row: Mapping[Any, Any]) -> None:
    """Write what a zone brings, in place: the mean, the interval, made of attempts."""
    lines = (
        (f"{row['expected_points']:.2f}", True),
        (f"{row['low_points']:.2f} to {row['high_points']:.2f}", False),
        (f"{row['made']} of {row['attempts']}", False),
    )
    top = float(at[1]) - 1.7 * _LINE_PX
    for text, bold in lines:
        size = 1.35 * _LINE_PX if bold else 0.8 * _LINE_PX
        coverage = text_coverage(text, size, bold)
        height, width = coverage.shape
        x = int(np.clip(round(float(at[0]) - width / 2), 0, image.shape[1] - width))
        y = int(np.clip(round(top), 0, image.shape[0] - height))
        part = image[y : y + height, x : x + width]
        halo = cv2.GaussianBlur(np.minimum(cv2.dilate(coverage, np.ones((5, 5))) * 1.0, 1.0), (0, 0), 1.2)[..., None]
        part += 0.75 * halo * (255 - part)
        part += coverage[..., None] * (np.array(Color.parse(INK).bgr, np.float32) - part)
        top += 1.05 * size
