"""Homographies, and a lens, from pairs of points.

Everything is measured in px of the source picture: a click is wrong by some px, whatever it means in metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CalibrationError
from pipeline.geometry.homography import Matrix
from pipeline.geometry.lens import Lens

Points = NDArray[np.float64]
"""(n, 2)."""

MIN_POINTS = 4
"""Of a homography."""
MIN_POINTS_FOR_LENS = 6
"""Of a frame that takes part in the fit of a lens."""
MAX_LENS_FRAMES = 32
"""That a lens is fitted to, evenly chosen: the work grows with their cube."""
DEGENERATE = 1e-3
"""Smallest of the eight singular values, over the largest, of points that determine a homography."""


@dataclass(frozen=True, eq=False)
class PointPairs:
    """The same points in the picture and on the court."""

    px: Points
    """(n, 2) source px."""
    court_m: Points
    """(n, 2) metres."""


def fit_homography(pairs: PointPairs, lens: Lens | None = None) -> Matrix:
    """Fit the homography (3, 3) from undistorted px to metres, robustly.

    Args:
        pairs: at least four points, no three of four on a line.
        lens: the lens; None for none.

    Returns:
        The matrix, scaled to weight 1 at the middle of the points.

    Raises:
        CalibrationError: too few points, points on a line, mirrored or crossed points; the message says which.
    """
    fixed = lens or Lens()
    _require_spread(pairs)
    start = _direct(pairs.court_m, fixed.undistort(pairs.px))
    to_px = _refine([pairs], [start], fixed, free_lens=False)[0][0]
    return _checked(_inverse(to_px), pairs, fixed)


def fit_lens(frames: Sequence[PointPairs], image_size_px: tuple[int, int]) -> Lens:
    """Fit one distortion for all frames together, if the points ask for it clearly.

    The centre is the middle of the picture and the scale half its width. The lens is taken when the Bayesian
    information criterion of the reprojection falls by more than 6 ("strong", Kass and Raftery 1995) and the error by a tenth or more.

    Args:
        frames: points of each frame; those with fewer than six are left out, and of more than 32 frames some.
        image_size_px: width, height.

    Returns:
        The lens; without distortion where it does not help.
    """
    width, height = image_size_px
    base = Lens((width / 2, height / 2), width / 2, 0.0)
    rich = [pairs for pairs in frames if len(pairs.px) >= MIN_POINTS_FOR_LENS]
    if not rich:
        return base
    if len(rich) > MAX_LENS_FRAMES:
        rich = [rich[k] for k in np.linspace(0, len(rich) - 1, MAX_LENS_FRAMES).round().astype(int)]
    starts = [_direct(pairs.court_m, pairs.px) for pairs in rich]
    plain, _ = _refine(rich, starts, base, free_lens=False)
    bent, lam = _refine(rich, plain, base, free_lens=True)
    lens = Lens(base.center_px, base.scale_px, lam)
    before = _cost(rich, plain, base)
    after = _cost(rich, bent, lens)
    count = 2 * sum(len(pairs.px) for pairs in rich)
    gain = count * np.log(max(before, 1e-9) / max(after, 1e-9)) - np.log(count)
    return lens if gain > 6 and after < 0.81 * before else base


def reprojection_px(pairs: PointPairs, matrix: Matrix, lens: Lens) -> NDArray[np.float64]:
    """Measure the distance (n,) in source px between each point and its court position drawn back into the picture.

    Args:
        pairs: the points.
        matrix: (3, 3) from undistorted px to metres.
        lens: the lens.
    """
    return np.asarray(np.linalg.norm(_forward(_inverse(matrix), pairs.court_m, lens) - pairs.px, axis=1))


def _require_spread(pairs: PointPairs) -> None:
    """Refuse points that do not determine a homography."""
    count = len(pairs.px)
    if count < MIN_POINTS:
        raise CalibrationError(f"{count} points, but a homography needs at least {MIN_POINTS}; add points")
    for points, name in ((pairs.px, "picture"), (pairs.court_m, "court")):
        if len(np.unique(points, axis=0)) < MIN_POINTS:
            raise CalibrationError(f"fewer than {MIN_POINTS} different points in the {name}; add points")
    values = np.linalg.svd(_equations(*_both_normalised(pairs)), compute_uv=False)
    if values[7] < DEGENERATE * values[0]:
        raise CalibrationError("the points lie (nearly) on a line; add points away from it")


def _both_normalised(pairs: PointPairs) -> tuple[Points, Points]:
    source, destination = (_normaliser(points) for points in (pairs.court_m, pairs.px))
    return _apply(source, pairs.court_m), _apply(destination, pairs.px)


def _checked(matrix: Matrix, pairs: PointPairs, lens: Lens) -> Matrix:
    """Scale to weight 1 at the middle of the points; refuse what no camera above the floor sees."""
    points = lens.undistort(pairs.px)
    weights = np.column_stack([points, np.ones(len(points))]) @ matrix[2]
    scaled: Matrix = matrix / weights.mean()
    if not np.all(weights / weights.mean() > 0):
        raise CalibrationError(
            "the horizon would run between the points; check that each point has the right court position"
        )
    if np.linalg.det(scaled) < 0:
        raise CalibrationError(
            "the court would be seen mirrored; check for swapped points (x to the right, y towards the camera)"
        )
    return scaled


def _refine(
    frames: Sequence[PointPairs], starts: Sequence[Matrix], lens: Lens, free_lens: bool
) -> tuple[list[Matrix], float]:
    """Minimise a robust reprojection error over court-to-px homographies, and lambda when it is free.

    Raises:
        CalibrationError: the points fix no homography.
    """
    scales = [_normaliser(pairs.court_m) for pairs in frames]
    picture = _normaliser(lens.undistort(np.concatenate([pairs.px for pairs in frames])))
    first = [_unit(picture @ start @ np.linalg.inv(scale)) for start, scale in zip(starts, scales, strict=True)]
    if not all(np.isfinite(matrix).all() for matrix in first):
        raise CalibrationError(
            "the points do not fix where the camera is: they lie on one another, or nearly on one line"
        )

    def unpack(values: NDArray[np.float64]) -> tuple[list[Matrix], float]:
        rows = values[: 8 * len(frames)].reshape(-1, 8)
        matrices = [
            np.linalg.inv(picture) @ np.append(row, 1.0).reshape(3, 3) @ scale
            for row, scale in zip(rows, scales, strict=True)
        ]
        return matrices, float(values[-1]) if free_lens else lens.lam

    def residuals(values: NDArray[np.float64]) -> NDArray[np.float64]:
        matrices, lam = unpack(values)
        bent = Lens(lens.center_px, lens.scale_px, lam)
        errors = [
            _forward(matrix, pairs.court_m, bent) - pairs.px for matrix, pairs in zip(matrices, frames, strict=True)
        ]
        return np.nan_to_num(np.concatenate(errors).ravel(), nan=1e4)

    from scipy.optimize import least_squares

    start = np.concatenate([matrix.ravel()[:8] for matrix in first] + ([[lens.lam]] if free_lens else []))
    found = least_squares(residuals, start, loss="soft_l1", f_scale=_click_px(frames), x_scale="jac", max_nfev=200)
    return unpack(found.x)


def _click_px(frames: Sequence[PointPairs]) -> float:
    """Error of a careful click: 3 px of 1280; larger ones count less."""
    return max(1.0, 3.0 * max(float(np.ptp(pairs.px[:, 0])) for pairs in frames) / 1280)


def _forward(to_px: Matrix, court_m: Points, lens: Lens) -> Points:
    """Draw court positions into the source picture."""
    return lens.distort(_apply(to_px, court_m))


def _cost(frames: Sequence[PointPairs], to_px: Sequence[Matrix], lens: Lens) -> float:
    """Mean squared reprojection error, px squared."""
    errors = [_forward(matrix, pairs.court_m, lens) - pairs.px for matrix, pairs in zip(to_px, frames, strict=True)]
    return float(np.mean(np.sum(np.concatenate(errors) ** 2, axis=1)))


def _direct(source: Points, destination: Points) -> Matrix:
    """Solve the homography linearly (DLT) on normalised points."""
    from_source, to_destination = _normaliser(source), _normaliser(destination)
    _, _, rows = np.linalg.svd(_equations(_apply(from_source, source), _apply(to_destination, destination)))
    return _unit(np.linalg.inv(to_destination) @ rows[-1].reshape(3, 3) @ from_source)


def _equations(source: Points, destination: Points) -> NDArray[np.float64]:
    """Stack the two linear equations of each pair, (2n, 9)."""
    ones, zeros = np.ones((len(source), 1)), np.zeros((len(source), 3))
    p = np.hstack([source, ones])
    upper = np.hstack([p, zeros, -destination[:, :1] * p])
    lower = np.hstack([zeros, p, -destination[:, 1:] * p])
    return np.vstack([upper, lower])


def _normaliser(points: Points) -> Matrix:
    """Move the mean to 0 and the mean distance to the square root of 2 (Hartley 1997)."""
    mean = points.mean(axis=0)
    spread = float(np.mean(np.linalg.norm(points - mean, axis=1))) or 1.0
    scale = np.sqrt(2) / spread
    return np.array([[scale, 0, -scale * mean[0]], [0, scale, -scale * mean[1]], [0, 0, 1.0]])


def _apply(matrix: Matrix, points: Points) -> Points:
    """Map points (n, 2) whatever the sign of their weight."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    mapped: Points = homogeneous[:, :2] / homogeneous[:, 2:]
    return mapped


def _inverse(matrix: Matrix) -> Matrix:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _unit(matrix: Matrix) -> Matrix:
    """Scale the last element to 1; not finite where it is 0, or where no homography fits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled: Matrix = matrix / matrix[2, 2]
    return scaled
