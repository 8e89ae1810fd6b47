"""Cameras of the rendered game: a pinhole with pan, tilt and zoom, and an optional lens.

World: metres, x right along the court, y towards the main camera, z up. Image: px, u right, v down.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.geometry.homography import oriented
from pipeline.geometry.lens import Lens
from pipeline.rendering.settings import CameraName

Array = NDArray[np.float64]

_DEFAULT_LENS: dict[CameraName, float] = {"fixed": -0.12, "corner": -0.08, "diagonal": -0.06, "opposite": -0.1}
"""Lambda of the division model; 0 for the other cameras."""


@dataclass(frozen=True)
class CameraView:
    """One camera at one moment."""

    position: Array
    """(3,) metres."""
    rotation: Array
    """(3, 3): rows are the image's right, down and forward in the world."""
    focal_px: float
    size: tuple[int, int]
    """Width and height, px."""
    lens: Lens = field(default_factory=Lens)
    center_px: tuple[float, float] | None = None
    """Principal point; the middle of the picture when not given."""

    @property
    def center(self) -> Array:
        """Principal point (2,), px."""
        if self.center_px is not None:
            return np.array(self.center_px)
        return np.array([self.size[0] / 2, self.size[1] / 2])

    def camera_points(self, points: Array) -> Array:
        """Map world points (..., 3) to the camera's axes: right, down, depth, metres."""
        turned: Array = (points - self.position) @ self.rotation.T
        return turned

    def project(self, points: Array) -> tuple[Array, Array]:
        """Map world points (..., 3) to px (..., 2) and depth (...,) in metres; NaN px at depths below 0.1 m."""
        local = self.camera_points(points)
        depth = local[..., 2]
        safe = np.where(depth > 0.1, depth, np.nan)
        flat = local[..., :2] / safe[..., None] * self.focal_px + self.center
        if self.lens.lam:
            flat = self.lens.distort(flat.reshape(-1, 2)).reshape(flat.shape)
        return flat, depth

    def intrinsics(self) -> Array:
        """Return K (3, 3)."""
        cx, cy = self.center
        return np.array([[self.focal_px, 0, cx], [0, self.focal_px, cy], [0, 0, 1.0]])

    def plane(self, origin: Array, axis_u: Array, axis_v: Array) -> Array:
        """Return the homography (3, 3) from plane coordinates (origin + a axis_u + b axis_v) to undistorted px.

        Args:
            origin: (3,) metres.
            axis_u: (3,) first axis of the plane, metres.
            axis_v: (3,) second axis.
        """
        basis = np.column_stack([axis_u, axis_v, origin - self.position])
        mapped: Array = self.intrinsics() @ self.rotation @ basis
        return mapped

    def court_homography(self, court: Court) -> Array:
        """Return the homography (3, 3) from undistorted px to court metres, positive on the floor in front."""
        to_px = self.plane(np.zeros(3), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
        middle = np.array([court.length_m / 2, court.width_m / 2, 0.0])
        depth = self.camera_points(middle)[2]
        if depth > 0.1:
            seen, _ = replace(self, lens=Lens()).project(middle)
        else:
            seen = self.center + np.array([0.0, self.focal_px])
        return oriented(np.asarray(np.linalg.inv(to_px), dtype=np.float64), seen)

    def from_view(self, source: CameraView) -> Array:
        """Return the homography (3, 3) that takes undistorted px of `source`, at the same position, to this view."""
        turn = self.rotation @ source.rotation.T
        mapped: Array = self.intrinsics() @ turn @ np.linalg.inv(source.intrinsics())
        return mapped


def aimed_view(
    position: Array, target: Array, focal_px: float, size: tuple[int, int], lens: Lens | None = None
) -> CameraView:
    """Point a level camera at a target.

    Args:
        position: (3,) metres.
        target: (3,) what is in the middle of the picture.
        focal_px: focal length.
        size: width and height, px.
        lens: none when omitted.
    """
    x, y, z = (target - position).tolist()
    flat = math.hypot(x, y)
    far = math.hypot(flat, z)
    right = (-y / flat, x / flat, 0.0)
    forward = (x / far, y / far, z / far)
    down = (right[1] * forward[2], -right[0] * forward[2], right[0] * forward[1] - right[1] * forward[0])
    return CameraView(position, np.array([right, down, forward]), focal_px, size, lens or Lens())


def turned(view: CameraView, roll: float) -> CameraView:
    """Roll a view about its axis by an angle in radians."""
    c, s = np.cos(roll), np.sin(roll)
    return replace(view, rotation=np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) @ view.rotation)


