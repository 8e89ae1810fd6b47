"""A camera's motion from frame to frame as homographies, chained, compared and measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.lens import Lens

Matrices = NDArray[np.float64]
"""(n, 3, 3)."""
Points = NDArray[np.float64]
"""(n, 2)."""

FASTEST_WIDTHS_PER_S = 4.0
"""A whip pan crosses the picture in a quarter of a second."""
STILL_PX = 3.0
"""Apparent motion per square root of a second, at 1280 px width, that a standing camera's noise explains."""


def project_all(matrices: Matrices, points: Points) -> NDArray[np.float64]:
    """Map points (k, 2) by each of n matrices.

    Returns:
        (n, k, 2); NaN where the homogeneous weight is not positive.
    """
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ np.swapaxes(matrices, 1, 2)  # (n, k, 3)
    weight = homogeneous[..., 2:]
    with np.errstate(divide="ignore", invalid="ignore"):
        mapped: NDArray[np.float64] = np.where(weight > 1e-12, homogeneous[..., :2] / weight, np.nan)
    return mapped


def picture_grid(image_size_px: tuple[int, int], columns: int, rows: int) -> Points:
    """Spread points (columns * rows, 2) over the picture, borders included.

    Args:
        image_size_px: width, height.
        columns: points in a row.
        rows: points in a column.
    """
    width, height = image_size_px
    u, v = np.meshgrid(np.linspace(0, width, columns), np.linspace(0, height, rows))
    return np.column_stack([u.ravel(), v.ravel()])


def undistorted_motion(motion: Matrices, lens: Lens, image_size_px: tuple[int, int]) -> Matrices:
    """Turn motions (n, 3, 3) of source px into motions of undistorted px.

    What is a homography in one is not quite one in the other: the best fit over a grid of the picture is taken.

    Args:
        motion: (n, 3, 3) from source px to source px.
        lens: the lens.
        image_size_px: width, height.

    Returns:
        (n, 3, 3); NaN where the motion is unknown.
    """
    if lens.lam == 0:
        return motion
    grid = picture_grid(image_size_px, 9, 6)
    moved = project_all(motion, grid)
    start, stop = lens.undistort(grid), lens.undistort(moved.reshape(-1, 2)).reshape(moved.shape)
    return fit_each(start, stop, lens.center_px, lens.scale_px)


def fit_each(start: Points, stop: NDArray[np.float64], center_px: tuple[float, float], scale_px: float) -> Matrices:
    """Fit a homography for each of n sets of moved points, by linear least squares.

    Args:
        start: (k, 2), the same for all.
        stop: (n, k, 2); a set with a NaN gives NaN.
        center_px: moved to 0 before fitting.
        scale_px: made 1 before fitting.

    Returns:
        (n, 3, 3).
    """
    p = (start - center_px) / scale_px
    q = (stop - center_px) / scale_px
    finite = np.isfinite(q).all(axis=(1, 2))
    q = q[finite]
    count, ones = len(start), np.ones(len(start))
    rows = np.zeros((len(q), 2 * count, 8))  # (sets, 2 k, 8)
    rows[:, :count, :3] = rows[:, count:, 3:6] = np.column_stack([p, ones])
    rows[:, :count, 6:] = -q[:, :, :1] * p
    rows[:, count:, 6:] = -q[:, :, 1:] * p
    values = np.concatenate([q[:, :, 0], q[:, :, 1]], axis=1)[..., None]
    turned = np.swapaxes(rows, 1, 2)
    solved = np.linalg.solve(turned @ rows, turned @ values)[..., 0]
    local = np.concatenate([solved, np.ones((len(q), 1))], axis=1).reshape(-1, 3, 3)
    scale = np.array(
        [[1 / scale_px, 0, -center_px[0] / scale_px], [0, 1 / scale_px, -center_px[1] / scale_px], [0, 0, 1]]
    )
    fitted = np.full((len(stop), 3, 3), np.nan)  # (n, 3, 3)
    fitted[finite] = np.linalg.inv(scale) @ local @ scale
    return fitted


