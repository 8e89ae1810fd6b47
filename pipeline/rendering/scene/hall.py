"""The hall as one camera sees it: everything that does not move, painted once.

A camera that only pans, tilts and zooms sees a turned copy of one wide picture: `Backdrop` paints it once and maps it
by a homography for every frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.rendering.camera.views import CameraView
from pipeline.rendering.scene import floor
from pipeline.rendering.scene.crowd import foreground, near_stand, spectators
from pipeline.rendering.scene.equipment import basket_layer, furniture
from pipeline.rendering.scene.layer import Layer
from pipeline.rendering.settings import CameraName, RenderSettings

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
Rays = NDArray[np.float32]

_BLOCK_ROWS = 128
_ALL_ROUND: frozenset[CameraName] = frozenset({"diagonal", "endline", "opposite", "low", "roof", "panorama"})
"""Cameras that stand elsewhere than in the main stand, or look at more than the far side."""
_BEHIND_M = 2.0
"""Walls stand at least so far behind a camera."""


@dataclass(frozen=True)
class Plane:
    """A textured rectangle: corner and two edges in the world, metres."""

    corner: Array
    edge_u: Array
    edge_v: Array
    texture: Image


@dataclass(frozen=True)
class Backdrop:
    """What a camera sees of the hall on a wide canvas."""

    canvas: CameraView
    image: Image
    baskets: tuple[Layer, ...]
    near: Layer | None
    """Spectators between camera and court."""

    def picture(self, view: CameraView) -> Image:
        """Return the hall (h, w, 3) as `view` sees it; the caller may paint on it."""
        if view.size == self.canvas.size and np.array_equal(view.rotation, self.canvas.rotation):
            return self.image.copy()
        warp = view.from_view(self.canvas)
        flags = cv2.INTER_LINEAR
        seen = cv2.warpPerspective(self.image, warp, view.size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(seen, dtype=np.uint8)


def build_backdrop(canvas: CameraView, court: Court, settings: RenderSettings, rng: np.random.Generator) -> Backdrop:
    """Paint the hall for a camera.

    Args:
        canvas: the wide view (see `camera.canvas_view`).
        court: whose lines.
        settings: hall, crowd, other lines.
        rng: colours, boards, people.
    """
    arena = settings.hall == "arena" or (settings.hall == "auto" and settings.camera == "broadcast")
    planes = _planes(canvas, court, arena, settings, rng)
    if settings.camera in _ALL_ROUND:
        planes += _near_walls(canvas, court, arena, rng.spawn(1)[0])
    image = cast_rays(canvas, planes, (24, 22, 22) if arena else (120, 125, 128))
    if not arena:
        _lamps(image, canvas, court, rng)
    spectators(image, canvas, court, arena, settings.crowd, rng)
    if arena and settings.camera in _ALL_ROUND:
        near_stand(image, canvas, court, settings.crowd, rng.spawn(1)[0])
    furniture(image, canvas, court, settings, rng)
    gain = rng.uniform(0.82, 1.06) * rng.uniform(0.96, 1.04, 3)
    image = np.clip(image * gain.astype(np.float32), 0, 255).astype(np.uint8)
    baskets = tuple(basket_layer(canvas, court, left, rng) for left in (True, False))
    near = None if settings.camera in _ALL_ROUND else foreground(canvas, court, settings, rng)
    return Backdrop(canvas, image, tuple(b for b in baskets if b is not None), near)


def _planes(
    canvas: CameraView, court: Court, arena: bool, settings: RenderSettings, rng: np.random.Generator
) -> list[Plane]:
    """Floor, walls and, in an arena, the far stand."""
    length, width = court.length_m, court.width_m
    left, far, right, near = floor.APRON_M
    gap = float(np.hypot(_off_court_m(canvas, court), canvas.position[2]))
    if settings.camera not in _ALL_ROUND:
        gap = float(np.hypot(canvas.position[1] - width * 0.8, canvas.position[2]))
    px_per_m = float(np.clip(1.15 * canvas.focal_px / max(gap, 4), 16, 90))
    title = str(rng.choice(["ARENA", "BASKET", "CITY HAWKS", "RIVERSIDE", "HOME COURT"])) if arena else ""
    style = floor.draw_floor_style(arena, rng)
    others: Literal["none", "some", "many"] = (
        "many" if settings.many_lines else "some" if settings.other_lines else "none"
    )
    texture = floor.paint_floor(court, style, px_per_m, others, title, rng)
    x, y, z = np.eye(3)
    ground = Plane(np.array([-left, -far, 0.0]), x * (length + left + right), y * (width + far + near), texture)
    height, back, wide = (14.0, -18.0, 30.0) if arena else (_gym_height(canvas), -4.6, 5.5)
    back = min(back, float(canvas.position[1]) - _BEHIND_M)
    wide = max(wide, _BEHIND_M - float(canvas.position[0]), float(canvas.position[0]) - length + _BEHIND_M)
    detail = min(px_per_m, 40.0)
    reach = length + 2 * wide
    wall = floor.paint_wall(reach, height, detail, arena, rng)
    planes = [ground, Plane(np.array([-wide, back, height]), x * reach, -z * height, wall)]
    for at in (-wide, length + wide):
        side = floor.paint_wall(60, height, min(detail, 24.0), arena, rng)
        start, way = (back + 60, -y) if at < 0 else (back, y)
        planes.append(Plane(np.array([at, start, height]), way * 60, -z * height, side))
    bare = np.full((8, 8, 3), (30, 29, 30) if arena else (140, 150, 155), dtype=np.uint8)
    planes.append(Plane(np.array([-wide, back, -0.02]), x * reach, y * 80, bare))
    if not arena:
        ceiling = np.full((8, 8, 3), (105, 110, 112), dtype=np.uint8)
        planes.append(Plane(np.array([-wide, back, height]), x * reach, y * 60, ceiling))
    return planes


def _near_walls(canvas: CameraView, court: Court, arena: bool, rng: np.random.Generator) -> list[Plane]:
    """The wall behind the near side line, which a camera at an end or on the far side sees."""
    x, _, z = np.eye(3)
    height, reach = 14.0 if arena else _gym_height(canvas), court.length_m + 120.0
    place = max(court.width_m + (18.0 if arena else 7.5), float(canvas.position[1]) + _BEHIND_M)
    wall = floor.paint_wall(reach, height, 24.0, arena, rng)
    return [Plane(np.array([-60.0 + reach, place, height]), -x * reach, -z * height, wall)]


def _off_court_m(canvas: CameraView, court: Court) -> float:
    """Distance of the camera's foot from the court, metres; 0 above it."""
    away = np.maximum(
        0.0,
        np.abs(canvas.position[:2] - [court.length_m / 2, court.width_m / 2]) - [court.length_m / 2, court.width_m / 2],
    )
    return float(np.hypot(*away))


