"""Spectators: painted once per camera, nobody of the game."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.rendering.camera.views import CameraView
from pipeline.rendering.people.appearance import PersonStyle, spectator
from pipeline.rendering.people.figure import paint_person
from pipeline.rendering.people.pose import skeletons
from pipeline.rendering.scene.layer import Layer, crop_layer
from pipeline.rendering.scene.paint import blend
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.simulation.bodies import Bodies

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
_CLEAR_M = 6.0
"""Nobody sits so near to a camera beside the near stand."""


def seated_bodies(places: Array, facing: float, rng: np.random.Generator) -> Bodies:
    """Seat people at places (n, 2), metres, facing a direction in radians.

    Args:
        places: (n, 2) metres.
        facing: direction from x towards y, radians.
        rng: everything random.
    """
    count = len(places)
    arms = np.tile(np.array([0.3, 0.12, 1.0]), (count, 2, 1)) + rng.normal(0, 0.15, (count, 2, 3))
    return Bodies(
        places,
        np.zeros((count, 2)),
        facing + rng.normal(0, 0.35, count),
        np.zeros(count),
        np.zeros(count),
        arms,
        np.zeros(count),
        rng.normal(0.08, 0.1, count),
    )


def paint_crowd(
    image: Image, view: CameraView, joints: Array, styles: list[PersonStyle], facing: Array, dim: float
) -> None:
    """Paint people (n, 20, 3) far to near into an image in place; `dim` is the light on them, 0 to 1.

    Args:
        image: (h, w, 3) or (h, w, 4).
        view: the camera.
        joints: (n, 20, 3) metres.
        styles: n people's appearance.
        facing: (n,) radians.
        dim: light on them, 0 to 1.
    """
    px, depth = view.project(joints)
    order = np.argsort(-depth[:, 0])
    right = view.rotation[0]
    for i in order:
        box_low, box_high = px[i].min(axis=0), px[i].max(axis=0)
        outside = (box_high < -20).any() or (box_low > np.array(image.shape[1::-1]) + 20).any()
        if depth[i].min() < 0.6 or outside or not np.isfinite(px[i]).all():
            continue
        way = np.array([np.cos(facing[i]), np.sin(facing[i])])
        to_camera = view.position[:2] - joints[i, 0, :2]
        to_camera = to_camera / max(float(np.hypot(*to_camera)), 1e-6)
        toward = np.array([way @ to_camera, way @ right[:2]])
        unit = view.focal_px / float(depth[i, 0])
        sprite = paint_person(px[i], depth[i], styles[i], toward, unit)
        picture = sprite.image
        if dim < 1:
            picture = picture.copy()
            picture[..., :3] = (picture[..., :3] * dim).astype(np.uint8)
        blend(image, picture, sprite.corner)


def spectators(
    image: Image, view: CameraView, court: Court, arena: bool, share: float, rng: np.random.Generator
) -> None:
    """Fill the far stand (arena) or a bench along the wall and the table officials (gym), in place.

    Args:
        image: (h, w, 3).
        view: the camera.
        court: the court.
        arena: a stand behind the court, not a gym.
        share: of the seats that are taken.
        rng: everything random.
    """
    length = court.length_m
    rows = []
    if arena:
        for row in range(16):
            x = np.arange(-6, length + 6, 0.54) + rng.uniform(0, 0.3)
            x = x[rng.random(len(x)) < share]
            rows.append(np.column_stack([x, np.full(len(x), -3.9 - 0.75 * row), np.full(len(x), 0.1 + 0.36 * row)]))
    else:
        x = np.arange(1, length - 1, 0.7)
        x = x[(rng.random(len(x)) < share * 0.35)]
        rows.append(np.column_stack([x, np.full(len(x), -3.6), np.zeros(len(x))]))
    x = np.linspace(length / 2 - 1.8, length / 2 + 1.8, 5)
    rows.append(np.column_stack([x, np.full(5, -2.75), np.full(5, 0.05)]))
    places = np.vstack(rows)
    if len(places):
        _seat(image, view, places, np.pi / 2, float(rng.uniform(0.45, 0.8)) if arena else 0.9, rng)
    for side in (-1.0, length + 1.0) if arena else ():
        x = np.arange(1, court.width_m + 2, 0.65)
        away = side + np.sign(side) * rng.uniform(2.2, 2.6)
        for row in range(5):
            taken = x[rng.random(len(x)) < share]
            offset = np.sign(side) * 0.85 * row
            spots = np.column_stack([np.full(len(taken), away + offset), taken, np.full(len(taken), 0.2 + 0.45 * row)])
            _seat(image, view, spots, 0.0 if side < 0 else np.pi, 0.75, rng)


def near_stand(image: Image, view: CameraView, court: Court, share: float, rng: np.random.Generator) -> None:
    """Fill the stand behind the near side line, which a camera at an end or on the far side sees, in place.

    Args:
        image: (h, w, 3).
        view: the camera.
        court: the court.
        share: of the seats that are taken.
        rng: everything random.
    """
    rows = []
    for row in range(14):
        x = np.arange(-4, court.length_m + 4, 0.54) + rng.uniform(0, 0.3)
        x = x[rng.random(len(x)) < share]
        rows.append(
            np.column_stack([x, np.full(len(x), court.width_m + 5.0 + 0.75 * row), np.full(len(x), 0.36 * row)])
        )
    places = np.vstack(rows)
    near = np.linalg.norm(places[:, :2] - view.position[:2], axis=1) < _CLEAR_M
    _seat(image, view, places[~near], -np.pi / 2, float(rng.uniform(0.45, 0.8)), rng)


def _seat(image: Image, view: CameraView, places: Array, facing: float, dim: float, rng: np.random.Generator) -> None:
    if len(places) == 0:
        return
    styles = [spectator(rng) for _ in places]
    bodies = seated_bodies(places[:, :2].copy(), facing, rng)
    heights = np.array([style.height_m for style in styles])
    joints = skeletons(
        bodies, heights, np.array([style.build for style in styles]), np.ones(len(styles), dtype=np.bool_)
    )
    joints[..., 2] += places[:, 2, None]
    paint_crowd(image, view, joints, styles, bodies.facing, dim)


def foreground(view: CameraView, court: Court, settings: RenderSettings, rng: np.random.Generator) -> Layer | None:
    """Paint spectators between the camera and the court, seen from behind; None when there are none.

    Args:
        view: the camera.
        court: the court.
        settings: which camera, and how full the hall is.
        rng: everything random.
    """
    if settings.crowd < 0.15 or rng.random() < 0.2:
        return None
    near_y = court.width_m + 2.2
    if settings.camera == "broadcast":
        rows = [_row(view, near_y + 0.9 * row, -0.15 + 0.25 * row, settings.crowd * 0.8, rng) for row in range(2)]
    else:
        distance = float(rng.uniform(3.0, 4.5))
        edge = view.lens.undistort(np.array([[view.center[0], float(view.size[1])]]))[0, 1] - view.center[1]
        down = float(np.tan(np.arctan(edge / view.focal_px) + np.arctan(_pitch(view))))
        low = view.position[2] - distance * down - 0.95
        y = max(near_y, view.position[1] - distance)
        rows = [_row(view, y + 0.9 * row, low - 0.35 * row, settings.crowd * 0.8, rng) for row in range(2)]
    places = np.vstack(rows)
    heads, depth = view.project(places + np.array([0, 0, 1.2]))
    low_enough = (depth > 1.5) & (heads[:, 1] > 0.78 * view.size[1])
    places = places[low_enough] if settings.camera != "broadcast" else places
    if len(places) == 0:
        return None
    sheet = np.zeros((view.size[1], view.size[0], 4), dtype=np.uint8)
    if settings.camera != "broadcast" and rng.random() < 0.6:
        _railing(sheet, view, places, rng)
    _seat(sheet, view, places, -np.pi / 2, float(rng.uniform(0.25, 0.75)), rng)
    return crop_layer(sheet, (0, 0), (court.length_m / 2, near_y))


def _railing(sheet: Image, view: CameraView, places: Array, rng: np.random.Generator) -> None:
    """Paint bars and posts in front of the first spectators, in place."""
    color = (*((205, 205, 205), (60, 58, 56), (45, 40, 110), (120, 115, 110))[int(rng.integers(4))], 255)
    y, floor_m = float(places[:, 1].min()) - 0.7, float(places[:, 2].max()) - 0.3
    low, high = float(places[:, 0].min()) - 2, float(places[:, 0].max()) + 2
    x = np.linspace(low, high, 60)
    unit = view.focal_px / max(1.0, abs(view.position[1] - y))
    thick = max(1, round(0.045 * unit))
    for up in (0.0, 0.3, 0.6, 0.9):
        _bar(sheet, view, np.column_stack([x, np.full(60, y), np.full(60, floor_m + up)]), color, thick)
    for at in np.arange(low, high, float(rng.choice([0.15, 1.6, 2.0]))):
        post = np.array([[at, y, floor_m], [at, y, floor_m + 0.45], [at, y, floor_m + 0.9]])
        _bar(sheet, view, post, color, max(1, thick - 1))


def _bar(sheet: Image, view: CameraView, points: Array, color: tuple[int, ...], thick: int) -> None:
    px, depth = view.project(points)
    if (depth > 0.5).all() and np.isfinite(px).all() and np.abs(px).max() < 2e4:
        cv2.polylines(sheet, [np.rint(px * 16).astype(np.int32)], False, color, thick, cv2.LINE_AA, 4)


def _row(view: CameraView, y: float, z: float, share: float, rng: np.random.Generator) -> Array:
    """Return seats (n, 3) in metres along the side line at `y`, as far as the view is wide."""
    half = abs(view.position[1] - y) * view.size[0] / view.focal_px * 0.75 + 5
    x = view.position[0] + np.arange(-half, half, 0.65)
    x = x[rng.random(len(x)) < share]
    return np.column_stack([x + rng.normal(0, 0.06, len(x)), np.full(len(x), y), np.full(len(x), z)])


def _pitch(view: CameraView) -> float:
    """Tangent of how far the view looks down."""
    forward = view.rotation[2]
    return float(-forward[2] / np.hypot(forward[0], forward[1]))