def believable(motion: Matrices, elapsed_s: NDArray[np.float64], image_size_px: tuple[int, int]) -> NDArray[np.bool_]:
    """Say which motions (n, 3, 3) over `elapsed_s` (n,) a camera can make: no flip, no faster than a whip pan.

    Args:
        motion: (n, 3, 3).
        elapsed_s: (n,) time over which each motion took place.
        image_size_px: width, height.
    """
    grid = picture_grid(image_size_px, 3, 3)
    shift = np.linalg.norm(project_all(motion, grid) - grid, axis=2)
    limit = image_size_px[0] * np.maximum(0.05, FASTEST_WIDTHS_PER_S * elapsed_s)
    with np.errstate(invalid="ignore"):
        return np.asarray((np.linalg.det(motion) > 0) & (shift.max(axis=1) <= limit))


def chained(motion: Matrices) -> Matrices:
    """Multiply motions (n, 3, 3) up from the first frame: row i maps its px to px of frame i.

    The first row's own motion is left out: it leads from before the first frame.

    Example:
        >>> step = np.array([[1.0, 0, 3], [0, 1, 0], [0, 0, 1]])
        >>> chained(np.stack([step] * 3))[:, 0, 2].tolist()
        [0.0, 3.0, 6.0]
    """
    total = np.empty_like(motion)
    current = np.eye(3)
    for i in range(len(motion)):
        if i:
            current = motion[i] @ current
            current = current / current[2, 2]
        total[i] = current
    return total


def stands_still(chain: Matrices, time_s: NDArray[np.float64], image_size_px: tuple[int, int]) -> bool:
    """Say whether a chain of motions (n, 3, 3) is no more than the noise of measuring a standing camera.

    The apparent displacement over 1, 4, 16, ... seconds must stay below what a random walk explains.

    Args:
        chain: (n, 3, 3) from the first frame to each, see `chained`.
        time_s: (n,) rising.
        image_size_px: width, height.
    """
    if len(time_s) < 2:
        return True
    places = project_all(chain, picture_grid(image_size_px, 3, 3))
    unit = STILL_PX * image_size_px[0] / 1280
    span = float(time_s[-1] - time_s[0])
    window_s = min(1.0, span)
    while window_s <= span:
        lag = max(1, int(np.searchsorted(time_s, time_s[0] + window_s)))
        if lag >= len(time_s):
            lag = len(time_s) - 1
        shift = np.linalg.norm(places[lag:] - places[:-lag], axis=2).max(axis=1)
        if not np.percentile(shift, 99) <= unit * max(1.0, np.sqrt(window_s)):
            return False
        window_s = window_s * 4 if window_s * 4 <= span or window_s == span else span
        if lag == len(time_s) - 1:
            break
    return True


def is_motion(motions: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which motions (n, 3, 3) are known (not NaN) and move anything."""
    still = np.isclose(motions, np.eye(3), atol=1e-9).all(axis=(1, 2))
    return np.asarray(np.isfinite(motions).all(axis=(1, 2)) & ~still)


def since_cut(motions: NDArray[np.float64], moves: NDArray[np.bool_], shot: NDArray[np.int64]) -> NDArray[np.float64]:
    """Chain the motions (t, 3, 3) of each shot, px of the previous frame to px of each one; unknown ones move nothing.

    Args:
        motions: (t, 3, 3) from the previous frame to each.
        moves: (t,) whether a motion is known and moves anything.
        shot: (t,) number of the shot.
    """
    camera = np.tile(np.eye(3), (len(shot), 1, 1))  # (t, 3, 3)
    for k in range(1, len(shot)):
        if shot[k] == shot[k - 1]:
            camera[k] = motions[k] @ camera[k - 1] if moves[k] else camera[k - 1]
            camera[k] /= camera[k, 2, 2]
    return camera
