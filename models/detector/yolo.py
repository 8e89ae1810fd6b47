"""The runner of YOLO11n and YOLOv8n, and the choice of a detector by its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.detector.classes import CLASS_NAMES, COCO_CHANNELS
from models.detector.detection import (
    Boxes,
    Detector,
    DetectorSettings,
    Image,
    Letterbox,
    candidates,
    found_in,
    letterbox,
    logits_of,
    to_input,
)
from models.detector.foreign_files import check_foreign
from models.runtime import HeadSource, NetworkSource, load_network
from models.weight_files import read_header, read_state
from pipeline.errors import WeightsError

if TYPE_CHECKING:
    from torch import nn

BUILTIN_WEIGHTS = Path(__file__).parent.parent / "weights" / "detector.safetensors"
_LAST_LAYER = ".cv3.0.2.weight"
_COCO_CLASSES = 80


def load_detector(settings: DetectorSettings) -> Detector:
    """Load the detector that the settings name.

    Args:
        settings: which weights, and how they run.

    Returns:
        A detector whose class indices are those of `classes.CLASS_NAMES`.

    Raises:
        WeightsError: weights missing, damaged, or of a network that finds none of our classes.
        DependencyError: a package or a device that the settings ask for is not there.
    """
    path = BUILTIN_WEIGHTS if settings.weights == "builtin" else Path(settings.weights)
    if not path.exists():
        raise WeightsError(f"{path}: detector weights not found")
    if path.suffix == ".safetensors":
        return YoloDetector(settings, path)
    if path.suffix.lower() in (".pt", ".onnx") or path.is_dir():
        from models.detector.foreign import ForeignDetector
        from models.device import choose_device

        check_foreign(path)
        return ForeignDetector(settings, path, str(choose_device(settings.device)))
    raise WeightsError(f"{path}: expected .safetensors, .pt, .onnx or a folder of OpenVINO files")


@dataclass(frozen=True)
class DetectorOutput:
    """What a detector and a head on its features say of one image."""

    found: Boxes
    fit: Letterbox
    """How the image lay in the network's input."""
    of_head: tuple[NDArray[np.float32], ...]
    """The head's maps, (channels, h, w); none without a head."""


class YoloDetector:
    """Our own runner for YOLO11n and YOLOv8n weights in safetensors: rectangular input, only what counts is decoded.

    Args:
        settings: how it runs.
        path: of the weights.
        head: goes on from the network's features; None: none does.
    """

    class_names = CLASS_NAMES

    def __init__(self, settings: DetectorSettings, path: Path, head: HeadSource | None = None) -> None:
        self._settings = settings
        self._channels = np.array(_channels(path))
        self._lowest = logits_of(settings.thresholds.as_array()[self._channels])
        source = detector_source(path, head)
        self._network = load_network(source, settings.device, settings.runtime, settings.precision)

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images; see `detection.Detector`."""
        return [output.found for output in self.outputs_of(images)]

    def outputs_of(self, images: Sequence[Image]) -> list[DetectorOutput]:
        """Find things in images, and say what the head says of each.

        Args:
            images: each (h, w, 3) uint8, BGR; sizes may differ.
        """
        by_size: dict[tuple[int, ...], list[int]] = {}
        for index, image in enumerate(images):
            by_size.setdefault(image.shape, []).append(index)
        outputs: dict[int, DetectorOutput] = {}
        for members in by_size.values():
            outputs.update(zip(members, self._outputs_of_equal([images[i] for i in members]), strict=True))
        return [outputs[index] for index in range(len(images))]

    def _outputs_of_equal(self, images: Sequence[Image]) -> list[DetectorOutput]:
        """Run on images of one size, (h, w, 3) each."""
        height, width = images[0].shape[:2]
        settings = self._settings
        fit = letterbox(width, height, settings.input_px)
        return [
            DetectorOutput(
                found_in(candidates(boxes, scores, self._lowest), self._channels, fit, (width, height), settings),
                fit,
                tuple(maps),
            )
            for boxes, scores, *maps in zip(*self._network(to_input(images, fit)), strict=True)
        ]


def detector_source(path: Path, head: HeadSource | None = None) -> NetworkSource:
    """Describe the network of a weight file, and what goes on from its features."""
    return NetworkSource("detector", path, partial(_network, path), (384, 640), batch=1, outputs=2, head=head)


def _channels(path: Path) -> tuple[int, ...]:
    """Say which of our classes each channel of a weight file's network is, see `_network`.

    Raises:
        WeightsError: it is no detector of ours or of COCO's classes.
    """
    shapes, _ = read_header(path, "detector")
    classes = [shape[0] for name, shape in shapes.items() if name.endswith(_LAST_LAYER)]
    if not classes or classes[0] not in (len(CLASS_NAMES), _COCO_CLASSES):
        raise WeightsError(f"{path}: expected a YOLO state dict of {len(CLASS_NAMES)} or {_COCO_CLASSES} classes")
    return tuple(range(len(CLASS_NAMES))) if classes[0] == len(CLASS_NAMES) else tuple(COCO_CHANNELS.values())


def _network(path: Path) -> nn.Module:
    """Build the network that a safetensors file fits, for inference, with its features.

    Of COCO's channels it keeps those of our classes.
    """
    from models.detector.blocks import fold_batch_norms
    from models.detector.network import ARCHITECTURES, FeatureGiver, build_network
    from models.runtime.prepared import Prepared, take_bgr, unit_bgr

    state = read_state(path, "detector")
    classes = next(len(tensor) for name, tensor in state.items() if name.endswith(_LAST_LAYER))
    for architecture in ARCHITECTURES:
        network = build_network(architecture, classes)
        mine = network.state_dict()
        if mine.keys() == state.keys() and all(mine[name].shape == state[name].shape for name in mine):
            network.load_state_dict(state)
            if classes != len(CLASS_NAMES):
                network.head.keep_channels(tuple(COCO_CHANNELS))
            network.eval()
            fold_batch_norms(network)
            take_bgr(network.first)
            return Prepared(FeatureGiver(network), unit_bgr)
    raise WeightsError(f"{path}: weights of none of the networks {', '.join(ARCHITECTURES)}")
