"""Random cameras for training: broadcast, stand, corner, fixed wide; pinhole with roll and an optional lens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.geometry.homography import oriented
from pipeline.geometry.lens import Lens

Array = NDArray[np.float64]

LEAST_COURT_M2 = 45.0
"""Of the court must be in the picture."""
LEAST_SHARE = 0.1
"""Of the picture must show the court."""


@dataclass(frozen=True)
class Camera:
    """A camera at one moment. World: metres, x along the court, y towards the camera, z up; px: u right, v down."""

    position: Array
    """(3,) metres."""
    rotation: Array
    """(3, 3): rows are the picture's right, down and forward in the world."""
    focal_px: float
    size: tuple[int, int]
    """Width, height, px."""
    lens: Lens

    def project(self, points: Array) -> Array:
        """Map world points (n, 3) to undistorted px (n, 2); NaN behind the camera."""
        local = (points - self.position) @ self.rotation.T
        depth = np.where(local[:, 2] > 0.3, local[:, 2], np.nan)
        centre = np.array(self.size) / 2
        return np.asarray(local[:, :2] / depth[:, None] * self.focal_px + centre)

    def floor_to_px(self) -> Array:
        """Return the homography (3, 3) from court metres to undistorted px."""
        centre = np.array(self.size) / 2
        intrinsics = np.array([[self.focal_px, 0, centre[0]], [0, self.focal_px, centre[1]], [0, 0, 1.0]])
        plane = np.column_stack([np.eye(3)[:, :2], -self.position])
        return np.asarray(intrinsics @ self.rotation @ plane)

    def px_to_floor(self) -> Array:
        """Return the homography (3, 3) from undistorted px to court metres, positive on the floor before the camera."""
        below = np.array([self.size[0] / 2, self.size[1] * 4.0])
        return oriented(np.asarray(np.linalg.inv(self.floor_to_px()), np.float64), below)


def pointed(position: Array, target: Array, roll: float) -> Array:
    """Return the rotation (3, 3) that looks from a position to a target, rolled by an angle in radians.

    Args:
        position: (3,) metres.
        target: (3,) metres.
        roll: radians.
    """
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(np.array([0, 0, 1.0]), forward)
    right = right / np.linalg.norm(right)
    level = np.stack([right, np.cross(right, forward), forward])
    c, s = np.cos(roll), np.sin(roll)
    return np.asarray(np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) @ level)


def random_camera(court: Court, size: tuple[int, int], rng: np.random.Generator) -> Camera:
    """Draw a camera that sees enough of the court to tell where it is.

    Args:
        court: the court.
        size: width and height of the picture, px.
        rng: everything random.
    """
    while True:
        camera = _any_camera(court, size, rng)
        if _sees_enough(camera, court):
            return camera


def _any_camera(court: Court, size: tuple[int, int], rng: np.random.Generator) -> Camera:
    """Draw one of the kinds of cameras."""
    kind = rng.choice(["broadcast", "stand", "corner", "wide"], p=[0.38, 0.2, 0.14, 0.28])
    length, width = court.length_m, court.width_m
    place = {
        "broadcast": (length / 2 + rng.normal(0, 2.0), width + rng.uniform(9, 28), rng.uniform(4, 15)),
        "stand": (rng.uniform(0, length), width + rng.uniform(2, 14), rng.uniform(2, 8)),
        "corner": (
            rng.choice([rng.uniform(-6, 4), length + rng.uniform(-4, 6)]),
            width + rng.uniform(-1, 9),
            rng.uniform(2.5, 9),
        ),
        "wide": (length / 2 + rng.normal(0, 3.0), width + rng.uniform(3, 16), rng.uniform(2.8, 11)),
    }[str(kind)]
    across = rng.uniform(9, 32) if kind != "wide" else rng.uniform(24, 40)
    aim_x = rng.uniform(2, length - 2) if kind != "wide" else length / 2 + rng.normal(0, 2.5)
    aim_y = rng.normal(width * 0.42, 1.8) if kind != "wide" else rng.normal(width * 0.35, 2.0)
    position, target = np.array(place), np.array([aim_x, aim_y, 0.0])
    distance = float(np.linalg.norm(target - position))
    focal = float(np.clip(distance / across, 0.35, 6.0)) * size[0]
    tilt = rng.normal(0.0, 0.12) * size[1] / focal  # off-centre framing
    target[2] = float(np.clip(tilt * distance, -2.5, 4.0))
    roll = np.radians(rng.normal(0, 0.7 if kind == "broadcast" else 2.0))
    strong = {"broadcast": 0.0, "stand": 0.15, "corner": 0.35, "wide": 0.6}[str(kind)]
    lam = rng.uniform(-0.34, 0.02) if rng.random() < strong else rng.normal(0.0, 0.015)
    lens = Lens((size[0] / 2, size[1] / 2), size[0] / 2, float(lam))
    return Camera(position, pointed(position, target, float(roll)), focal, size, lens)


def _sees_enough(camera: Camera, court: Court) -> bool:
    """Say whether enough of the court is in the picture, and enough of the picture is court."""
    width, height = camera.size
    u, v = np.meshgrid(np.linspace(0, width, 17), np.linspace(0, height, 10))
    floor = floor_of(camera, np.column_stack([u.ravel(), v.ravel()]))
    with np.errstate(invalid="ignore"):
        on = (floor >= 0).all(axis=1) & (floor <= [court.length_m, court.width_m]).all(axis=1)
    if on.mean() < LEAST_SHARE:
        return False
    x, y = np.meshgrid(np.arange(0.5, court.length_m), np.arange(0.5, court.width_m))
    px = camera.lens.distort(camera.project(np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])))
    with np.errstate(invalid="ignore"):
        seen = (px >= 0).all(axis=1) & (px <= camera.size).all(axis=1)
    return bool(seen.sum() >= LEAST_COURT_M2)


def floor_of(camera: Camera, px: Array) -> Array:
    """Map source px (n, 2) to court metres (n, 2); NaN above the horizon."""
    homogeneous = np.column_stack([camera.lens.undistort(px), np.ones(len(px))]) @ camera.px_to_floor().T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(homogeneous[:, 2:] > 1e-9, homogeneous[:, :2] / homogeneous[:, 2:], np.nan))
