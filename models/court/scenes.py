"""Rendered pictures of courts for training: a random floor under a random camera, with what stands before it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.court import surroundings
from models.court.cameras import Camera, random_camera
from models.court.degrade import degrade
from models.court.floors import BARE, PX_PER_M, ROOM_M, Floor, random_floor
from models.court.targets import INPUT_PX, LINE_STRIDE, positions
from pipeline.choices import CourtName
from pipeline.geometry.court import COURTS

Image = NDArray[np.uint8]
Array = NDArray[np.float64]

FINE = 1.5
"""Pictures are painted this much larger, then reduced: lines a fraction of a pixel wide come out faint, not broken."""
_RULES: tuple[tuple[CourtName, float], ...] = (("nba", 0.38), ("fiba", 0.46), ("wnba", 0.05), ("ncaa", 0.11))
_SHAPES = ((1.0, 0.78), (0.8, 0.14), (1.25, 0.08))
"""Heights of the picture, of 16:9, and how often they come."""


@dataclass(frozen=True)
class CourtScene:
    """A picture and what is true of it."""

    image: Image
    """(288, 512, 3) BGR; a picture of another shape lies at the top left."""
    place: NDArray[np.float32]
    """(36, 64, 2) court position in court lengths and widths; NaN where not known."""
    valid: NDArray[np.bool_]
    """(36, 64)."""
    on_court: NDArray[np.bool_]
    """(36, 64): the floor there, seen or hidden, is the court's."""
    line: NDArray[np.bool_]
    """(72, 128): one of the court's own lines is seen there."""