@dataclass(frozen=True)
class Rig:
    """Where a camera stands and how it follows: all that does not change in a game."""

    name: CameraName
    position: Array
    target: Array
    """(3,): what it looks at, at rest."""
    focal_px: float
    size: tuple[int, int]
    lens: Lens
    follow: float = 0.0
    """Share of the ball's way along x that the camera makes; 0 for a fixed camera."""
    zoom: float = 0.0
    """Relative breathing of the focal length."""
    shake: float = 0.0
    """Hand-held shake, radians."""

    @property
    def moves(self) -> bool:
        """Say whether the view changes over time."""
        return self.follow > 0 or self.shake > 0

    def reach(self, court: Court) -> float:
        """How far the aim goes to either side of the middle, metres."""
        return self.follow * (court.length_m / 2 - 3.5)

    def rest(self) -> CameraView:
        """Return the view at rest."""
        return aimed_view(self.position, self.target, self.focal_px, self.size, self.lens)


def rig(name: CameraName, court: Court, size: tuple[int, int], lens: float | None, rng: np.random.Generator) -> Rig:
    """Set a camera up in the stand, with some variety.

    Args:
        name: which kind.
        court: the court, for its size.
        size: width and height, px.
        lens: lambda of the division model, or None for the usual one of this kind of camera.
        rng: where it stands exactly.
    """
    length, width = court.length_m, court.width_m
    px = size[0] / 1280
    lam = _DEFAULT_LENS.get(name, 0.0) if lens is None else lens
    glass = Lens((size[0] / 2, size[1] / 2), size[0] / 2, lam)
    side = rng.uniform(-1.5, 1.5)
    if name == "fixed":
        back = rng.uniform(10.0, 17.0)
        position = np.array([length / 2 + side, width + back, rng.uniform(5.0, 7.5)])
        focal = 640 / (length / 2 + 0.8) * (back + 1.0) * px
        return Rig(name, position, np.array([length / 2 + side / 3, width * 0.35, 0.4]), focal, size, glass)
    if name == "corner":
        position = np.array([length * rng.uniform(0.42, 0.52), width + rng.uniform(5, 8), rng.uniform(5.0, 6.5)])
        target = np.array([length * 0.78, width * 0.42, 0.8])
        return Rig(name, position, target, rng.uniform(880, 1060) * px, size, glass)
    if name == "broadcast":
        position = np.array([length / 2 + side, width + rng.uniform(13, 18), rng.uniform(7.5, 10.0)])
        distance = float(np.hypot(position[1] - width / 2, position[2]))
        focal = rng.uniform(150, 178) / 1.95 * distance * px
        return Rig(name, position, np.array([length / 2, width * 0.47, 1.0]), focal, size, glass, 0.8, 0.06)
    if name != "handheld":
        return _unusual(name, court, size, glass, rng)
    position = np.array([length / 2 + 2 * side, width + rng.uniform(6, 9), rng.uniform(3.5, 5.0)])
    focal = rng.uniform(880, 1050) * px
    return Rig(name, position, np.array([length / 2, width * 0.4, 0.9]), focal, size, glass, 0.72, 0.05, 0.004)


def _unusual(name: CameraName, court: Court, size: tuple[int, int], lens: Lens, rng: np.random.Generator) -> Rig:
    """Set up a camera where stands seldom are.

    Args:
        name: diagonal, endline, opposite, low, roof, panorama or upright.
        court: the court, for its size.
        size: width and height, px.
        lens: of the camera.
        rng: where it stands exactly.
    """
    length, width = court.length_m, court.width_m
    px, aside = size[0] / 1280, float(rng.uniform(-1.5, 1.5))
    back = float(rng.uniform(9.0, 13.0))
    whole = size[0] / 2 / (length / 2 + 0.8) * (back + 1.0)
    """Focal length, px, with which the near side line fills the picture."""
    if name == "upright":
        position = np.array([length / 2 + aside, width + rng.uniform(6, 9), rng.uniform(3.5, 5.0)])
        focal = float(rng.uniform(850, 1000)) * size[1] / 1280
        return Rig(name, position, np.array([length / 2, width * 0.4, 0.9]), focal, size, lens, 0.8, 0.05, 0.004)
    places = {
        "diagonal": ((-rng.uniform(3, 5), width + rng.uniform(3, 5), rng.uniform(4.5, 6.5)), (0.42, 0.45), 760 * px),
        "endline": ((-rng.uniform(7, 10), width / 2 + aside, rng.uniform(4.5, 7.5)), (0.42, 0.5), 850 * px),
        "opposite": ((length / 2 + aside, -back, rng.uniform(5.5, 8.0)), (0.5, 0.65), whole),
        "low": ((length / 2 + 2 * aside, width + rng.uniform(3.5, 5), rng.uniform(1.3, 1.8)), (0.5, 0.4), 640 * px),
        "roof": ((length / 2 + aside, width + rng.uniform(2, 5), rng.uniform(12, 15)), (0.5, 0.52), 690 * px),
        "panorama": ((length / 2 + aside, width + back, rng.uniform(5.0, 7.5)), (0.5, 0.55), whole),
    }
    place, (along, across), focal = places[name]
    return Rig(name, np.array(place), np.array([length * along, width * across, 0.5]), float(focal), size, lens)


