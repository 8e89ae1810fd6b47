"""Camera motion between two frames, and shot boundaries.

Corners of the background are followed by pyramidal Lucas-Kanade optical flow and a homography is fitted to them by
RANSAC: a camera that turns and zooms about its centre moves the whole picture by one homography (Hartley and
Zisserman, "Multiple View Geometry", 2nd ed., section 8.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.config import ShotSettings

Image = NDArray[np.uint8]
"""(h, w, 3) BGR."""

_CORNERS = 250
_MIN_INLIERS = 25
_STILL_PX = 0.02
"""Mean motion of the inliers, at the working width, below which the camera stands still."""
_SAME_STRUCTURE, _CHANGED_STRUCTURE, _NO_STRUCTURE = 0.7, 0.25, 0.1
"""Correlation of the small grey pictures: above the first they show the same scene, below the second and third another one."""
_SAME_COLORS = 0.9
_FOLLOWED_SHARE = 0.3
"""Share of corners that agree on one homography, below which the pictures do not belong together."""


@dataclass(frozen=True)
class ReducedFrame:
    """A frame reduced to what motion and cuts are measured on."""

    gray: NDArray[np.uint8]
    """(h, w) at the working width."""
    histogram: NDArray[np.float32]
    """Hue-saturation-value histogram, L1-normalised."""
    scale: float
    """Working px per source px."""


@dataclass(frozen=True)
class Motion:
    """How the camera moved from one frame to the next."""

    matrix: NDArray[np.float64] | None
    """(3, 3) homography, source px of the earlier frame to source px of the later; None where unknown."""
    cut: bool
    """The later frame starts a new shot."""


def view(image: Image, settings: ShotSettings) -> ReducedFrame:
    """Reduce a frame (h, w, 3) for motion and cut detection."""
    scale = min(1.0, settings.motion_width_px / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8) if scale < 1 else image
    gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return ReducedFrame(gray, _histogram(small), scale)


def compare(
    earlier: ReducedFrame, later: ReducedFrame, people_px: NDArray[np.float32], settings: ShotSettings
) -> Motion:
    """Measure the camera's motion between two successive frames and decide whether a cut lies between them.

    Args:
        earlier: the earlier frame.
        later: the later frame.
        people_px: (n, 4) x1 y1 x2 y2 boxes in source px of the earlier frame, where nothing is followed.
        settings: thresholds.

    Returns:
        The motion. A cut has no matrix.
    """
    if earlier.gray.shape != later.gray.shape:
        return Motion(None, cut=True)
    correlation = float(cv2.compareHist(earlier.histogram, later.histogram, cv2.HISTCMP_CORREL))
    matrix, followed = _follow(earlier, later, people_px)
    cut = followed < _FOLLOWED_SHARE and _unlike(correlation, _structure(earlier.gray, later.gray), settings)
    return Motion(None, cut=True) if cut else Motion(matrix, cut=False)


def _unlike(correlation: float, structure: float, settings: ShotSettings) -> bool:
    """Say whether two pictures show different things: other colours, or the same ones in other places.

    A camera flash changes the colours and keeps the structure; a fast pan in a close-up does the opposite.
    """
    changed_colors = correlation < settings.cut_correlation and structure < _SAME_STRUCTURE
    changed_places = correlation < _SAME_COLORS and structure < _CHANGED_STRUCTURE
    return changed_colors or changed_places or structure < _NO_STRUCTURE


def _structure(earlier: NDArray[np.uint8], later: NDArray[np.uint8]) -> float:
    """Zero-mean normalised cross-correlation, -1 to 1, of two pictures reduced to 48 x 27."""
    first, second = (
        np.asarray(cv2.resize(gray, (48, 27), interpolation=cv2.INTER_AREA), dtype=np.float64)
        for gray in (earlier, later)
    )
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / norm if norm > 0 else 1.0


def _histogram(image: Image) -> NDArray[np.float32]:
    """Histogram of hue, saturation and value, 8 x 4 x 8 bins, summing to 1."""
    tiny = cv2.resize(image, (160, 90), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(tiny, cv2.COLOR_BGR2HSV)
    counts = cv2.calcHist([hsv], [0, 1, 2], None, [8, 4, 8], [0, 180, 0, 256, 0, 256])
    return np.asarray(counts / counts.sum(), dtype=np.float32).ravel()


def _follow(
    earlier: ReducedFrame, later: ReducedFrame, people_px: NDArray[np.float32]
) -> tuple[NDArray[np.float64] | None, float]:
    """Fit the homography (3, 3) in source px; also return the share of corners that agree with it."""
    mask = _background(earlier, people_px)
    corners = cv2.goodFeaturesToTrack(earlier.gray, _CORNERS, 0.01, 7, mask=mask, blockSize=5)
    if corners is None or len(corners) < _MIN_INLIERS:
        return None, 1.0 if corners is None else 0.0
    moved, status, _ = cv2.calcOpticalFlowPyrLK(
        earlier.gray, later.gray, corners, np.empty_like(corners), winSize=(15, 15), maxLevel=4
    )
    good = status.ravel() == 1
    if good.sum() < _MIN_INLIERS:
        return None, float(good.mean())
    start, end = corners.reshape(-1, 2)[good].astype(np.float64), moved.reshape(-1, 2)[good].astype(np.float64)
    fitted, inliers = cv2.findHomography(start, end, cv2.RANSAC, 1.0, maxIters=500, confidence=0.995)
    if fitted is None or int(inliers.sum()) < _MIN_INLIERS:
        return None, 0.0
    chosen = inliers.ravel() == 1
    return _in_source_px(fitted, start[chosen], end[chosen], earlier.scale), float(chosen.sum() / len(corners))


def _in_source_px(
    fitted: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64], scale: float
) -> NDArray[np.float64]:
    """Undo the working scale; a camera that stands still gets exactly the identity, so that nothing drifts."""
    if float(np.median(np.linalg.norm(end - start, axis=1))) < _STILL_PX:
        return np.eye(3)
    to_small = np.diag([scale, scale, 1.0])
    matrix: NDArray[np.float64] = np.linalg.inv(to_small) @ fitted @ to_small
    matrix /= matrix[2, 2]
    return matrix


def _background(of: ReducedFrame, people_px: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Mask (h, w): 255 where no person stands, a little wider than the boxes."""
    mask = np.full(of.gray.shape, 255, dtype=np.uint8)
    for x1, y1, x2, y2 in people_px * of.scale:
        grow = 0.1 * (y2 - y1)
        top, left = max(0, int(y1 - grow)), max(0, int(x1 - grow))
        mask[top : max(0, int(y2 + grow)), left : max(0, int(x2 + grow))] = 0
    return mask
