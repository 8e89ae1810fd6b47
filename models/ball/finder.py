"""Where the ball may be in pictures: the built-in detector, and the ball head on its features."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.ball.joined import joined
from models.ball.maps import decode
from models.detector.classes import BALL, CLASS_NAMES
from models.detector.detection import Boxes, DetectorSettings, Image, logits_of, to_boxes
from models.detector.yolo import BUILTIN_WEIGHTS as DETECTOR_WEIGHTS
from models.detector.yolo import DetectorOutput, YoloDetector
from models.runtime import HeadSource
from models.weight_files import read_state, resolve
from pipeline.errors import WeightsError

if TYPE_CHECKING:
    from torch import nn

BUILTIN_WEIGHTS = Path(__file__).parent.parent / "weights" / "ball.safetensors"
_FEATURES = ((64, 96, 160), (128, 48, 80), (64, 48, 80))
"""Of the detector, for a picture of 640 x 384 px."""


class BallDetector:
    """The built-in detector with the ball head: its balls are those of the head, and its own where the head sees none.

    Several threads may use it at once.

    Args:
        settings: of the detector; whatever weights they name, the built-in ones are used: the head learned from their features.
        weights: of the head: 'builtin' or a .safetensors file.
        lowest: score from which a ball of the head is given out, 0 to 1.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
        DependencyError: the device is not there.
    """

    class_names = CLASS_NAMES

    def __init__(self, settings: DetectorSettings, weights: str | Path = "builtin", lowest: float = 0.2) -> None:
        head = ball_head(resolve(str(weights), BUILTIN_WEIGHTS, "ball"))
        self._detector = YoloDetector(settings, DETECTOR_WEIGHTS, head)
        self._lowest = float(logits_of(np.array([lowest], np.float32))[0])

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images; see `detection.Detector`."""
        outputs = self._detector.outputs_of(images)
        return [joined(output.found, self._balls(output, image)) for output, image in zip(outputs, images, strict=True)]

    def find(self, images: Sequence[Image]) -> list[Boxes]:
        """Find balls in images, each (h, w, 3) uint8 BGR; one `Boxes` per image, best score first, all of class ball."""
        outputs = self._detector.outputs_of(images)
        return [self._balls(output, image) for output, image in zip(outputs, images, strict=True)]

    def _balls(self, output: DetectorOutput, image: Image) -> Boxes:
        """Decode what the head says of an image."""
        xyxy, score = decode(output.of_head[0], self._lowest)
        balls = np.full(len(score), BALL)
        return to_boxes(xyxy / np.float32(output.fit.scale), score, balls, image.shape[1], image.shape[0])


def ball_head(weights: Path) -> HeadSource:
    """Describe the ball head."""
    return HeadSource("ball", weights, partial(_head, weights), _FEATURES)


def _head(weights: Path) -> nn.Module:
    """Build the head for inference."""
    from models.ball.network import BallHead

    head = BallHead()
    try:
        head.load_state_dict(read_state(weights, "ball"))
    except RuntimeError as error:
        raise WeightsError(f"{weights}: weights of another network") from error
    return head.eval()