def follow(
    camera: Rig, court: Court, fps: float, rng: np.random.Generator, start: Array | None = None
) -> Generator[CameraView, Array, None]:
    """Yield one view per frame; send the point (2,) that the play is about, in metres.

    The first `next` starts it, aimed at `start` (2,) where given. The camera lags like an operator: a critically damped spring on the aim.

    Args:
        camera: where it stands and how it moves.
        court: the court.
        fps: frames per second.
        rng: the operator's unsteadiness.
        start: (2,) metres.

    Example:
        >>> from pipeline.geometry.court import COURTS
        >>> views = follow(rig("fixed", COURTS["fiba"], (320, 180), None, np.random.default_rng(0)), COURTS["fiba"], 30,
        ...                np.random.default_rng(0))
        >>> a = next(views); b = views.send(np.array([3.0, 3.0]))
        >>> bool(np.array_equal(a.rotation, b.rotation))
        True
    """
    rest = camera.rest()
    middle = court.length_m / 2
    aim = middle + camera.follow * (float(start[0]) - middle) if start is not None else camera.target[0]
    speed, dt = 0.0, 1 / fps
    shaking = np.zeros(3)
    drift = np.zeros(3)
    breath = rng.uniform(0, 2 * np.pi)
    time_s = 0.0
    view = rest
    while True:
        interest = yield view
        if not camera.moves:
            continue
        reach = camera.reach(court)
        goal = middle + float(np.clip(camera.follow * (float(interest[0]) - middle), -reach, reach))
        speed += (2.2**2 * (goal - aim) - 2 * 2.2 * speed) * dt
        speed = float(np.clip(speed, -8, 8))
        aim += speed * dt
        drift += (-0.8 * drift + rng.normal(0, 1, 3) * 0.9) * dt**0.5 * 0.5
        shaking += (drift - shaking) * min(1.0, 6 * dt)
        time_s += dt
        focal = camera.focal_px * (1 + camera.zoom * np.sin(0.35 * time_s + breath))
        offset = camera.shake * shaking * np.linalg.norm(camera.target - camera.position)
        target = camera.target + np.array([aim - camera.target[0] + offset[0], 0.0, offset[1]])
        view = aimed_view(camera.position, target, float(focal), camera.size, camera.lens)
        if camera.shake:
            view = turned(view, float(camera.shake * shaking[2]))


def canvas_view(camera: Rig, court: Court) -> CameraView:
    """Return the view on a canvas wide enough for everything the rig can look at, at its usual focal length."""
    if not camera.moves:
        return camera.rest()
    rest = camera.rest()
    corners = []
    reach = camera.reach(court) + 0.7
    for shift in (-reach, reach):
        for lift in (-0.6, 0.6):
            target = camera.target + np.array([court.length_m / 2 - camera.target[0] + shift, 0, lift])
            turn = aimed_view(camera.position, target, camera.focal_px * (1 - camera.zoom) * 0.98, camera.size)
            frame = np.array([[u, v] for u in (0, camera.size[0]) for v in (0, camera.size[1])], dtype=np.float64)
            mapped = np.column_stack([frame, np.ones(4)]) @ rest.from_view(turn).T
            corners.append(mapped[:, :2] / mapped[:, 2:])
    points = np.vstack(corners)
    low, high = np.floor(points.min(axis=0)) - 8, np.ceil(points.max(axis=0)) + 8
    center = rest.center - low
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    return replace(rest, size=size, center_px=(float(center[0]), float(center[1])))