def _gym_height(canvas: CameraView) -> float:
    """Height of the ceiling, metres: above the camera in any case."""
    return max(8.5, float(canvas.position[2]) + 1.0)


def cast_rays(view: CameraView, planes: list[Plane], sky: tuple[int, int, int]) -> Image:
    """Paint planes by following each pixel's ray to the nearest one.

    Args:
        view: the camera.
        planes: floor and walls.
        sky: colour where a ray meets none.

    Returns:
        (h, w, 3) uint8.
    """
    width, height = view.size
    image = np.empty((height, width, 3), dtype=np.uint8)
    image[:] = sky
    for top in range(0, height, _BLOCK_ROWS):
        rays = _rays(view, slice(top, min(top + _BLOCK_ROWS, height)))
        _paint_planes(image[top : top + _BLOCK_ROWS], rays, view.position, planes)
    return image


def _rays(view: CameraView, rows: slice) -> Rays:
    """Return the directions (h, w, 3) of the pixels of some rows."""
    width = view.size[0]
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(rows.start, rows.stop) + 0.5)
    if view.lens.lam:
        flat = view.lens.undistort(np.column_stack([u.ravel(), v.ravel()]))
        u, v = flat[:, 0].reshape(u.shape), flat[:, 1].reshape(u.shape)
    right, down, forward = view.rotation.astype(np.float32)
    across = ((u - view.center[0]) / view.focal_px).astype(np.float32)[..., None]
    along = ((v - view.center[1]) / view.focal_px).astype(np.float32)[..., None]
    rays: Rays = across * right + along * down + forward
    return rays


