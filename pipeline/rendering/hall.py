"""The hall as one camera sees it: everything that does not move, painted once.

A camera that only pans, tilts and zooms sees a turned copy of one wide picture: `Backdrop` paints it once and maps it
by a homography for every frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.rendering import floor
from pipeline.rendering.camera import View
from pipeline.rendering.crowd import foreground, spectators
from pipeline.rendering.equipment import basket_layer, furniture
from pipeline.rendering.layer import Layer
from pipeline.rendering.settings import RenderSettings

Array = NDArray[np.float64]
Image = NDArray[np.uint8]


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

    canvas: View
    image: Image
    baskets: tuple[Layer, ...]
    near: Layer | None
    """Spectators between camera and court."""

    def picture(self, view: View) -> Image:
        """Return the hall (h, w, 3) as `view` sees it; the caller may paint on it."""
        if view.size == self.canvas.size and np.array_equal(view.rotation, self.canvas.rotation):
            return self.image.copy()
        warp = view.from_view(self.canvas)
        flags = cv2.INTER_LINEAR
        seen = cv2.warpPerspective(self.image, warp, view.size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(seen, dtype=np.uint8)


def build_backdrop(canvas: View, court: Court, settings: RenderSettings, rng: np.random.Generator) -> Backdrop:
    """Paint the hall for a camera.

    Args:
        canvas: the wide view (see `camera.canvas_view`).
        court: whose lines.
        settings: hall, crowd, other lines.
        rng: colours, boards, people.
    """
    arena = settings.hall == "arena" or (settings.hall == "auto" and settings.camera == "broadcast")
    planes = _planes(canvas, court, arena, settings, rng)
    image = cast_rays(canvas, planes, (24, 22, 22) if arena else (120, 125, 128))
    if not arena:
        _lamps(image, canvas, court)
    spectators(image, canvas, court, arena, settings.crowd, rng)
    furniture(image, canvas, court, settings, rng)
    gain = rng.uniform(0.82, 1.06) * rng.uniform(0.96, 1.04, 3)
    image = np.clip(image * gain.astype(np.float32), 0, 255).astype(np.uint8)
    baskets = tuple(basket_layer(canvas, court, left, rng) for left in (True, False))
    near = foreground(canvas, court, settings, rng)
    return Backdrop(canvas, image, tuple(b for b in baskets if b is not None), near)


def _planes(canvas: View, court: Court, arena: bool, settings: RenderSettings, rng: np.random.Generator) -> list[Plane]:
    """Floor, walls and, in an arena, the far stand."""
    length, width = court.length_m, court.width_m
    left, far, right, near = floor.APRON_M
    gap = float(np.hypot(canvas.position[1] - width * 0.8, canvas.position[2]))
    px_per_m = float(np.clip(1.15 * canvas.focal_px / max(gap, 4), 16, 90))
    title = str(rng.choice(["ARENA", "BASKET", "CITY HAWKS", "RIVERSIDE", "HOME COURT"])) if arena else ""
    style = floor.draw_floor_style(arena, rng)
    texture = floor.paint_floor(court, style, px_per_m, settings.other_lines, title, rng)
    x, y, z = np.eye(3)
    ground = Plane(np.array([-left, -far, 0.0]), x * (length + left + right), y * (width + far + near), texture)
    height, back, wide = (14.0, -18.0, 30.0) if arena else (8.5, -4.6, 5.5)
    detail = min(px_per_m, 40.0)
    reach = length + 2 * wide
    wall = floor.paint_wall(reach, height, detail, arena, rng)
    planes = [ground, Plane(np.array([-wide, back, height]), x * reach, -z * height, wall)]
    for at in (-wide, length + wide):
        side = floor.paint_wall(60, height, min(detail, 24.0), arena, rng)
        start, way = (back + 60, -y) if at < 0 else (back, y)
        planes.append(Plane(np.array([at, start, height]), way * 60, -z * height, side))
    bare = np.full((8, 8, 3), (60, 62, 64) if arena else (140, 150, 155), dtype=np.uint8)
    planes.append(Plane(np.array([-wide, back, -0.02]), x * reach, y * 80, bare))
    if not arena:
        ceiling = np.full((8, 8, 3), (105, 110, 112), dtype=np.uint8)
        planes.append(Plane(np.array([-wide, back, height]), x * reach, y * 60, ceiling))
    return planes


def cast_rays(view: View, planes: list[Plane], sky: tuple[int, int, int]) -> Image:
    """Paint planes by following each pixel's ray to the nearest one.

    Returns:
        (h, w, 3) uint8.
    """
    width, height = view.size
    image = np.empty((height, width, 3), dtype=np.uint8)
    for top in range(0, height, 128):
        rows = slice(top, min(top + 128, height))
        image[rows] = _cast_rows(view, planes, sky, rows)
    return image


def _cast_rows(view: View, planes: list[Plane], sky: tuple[int, int, int], rows: slice) -> Image:
    width = view.size[0]
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(rows.start, rows.stop) + 0.5)
    px = np.column_stack([u.ravel(), v.ravel()])
    flat = view.lens.undistort(px) if view.lens.lam else px
    local = np.column_stack([(flat - view.center) / view.focal_px, np.ones(len(flat))])
    rays = (local @ view.rotation).astype(np.float32)
    shape = u.shape
    nearest = np.full(shape, np.inf, dtype=np.float32)
    image = np.full((*shape, 3), sky, dtype=np.uint8)
    for plane in planes:
        normal = np.cross(plane.edge_u, plane.edge_v).astype(np.float32)
        facing = rays @ normal
        with np.errstate(divide="ignore", invalid="ignore"):
            t = float((plane.corner - view.position) @ normal) / facing
        hit = (view.position - plane.corner).astype(np.float32) + rays * t[:, None]
        a = (hit @ (plane.edge_u / (plane.edge_u @ plane.edge_u)).astype(np.float32)).reshape(shape)
        b = (hit @ (plane.edge_v / (plane.edge_v @ plane.edge_v)).astype(np.float32)).reshape(shape)
        t = t.reshape(shape)
        seen = (t > 0.05) & (t < nearest) & (a >= 0) & (a <= 1) & (b >= 0) & (b <= 1)
        if not seen.any():
            continue
        h, w = plane.texture.shape[:2]
        map_x = np.where(seen, a * w - 0.5, 0).astype(np.float32)
        map_y = np.where(seen, b * h - 0.5, 0).astype(np.float32)
        painted = cv2.remap(plane.texture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        image[seen] = painted[seen]
        nearest[seen] = t[seen]
    return image


def _lamps(image: Image, canvas: View, court: Court) -> None:
    """Bright lamps under a gym's ceiling and their glare on the floor."""
    spots = np.array([[x, y, 8.3] for x in np.linspace(-2, court.length_m + 2, 7) for y in (-3.5, 3.0, 11.0)])
    px, depth = canvas.project(spots)
    for (u, v), d in zip(px, depth, strict=True):
        if d > 1 and np.isfinite(u) and abs(u) < 1e4 and abs(v) < 1e4:
            cv2.circle(
                image, (round(u), round(v)), max(1, round(0.16 * canvas.focal_px / d)), (255, 255, 255), -1, cv2.LINE_AA
            )
    mirrored = spots * np.array([1, 1, -1])
    px, depth = canvas.project(mirrored)
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
                70.0,
                -1,
            )
    glare = cv2.GaussianBlur(glare, (0, 0), max(1.0, canvas.focal_px / 160))
    full = cv2.resize(glare, (image.shape[1], image.shape[0]))
    image[:] = np.clip(image.astype(np.float32) + full[..., None], 0, 255).astype(np.uint8)
