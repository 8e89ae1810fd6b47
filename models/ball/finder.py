"""Where the ball may be in pictures, by the ball network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.ball.maps import decode
from models.detector.classes import BALL
from models.detector.detection import Boxes, Image, letterbox, logits_of, to_boxes, to_input
from models.runtime import NetworkSource, Precision, Runtime, load_network
from models.weight_files import read_state, resolve
from pipeline.errors import WeightsError

if TYPE_CHECKING:
    from torch import nn

BUILTIN_WEIGHTS = Path(__file__).parent.parent / "weights" / "ball.safetensors"
INPUT_PX = 640
"""Long side of the network's input."""
LARGEST_INPUT_PX = 960
"""Above it balls are larger than those that it learned from, and it finds fewer, see models/weights/ball.md."""


class BallFinder:
    """Runs the network. Several threads may use it at once.

    Args:
        weights: 'builtin' or a .safetensors file.
        lowest: score from which a place is given out, 0 to 1.
        input_px: long side of the network's input, a multiple of 32.
        device: see `load_network`, like `runtime` and `precision`.
        runtime: what runs the network.
        precision: of the arithmetic.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
        DependencyError: the device is not there.
    """

    def __init__(
        self,
        weights: str | Path = "builtin",
        lowest: float = 0.2,
        input_px: int = INPUT_PX,
        device: str = "auto",
        runtime: Runtime = "auto",
        precision: Precision = "auto",
    ) -> None:
        source = ball_source(resolve(str(weights), BUILTIN_WEIGHTS, "ball"))
        self._network = load_network(source, device, runtime, precision)
        self._lowest = float(logits_of(np.array([lowest], np.float32))[0])
        self._input_px = input_px

    def find(self, images: Sequence[Image]) -> list[Boxes]:
        """Find balls in images, each (h, w, 3) uint8 BGR; one `Boxes` per image, best score first, all of class ball."""
        return [self._find(image) for image in images]

    def _find(self, image: Image) -> Boxes:
        """Find balls in an image."""
        height, width = image.shape[:2]
        fit = letterbox(width, height, self._input_px)
        maps = self._network(to_input([image], fit))[0][0]
        xyxy, score = decode(maps, self._lowest)
        return to_boxes(xyxy / np.float32(fit.scale), score, np.full(len(score), BALL), width, height)


def ball_source(weights: Path) -> NetworkSource:
    """Describe the ball network."""
    return NetworkSource("ball", weights, partial(ball_module, weights), (384, 640), batch=1)


def ball_module(weights: Path) -> nn.Module:
    """Build the network for inference."""
    from models.ball.network import BallNet
    from models.runtime.prepared import Prepared, take_bgr, unit_bgr

    network = BallNet()
    try:
        network.load_state_dict(read_state(weights, "ball"))
    except RuntimeError as error:
        raise WeightsError(f"{weights}: weights of another network") from error
    take_bgr(network.first)
    return Prepared(network, unit_bgr)
