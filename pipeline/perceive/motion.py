"""Camera motion between two frames, and shot boundaries.

Corners of the background are followed by pyramidal Lucas-Kanade optical flow and a homography is fitted to them by
RANSAC: a camera that turns and zooms about its centre moves the whole picture by one homography (Hartley and
Zisserman, "Multiple View Geometry", 2nd ed., section 8.4).

Graphics laid over the picture have the sharpest corners of all. So corners are taken evenly over the picture, those that
move together must be spread over it, and where graphics always are none is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.config import ShotSettings
from pipeline.perceive.graphics import NO_GRAPHICS, Graphics

Image = NDArray[np.uint8]
"""(h, w, 3) BGR."""

_CORNERS = 1500
"""Found at most; of them the best `_PER_CELL` of each cell are followed."""
_COLUMNS, _ROWS, _PER_CELL = 8, 5, 6
_CORNER_QUALITY = 0.004
"""Of the picture's sharpest corner."""
_MIN_INLIERS = 25
_FLOW_WINDOW = np.ones((9, 9), np.uint8)
"""What of a corner's surroundings must be free of graphics, working px."""
SPREAD = 0.4
"""Share of the cells with corners in which some agree on a motion that is the camera's."""
_STILL_PX = 0.02
"""Mean motion of the inliers, at the working width, below which the camera stands still."""
_SAME_STRUCTURE, _CHANGED_STRUCTURE, _NO_STRUCTURE = 0.7, 0.25, 0.1
"""Correlation of the small grey pictures: above the first they show the same scene, below the second and third another one."""
_SAME_COLORS = 0.9
_MOVED_STRUCTURE = 0.8
"""Correlation of a picture's middle with some other place of the one before, above which the camera has turned."""
_SHIFT_X, _SHIFT_Y = 10, 5
"""How far it is looked for, px of the tiny picture."""
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
    graphics: Graphics = NO_GRAPHICS
    """Nothing is looked at where they are."""


@dataclass(frozen=True)
class Motion:
    """How the camera moved from one frame to the next."""

    matrix: NDArray[np.float64] | None
    """(3, 3) homography, source px of the earlier frame to source px of the later; None where unknown."""
    cut: bool
    """The later frame starts a new shot."""
    spread: float = 0.0
    """Share of the cells with corners in which some agree on the motion."""


def view(image: Image, settings: ShotSettings, graphics: Graphics = NO_GRAPHICS) -> ReducedFrame:
    """Reduce a frame (h, w, 3) for motion and cut detection; where graphics are, nothing is looked at."""
    scale = min(1.0, settings.motion_width_px / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8) if scale < 1 else image
    gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return ReducedFrame(gray, _histogram(small, graphics), scale, graphics)


def compare(
    earlier: ReducedFrame,
    later: ReducedFrame,
    people_px: NDArray[np.float32],
    settings: ShotSettings,
    spread: float = SPREAD,
) -> Motion:
    """Measure the camera's motion between two frames and decide whether a cut lies between them.

    Args:
        earlier: the earlier frame.
        later: the later frame.
        people_px: (n, 4) x1 y1 x2 y2 boxes in source px of the earlier frame, where nothing is followed.
        settings: thresholds.
        spread: share of the cells with corners in which some must agree on the motion.

    Returns:
        The motion. A cut has no matrix.
    """
    if earlier.gray.shape != later.gray.shape:
        return Motion(None, cut=True)
    matrix, followed, found_in = _follow(earlier, later, people_px)
    if followed < _FOLLOWED_SHARE and differ(earlier, later, settings):
        return Motion(None, cut=True)
    return Motion(matrix if found_in >= spread else None, cut=False, spread=found_in)


def differ(earlier: ReducedFrame, later: ReducedFrame, settings: ShotSettings) -> bool:
    """Say whether two pictures show different things: other colours, or the same ones in other places.

    A camera flash changes the colours and keeps the structure; a fast pan in a close-up does the opposite, and moves the
    structure as a whole.

    Args:
        earlier: the earlier frame.
        later: the later frame, of the same size.
        settings: thresholds.
    """
    correlation = float(cv2.compareHist(earlier.histogram, later.histogram, cv2.HISTCMP_CORREL))
    structure = _structure(earlier, later)
    changed_colors = correlation < settings.cut_correlation and structure < _SAME_STRUCTURE
    changed_places = correlation < _SAME_COLORS and structure < _CHANGED_STRUCTURE
    unlike = changed_colors or changed_places or structure < _NO_STRUCTURE
    return unlike and _moved_structure(earlier, later) < _MOVED_STRUCTURE


def _structure(earlier: ReducedFrame, later: ReducedFrame) -> float:
    """Zero-mean normalised cross-correlation, -1 to 1, of two pictures reduced to 48 x 27."""
    first, second = _tiny(earlier), _tiny(later)
    norm = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / norm if norm > 0 else 1.0


