"""Baskets, benches, scorer's table."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.rendering.camera.views import CameraView
from pipeline.rendering.scene.layer import Layer, crop_layer
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.simulation.cast import BENCH_Y_M, RIM_HEIGHT_M, SEAT_M

Array = NDArray[np.float64]
Image = NDArray[np.uint8]

RIM_RADIUS_M = 0.235
BALL_RADIUS_M = 0.12
_SHIFT = 4


def rim_points(court: Court, left: bool) -> Array:
    """Trace the ring of a basket: (24, 3) metres."""
    x = court.basket_m if left else court.length_m - court.basket_m
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * RIM_RADIUS_M
    return np.column_stack([ring + np.array([x, court.width_m / 2]), np.full(24, RIM_HEIGHT_M)])


def basket_layer(canvas: CameraView, court: Court, left: bool, rng: np.random.Generator) -> Layer | None:
    """Paint board, ring, net and support of one basket; None when the canvas does not show it.

    Args:
        canvas: the view that is painted on.
        court: the court.
        left: which basket.
        rng: everything random.
    """
    sign = -1.0 if left else 1.0
    end = 0.0 if left else court.length_m
    middle = court.width_m / 2
    face = end - sign * court.backboard_m
    everything = np.array([[end + sign * 2.6, middle, 0.0], [face, middle - 1, 4.1], [face, middle + 1, 2.4]])
    px, depth = canvas.project(everything)
    if (depth < 1).any():
        return None
    unit = canvas.focal_px / float(depth.mean())
    low = np.maximum(np.floor(px.min(axis=0) - unit), 0).astype(int)
    high = np.minimum(np.ceil(px.max(axis=0) + unit), canvas.size).astype(int)
    if (high - low).min() < 4:
        return None
    sheet = np.zeros((high[1] - low[1], high[0] - low[0], 4), dtype=np.uint8)
    pen = _EquipmentPen(sheet, canvas, low)
    paint = tuple(int(v) for v in rng.integers(20, 200, 3))
    _support(pen, end, sign, face, middle, paint)
    _board(pen, face, middle, unit)
    ring = rim_points(court, left)
    _net(pen, ring, unit)
    pen.line(np.vstack([ring, ring[:1]]), (30, 80, 235, 255), max(1, round(0.035 * unit)))
    return crop_layer(sheet, (int(low[0]), int(low[1])), (float(ring[:, 0].mean()), middle))


class _EquipmentPen:
    """Drawing in the world on a sheet of the canvas."""

    def __init__(self, sheet: Image, view: CameraView, corner: NDArray[np.int64]) -> None:
        self.sheet, self.view, self.corner = sheet, view, corner

    def _px(self, points: Array) -> NDArray[np.int32]:
        px, _ = self.view.project(points)
        return np.rint((px - self.corner) * (1 << _SHIFT)).astype(np.int32)

    def fill(self, points: Array, color: tuple[int, ...]) -> None:
        cv2.fillPoly(self.sheet, [self._px(points)], color, cv2.LINE_AA, _SHIFT)

    def line(self, points: Array, color: tuple[int, ...], thick: int) -> None:
        cv2.polylines(self.sheet, [self._px(points)], False, color, thick, cv2.LINE_AA, _SHIFT)


def _support(pen: _EquipmentPen, end: float, sign: float, face: float, middle: float, paint: tuple[int, ...]) -> None:
    """Padded base behind the end line and the arm to the board."""
    near, far = end + sign * 1.4, end + sign * 2.6
    dark = tuple(int(c * 0.7) for c in paint)
    for y, color in ((middle - 0.45, dark), (middle + 0.45, paint)):
        base = [[near, y, 0], [far, y, 0], [far, y, 1.0], [near + sign * 0.5, y, 2.3], [near, y, 2.2]]
        pen.fill(np.array(base), (*color, 255))
    front = [[near, middle - 0.45, 0], [near, middle + 0.45, 0], [near, middle + 0.45, 2.2], [near, middle - 0.45, 2.2]]
    pen.fill(np.array(front), (*paint, 255))
    for y in (-0.15, 0.15):
        arm = [[near + sign * 0.3, middle + y, 2.2], [near, middle + y, 3.2], [face, middle + y, 3.3]]
        depth = pen.view.project(np.array(arm))[1]
        thick = max(1, round(0.14 * pen.view.focal_px / float(depth.mean())))
        pen.line(np.array(arm), (205, 205, 205, 255), thick)


def _board(pen: _EquipmentPen, face: float, middle: float, unit: float) -> None:
    """The glass board 1.8 x 1.05 m, its frame and inner square."""
    outer = np.array([[face, middle + y, z] for y, z in ((-0.9, 2.9), (0.9, 2.9), (0.9, 3.95), (-0.9, 3.95))])
    pen.fill(outer, (85, 85, 82, 95))
    pen.line(np.vstack([outer, outer[:1]]), (240, 240, 240, 255), max(1, round(0.06 * unit)))
    inner = np.array([[face, middle + y, z] for y, z in ((-0.3, 3.05), (0.3, 3.05), (0.3, 3.5), (-0.3, 3.5))])
    pen.line(np.vstack([inner, inner[:1]]), (240, 240, 240, 255), max(1, round(0.05 * unit)))


def _net(pen: _EquipmentPen, ring: Array, unit: float) -> None:
    centre = ring.mean(axis=0)
    low = centre + (ring - centre) * 0.6 - np.array([0, 0, 0.42])
    mid = centre + (ring - centre) * 0.78 - np.array([0, 0, 0.21])
    thick = max(1, round(0.012 * unit))
    for k in range(0, 24, 2):
        strand = np.stack([ring[k], mid[(k + 1) % 24], low[k]])
        crossing = np.stack([ring[k], mid[(k - 1) % 24], low[k]])
        pen.line(strand, (190, 190, 190, 205), thick)
        pen.line(crossing, (190, 190, 190, 205), thick)


def furniture(
    image: Image, canvas: CameraView, court: Court, settings: RenderSettings, rng: np.random.Generator
) -> None:
    """Paint scorer's table and benches behind the far side line, in place.

    Args:
        image: (h, w, 3).
        canvas: the view that is painted on.
        court: the court.
        settings: number of players.
        rng: everything random.
    """
    pen = _EquipmentPen(image, canvas, np.zeros(2, dtype=np.int64))
    middle = court.length_m / 2
    cloth = tuple(int(v) for v in rng.integers(20, 220, 3))
    y = BENCH_Y_M + 0.5

    def box(x1: float, x2: float, y1: float, y2: float, z: float, color: tuple[int, ...]) -> None:
        top = np.array([[x1, y1, z], [x2, y1, z], [x2, y2, z], [x1, y2, z]])
        front = np.array([[x1, y2, 0], [x2, y2, 0], [x2, y2, z], [x1, y2, z]])
        for face in (top, front):
            if (canvas.project(face)[1] > 1).all():
                pen.fill(face, color)

    box(middle - 2.2, middle + 2.2, y - 0.6, y, 0.75, cloth)
    seats = settings.players_per_team * SEAT_M
    for start in (middle - 2.9 - seats, middle + 2.9):
        box(start, start + seats, BENCH_Y_M - 0.3, BENCH_Y_M + 0.15, 0.42, (70, 60, 55))
