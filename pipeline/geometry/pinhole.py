"""A pinhole camera above a court: seven numbers instead of a homography's eight, and each of them means something.

Square pixels, principal point in the middle of the picture. World: metres, x along the court, y towards the camera, z up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.homography import Matrix, oriented

Floats = NDArray[np.float64]

PAN, TILT, ROLL, X, Y, Z, LOG_FOCAL = range(7)
_FOCALS = np.geomspace(0.3, 8.0, 24)
"""Focal lengths that are tried, in widths of the picture."""


@dataclass(frozen=True, eq=False)
class Pinhole:
    """A camera without lens distortion."""

    values: Floats
    """(7,): pan and tilt (down) and roll in radians, x, y, z in metres, logarithm of the focal length in widths of the
    picture. Pan 0 looks straight across the court, away from the side where y is large."""
    size_px: tuple[int, int]

    @property
    def focal_px(self) -> float:
        """Focal length in px."""
        return float(np.exp(self.values[LOG_FOCAL]) * self.size_px[0])

    @property
    def position_m(self) -> Floats:
        """(3,)."""
        return self.values[X : Z + 1]

    def with_values(self, values: Floats) -> Pinhole:
        """Return another camera with the same picture."""
        return replace(self, values=values)

    def to_px(self) -> Matrix:
        """Return the homography (3, 3) from the floor in metres to undistorted px.

        Example:
            >>> above = Pinhole(np.array([0, 0.5, 0, 14, 30.0, 10, 0]), (1280, 720))
            >>> p = above.to_px() @ [14, 30 - 10 / np.tan(0.5), 1]
            >>> (p[:2] / p[2]).round(6).tolist()
            [640.0, 360.0]
        """
        return np.asarray(floor_homographies(self.values[None], self.size_px)[0])

    def to_floor(self) -> Matrix:
        """Return the homography (3, 3) from undistorted px to metres, positive on the floor before the camera."""
        matrix = self.to_px()
        return oriented(np.asarray(np.linalg.inv(matrix), np.float64), ahead_px(self.values, self.size_px))

    def heights_px(self, floor_m: Floats, tall_m: float) -> Floats:
        """Measure how tall (n,) in px somebody of `tall_m` is who stands at places (n, 2) in metres; NaN behind the camera."""
        foot = np.column_stack([floor_m, np.zeros(len(floor_m))])
        ends = [self.project(foot + np.array([0, 0, z])) for z in (0.0, tall_m)]
        return np.asarray(np.linalg.norm(ends[0] - ends[1], axis=1))

    def project(self, points_m: Floats) -> Floats:
        """Map points of the world (n, 3) to undistorted px (n, 2); NaN behind the camera."""
        local = ((points_m - self.position_m) * [1, -1, 1]) @ rotation(self.values[:3]).T
        depth = np.where(local[:, 2] > 0.1, local[:, 2], np.nan)
        return np.asarray(local[:, :2] / depth[:, None] * self.focal_px + np.array(self.size_px) / 2)


def intrinsics(focal_px: float, size_px: tuple[int, int]) -> Matrix:
    """Return K (3, 3)."""
    return np.array([[focal_px, 0, size_px[0] / 2], [0, focal_px, size_px[1] / 2], [0, 0, 1.0]])


def rotation(angles: Floats) -> Matrix:
    """Return the rotation (3, 3) of pan, tilt, roll (3,): rows are the picture's right, down and forward in the world
    with y pointing away from the camera."""
    return np.asarray(rotations(angles[None])[0])


def rotations(angles: Floats) -> Floats:
    """Return the rotations (k, 3, 3) of k times pan, tilt, roll (k, 3), see `rotation`."""
    (cp, ct, cr), (sp, st, sr) = np.cos(angles).T, np.sin(angles).T
    right = np.stack([cp, -sp, np.zeros_like(cp)])  # (3, k)
    down = np.stack([-sp * st, -cp * st, -ct])
    forward = np.stack([sp * ct, cp * ct, -st])
    turned: Floats = np.stack([cr * right + sr * down, cr * down - sr * right, forward]).transpose(2, 0, 1)
    return turned


def floor_homographies(values: Floats, size_px: tuple[int, int]) -> Floats:
    """Return for the numbers of k cameras (k, 7) the homographies (k, 3, 3) from the floor in metres to undistorted px.

    Args:
        values: see `Pinhole.values`.
        size_px: width, height.
    """
    focal_px = np.exp(values[:, LOG_FOCAL]) * size_px[0]
    local = rotations(values[:, :3])  # (k, 3, 3)
    directions = np.empty_like(local)  # of the floor's x, y and 1, y turned so that axes are right-handed
    directions[:, :, 0], directions[:, :, 1] = local[:, :, 0], -local[:, :, 1]
    directions[:, :, 2] = -local[:, :, 0] * values[:, [X]] + local[:, :, 1] * values[:, [Y]]
    directions[:, :, 2] -= local[:, :, 2] * values[:, [Z]]
    matrices = directions
    for axis in (0, 1):
        matrices[:, axis] = focal_px[:, None] * directions[:, axis] + size_px[axis] / 2 * directions[:, 2]
    return matrices


def ahead_px(values: Floats, size_px: tuple[int, int]) -> Floats:
    """Return for the numbers of cameras (..., 7 or more) a point (..., 2) of the picture's plane, px, that shows floor before them.

    Args:
        values: see `Pinhole.values`.
        size_px: width, height.
    """
    tilt, focal_px = values[..., TILT], np.exp(values[..., LOG_FOCAL]) * size_px[0]
    down = np.tan(np.clip(tilt * 0.5 + 0.6, 0.05, 1.5) - tilt)
    return np.stack([np.full_like(down, size_px[0] / 2), size_px[1] / 2 + focal_px * down], axis=-1)


def nearest_pinhole(to_px: Matrix, size_px: tuple[int, int], places_m: Floats) -> Pinhole | None:
    """Find the pinhole camera nearest to a homography from metres to undistorted px.

    Args:
        to_px: (3, 3).
        size_px: width, height.
        places_m: (n, 2) where on the floor the two are compared.

    Returns:
        The camera; None if there is none above the floor.
    """
    turn, place_m, focal = _poses(to_px, size_px)
    if not len(focal):
        return None
    values = np.column_stack([_angles(turn), place_m[:, 0], -place_m[:, 1], place_m[:, 2], np.log(focal)])
    drawn, wanted = _mapped(floor_homographies(values, size_px), places_m), _mapped(to_px[None], places_m)
    away = np.median(np.linalg.norm(drawn - wanted, axis=2), axis=1)
    return Pinhole(values[int(away.argmin())], size_px)


def _poses(to_px: Matrix, size_px: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
    """Read poses above the floor off a homography, one for each focal length that is tried (Zhang 2000, section 3.1).

    Returns:
        Rotations (k, 3, 3), places (k, 3) in metres, and focal lengths (k,) in widths of the picture.
    """
    to_rays = np.linalg.inv(np.stack([intrinsics(focal * size_px[0], size_px) for focal in _FOCALS]))
    axes = to_rays @ to_px @ np.diag([1.0, -1.0, 1.0])  # (f, 3, 3)
    length = np.sqrt(np.linalg.norm(axes[:, :, 0], axis=1) * np.linalg.norm(axes[:, :, 1], axis=1))
    if not (np.isfinite(length) & (length > 0)).all():  # a floor that is a line or a point in the picture
        return np.zeros((0, 3, 3)), np.zeros((0, 3)), np.zeros(0)
    axes /= length[:, None, None]
    right, ahead, shift = np.moveaxis(np.stack([axes, -axes], axis=1), 3, 0)  # (f, 2, 3) each
    u, _, vt = np.linalg.svd(np.stack([right, ahead, np.cross(right, ahead)], axis=-1))
    turn = u @ vt  # (f, 2, 3, 3)
    place_m = -(turn.swapaxes(2, 3) @ shift[..., None])[..., 0]
    above = (np.linalg.det(turn) >= 0) & (place_m[..., 2] > 0)
    sign = above.argmax(axis=1)
    focal = np.flatnonzero(above.any(axis=1))
    return turn[focal, sign[focal]], place_m[focal, sign[focal]], _FOCALS[focal]


def _angles(turn: Floats) -> Floats:
    """Return pan, tilt, roll (k, 3) of rotations (k, 3, 3) as `rotations` makes them."""
    forward = turn[:, 2]
    level_angles = np.column_stack(
        [np.arctan2(forward[:, 0], forward[:, 1]), -np.arcsin(np.clip(forward[:, 2], -1, 1)), np.zeros(len(turn))]
    )
    level = rotations(level_angles)
    across, up = (np.einsum("ki,ki->k", turn[:, 0], level[:, axis]) for axis in (0, 1))
    return np.column_stack([level_angles[:, :2], np.arctan2(up, across)])


def _mapped(matrices: Floats, points: Floats) -> Floats:
    """Send points (n, 2) through homographies (k, 3, 3): (k, n, 2)."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrices.swapaxes(1, 2)
    weight = homogeneous[..., 2:]
    return np.asarray(homogeneous[..., :2] / np.where(np.abs(weight) < 1e-12, 1e-12, weight))