def _paint_planes(image: Image, rays: Rays, position: Array, planes: list[Plane]) -> None:
    """Paint a block of rows in place."""
    nearest = np.full(rays.shape[:2], np.inf, dtype=np.float32)
    for plane in planes:
        if not _hit(rays[::8, ::8], position, plane)[3].any() and not _hit(rays[-1:], position, plane)[3].any():
            continue
        t, a, b, seen = _hit(rays, position, plane)
        seen &= t < nearest
        h, w = plane.texture.shape[:2]
        map_x, map_y = np.clip(a, -1, 2) * w - 0.5, np.clip(b, -1, 2) * h - 0.5
        painted = cv2.remap(plane.texture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mask = seen.astype(np.uint8)
        cv2.copyTo(painted, mask, image)
        cv2.copyTo(t, mask, nearest)


def _hit(rays: Rays, position: Array, plane: Plane) -> tuple[Rays, Rays, Rays, NDArray[np.bool_]]:
    """Meet rays (h, w, 3) with a plane: how far, where along both edges (0 to 1), and whether within; all (h, w)."""
    normal = np.cross(plane.edge_u, plane.edge_v)
    offset = position - plane.corner
    along_u, along_v = plane.edge_u / (plane.edge_u @ plane.edge_u), plane.edge_v / (plane.edge_v @ plane.edge_v)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.float32(-(offset @ normal)) / (rays @ normal.astype(np.float32))
        a = np.nan_to_num(np.float32(offset @ along_u) + t * (rays @ along_u.astype(np.float32)), nan=-1.0)
        b = np.nan_to_num(np.float32(offset @ along_v) + t * (rays @ along_v.astype(np.float32)), nan=-1.0)
    within = (t > 0.05) & (a >= 0) & (a <= 1) & (b >= 0) & (b <= 1)
    return t, a, b, within


def _lamps(image: Image, canvas: CameraView, court: Court, rng: np.random.Generator) -> None:
    """Bright lamps under a gym's ceiling and their glare on the floor."""
    high = _gym_height(canvas) - 0.2
    spots = np.array([[x, y, high] for x in np.linspace(-2, court.length_m + 2, 7) for y in (-3.5, 3.0, 11.0)])
    px, depth = canvas.project(spots)
    for (u, v), d in zip(px, depth, strict=True):
        if d > 1 and np.isfinite(u) and abs(u) < 1e4 and abs(v) < 1e4:
            cv2.circle(
                image, (round(u), round(v)), max(1, round(0.16 * canvas.focal_px / d)), (255, 255, 255), -1, cv2.LINE_AA
            )
    mirrored = spots * np.array([1, 1, -1])
    px, depth = canvas.project(mirrored)
    strength = float(rng.uniform(50, 130))
    glare = np.zeros((image.shape[0] // 4, image.shape[1] // 4), dtype=np.float32)
    for (u, v), d in zip(px, depth, strict=True):
        if d > 1 and np.isfinite(u) and abs(u) < 1e4 and abs(v) < 1e4:
            size = 0.5 * canvas.focal_px / d / 4
            cv2.ellipse(
                glare,
                (round(u / 4), round(v / 4)),
                (max(1, round(size)), max(1, round(2.2 * size))),
                0,
                0,
                360,
                strength,
                -1,
            )
    glare = cv2.GaussianBlur(glare, (0, 0), max(1.0, canvas.focal_px / 160))
    full = cv2.resize(glare, (image.shape[1], image.shape[0]))
    image[:] = np.clip(image.astype(np.float32) + full[..., None], 0, 255).astype(np.uint8)
