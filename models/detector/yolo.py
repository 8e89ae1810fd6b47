"""The runner of YOLO11n and YOLOv8n, and the choice of a detector by its weights."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.detector.blocks import fold_batch_norms
from models.detector.classes import CLASS_NAMES, COCO_CHANNELS
from models.detector.detection import (
    Boxes,
    Candidates,
    Detector,
    DetectorSettings,
    Image,
    found_in,
    letterbox,
    logits_of,
    to_input,
)
from models.detector.network import ARCHITECTURES, COCO_CLASSES, YoloNetwork, build_network
from models.detector.runtime import fuse_activations
from models.device import choose_device, choose_precision
from models.kernels import fused_kernels_run_on
from models.weight_files import read_state
from pipeline.errors import WeightsError

BUILTIN_WEIGHTS = Path(__file__).parent.parent / "weights" / "detector.safetensors"
_LAST_LAYER = ".cv3.0.2.weight"


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
    device = choose_device(settings.device)
    path = BUILTIN_WEIGHTS if settings.weights == "builtin" else Path(settings.weights)
    if not path.exists():
        raise WeightsError(f"{path}: detector weights not found")
    if path.suffix == ".safetensors":
        return YoloDetector(settings, path, device)
    if path.suffix in (".pt", ".onnx") or path.is_dir():
        from models.detector.foreign import ForeignDetector

        return ForeignDetector(settings, path, str(device))
    raise WeightsError(f"{path}: expected .safetensors, .pt, .onnx or a folder of OpenVINO files")


class YoloDetector:
    """Our own runner for YOLO11n and YOLOv8n weights in safetensors: folded, batched, rectangular input."""

    class_names = CLASS_NAMES

    def __init__(self, settings: DetectorSettings, path: Path, device: torch.device) -> None:
        self._settings = settings
        self._device = device
        self._dtype = choose_precision(settings.precision, device)
        network, ours = _network_for(path)
        network.eval()
        fold_batch_norms(network)
        network.requires_grad_(False)
        self._network = network.to(device, self._dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if fused_kernels_run_on(device):
            fuse_activations(self._network)
        self._classes = np.array(ours)
        self._lowest = torch.from_numpy(logits_of(settings.thresholds.as_array()[self._classes])[:, None]).to(device)

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images; see `detection.Detector`."""
        results: list[Boxes] = []
        for start in range(0, len(images), self._settings.batch):
            results.extend(self._detect_batch(images[start : start + self._settings.batch]))
        return results

    def _detect_batch(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in a few images: one pass through the network per size of image."""
        by_size: dict[tuple[int, ...], list[int]] = {}
        for index, image in enumerate(images):
            by_size.setdefault(image.shape, []).append(index)
        found: dict[int, Boxes] = {}
        for members in by_size.values():
            found.update(zip(members, self._detect_equal([images[i] for i in members]), strict=True))
        return [found[index] for index in range(len(images))]

    @torch.inference_mode()
    def _detect_equal(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images of one size, (h, w, 3) each."""
        height, width = images[0].shape[:2]
        fit = letterbox(width, height, self._settings.input_px)
        pixels = torch.from_numpy(to_input(images, fit)).to(self._device).to(self._dtype).div_(255)
        box_logits, class_logits = self._network(pixels)
        return [
            found_in(self._chosen(*raw), self._classes, fit, (width, height), self._settings)
            for raw in zip(box_logits, class_logits, strict=True)
        ]

    def _chosen(self, box_logits: Tensor, class_logits: Tensor) -> Candidates:
        """Choose the anchors of one image where the network ran: nothing else leaves a graphics card."""
        channel, anchor = torch.nonzero(class_logits.float() >= self._lowest, as_tuple=True)
        return Candidates(
            box_logits[:, anchor].float().cpu().numpy(),
            class_logits[channel, anchor].float().cpu().numpy(),
            channel.cpu().numpy(),
            anchor.cpu().numpy(),
        )


def _network_for(path: Path) -> tuple[YoloNetwork, tuple[int, ...]]:
    """Build the network that a safetensors file fits, and say which of our classes each of its channels is."""
    state = read_state(path, "detector")
    last = [tensor for name, tensor in state.items() if name.endswith(_LAST_LAYER)]
    if not last or len(last[0]) not in (len(CLASS_NAMES), COCO_CLASSES):
        raise WeightsError(f"{path}: expected a YOLO state dict of {len(CLASS_NAMES)} or {COCO_CLASSES} classes")
    classes = len(last[0])
    for architecture in ARCHITECTURES:
        network = build_network(architecture, classes)
        mine = network.state_dict()
        if mine.keys() == state.keys() and all(mine[name].shape == state[name].shape for name in mine):
            network.load_state_dict(state)
            if classes == len(CLASS_NAMES):
                return network, tuple(range(classes))
            network.head.keep_channels(tuple(COCO_CHANNELS))
            return network, tuple(COCO_CHANNELS.values())
    raise WeightsError(f"{path}: weights of none of the networks {', '.join(ARCHITECTURES)}")
