"""Balls of two sources, each once: of the ball head, and of a detector where the head sees none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from models.detector.classes import CLASS_NAMES
from models.detector.detection import Boxes, Detector, Image
from pipeline.geometry.boxes import iou

_SAME_IOU = 0.1
"""A ball of the detector that overlaps this much with one of the head is the same."""


class BallLocator(Protocol):
    """Finds balls in images. Several threads may use it at once."""

    def find(self, images: Sequence[Image]) -> list[Boxes]:
        """Find balls in images, each (h, w, 3) uint8 BGR."""
        ...


class BallAwareDetector:
    """Runs a detector of other weights, and what finds balls beside it.

    Args:
        detector: finds everything.
        balls: finds balls better.
    """

    def __init__(self, detector: Detector, balls: BallLocator) -> None:
        self._detector = detector
        self._balls = balls

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names by class index."""
        return self._detector.class_names

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images; see `detection.Detector`."""
        pairs = zip(self._detector.detect(images), self._balls.find(images), strict=True)
        return [joined(found, balls, self.class_names) for found, balls in pairs]


def joined(found: Boxes, balls: Boxes, class_names: tuple[str, ...] = CLASS_NAMES) -> Boxes:
    """Put balls to the boxes of an image; of two that are the same the head's stays.

    Args:
        found: of the detector.
        balls: of the head.
        class_names: of the detector, by class index.

    Returns:
        All, best score first.
    """
    ball = class_names.index("ball")
    overlap = iou(found.xyxy_px.astype(float), balls.xyxy_px.astype(float)).max(axis=1, initial=0.0)
    stays = (found.class_index != ball) | (overlap < _SAME_IOU)
    xyxy_px = np.concatenate([found.xyxy_px[stays], balls.xyxy_px])
    score = np.concatenate([found.score[stays], balls.score])
    class_index = np.concatenate([found.class_index[stays], np.full(len(balls), ball, np.int16)])
    order = np.argsort(-score, kind="stable")
    return Boxes(xyxy_px[order], score[order], class_index[order])