class SceneMaker:
    """Makes scenes on floors of a pool that is renewed now and then: a floor takes longer to paint than a scene."""

    def __init__(self, rng: np.random.Generator, pool: int = 40, renewed: float = 0.08) -> None:
        """Paint the first floor; the others follow.

        Args:
            rng: everything random.
            pool: number of floors that are kept.
            renewed: share of scenes before which a floor is painted anew.
        """
        self._rng, self._pool, self._renewed = rng, pool, renewed
        self._floors: list[Floor] = []

    def scene(self) -> CourtScene:
        """Make a scene."""
        floor, rng = self._floor(), self._rng
        shape = _SHAPES[int(rng.choice(len(_SHAPES), p=[share for _, share in _SHAPES]))][0]
        size = (INPUT_PX[0], round(INPUT_PX[1] * shape)) if shape <= 1 else (round(INPUT_PX[0] / shape), INPUT_PX[1])
        camera = random_camera(floor.court, size, rng)
        painted = paint_scene(camera, floor, rng)
        small = np.asarray(cv2.resize(painted, size, interpolation=cv2.INTER_AREA), np.uint8)
        image = np.full((INPUT_PX[1], INPUT_PX[0], 3), 114, np.uint8)
        image[: size[1], : size[0]] = degrade(np.ascontiguousarray(small[..., :3]), rng)
        place, valid, on_court = positions(camera, floor.court)
        return CourtScene(image, place, valid, on_court, _line_cells(painted[..., 3], size))

    def nothing(self) -> CourtScene:
        """Make a picture without a court."""
        rng = self._rng
        image = surroundings.backdrop(INPUT_PX[::-1], rng)
        canvas = np.dstack([image, np.zeros(image.shape[:2], np.uint8)])
        surroundings.close_people(canvas, rng)
        cells = (INPUT_PX[1] // 8, INPUT_PX[0] // 8)
        no, place = np.zeros(cells, bool), np.full((*cells, 2), np.nan, np.float32)
        line = np.zeros((INPUT_PX[1] // LINE_STRIDE, INPUT_PX[0] // LINE_STRIDE), bool)
        return CourtScene(degrade(np.ascontiguousarray(canvas[..., :3]), rng), place, no, no, line)

    def _floor(self) -> Floor:
        """Take a floor of the pool, after painting a new one now and then."""
        rng = self._rng
        if len(self._floors) < 8 or rng.random() < self._renewed:
            name = _RULES[int(rng.choice(len(_RULES), p=[share for _, share in _RULES]))][0]
            painted = random_floor(COURTS[name], rng)
            if len(self._floors) < self._pool:
                self._floors.append(painted)
            else:
                self._floors[int(rng.integers(self._pool))] = painted
        return self._floors[int(rng.integers(len(self._floors)))]


def paint_scene(camera: Camera, floor: Floor, rng: np.random.Generator) -> Image:
    """Paint what a camera sees, `FINE` times its size.

    Args:
        camera: where it is seen from.
        floor: what is seen.
        rng: everything random.

    Returns:
        (h, w, 4): BGR, and 255 where a line of the court is seen.
    """
    canvas = _flat_canvas(camera)
    image = _floor_picture(canvas, floor, rng)
    surroundings.furnish(image, canvas.camera, floor.court, rng)
    bent = _bend(image, canvas, camera)
    surroundings.overlays(bent, rng)
    return bent


@dataclass(frozen=True)
class _Canvas:
    """A picture without lens that covers all that the lens sees."""

    camera: Camera
    """Sees the canvas without a lens; its middle is the middle of the source picture."""
    factor: float
    """Canvas px per undistorted source px."""


def _flat_canvas(camera: Camera) -> _Canvas:
    """Size a canvas so that the lens finds everything on it."""
    width, height = camera.size
    edge = np.array([[0, 0], [width, 0], [width / 2, 0], [0, height / 2]], float)
    reach = np.abs(camera.lens.undistort(edge) - [width / 2, height / 2]).max(axis=0) * 2
    factor = FINE / max(1.0, float(reach[0]) / width) ** 0.5
    size = (int(np.ceil(reach[0] * factor)), int(np.ceil(reach[1] * factor)))
    flat = Camera(camera.position, camera.rotation, camera.focal_px * factor, size, type(camera.lens)())
    return _Canvas(flat, factor)


def _floor_picture(canvas: _Canvas, floor: Floor, rng: np.random.Generator) -> Image:
    """Paint backdrop and floor (h, w, 4)."""
    camera = canvas.camera
    back = surroundings.backdrop((camera.size[1], camera.size[0]), rng)
    to_texture = np.array([[PX_PER_M, 0, ROOM_M * PX_PER_M], [0, PX_PER_M, ROOM_M * PX_PER_M], [0, 0, 1.0]])
    matrix = camera.floor_to_px() @ np.linalg.inv(to_texture)
    texture = floor.texture
    density = camera.focal_px / float(np.linalg.norm(camera.position - [14, 5, 0])) / PX_PER_M
    if density < 0.6:  # seen from afar: reduce first, or thin lines break into dots
        texture = np.asarray(cv2.resize(texture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ np.diag([2.0, 2.0, 1.0])
    seen = np.asarray(cv2.warpPerspective(texture, matrix, camera.size, flags=cv2.INTER_LINEAR), np.uint8)
    rows = np.arange(camera.size[1]) + 0.5
    below = camera.px_to_floor()[2] @ np.stack([np.full(len(rows), camera.size[0] / 2), rows, np.ones(len(rows))])
    seen[below <= 1e-6] = 0  # mirror images above the horizon
    picture = np.dstack([back, np.zeros(back.shape[:2], np.uint8)])
    solid = (seen[..., 3] >= BARE * 0.9).astype(np.uint8)
    cv2.copyTo(seen, solid, picture)
    lines = np.clip((picture[..., 3].astype(np.int16) - BARE) * 2, 0, 255)
    picture[..., 3] = lines.astype(np.uint8)
    return picture


def _bend(image: Image, canvas: _Canvas, camera: Camera) -> Image:
    """Look at a canvas through the lens, (h, w, 4) at `FINE` times the source size."""
    width, height = (round(side * FINE) for side in camera.size)
    coarse = 8
    u, v = np.meshgrid(
        np.linspace(0, camera.size[0], width // coarse + 1), np.linspace(0, camera.size[1], height // coarse + 1)
    )
    flat = camera.lens.undistort(np.column_stack([u.ravel(), v.ravel()])) - np.array(camera.size) / 2
    at = flat * canvas.factor + np.array(canvas.camera.size) / 2
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    columns, rows = u.shape[1] - 1, u.shape[0] - 1
    px, py = (x * columns).astype(np.float32), (y * rows).astype(np.float32)
    field = np.asarray(at.reshape(*u.shape, 2), np.float32) - 0.5
    maps = np.asarray(cv2.remap(field, px, py, cv2.INTER_LINEAR))
    column, row = np.ascontiguousarray(maps[..., 0]), np.ascontiguousarray(maps[..., 1])
    return np.asarray(cv2.remap(image, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _line_cells(mask: Image, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Reduce the mask of the lines to the network's cells (72, 128)."""
    cells = np.zeros((INPUT_PX[1] // LINE_STRIDE, INPUT_PX[0] // LINE_STRIDE), bool)
    columns, rows = size[0] // LINE_STRIDE, size[1] // LINE_STRIDE
    share = cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_AREA)
    cells[:rows, :columns] = share > 16
    return cells
