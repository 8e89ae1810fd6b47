"""Detection in panoramas: a strip is cut into overlapping tiles of a usual shape, since shrunk as a whole its people vanish."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from models.detector.detection import Boxes, Detector, DetectorSettings, Image, suppress

_STRIP = 2.6
"""Width over height from which a picture is a strip; the widest films are 2.4."""
_TILE = 16 / 9
_OVERLAP = 0.35
"""Of two neighbouring tiles, picture heights: wider than anybody is."""
_BORDER_PX = 2.0


def tile_columns(width_px: int, height_px: int) -> list[tuple[int, int]]:
    """Cut the width of a picture into overlapping stretches, one of all where it is no strip.

    Args:
        width_px: of the picture.
        height_px: of the picture.

    Returns:
        Left and right of each tile, px, all of one width.

    Example:
        >>> tile_columns(1280, 720), tile_columns(3300, 450)
        ([(0, 1280)], [(0, 800), (625, 1425), (1250, 2050), (1875, 2675), (2500, 3300)])
    """
    if width_px < _STRIP * height_px:
        return [(0, width_px)]
    tile_px = round(_TILE * height_px)
    count = math.ceil((width_px - tile_px) / (tile_px - _OVERLAP * height_px)) + 1
    lefts = np.linspace(0, width_px - tile_px, count).round().astype(int).tolist()
    return [(left, left + tile_px) for left in lefts]


class TiledDetector:
    """Runs a detector on tiles of strips, and on other pictures as it is.

    Args:
        detector: finds things in tiles.
        settings: its settings, of which overlaps hold between tiles, too.
    """

    def __init__(self, detector: Detector, settings: DetectorSettings) -> None:
        self._detector = detector
        self._settings = settings

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names by class index."""
        return self._detector.class_names

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images; see `detection.Detector`."""
        columns = [tile_columns(image.shape[1], image.shape[0]) for image in images]
        tiles = [image[:, left:right] for image, cut in zip(images, columns, strict=True) for left, right in cut]
        found = iter(self._detector.detect(tiles))
        return [
            next(found) if len(cut) == 1 else _joined([next(found) for _ in cut], cut, image.shape[1], self._settings)
            for image, cut in zip(images, columns, strict=True)
        ]


def _joined(
    found: Sequence[Boxes], columns: Sequence[tuple[int, int]], width_px: int, settings: DetectorSettings
) -> Boxes:
    """Join the boxes of the tiles of a picture; one that a tile's inner border cuts is whole in the neighbour.

    Args:
        found: in each tile.
        columns: left and right of each tile.
        width_px: of the picture.
        settings: which overlaps are doubles, and how many boxes a tile has at most.
    """
    corners, scores, classes = [], [], []
    for boxes, (left, right) in zip(found, columns, strict=True):
        cut = (boxes.xyxy_px[:, 0] <= _BORDER_PX) & (left > 0)
        cut |= (boxes.xyxy_px[:, 2] >= right - left - _BORDER_PX) & (right < width_px)
        corners.append(boxes.xyxy_px[~cut] + np.array([left, 0, left, 0], dtype=np.float32))
        scores.append(boxes.score[~cut])
        classes.append(boxes.class_index[~cut])
    xyxy_px, score, class_index = np.concatenate(corners), np.concatenate(scores), np.concatenate(classes)
    most = settings.max_boxes * len(columns)
    kept = suppress(xyxy_px, score, class_index, settings.nms_iou, settings.person_iou, most)
    return Boxes(xyxy_px[kept], score[kept], class_index[kept])