def _moved_structure(earlier: ReducedFrame, later: ReducedFrame) -> float:
    """Return the highest correlation of the earlier tiny picture with a shifted middle of the later one, -1 to 1."""
    middle = _tiny(later)[_SHIFT_Y:-_SHIFT_Y, _SHIFT_X:-_SHIFT_X]
    if middle.std() < 1:
        return 0.0
    return float(cv2.matchTemplate(_tiny(earlier), middle, cv2.TM_CCOEFF_NORMED).max())


def _tiny(of: ReducedFrame) -> NDArray[np.float32]:
    """Reduce a picture to 48 x 27 grey levels about their mean, 0 where graphics are."""
    tiny = np.asarray(cv2.resize(of.gray, (48, 27), interpolation=cv2.INTER_AREA), dtype=np.float32)
    world = ~of.graphics.at(48, 27)
    return np.asarray(np.where(world, tiny - (tiny[world].mean() if world.any() else 0), 0), dtype=np.float32)


def _histogram(image: Image, graphics: Graphics) -> NDArray[np.float32]:
    """Histogram of hue, saturation and value, 8 x 4 x 8 bins, summing to 1."""
    tiny = cv2.resize(image, (160, 90), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(tiny, cv2.COLOR_BGR2HSV)
    world = np.where(graphics.at(160, 90), 0, 255).astype(np.uint8)
    counts = cv2.calcHist([hsv], [0, 1, 2], world, [8, 4, 8], [0, 180, 0, 256, 0, 256])
    return np.asarray(counts / max(counts.sum(), 1.0), dtype=np.float32).ravel()


def _follow(
    earlier: ReducedFrame, later: ReducedFrame, people_px: NDArray[np.float32]
) -> tuple[NDArray[np.float64] | None, float, float]:
    """Fit the homography (3, 3) in source px; also return the shares of corners and of cells that agree with it."""
    corners = _corners(earlier, people_px)
    if len(corners) < _MIN_INLIERS:
        return None, 0.0 if len(corners) else 1.0, 0.0
    moved, status, _ = cv2.calcOpticalFlowPyrLK(
        earlier.gray, later.gray, corners, np.empty_like(corners), winSize=(15, 15), maxLevel=4
    )
    good = status.ravel() == 1
    if good.sum() < _MIN_INLIERS:
        return None, float(good.mean()), 0.0
    start, end = corners[good].astype(np.float64), moved[good].astype(np.float64)
    fitted, inliers = cv2.findHomography(start, end, cv2.RANSAC, 1.0, maxIters=500, confidence=0.995)
    if fitted is None or int(inliers.sum()) < _MIN_INLIERS:
        return None, 0.0, 0.0
    chosen = inliers.ravel() == 1
    followed = float(chosen.sum() / len(corners))
    found_in = _cells(start[chosen], earlier) / _cells(corners, earlier)
    return _in_source_px(fitted, start[chosen], end[chosen], earlier.scale), followed, found_in


def _corners(of: ReducedFrame, people_px: NDArray[np.float32]) -> NDArray[np.float32]:
    """Find the best corners (n, 2) of the background in each cell of the picture, working px."""
    mask = _background(of, people_px)
    found: Any = cv2.goodFeaturesToTrack(of.gray, _CORNERS, _CORNER_QUALITY, 7, mask=mask, blockSize=5)
    if found is None:
        return np.zeros((0, 2), dtype=np.float32)
    corners = np.asarray(found, dtype=np.float32).reshape(-1, 2)
    cell = _cell(corners, of)
    order = np.argsort(cell, kind="stable")
    rank = np.empty(len(cell), dtype=np.int64)
    rank[order] = np.arange(len(cell)) - np.searchsorted(cell[order], cell[order])
    return corners[rank < _PER_CELL]


def _cell(points: NDArray[np.floating], of: ReducedFrame) -> NDArray[np.int64]:
    """Number the cell (n,) of the picture in which points (n, 2) lie."""
    height, width = of.gray.shape
    column, row = (points * (_COLUMNS / width, _ROWS / height)).astype(np.int64).T
    return np.asarray(row * _COLUMNS + column)


def _cells(points: NDArray[np.floating], of: ReducedFrame) -> int:
    """Count the cells of the picture in which any of the points (n, 2) lies."""
    return len(np.unique(_cell(points, of)))


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
    """Mask (h, w): 255 where no person stands, a little wider than the boxes, and no graphics are."""
    height, width = of.gray.shape
    graphics = of.graphics.at(width, height).astype(np.uint8)
    graphics = np.asarray(cv2.dilate(graphics, _FLOW_WINDOW), dtype=np.uint8)
    mask = np.where(graphics > 0, 0, 255).astype(np.uint8)
    for x1, y1, x2, y2 in people_px * of.scale:
        grow = 0.1 * (y2 - y1)
        top, left = max(0, int(y1 - grow)), max(0, int(x1 - grow))
        mask[top : max(0, int(y2 + grow)), left : max(0, int(x2 + grow))] = 0
    return mask
