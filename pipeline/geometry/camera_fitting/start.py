"""Where a camera may be, from rough places of the floor: one guess, or several to choose from by the painted lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera_fitting.alignment import align_all, line_support, polish_all
from pipeline.geometry.camera_fitting.evidence import Aligned, CourtEvidence, CourtLines
from pipeline.geometry.court import Court
from pipeline.geometry.homography import Matrix
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole, nearest_pinhole

Floats = NDArray[np.float64]

GUESSES = 24
"""Cameras that are tried."""
BEST_GUESSES = 4
"""Of these, cameras that are fitted to the lines."""
COARSE_PX = 16.0
"""Reach, at 1280 px width, within which guesses are compared by their lines."""
_SHIFT_M, _STRETCH, _SHEAR = 0.6, 0.05, 0.03
"""How a network's places err together, usually."""


def start_from_places(
    evidence: CourtEvidence, court: Court, lens: Lens, size_px: tuple[int, int], seed: int
) -> Pinhole | None:
    """Find a camera from the places alone, by consensus; None where they do not agree on one.

    Args:
        evidence: the picture's.
        court: whose size the places are multiplied by.
        lens: the lens.
        size_px: width, height.
        seed: of the random choice of places.
    """
    return starts_from_places([evidence], court, lens, size_px, [seed])[0]


def starts_from_places(
    evidence: Sequence[CourtEvidence], court: Court, lens: Lens, size_px: tuple[int, int], seeds: Sequence[int]
) -> list[Pinhole | None]:
    """Find the cameras of several pictures, as `start_from_places` does one.

    Args:
        evidence: of each picture.
        court: whose size the places are multiplied by.
        lens: the lens.
        size_px: width, height.
        seeds: of the random choice of places of each.
    """
    rough = [_agreed(each, court, lens, size_px, seed) for each, seed in zip(evidence, seeds, strict=True)]
    agreeing = [row for row, each in enumerate(rough) if each is not None]
    found: list[Pinhole | None] = [None] * len(rough)
    agreed = [each for each in rough if each is not None]
    polished = polish_all([inside for _, inside in agreed], court, [camera for camera, _ in agreed], lens)
    for row, camera in zip(agreeing, polished, strict=True):
        found[row] = camera
    return found


def _agreed(
    evidence: CourtEvidence, court: Court, lens: Lens, size_px: tuple[int, int], seed: int
) -> tuple[Pinhole, CourtEvidence] | None:
    """Find a camera that most places agree on, and return it with these places alone."""
    if len(evidence.place) < 8:
        return None
    floor = evidence.place * [court.length_m, court.width_m]
    flat = lens.undistort(evidence.place_px)
    matrix, inside = _consensus(flat, floor, np.random.default_rng(seed))
    if matrix is None or inside.sum() < max(6, 0.35 * len(floor)):
        return None
    camera = nearest_pinhole(np.asarray(np.linalg.inv(matrix), np.float64), size_px, floor[inside])
    if camera is None:
        return None
    return camera, replace(evidence, place_score=np.where(inside, evidence.place_score, 0))


def align_by_search(
    evidence: CourtEvidence, lines: CourtLines, size_px: tuple[int, int], lens: Lens, seed: int
) -> Aligned | None:
    """Fit a camera from many guesses, as if the places were all shifted and stretched a little, and keep the best.

    Slow: for a picture in which one guess leads nowhere, and no neighbour helps.

    Args:
        evidence: the picture's.
        lines: the court's.
        size_px: width, height.
        lens: the lens.
        seed: of the random guesses.
    """
    first = start_from_places(evidence, lines.court, lens, size_px, seed)
    if first is None:
        return None
    rng = np.random.default_rng(seed)
    bent = [_bent(evidence, rng) for _ in range(GUESSES - 1)]
    guesses = [first, *polish_all(bent, lines.court, [first] * len(bent), lens)]
    best = np.argsort([-each for each in line_support(evidence, lines, guesses, lens, COARSE_PX)], kind="stable")
    chosen = [guesses[place] for place in best[:BEST_GUESSES]]
    fits = align_all([evidence] * len(chosen), lines, chosen, [lens] * len(chosen))
    return max(fits, key=lambda fit: fit.inliers * fit.inlier_share)


def _bent(evidence: CourtEvidence, rng: np.random.Generator) -> CourtEvidence:
    """Move all places together, as a network errs."""
    middle = evidence.place.mean(axis=0)
    matrix = np.eye(2) + np.diag(rng.normal(0, _STRETCH, 2)) + np.fliplr(np.diag(rng.normal(0, _SHEAR, 2)))
    shift = rng.normal(0, _SHIFT_M, 2) / [28.0, 15.0]
    return replace(evidence, place=(evidence.place - middle) @ matrix.T + middle + shift)


def _consensus(flat: Floats, floor: Floats, rng: np.random.Generator) -> tuple[Matrix | None, NDArray[np.bool_]]:
    """Fit a homography from px to metres that most places agree on (RANSAC, then least squares)."""
    scale = np.array([[2 / np.ptp(flat[:, 0]) if np.ptp(flat[:, 0]) else 1.0]])[0, 0]
    centre = flat.mean(axis=0)
    p = (flat - centre) * scale
    choices = rng.random((300, len(p))).argsort(axis=1)[:, :4]
    solved = _solve(p[choices], floor[choices])
    solved = solved[np.isfinite(solved).all(axis=(1, 2))]
    if not len(solved):
        return None, np.zeros(len(p), bool)
    away = _away(solved, p, floor)
    cost = np.minimum(away, 2.0).sum(axis=1)
    matrix = solved[int(cost.argmin())]
    inside = _away(matrix[None], p, floor)[0] < 1.5
    for _ in range(3):
        if inside.sum() < 6:
            break
        matrix = _solve(p[inside][None], floor[inside][None])[0]
        inside = _away(matrix[None], p, floor)[0] < 1.5
    to_p = np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
    return matrix @ to_p, inside


def _solve(p: Floats, q: Floats) -> Floats:
    """Solve homographies (k, 3, 3) that map p (k, n, 2) to q (k, n, 2), by least squares; NaN where degenerate."""
    count, n = p.shape[:2]
    rows = np.zeros((count, 2 * n, 8))
    ones = np.ones((count, n, 1))
    rows[:, :n, :3] = rows[:, n:, 3:6] = np.concatenate([p, ones], axis=2)
    rows[:, :n, 6:] = -q[:, :, :1] * p
    rows[:, n:, 6:] = -q[:, :, 1:] * p
    turned = np.swapaxes(rows, 1, 2)
    normal = turned @ rows + 1e-9 * np.eye(8)
    values = np.concatenate([q[:, :, 0], q[:, :, 1]], axis=1)[..., None]
    solved = np.linalg.solve(normal, turned @ values)[..., 0]
    return np.concatenate([solved, np.ones((count, 1))], axis=1).reshape(-1, 3, 3)


def _away(matrices: Floats, p: Floats, floor: Floats) -> Floats:
    """Return metres (k, n) between mapped points and their places; far where the weight is not positive."""
    homogeneous = np.column_stack([p, np.ones(len(p))]) @ np.swapaxes(matrices, 1, 2)
    weight = homogeneous[..., 2:]
    with np.errstate(divide="ignore", invalid="ignore"):
        mapped = np.where(weight > 1e-6, homogeneous[..., :2] / weight, np.inf)
    return np.asarray(np.linalg.norm(mapped - floor, axis=2))
